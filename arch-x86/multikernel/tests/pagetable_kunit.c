// SPDX-License-Identifier: GPL-2.0-only
/*
 * host/pagetable.c: the tables are walked here as the processor does it, with
 * this file's own understanding of the format (SDM vol. 3, section 5.5).
 */
#include <kunit/test.h>

#include <linux/bits.h>
#include <linux/io.h>
#include <linux/math.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../internal.h"

#define PRESENT		BIT_ULL(0)
#define WRITABLE	BIT_ULL(1)
#define USER		BIT_ULL(2)
#define LARGE		BIT_ULL(7)
#define GLOBAL		BIT_ULL(8)
#define NO_EXECUTE	BIT_ULL(63)
#define ADDRESS		GENMASK_ULL(51, 12)

/* Caching, software and protection key bits, and addresses no test uses. */
#define MUST_BE_ZERO	(GENMASK_ULL(4, 3) | USER | GLOBAL |	\
			 GENMASK_ULL(11, 9) | GENMASK_ULL(62, 47))

#define BORDER_1G	(5ULL * SZ_1G)
#define BORDER_512G	BIT_ULL(39)
#define LIMIT		BIT_ULL(47)

#define POOL_PAGES	64
#define POISON		0x5a

/**
 * struct mapping - what a test has mapped
 * @start: first address
 * @size: bytes
 * @rights: WRITABLE and NO_EXECUTE as asked for
 */
struct mapping {
	u64 start;
	u64 size;
	u64 rights;
};

/**
 * struct walk - a walk over all entries, in the order of addresses
 * @test: the test
 * @table: the tables
 * @expected: what is to be found, in ascending order, and nothing else
 * @nr: elements of @expected that have not been found
 * @found: bytes found of the first of them
 * @tables: number of tables seen below the root
 */
struct walk {
	struct kunit *test;
	const struct mk_pagetable *table;
	const struct mapping *expected;
	unsigned int nr;
	u64 found;
	unsigned int tables;
};

static u64 entry_address(const struct walk *walk, u64 entry)
{
	return entry & ADDRESS & ~walk->table->encryption_mask;
}

static void check_leaf(struct walk *walk, u64 address, u64 entry, u64 size,
		       u64 rights)
{
	const struct mapping *expected = walk->expected;
	struct kunit *test = walk->test;
	u64 wanted, left;
	bool large;

	KUNIT_ASSERT_NE_MSG(test, walk->nr, 0, "%#llx is mapped", address);
	wanted = expected->start + walk->found;
	left = expected->size - walk->found;
	large = wanted % SZ_2M == 0 && left >= SZ_2M;

	KUNIT_ASSERT_EQ(test, address, wanted);
	KUNIT_ASSERT_EQ(test, entry_address(walk, entry), wanted);
	KUNIT_ASSERT_EQ(test, size, large ? SZ_2M : SZ_4K);
	KUNIT_ASSERT_EQ(test, rights, expected->rights);

	walk->found += size;
	if (walk->found == expected->size) {
		walk->expected++;
		walk->nr--;
		walk->found = 0;
	}
}

static void check_entry(struct walk *walk, u64 entry, int level)
{
	u64 mask = walk->table->encryption_mask;
	struct kunit *test = walk->test;

	KUNIT_ASSERT_EQ_MSG(test, entry & mask, mask, "level %d", level);
	KUNIT_ASSERT_EQ_MSG(test, entry & MUST_BE_ZERO & ~mask, 0, "level %d",
			    level);
	if (level > 2)
		KUNIT_ASSERT_EQ_MSG(test, entry & LARGE, 0, "level %d", level);
}

static u64 *follow(struct walk *walk, u64 entry)
{
	u64 *next = phys_to_virt(entry_address(walk, entry));
	size_t index = next - walk->table->pool;

	KUNIT_ASSERT_LT(walk->test, index, 512 * walk->table->pool_used);
	walk->tables++;
	return next;
}

