// SPDX-License-Identifier: GPL-2.0-only
/*
 * asm/multikernel_abi.h, abi.c and host/control.c: what a host writes is read
 * here byte by byte, and what a spawned kernel may write is written so.
 */
#include <kunit/test.h>

#include <linux/mm.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include <asm/multikernel_abi.h>

#include "../abi_debug.h"
#include "../internal.h"

#define PLATFORM_SIZE	0x64000
#define BLOCK		0x4e000
#define TYPE		(BLOCK + 0x08)
#define LENGTH		(BLOCK + 0x0c)
#define HOST		(BLOCK + 0x10)
#define GUEST		(HOST + 0x200)
#define ENDING		(GUEST + 0x20)
#define ENDING_NS	(GUEST + 0x28)
#define TEXT		(GUEST + 0x30)

/* A platform block of an instance that has none of its other parts. */
static u8 *new_platform(struct kunit *test, struct mk_machine *machine)
{
	u8 *platform = kunit_kzalloc(test, PLATFORM_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, platform);
	memset(machine, 0, sizeof(*machine));
	machine->platform = __pa(platform);
	mk_control_build(machine, 7, "web");
	return platform;
}

/* What a spawned kernel of this version says. */
static struct mk_abi_header *answer(u8 *platform)
{
	struct mk_abi_header *header = (void *)platform + GUEST;

	header->features = MK_ABI_FEATURES;
	mk_abi_seal(header, MK_ABI_GUEST_MAGIC, sizeof(*header));
	return header;
}

static u32 sum_of(const u8 *from, u32 size)
{
	u32 i, sum = 0;

	for (i = 0; i < size; i += 4)
		sum += get_unaligned_le32(from + i);
	return sum;
}

static void host_part_is_written_as_the_contract_says(struct kunit *test)
{
	struct mk_machine machine;
	u8 *platform = new_platform(test, &machine);

	KUNIT_EXPECT_EQ(test, mk_control_setup_data(machine.platform),
			machine.platform + BLOCK);
	KUNIT_EXPECT_EQ(test, get_unaligned_le64(platform + BLOCK), 0);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(platform + TYPE), 0x4d4b);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(platform + LENGTH), 0x14ff0);

	KUNIT_EXPECT_MEMEQ(test, platform + HOST, "MULKHOST", 8);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(platform + HOST + 0x08), 4);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(platform + HOST + 0x0c), 1);
	KUNIT_EXPECT_EQ(test, get_unaligned_le64(platform + HOST + 0x10), 63);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(platform + HOST + 0x18), 0x78);
	KUNIT_EXPECT_EQ(test, sum_of(platform + HOST, 0x78), 0);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(platform + HOST + 0x20),
			0x14ff0);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(platform + HOST + 0x24), 0x200);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(platform + HOST + 0x28), 7);
	KUNIT_EXPECT_STREQ(test, (char *)platform + HOST + 0x30, "web");
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(platform + HOST + 0x60),
			tsc_khz);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(platform + HOST + 0x6c), 0xff0);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(platform + HOST + 0x70),
			SZ_64K);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(platform + HOST + 0x74),
			SZ_16K);
}

static void guest_part_begins_empty(struct kunit *test)
{
	struct mk_machine machine;
	u8 *platform = new_platform(test, &machine);
	struct mk_answer said;

	KUNIT_EXPECT_NULL(test, memchr_inv(platform + GUEST, 0,
					   PLATFORM_SIZE - GUEST));
	KUNIT_EXPECT_FALSE(test, mk_control_answer(machine.platform, &said));
	KUNIT_EXPECT_EQ(test, said.version, 0);
	KUNIT_EXPECT_NULL(test, said.flaw);
	KUNIT_EXPECT_EQ(test, mk_control_ending(machine.platform),
			MK_ENDING_NONE);
	KUNIT_EXPECT_FALSE(test, mk_control_panicked(machine.platform));
}

static void an_answer_is_taken(struct kunit *test)
{
	struct mk_machine machine;
	u8 *platform = new_platform(test, &machine);
	struct mk_answer said;

	answer(platform);
	KUNIT_EXPECT_TRUE(test, mk_control_answer(machine.platform, &said));
	KUNIT_EXPECT_NULL(test, said.flaw);
	KUNIT_EXPECT_EQ(test, said.version, 4);
	KUNIT_EXPECT_EQ(test, said.features, 63);
}

