// SPDX-License-Identifier: GPL-2.0-only
/*
 * host/zeropage.c: the zero page is read and written here byte by byte, at the
 * offsets of Documentation/arch/x86/zero-page.rst and boot.rst.
 */
#include <kunit/test.h>

#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "../internal.h"

#define ZERO_PAGE_SIZE		0x1000
#define ACPI_RSDP_ADDR		0x070
#define EXT_RAMDISK_IMAGE	0x0c0
#define EXT_RAMDISK_SIZE	0x0c4
#define EXT_CMD_LINE_PTR	0x0c8
#define E820_ENTRIES		0x1e8
#define HEADER			0x1f1
#define BOOT_FLAG		0x1fe
#define MAGIC			0x202
#define VERSION			0x206
#define XLOADFLAGS		0x236
#define HARDWARE_SUBARCH	0x23c
#define SETUP_DATA		0x250
#define HEADER_END		0x26c
#define E820_TABLE		0x2d0
#define E820_ENTRY_SIZE		20

#define RAM			1
#define RESERVED		2
#define ACPI			3

#define LOW			0x70000
#define LOW_SIZE		SZ_32K

/* At the end of the last piece. */
#define PLATFORM_SIZE		0x64000
#define CONTROL_BLOCK		0x4e000

struct e820 {
	u64 start;
	u64 size;
	u32 type;
};

static u8 *new_page(struct kunit *test)
{
	u8 *page = kunit_kmalloc(test, ZERO_PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	memset(page, 0xff, ZERO_PAGE_SIZE);
	return page;
}

static struct mk_machine *new_machine(struct kunit *test)
{
	struct mk_machine *machine;

	machine = kunit_kzalloc(test, sizeof(*machine), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, machine);
	machine->low.start = LOW;
	machine->low.size = LOW_SIZE;
	return machine;
}

static void add_piece(struct mk_machine *machine, u64 start, u64 size)
{
	struct mk_memory *memory = &machine->memory;

	memory->range[memory->nr].start = start;
	memory->range[memory->nr].size = size;
	memory->nr++;
	machine->platform = start + size - PLATFORM_SIZE;
}

static struct e820 read_e820(const u8 *page, unsigned int i)
{
	const u8 *entry = page + E820_TABLE + i * E820_ENTRY_SIZE;

	return (struct e820) {
		.start = get_unaligned_le64(entry),
		.size = get_unaligned_le64(entry + 8),
		.type = get_unaligned_le32(entry + 16),
	};
}

static int describe(u8 *page, const struct mk_machine *machine)
{
	return mk_zeropage_complete((struct boot_params *)page, machine);
}

static int check(const u8 *page)
{
	return mk_zeropage_check((const struct boot_params *)page);
}

/**
 * struct e820_case - a machine's memory, and what its memory map says
 * @name: of the case
 * @piece: its memory
 * @nr_pieces: number of them
 * @e820: the map
 * @nr_e820: entries in it
 */
struct e820_case {
	const char *name;
	struct multikernel_range piece[3];
	unsigned int nr_pieces;
	struct e820 e820[8];
	unsigned int nr_e820;
};

static const struct e820_case e820_cases[] = {
	{
		"one piece",
		{ { 0x40000000, 0x20000000 } }, 1,
		{
			{ LOW, LOW_SIZE, RAM },
			{ 0x40000000, 0x1ff9c000, RAM },
			{ 0x5ff9c000, 0x1000, RESERVED },
			{ 0x5ff9d000, 0xf000, ACPI },
			{ 0x5ffac000, 0x3e000, RESERVED },
			{ 0x5ffea000, 0x16000, RAM },
		}, 6,
	}, {
		"three pieces, the last above 4 GiB",
		{
			{ 0x08000000, 0x00200000 },
			{ 0x10000000, 0x08000000 },
			{ 0x123400000000, 0x80000000 },
		}, 3,
		{
			{ LOW, LOW_SIZE, RAM },
			{ 0x08000000, 0x00200000, RAM },
			{ 0x10000000, 0x08000000, RAM },
			{ 0x123400000000, 0x7ff9c000, RAM },
			{ 0x12347ff9c000, 0x1000, RESERVED },
			{ 0x12347ff9d000, 0xf000, ACPI },
			{ 0x12347ffac000, 0x3e000, RESERVED },
			{ 0x12347ffea000, 0x16000, RAM },
		}, 8,
	}, {
		"a piece that is all platform block",
		{ { 0x10000000, 0x00200000 }, { 0x40000000, PLATFORM_SIZE } }, 2,
		{
			{ LOW, LOW_SIZE, RAM },
			{ 0x10000000, 0x00200000, RAM },
			{ 0x40000000, 0x1000, RESERVED },
			{ 0x40001000, 0xf000, ACPI },
			{ 0x40010000, 0x3e000, RESERVED },
			{ 0x4004e000, 0x16000, RAM },
		}, 6,
	},
};

KUNIT_ARRAY_PARAM_DESC(e820, e820_cases, name);

static void zeropage_e820(struct kunit *test)
{
	const struct e820_case *param = test->param_value;
	struct mk_machine *machine = new_machine(test);
	u8 *page = new_page(test);
	struct e820 entry;
	unsigned int i;

	for (i = 0; i < param->nr_pieces; i++)
		add_piece(machine, param->piece[i].start, param->piece[i].size);
	KUNIT_ASSERT_EQ(test, describe(page, machine), 0);
	KUNIT_ASSERT_EQ(test, page[E820_ENTRIES], param->nr_e820);
	for (i = 0; i < param->nr_e820; i++) {
		entry = read_e820(page, i);
		KUNIT_EXPECT_EQ(test, entry.start, param->e820[i].start);
		KUNIT_EXPECT_EQ(test, entry.size, param->e820[i].size);
		KUNIT_EXPECT_EQ(test, entry.type, param->e820[i].type);
	}
}

static struct mk_machine *most_pieces(struct kunit *test)
{
	struct mk_machine *machine = new_machine(test);
	u64 i;

	for (i = 1; i <= MULTIKERNEL_MAX_RANGES; i++)
		add_piece(machine, i * SZ_1G, SZ_4M);
	return machine;
}

/* As many pieces as there may be: low memory and platform block still fit. */
static void zeropage_e820_most_pieces(struct kunit *test)
{
	struct mk_machine *machine = most_pieces(test);
	u8 *page = new_page(test);
	u64 end = 0, size = 0;
	struct e820 entry;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, describe(page, machine), 0);
	KUNIT_ASSERT_EQ(test, page[E820_ENTRIES], MULTIKERNEL_MAX_RANGES + 5);
	for (i = 0; i < page[E820_ENTRIES]; i++) {
		entry = read_e820(page, i);
		KUNIT_EXPECT_GE(test, entry.start, end);
		KUNIT_EXPECT_GT(test, entry.size, 0);
		end = entry.start + entry.size;
		size += entry.size;
	}
	KUNIT_EXPECT_EQ(test, size, LOW_SIZE + MULTIKERNEL_MAX_RANGES * SZ_4M);
}

