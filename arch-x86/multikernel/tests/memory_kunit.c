// SPDX-License-Identifier: GPL-2.0-only
/*
 * host/memory.c: what is an instance's memory, and taking some for a moment.
 */
#include <kunit/test.h>

#include <linux/mm.h>
#include <linux/sizes.h>

#include "../internal.h"

#define FIRST		0x10000000ULL
#define SECOND		0x40000000ULL
#define LAST		(-SZ_2M)

/* Two pieces, and one that ends with the 64 bits of an address. */
static const struct mk_memory pieces = {
	.range = {
		{ FIRST, SZ_4M },
		{ SECOND, SZ_2M },
		{ LAST, SZ_2M },
	},
	.nr = 3,
};

struct range_case {
	const char *name;
	u64 start;
	u64 size;
	bool contained;
};

static const struct range_case range_cases[] = {
	{ "a whole piece", FIRST, SZ_4M, true },
	{ "another whole piece", SECOND, SZ_2M, true },
	{ "first byte", FIRST, 1, true },
	{ "last byte", FIRST + SZ_4M - 1, 1, true },
	{ "middle", FIRST + SZ_4K, SZ_2M, true },
	{ "byte before", FIRST - 1, 1, false },
	{ "byte after", FIRST + SZ_4M, 1, false },
	{ "from the byte before", FIRST - 1, 2, false },
	{ "to the byte after", FIRST + SZ_4M - 1, 2, false },
	{ "one byte too many", FIRST, SZ_4M + 1, false },
	{ "around a piece", SECOND - SZ_4K, SZ_2M + SZ_8K, false },
	{ "between pieces", SECOND - SZ_2M, SZ_2M, false },
	{ "from one piece into another", FIRST, SECOND - FIRST + 1, false },
	{ "address 0", 0, SZ_4K, false },
	{ "nothing at the start", FIRST, 0, true },
	{ "nothing within", FIRST + SZ_4K, 0, true },
	{ "nothing at the end", FIRST + SZ_4M, 0, false },
	{ "nothing elsewhere", 0, 0, false },
	{ "largest size", FIRST, U64_MAX, false },
	{ "round to the same piece", FIRST + SZ_4K, -SZ_4K, false },
	{ "round to its first byte", FIRST + SZ_4K, 1 - SZ_4K, false },
	{ "round from another piece", SECOND, FIRST - SECOND + 1, false },
	{ "up to the end of 64 bits", LAST, SZ_2M, true },
	{ "round the end of 64 bits", LAST, SZ_2M + 1, false },
	{ "last address", U64_MAX, 1, true },
	{ "last address and round", U64_MAX, 2, false },
	{ "last address and all", U64_MAX, U64_MAX, false },
};

KUNIT_ARRAY_PARAM_DESC(range, range_cases, name);

static void memory_contains_range(struct kunit *test)
{
	const struct range_case *range = test->param_value;

	KUNIT_EXPECT_EQ(test, range->contained,
			mk_memory_contains(&pieces, range->start, range->size));
}

/* Elements of the array that are not in use count for nothing. */
static void memory_contains_no_unused(struct kunit *test)
{
	struct mk_memory memory = pieces;

	memory.nr = 1;
	KUNIT_EXPECT_TRUE(test, mk_memory_contains(&memory, FIRST, 1));
	KUNIT_EXPECT_FALSE(test, mk_memory_contains(&memory, SECOND, 1));
	memory.nr = 0;
	KUNIT_EXPECT_FALSE(test, mk_memory_contains(&memory, FIRST, 1));
}

static void memory_size(struct kunit *test)
{
	struct mk_memory memory = pieces;

	KUNIT_EXPECT_EQ(test, mk_memory_size(&memory), SZ_8M);
	memory.nr = 1;
	KUNIT_EXPECT_EQ(test, mk_memory_size(&memory), SZ_4M);
	memory.nr = 0;
	KUNIT_EXPECT_EQ(test, mk_memory_size(&memory), 0);
}

static u64 count_offline(const struct mk_memory *memory)
{
	const struct multikernel_range *range = memory->range;
	u64 pfn, end, count = 0;

	for (; range < memory->range + memory->nr; range++) {
		end = PHYS_PFN(range->start + range->size);
		for (pfn = PHYS_PFN(range->start); pfn < end; pfn++)
			count += PageOffline(pfn_to_page(pfn));
	}
	return count;
}

static void expect_in_order(struct kunit *test, const struct mk_memory *memory)
{
	const struct multikernel_range *range = memory->range;
	unsigned int i;

	for (i = 0; i < memory->nr; i++) {
		KUNIT_EXPECT_EQ(test, range[i].start % SZ_2M, 0);
		KUNIT_EXPECT_EQ(test, range[i].size % SZ_2M, 0);
		if (i)
			KUNIT_EXPECT_GT(test, range[i].start,
					range[i - 1].start + range[i - 1].size);
	}
}

static void memory_take_and_give_back(struct kunit *test)
{
	u64 size = SZ_8M + SZ_2M, before = mk_memory_total();
	struct mk_memory *memory, *given;

	memory = kunit_kzalloc(test, 2 * sizeof(*memory), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, memory);
	if (mk_memory_take("kunit", memory, size, MULTIKERNEL_NODE_ANY))
		kunit_skip(test, "this machine has no memory to spare");

	given = memory + 1;
	*given = *memory;
	KUNIT_EXPECT_EQ(test, mk_memory_size(memory), size);
	KUNIT_EXPECT_EQ(test, mk_memory_total(), before + size);
	KUNIT_EXPECT_EQ(test, count_offline(memory), PHYS_PFN(size));
	expect_in_order(test, memory);

	mk_memory_give_back(memory);
	KUNIT_EXPECT_EQ(test, memory->nr, 0);
	KUNIT_EXPECT_EQ(test, mk_memory_total(), before);
	KUNIT_EXPECT_EQ(test, count_offline(given), 0);
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE_PARAM(memory_contains_range, range_gen_params),
	KUNIT_CASE(memory_contains_no_unused),
	KUNIT_CASE(memory_size),
	KUNIT_CASE(memory_take_and_give_back),
	{}
};

static struct kunit_suite memory_suite = {
	.name = "multikernel_memory",
	.test_cases = memory_cases,
};

kunit_test_suite(memory_suite);
