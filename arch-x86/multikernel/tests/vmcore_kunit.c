// SPDX-License-Identifier: GPL-2.0-only
/*
 * host/vmcore.c: the headers of core files of kernels that say where things are,
 * that do not, and that lie.
 */
#include <kunit/test.h>

#include <linux/bits.h>
#include <linux/elf.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../internal.h"

/* Two pieces of memory, of which the first is real, the other beyond all RAM. */
#define PIECE_SIZE	SZ_64K
#define OTHER		BIT_ULL(51)
#define OTHER_SIZE	SZ_1M
#define LOW		0x90000
#define LOW_SIZE	SZ_32K

/* Where they are in the file, and the note. */
#define AT_NOTE		PAGE_SIZE
#define AT_LOW		MK_VMCORE_HEADER
#define AT_PIECE	(AT_LOW + LOW_SIZE)
#define AT_OTHER	(AT_PIECE + PIECE_SIZE)

#define NOTE		0x2000
#define NOTE_NAME	"VMCOREINFO"
#define NOTE_TEXT	"OSRELEASE=6.12\n"
#define NOTE_SIZE	(sizeof(struct elf64_note) + \
			 ALIGN(sizeof(NOTE_NAME), 4) + \
			 ALIGN(sizeof(NOTE_TEXT), 4))

#define PAGE_OFFSET_SAID	0xff11000000000000ull
#define TEXT_SAID		0xffffffff81000000ull

/**
 * struct core - an instance that has memory, and its core file's header
 * @machine: its machine
 * @memory: its first piece
 * @dump: what its kernel says
 * @elf: the header, and the note behind it
 */
struct core {
	struct mk_machine machine;
	u8 *memory;
	struct mk_abi_dump dump;
	struct elf64_hdr *elf;
};

static struct elf64_note *note_at(struct core *core, u64 at)
{
	return (void *)core->memory + at;
}

static void free_memory(void *memory)
{
	free_pages_exact(memory, PIECE_SIZE);
}

static struct core *new_core(struct kunit *test)
{
	struct core *core = kunit_kzalloc(test, sizeof(*core), GFP_KERNEL);
	struct elf64_note *note;
	u64 start;

	KUNIT_ASSERT_NOT_NULL(test, core);
	core->elf = kunit_kzalloc(test, MK_VMCORE_HEADER, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, core->elf);
	core->memory = alloc_pages_exact(PIECE_SIZE, GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, core->memory);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_memory,
							   core->memory));

	start = __pa(core->memory);
	core->machine.low = (struct multikernel_range) { LOW, LOW_SIZE };
	core->machine.memory.nr = 2;
	core->machine.memory.range[0].start = start;
	core->machine.memory.range[0].size = PIECE_SIZE;
	core->machine.memory.range[1].start = OTHER;
	core->machine.memory.range[1].size = OTHER_SIZE;

	note = note_at(core, NOTE);
	note->n_namesz = sizeof(NOTE_NAME);
	note->n_descsz = sizeof(NOTE_TEXT);
	core->dump.note = start + NOTE;
	core->dump.page_offset = PAGE_OFFSET_SAID;
	core->dump.text = TEXT_SAID;
	core->dump.text_phys = OTHER + PAGE_SIZE;
	core->dump.text_size = SZ_64K;
	return core;
}

static const struct elf64_phdr *segment_of(struct core *core, unsigned int i)
{
	return (struct elf64_phdr *)(core->elf + 1) + i;
}

static unsigned int count(struct core *core, u32 type)
{
	unsigned int i, found = 0;

	for (i = 0; i < core->elf->e_phnum; i++)
		found += segment_of(core, i)->p_type == type;
	return found;
}

static void describe_core(struct core *core)
{
	mk_vmcore_describe(&core->machine, &core->dump, core->elf);
}

static void all_memory_is_in_it(struct kunit *test)
{
	struct core *core = new_core(test);

	KUNIT_EXPECT_EQ(test, mk_vmcore_size(&core->machine),
			AT_OTHER + OTHER_SIZE);
}

static void expect_memory(struct kunit *test, const struct elf64_phdr *segment,
			  u64 virtual, u64 start, u64 size, u64 offset)
{
	KUNIT_EXPECT_EQ(test, segment->p_type, PT_LOAD);
	KUNIT_EXPECT_EQ(test, segment->p_vaddr, virtual);
	KUNIT_EXPECT_EQ(test, segment->p_paddr, start);
	KUNIT_EXPECT_EQ(test, segment->p_filesz, size);
	KUNIT_EXPECT_EQ(test, segment->p_memsz, size);
	KUNIT_EXPECT_EQ(test, segment->p_offset, offset);
}

static void expect_note(struct kunit *test, struct core *core)
{
	const struct elf64_phdr *segment = segment_of(core, 0);

	KUNIT_EXPECT_EQ(test, segment->p_type, PT_NOTE);
	KUNIT_EXPECT_EQ(test, segment->p_offset, AT_NOTE);
	KUNIT_EXPECT_EQ(test, segment->p_filesz, NOTE_SIZE);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)core->elf + AT_NOTE,
			   core->memory + NOTE, NOTE_SIZE);
}