static void visit(struct walk *walk, const u64 *entries, int level, u64 base,
		  u64 rights_above)
{
	unsigned int shift = 12 + 9 * (level - 1);
	u64 i, entry, rights, address;

	for (i = 0; i < 512; i++) {
		entry = entries[i];
		address = base + (i << shift);
		if (!(entry & PRESENT)) {
			KUNIT_ASSERT_EQ(walk->test, entry, 0);
			continue;
		}
		check_entry(walk, entry, level);
		rights = (rights_above & entry & WRITABLE) |
			 ((rights_above | entry) & NO_EXECUTE);
		if (level == 1 || entry & LARGE)
			check_leaf(walk, address, entry, BIT_ULL(shift),
				   rights);
		else
			visit(walk, follow(walk, entry), level - 1, address,
			      rights);
	}
}

/* Walk all of @table: @nr mappings are there, no more and no less. */
static void expect(struct kunit *test, const struct mk_pagetable *table,
		   const struct mapping *mappings, unsigned int nr)
{
	struct walk walk = {
		.test = test,
		.table = table,
		.expected = mappings,
		.nr = nr,
	};

	visit(&walk, table->root, 4, 0, WRITABLE);
	KUNIT_EXPECT_EQ_MSG(test, walk.nr, 0, "mappings are missing");
	KUNIT_EXPECT_EQ(test, walk.tables, table->pool_used);
}

/* Begin with pages that are full of present entries. */
static void begin(struct kunit *test, struct mk_pagetable *table,
		  unsigned int pool_pages, u64 encryption_mask)
{
	u8 *pool = kunit_kmalloc(test, POOL_PAGES * SZ_4K, GFP_KERNEL);
	u64 *root = kunit_kmalloc(test, SZ_4K, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, pool);
	KUNIT_ASSERT_NOT_NULL(test, root);
	KUNIT_ASSERT_TRUE(test, IS_ALIGNED((unsigned long)pool, SZ_4K));
	KUNIT_ASSERT_TRUE(test, IS_ALIGNED((unsigned long)root, SZ_4K));
	memset(pool, 0xff, POOL_PAGES * SZ_4K);
	memset(root, 0xff, SZ_4K);
	mk_pagetable_init(table, root, pool, pool_pages, encryption_mask);
}

static int map(struct mk_pagetable *table, const struct mapping *mapping)
{
	return mk_pagetable_map(table, mapping->start, mapping->size,
				mapping->rights);
}

static u64 regions(u64 start, u64 end, u64 size)
{
	return (end - 1) / size - start / size + 1;
}

/* Tables below the root for one mapping: one for each entry above them. */
static u64 tables_needed(const struct mapping *mapping)
{
	u64 start = mapping->start;
	u64 end = start + mapping->size;
	u64 first_large = round_up(start, SZ_2M);
	u64 last_large = round_down(end, SZ_2M);
	u64 above = regions(start, end, BORDER_512G) +
		    regions(start, end, SZ_1G);

	if (first_large > last_large)
		return above + 1;
	return above + (start < first_large) + (last_large < end);
}

struct range_case {
	const char *name;
	struct mapping mapping;
};

static const struct range_case range_cases[] = {
	{ "page 0", { 0, SZ_4K } },
	{ "a page", { SZ_1M - SZ_4K, SZ_4K } },
	{ "a large page", { SZ_16M, SZ_2M } },
	{ "less than a large page", { SZ_16M, SZ_2M - SZ_4K } },
	{ "more than a large page", { SZ_16M, SZ_2M + SZ_4K } },
	{ "large page's size, not aligned", { SZ_16M + SZ_4K, SZ_2M } },
	{ "pages, large pages, pages", { SZ_16M - SZ_8K, SZ_4M + SZ_16K } },
	{ "within a large page", { SZ_16M + SZ_64K, SZ_64K } },
	{ "1 GiB border, pages", { BORDER_1G - SZ_4K, SZ_8K } },
	{ "1 GiB border, large pages", { BORDER_1G - SZ_2M, SZ_4M } },
	{ "more than 1 GiB", { SZ_1G - SZ_4K, SZ_1G + SZ_2M } },
	{ "512 GiB border, pages", { BORDER_512G - SZ_4K, SZ_8K } },
	{ "512 GiB border, large pages", { BORDER_512G - SZ_4M, SZ_8M } },
	{ "over 512 GiB", { BORDER_512G * 3 + SZ_1M, SZ_2G + SZ_4K } },
	{ "the last page", { LIMIT - SZ_4K, SZ_4K } },
	{ "the last large page", { LIMIT - SZ_2M, SZ_2M } },
};