/* A header, initrd and command line whose bytes all differ from others near. */
static void fill_in(u8 *page)
{
	unsigned int i;

	for (i = HEADER; i < HEADER_END; i++)
		page[i] = i;
	put_unaligned_le32(0x11223344, page + EXT_RAMDISK_IMAGE);
	put_unaligned_le32(0x55667788, page + EXT_RAMDISK_SIZE);
	put_unaligned_le32(0x99aabbcc, page + EXT_CMD_LINE_PTR);
}

static void zeropage_keeps_header(struct kunit *test)
{
	struct mk_machine *machine = most_pieces(test);
	u8 *expected = new_page(test);
	u8 *page = new_page(test);

	fill_in(page);
	fill_in(expected);
	memset(expected + HARDWARE_SUBARCH, 0, 4);
	put_unaligned_le64(machine->platform + CONTROL_BLOCK,
			   expected + SETUP_DATA);

	KUNIT_ASSERT_EQ(test, describe(page, machine), 0);
	KUNIT_EXPECT_MEMEQ(test, page + HEADER, expected + HEADER,
			   HEADER_END - HEADER);
	KUNIT_EXPECT_MEMEQ(test, page + EXT_RAMDISK_IMAGE,
			   expected + EXT_RAMDISK_IMAGE, 12);
}

static void zeropage_has_rsdp(struct kunit *test)
{
	struct mk_machine *machine = most_pieces(test);
	u8 *page = new_page(test);

	KUNIT_ASSERT_EQ(test, describe(page, machine), 0);
	KUNIT_EXPECT_EQ(test, get_unaligned_le64(page + ACPI_RSDP_ADDR),
			machine->platform + SZ_4K);
}

/* All of the platform block but its ACPI tables, the spare page as well. */
static void zeropage_without_setup_data(struct kunit *test)
{
	struct mk_machine *machine = new_machine(test);
	u8 *page = new_page(test);
	struct e820 entry;

	add_piece(machine, SZ_1M, SZ_8M);
	machine->no_setup_data = true;
	KUNIT_ASSERT_EQ(test, describe(page, machine), 0);
	KUNIT_EXPECT_EQ(test, get_unaligned_le64(page + SETUP_DATA), 0);
	KUNIT_ASSERT_EQ(test, page[E820_ENTRIES], 6);
	entry = read_e820(page, 5);
	KUNIT_EXPECT_EQ(test, entry.start,
			SZ_1M + SZ_8M - PLATFORM_SIZE + CONTROL_BLOCK);
	KUNIT_EXPECT_EQ(test, entry.start + entry.size, SZ_1M + SZ_8M);
	KUNIT_EXPECT_EQ(test, entry.type, RESERVED);
}