static void a_kernel_that_says_where_is_found(struct kunit *test)
{
	struct core *core = new_core(test);
	u64 start = __pa(core->memory);

	describe_core(core);
	KUNIT_EXPECT_MEMEQ(test, core->elf->e_ident, ELFMAG, SELFMAG);
	KUNIT_ASSERT_EQ(test, core->elf->e_phnum, 5);
	expect_note(test, core);
	expect_memory(test, segment_of(core, 1), TEXT_SAID, OTHER + PAGE_SIZE,
		      SZ_64K, AT_OTHER + PAGE_SIZE);
	expect_memory(test, segment_of(core, 2), PAGE_OFFSET_SAID + LOW, LOW,
		      LOW_SIZE, AT_LOW);
	expect_memory(test, segment_of(core, 3), PAGE_OFFSET_SAID + start,
		      start, PIECE_SIZE, AT_PIECE);
	expect_memory(test, segment_of(core, 4), PAGE_OFFSET_SAID + OTHER,
		      OTHER, OTHER_SIZE, AT_OTHER);
}

static void one_that_says_nothing_has_its_memory_alone(struct kunit *test)
{
	struct core *core = new_core(test);

	core->dump.note = 0;
	describe_core(core);
	KUNIT_ASSERT_EQ(test, core->elf->e_phnum, 3);
	expect_memory(test, segment_of(core, 0), 0, LOW, LOW_SIZE, AT_LOW);
	expect_memory(test, segment_of(core, 2), 0, OTHER, OTHER_SIZE,
		      AT_OTHER);
}

/**
 * struct lie - a note that is none
 * @name: for people
 * @note: where it is said to be, from the first piece on
 * @name_size: of its name
 * @text_size: of its text
 */
struct lie {
	const char *name;
	u64 note;
	u32 name_size;
	u32 text_size;
};

static const struct lie lies[] = {
	{ "before the memory", -PAGE_SIZE, 11, 16 },
	{ "behind a piece", PIECE_SIZE, 11, 16 },
	{ "its header over the end of a piece", PIECE_SIZE - 8, 11, 16 },
	{ "its name over the end", PIECE_SIZE - 16, 11, 0 },
	{ "its text over the end", PIECE_SIZE - 32, 11, 16 },
	{ "on an odd address", NOTE + 1, 11, 16 },
	{ "a name without end", NOTE, U32_MAX, 16 },
	{ "a text without end", NOTE, 11, U32_MAX },
	{ "a text that is too long", NOTE, 11, MK_VMCORE_HEADER - AT_NOTE },
	{ "at the last address of all", 0, 0, 0 },
};

static void describe(const struct lie *lie, char *text)
{
	strscpy(text, lie->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(lie, lies, describe);

static void a_note_that_is_none_is_left_out(struct kunit *test)
{
	const struct lie *lie = test->param_value;
	struct core *core = new_core(test);
	u64 at = lie->note ? __pa(core->memory) + lie->note : U64_MAX - 3;
	struct elf64_note *note;

	if (lie->note <= PIECE_SIZE - sizeof(*note)) {
		note = note_at(core, ALIGN_DOWN(lie->note, 4));
		note->n_namesz = lie->name_size;
		note->n_descsz = lie->text_size;
	}
	core->dump.note = at;
	describe_core(core);
	KUNIT_EXPECT_EQ(test, count(core, PT_NOTE), 0);
	KUNIT_EXPECT_EQ(test, count(core, PT_LOAD), 4);
}

static void a_text_that_is_not_in_its_memory_is_left_out(struct kunit *test)
{
	static const struct multikernel_range texts[] = {
		{ OTHER - 1, SZ_4K }, { OTHER + OTHER_SIZE, SZ_4K },
		{ OTHER, OTHER_SIZE + 1 }, { OTHER, U64_MAX }, { OTHER, 0 },
		{ U64_MAX, U64_MAX }, { 0, SZ_4K },
	};
	struct core *core = new_core(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		core->dump.text_phys = texts[i].start;
		core->dump.text_size = texts[i].size;
		describe_core(core);
		KUNIT_EXPECT_EQ_MSG(test, count(core, PT_LOAD), 3, "%u", i);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(all_memory_is_in_it),
	KUNIT_CASE(a_kernel_that_says_where_is_found),
	KUNIT_CASE(one_that_says_nothing_has_its_memory_alone),
	KUNIT_CASE_PARAM(a_note_that_is_none_is_left_out, lie_gen_params),
	KUNIT_CASE(a_text_that_is_not_in_its_memory_is_left_out),
	{}
};

static struct kunit_suite suite = {
	.name = "multikernel_vmcore",
	.test_cases = cases,
};

kunit_test_suite(suite);