KUNIT_ARRAY_PARAM_DESC(range, range_cases, name);

static void pagetable_identity(struct kunit *test)
{
	const struct range_case *range = test->param_value;
	struct mk_pagetable table;

	begin(test, &table, POOL_PAGES, 0);
	KUNIT_ASSERT_EQ(test, map(&table, &range->mapping), 0);
	expect(test, &table, &range->mapping, 1);
	KUNIT_EXPECT_EQ(test, table.pool_used, tables_needed(&range->mapping));
}

/* Every smaller pool is too small, and its neighbourhood is left alone. */
static void pagetable_pool_exhausted(struct kunit *test)
{
	const struct range_case *range = test->param_value;
	u64 pages, needed = tables_needed(&range->mapping);
	struct mk_pagetable table;
	u8 *after;

	for (pages = 0; pages < needed; pages++) {
		begin(test, &table, pages, 0);
		after = (u8 *)table.pool + pages * SZ_4K;
		memset(after, POISON, SZ_4K);
		KUNIT_EXPECT_EQ(test, map(&table, &range->mapping), -ENOSPC);
		KUNIT_EXPECT_LE(test, table.pool_used, pages);
		KUNIT_EXPECT_NULL(test, memchr_inv(after, POISON, SZ_4K));
	}
	begin(test, &table, needed, 0);
	KUNIT_EXPECT_EQ(test, map(&table, &range->mapping), 0);
}

static void pagetable_nothing(struct kunit *test)
{
	static const struct mapping nothing = { SZ_16M, 0 };
	struct mk_pagetable table;

	begin(test, &table, POOL_PAGES, 0);
	expect(test, &table, NULL, 0);
	KUNIT_EXPECT_EQ(test, map(&table, &nothing), 0);
	expect(test, &table, NULL, 0);
	KUNIT_EXPECT_EQ(test, table.pool_used, 0);
}

/* In ascending order, side by side, with all rights in both page sizes. */
static const struct mapping many[] = {
	{ 0, SZ_4K, NO_EXECUTE },
	{ SZ_4K, SZ_4K, WRITABLE },
	{ SZ_8K, SZ_4K, 0 },
	{ SZ_8K + SZ_4K, SZ_4K, WRITABLE | NO_EXECUTE },
	{ SZ_16M, SZ_2M, WRITABLE },
	{ SZ_16M + SZ_2M, SZ_2M, 0 },
	{ SZ_16M + SZ_4M, SZ_2M, NO_EXECUTE },
	{ SZ_16M + SZ_4M + SZ_2M, SZ_4M, WRITABLE | NO_EXECUTE },
	{ BORDER_1G - SZ_2M - SZ_4K, SZ_4M + SZ_8K, WRITABLE },
	{ BORDER_512G + SZ_4K, SZ_4K, 0 },
};

static void pagetable_many(struct kunit *test)
{
	struct mk_pagetable table;
	unsigned int i;

	begin(test, &table, POOL_PAGES, 0);
	for (i = 0; i < ARRAY_SIZE(many); i++)
		KUNIT_ASSERT_EQ(test, map(&table, &many[i]), 0);
	expect(test, &table, many, ARRAY_SIZE(many));
}

static void pagetable_many_descending(struct kunit *test)
{
	struct mk_pagetable table;
	unsigned int i;

	begin(test, &table, POOL_PAGES, 0);
	for (i = ARRAY_SIZE(many); i--; )
		KUNIT_ASSERT_EQ(test, map(&table, &many[i]), 0);
	expect(test, &table, many, ARRAY_SIZE(many));
}

static const u64 encryption_masks[] = { 0, BIT_ULL(47), BIT_ULL(51) };

static void describe_mask(const u64 *mask, char *description)
{
	snprintf(description, KUNIT_PARAM_DESC_SIZE, "%#llx", *mask);
}