static void expect_zero(struct kunit *test, const u8 *page, size_t start,
			size_t end)
{
	const u8 *wrong = memchr_inv(page + start, 0, end - start);

	KUNIT_EXPECT_NULL_MSG(test, wrong, "%#tx is not zero", wrong - page);
}

/* What the loader's kernel knows of its own machine does not get through. */
static void zeropage_rest_is_zero(struct kunit *test)
{
	struct mk_machine *machine = most_pieces(test);
	u8 *page = new_page(test);
	size_t e820_end;

	KUNIT_ASSERT_EQ(test, describe(page, machine), 0);
	e820_end = E820_TABLE + page[E820_ENTRIES] * E820_ENTRY_SIZE;
	expect_zero(test, page, 0, ACPI_RSDP_ADDR);
	expect_zero(test, page, ACPI_RSDP_ADDR + 8, EXT_RAMDISK_IMAGE);
	expect_zero(test, page, EXT_CMD_LINE_PTR + 4, E820_ENTRIES);
	expect_zero(test, page, E820_ENTRIES + 1, HEADER);
	expect_zero(test, page, HEADER_END, E820_TABLE);
	expect_zero(test, page, e820_end, ZERO_PAGE_SIZE);
}

/**
 * struct check_case - one change to a good zero page
 * @name: of the case
 * @offset: where
 * @value: what is put there
 * @size: bytes of it, 1, 2 or 4
 * @error: what the check says
 */
struct check_case {
	const char *name;
	unsigned int offset;
	u32 value;
	unsigned int size;
	int error;
};

static const struct check_case check_cases[] = {
	{ "good", VERSION, 0x020f, 2, 0 },
	{ "oldest version", VERSION, 0x020c, 2, 0 },
	{ "newer version", VERSION, 0x0301, 2, 0 },
	{ "version 2.11", VERSION, 0x020b, 2, -ENOEXEC },
	{ "version 0", VERSION, 0, 2, -ENOEXEC },
	{ "one more flag", XLOADFLAGS, 0x0081, 2, 0 },
	{ "not 64 bits", XLOADFLAGS, 0x007e, 2, -ENOEXEC },
	{ "no flags", XLOADFLAGS, 0, 2, -ENOEXEC },
	{ "no boot flag", BOOT_FLAG, 0, 2, -ENOEXEC },
	{ "boot flag's low byte", BOOT_FLAG, 0xaa54, 2, -ENOEXEC },
	{ "boot flag's high byte", BOOT_FLAG, 0xab55, 2, -ENOEXEC },
	{ "no magic", MAGIC, 0, 4, -ENOEXEC },
	{ "magic's first byte", MAGIC, 'h', 1, -ENOEXEC },
	{ "magic's last byte", MAGIC + 3, 's', 1, -ENOEXEC },
};

KUNIT_ARRAY_PARAM_DESC(check, check_cases, name);

static void fill_in_good(u8 *page)
{
	put_unaligned_le16(0xaa55, page + BOOT_FLAG);
	memcpy(page + MAGIC, "HdrS", 4);
	put_unaligned_le16(0x020f, page + VERSION);
	put_unaligned_le16(0x007f, page + XLOADFLAGS);
}

static void zeropage_check(struct kunit *test)
{
	const struct check_case *param = test->param_value;
	u8 *page = new_page(test);
	u8 value[4];

	fill_in_good(page);
	put_unaligned_le32(param->value, value);
	memcpy(page + param->offset, value, param->size);
	KUNIT_EXPECT_EQ(test, check(page), param->error);
}

static void zeropage_check_empty(struct kunit *test)
{
	u8 *page = new_page(test);

	KUNIT_EXPECT_EQ(test, check(page), -ENOEXEC);
	memset(page, 0, ZERO_PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, check(page), -ENOEXEC);
}

static struct kunit_case zeropage_cases[] = {
	KUNIT_CASE_PARAM(zeropage_e820, e820_gen_params),
	KUNIT_CASE(zeropage_e820_most_pieces),
	KUNIT_CASE(zeropage_keeps_header),
	KUNIT_CASE(zeropage_has_rsdp),
	KUNIT_CASE(zeropage_without_setup_data),
	KUNIT_CASE(zeropage_rest_is_zero),
	KUNIT_CASE_PARAM(zeropage_check, check_gen_params),
	KUNIT_CASE(zeropage_check_empty),
	{}
};

static struct kunit_suite zeropage_suite = {
	.name = "multikernel_zeropage",
	.test_cases = zeropage_cases,
};

kunit_test_suite(zeropage_suite);