struct flaw {
	enum mk_abi_spoiling how;
	const char *text;
};

static const struct flaw flaws[] = {
	{ MK_ABI_SPOIL_INCOMPATIBLE, "a version that is too new" },
	{ MK_ABI_SPOIL_MAGIC, "no magic" },
	{ MK_ABI_SPOIL_SIZE, "a wrong size" },
	{ MK_ABI_SPOIL_CHECKSUM, "a wrong checksum" },
};

static void flaw_name(const struct flaw *flaw, char *name)
{
	strscpy(name, flaw->text, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(flaw, flaws, flaw_name);

static void a_flawed_answer_is_refused(struct kunit *test)
{
	const struct flaw *flaw = test->param_value;
	struct mk_machine machine;
	u8 *platform = new_platform(test, &machine);
	struct mk_answer said;

	if (!IS_ENABLED(CONFIG_MULTIKERNEL_DEBUG))
		kunit_skip(test, "needs CONFIG_MULTIKERNEL_DEBUG");
	mk_abi_spoil(answer(platform), flaw->how);
	KUNIT_EXPECT_TRUE(test, mk_control_answer(machine.platform, &said));
	KUNIT_EXPECT_STREQ(test, said.flaw, flaw->text);
	KUNIT_EXPECT_EQ(test, said.version, 0);
	KUNIT_EXPECT_EQ(test, said.features, 0);
}

/* The guest's side judges the host's part by the same function. */
static void a_flawed_host_part_is_refused(struct kunit *test)
{
	const struct flaw *flaw = test->param_value;
	struct mk_machine machine;
	u8 *platform = new_platform(test, &machine);
	struct mk_abi_header *header = (void *)platform + HOST;

	if (!IS_ENABLED(CONFIG_MULTIKERNEL_DEBUG))
		kunit_skip(test, "needs CONFIG_MULTIKERNEL_DEBUG");
	KUNIT_EXPECT_NULL(test, mk_abi_flaw(header, MK_ABI_HOST_MAGIC, 0x70,
					    0x200));
	mk_abi_spoil(header, flaw->how);
	KUNIT_EXPECT_STREQ(test, mk_abi_flaw(header, MK_ABI_HOST_MAGIC, 0x70,
					     0x200), flaw->text);
}

static void a_newer_answer_is_taken_with_the_common_features(struct kunit *test)
{
	struct mk_machine machine;
	u8 *platform = new_platform(test, &machine);
	struct mk_answer said;

	if (!IS_ENABLED(CONFIG_MULTIKERNEL_DEBUG))
		kunit_skip(test, "needs CONFIG_MULTIKERNEL_DEBUG");
	mk_abi_spoil(answer(platform), MK_ABI_SPOIL_NEWER);
	KUNIT_EXPECT_TRUE(test, mk_control_answer(machine.platform, &said));
	KUNIT_EXPECT_NULL(test, said.flaw);
	KUNIT_EXPECT_EQ(test, said.version, 5);
	KUNIT_EXPECT_EQ(test, said.features, 63);
}

/* Kernels after the next may be too new, and before the first too old. */
static void versions_that_do_not_meet_are_refused(struct kunit *test)
{
	struct mk_machine machine;
	u8 *platform = new_platform(test, &machine);
	struct mk_abi_header *header = answer(platform);
	struct mk_answer said;

	header->version = 0;
	mk_control_answer(machine.platform, &said);
	KUNIT_EXPECT_STREQ(test, said.flaw, "a version that is too old");
	header->version = U32_MAX;
	header->compatible = U32_MAX;
	mk_control_answer(machine.platform, &said);
	KUNIT_EXPECT_STREQ(test, said.flaw, "a version that is too new");
}

static void a_size_of_any_value_is_never_read_beyond(struct kunit *test)
{
	struct mk_machine machine;
	u8 *platform = new_platform(test, &machine);
	struct mk_abi_header *header = answer(platform);
	static const u32 sizes[] = { 0, 1, 31, 33, 36, 0x7fffffff, U32_MAX };
	struct mk_answer said;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		header->size = sizes[i];
		mk_control_answer(machine.platform, &said);
		KUNIT_EXPECT_STREQ(test, said.flaw, "a wrong size");
	}
}

static void endings_are_told_apart(struct kunit *test)
{
	static const enum mk_ending endings[] = {
		MK_ENDING_NONE, MK_ENDING_RESET, MK_ENDING_POWER_OFF,
		MK_ENDING_HALT, MK_ENDING_CONTAINED_PANIC, MK_ENDING_PARKED,
		MK_ENDING_NONE,
	};
	struct mk_machine machine;
	u8 *platform = new_platform(test, &machine);
	unsigned int i;

	answer(platform);
	for (i = 0; i < ARRAY_SIZE(endings); i++) {
		put_unaligned_le32(i, platform + ENDING);
		KUNIT_EXPECT_EQ(test, mk_control_ending(machine.platform),
				endings[i]);
	}
	put_unaligned_le32(U32_MAX, platform + ENDING);
	KUNIT_EXPECT_EQ(test, mk_control_ending(machine.platform),
			MK_ENDING_NONE);
}

static void a_feature_that_one_side_lacks_is_not_used(struct kunit *test)
{
	struct mk_machine machine;
	u8 *platform = new_platform(test, &machine);
	struct mk_abi_header *header = answer(platform);
	struct mk_answer said;

	header->features = MK_ABI_CLOCKS;
	mk_abi_seal(header, MK_ABI_GUEST_MAGIC, sizeof(*header));
	mk_control_answer(machine.platform, &said);
	KUNIT_EXPECT_EQ(test, said.features, 1);
}

static void a_text_is_one_printable_line(struct kunit *test)
{
	struct mk_machine machine;
	u8 *platform = new_platform(test, &machine);
	char text[MK_ABI_TEXT_SIZE];
	u64 ms;

	put_unaligned_le64(1234567890, platform + ENDING_NS);
	strscpy((char *)platform + TEXT, "a\x1b[31m\xff text\nand more", 64);
	KUNIT_EXPECT_TRUE(test, mk_control_panicked(machine.platform));
	mk_control_text(machine.platform, text, sizeof(text), &ms);
	KUNIT_EXPECT_STREQ(test, text, "a?[31m? text");
	KUNIT_EXPECT_EQ(test, ms, 1234);
}

static void a_text_without_an_end_is_cut(struct kunit *test)
{
	struct mk_machine machine;
	u8 *platform = new_platform(test, &machine);
	char text[MK_ABI_TEXT_SIZE];
	char few[8];
	u64 ms;

	memset(platform + TEXT, 'x', PLATFORM_SIZE - TEXT);
	mk_control_text(machine.platform, text, sizeof(text), &ms);
	KUNIT_EXPECT_EQ(test, strlen(text), MK_ABI_TEXT_SIZE - 1);
	mk_control_text(machine.platform, few, sizeof(few), &ms);
	KUNIT_EXPECT_STREQ(test, few, "xxxxxxx");
}

static struct kunit_case cases[] = {
	KUNIT_CASE(host_part_is_written_as_the_contract_says),
	KUNIT_CASE(guest_part_begins_empty),
	KUNIT_CASE(an_answer_is_taken),
	KUNIT_CASE_PARAM(a_flawed_answer_is_refused, flaw_gen_params),
	KUNIT_CASE_PARAM(a_flawed_host_part_is_refused, flaw_gen_params),
	KUNIT_CASE(a_newer_answer_is_taken_with_the_common_features),
	KUNIT_CASE(versions_that_do_not_meet_are_refused),
	KUNIT_CASE(a_size_of_any_value_is_never_read_beyond),
	KUNIT_CASE(endings_are_told_apart),
	KUNIT_CASE(a_feature_that_one_side_lacks_is_not_used),
	KUNIT_CASE(a_text_is_one_printable_line),
	KUNIT_CASE(a_text_without_an_end_is_cut),
	{}
};

static struct kunit_suite suite = {
	.name = "multikernel_abi",
	.test_cases = cases,
};

kunit_test_suite(suite);