KUNIT_ARRAY_PARAM(encryption, encryption_masks, describe_mask);

/* Root, both kinds of tables below, small and large pages have the bit. */
static void pagetable_encryption(struct kunit *test)
{
	const u64 *mask = test->param_value;
	struct mk_pagetable table;
	unsigned int i;

	begin(test, &table, POOL_PAGES, *mask);
	for (i = 0; i < ARRAY_SIZE(many); i++)
		KUNIT_ASSERT_EQ(test, map(&table, &many[i]), 0);
	expect(test, &table, many, ARRAY_SIZE(many));
}

static void pagetable_new_rights(struct kunit *test)
{
	static const struct mapping before = { SZ_16M, SZ_4M + SZ_8K };
	static const struct mapping after[] = {
		{ SZ_16M, SZ_2M, WRITABLE },
		{ SZ_16M + SZ_2M, SZ_2M, 0 },
		{ SZ_16M + SZ_4M, SZ_4K, NO_EXECUTE },
		{ SZ_16M + SZ_4M + SZ_4K, SZ_4K, 0 },
	};
	struct mk_pagetable table;

	begin(test, &table, POOL_PAGES, 0);
	KUNIT_ASSERT_EQ(test, map(&table, &before), 0);
	KUNIT_ASSERT_EQ(test, map(&table, &after[0]), 0);
	KUNIT_ASSERT_EQ(test, map(&table, &after[2]), 0);
	expect(test, &table, after, ARRAY_SIZE(after));
}

static void pagetable_large_page_in_the_way(struct kunit *test)
{
	static const struct mapping large = { SZ_16M, SZ_2M };
	static const struct mapping page = { SZ_16M + SZ_4K, SZ_4K, WRITABLE };
	struct mk_pagetable table;

	begin(test, &table, POOL_PAGES, 0);
	KUNIT_ASSERT_EQ(test, map(&table, &large), 0);
	KUNIT_EXPECT_EQ(test, map(&table, &page), -ENOSPC);
	expect(test, &table, &large, 1);
}

static const struct range_case far_cases[] = {
	{ "from the limit", { LIMIT, SZ_4K } },
	{ "across the limit", { LIMIT - SZ_4K, SZ_8K } },
	{ "large pages across the limit", { LIMIT - SZ_2M, SZ_4M } },
	{ "negative half", { -LIMIT, SZ_4K } },
	{ "up to the end of 64 bits", { -SZ_4K, SZ_4K } },
	{ "round the end of 64 bits", { -SZ_4K, SZ_8K } },
	{ "size is too large", { SZ_4K, -SZ_4K } },
	{ "half and half", { BIT_ULL(63), BIT_ULL(63) } },
};

KUNIT_ARRAY_PARAM_DESC(far, far_cases, name);

static void pagetable_too_far(struct kunit *test)
{
	const struct range_case *range = test->param_value;
	struct mk_pagetable table;

	begin(test, &table, POOL_PAGES, 0);
	KUNIT_EXPECT_EQ(test, map(&table, &range->mapping), -ERANGE);
	expect(test, &table, NULL, 0);
	KUNIT_EXPECT_EQ(test, table.pool_used, 0);
}

static struct kunit_case pagetable_cases[] = {
	KUNIT_CASE(pagetable_nothing),
	KUNIT_CASE_PARAM(pagetable_identity, range_gen_params),
	KUNIT_CASE_PARAM(pagetable_pool_exhausted, range_gen_params),
	KUNIT_CASE(pagetable_many),
	KUNIT_CASE(pagetable_many_descending),
	KUNIT_CASE_PARAM(pagetable_encryption, encryption_gen_params),
	KUNIT_CASE(pagetable_new_rights),
	KUNIT_CASE(pagetable_large_page_in_the_way),
	KUNIT_CASE_PARAM(pagetable_too_far, far_gen_params),
	{}
};

static struct kunit_suite pagetable_suite = {
	.name = "multikernel_pagetable",
	.test_cases = pagetable_cases,
};

kunit_test_suite(pagetable_suite);
