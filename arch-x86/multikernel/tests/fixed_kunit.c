// SPDX-License-Identifier: GPL-2.0-only
/*
 * host/fixed.c: what multikernel_reserve= says, and what it did not set aside.
 */
#include <kunit/test.h>

#include <linux/sizes.h>

#include "../internal.h"

struct text_case {
	const char *text;
	u64 size;	/* zero for what is refused */
	u64 start;
	const char *rest;
};

static const struct text_case text_cases[] = {
	{ "8M@1M", SZ_8M, SZ_1M, "" },
	{ "0x800000@0x100000", SZ_8M, SZ_1M, "" },
	{ "1G@4G", SZ_1G, SZ_4G, "" },
	{ "1024K@2048K,1M@9M", SZ_1M, SZ_2M, ",1M@9M" },
	{ "8M@1Mx", SZ_8M, SZ_1M, "x" },
	{ "1M@17592186044414M", SZ_1M, -SZ_2M, "" },
	{ "" },
	{ "8M" },
	{ "@1M" },
	{ "8M@" },
	{ "8M,1M@1M" },
	{ "0@1M" },
	{ "8M@0" },
	{ "512K@1M" },
	{ "8M@512K" },
	{ "8M@1537K" },
	{ "-8M@1M" },
	{ "1M@17592186044415M" },
	{ "17592186044415M@2M" },
};

static void text_to_name(const struct text_case *text, char *name)
{
	strscpy(name, *text->text ? text->text : "nothing",
		KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(text, text_cases, text_to_name);

static void fixed_parse(struct kunit *test)
{
	const struct text_case *text = test->param_value;
	struct multikernel_range range;
	const char *rest = mk_fixed_parse(text->text, &range);

	if (!text->size) {
		KUNIT_EXPECT_NULL(test, rest);
		return;
	}
	KUNIT_ASSERT_NOT_NULL(test, rest);
	KUNIT_EXPECT_STREQ(test, rest, text->rest);
	KUNIT_EXPECT_EQ(test, range.size, text->size);
	KUNIT_EXPECT_EQ(test, range.start, text->start);
}

struct range_case {
	const char *name;
	struct multikernel_range range;
	bool valid;
};

static const struct range_case range_cases[] = {
	{ "one unit", { SZ_1M, SZ_1M }, true },
	{ "up to the last unit", { SZ_1M, -SZ_2M }, true },
	{ "nothing", { SZ_1M, 0 }, false },
	{ "address 0", { 0, SZ_1M }, false },
	{ "a page", { SZ_1M, SZ_4K }, false },
	{ "a page too many", { SZ_1M, SZ_1M + SZ_4K }, false },
	{ "a page too early", { SZ_1M - SZ_4K, SZ_1M }, false },
	{ "up to the end of 64 bits", { -SZ_1M, SZ_1M }, false },
	{ "round the end of 64 bits", { -SZ_1M, SZ_2M }, false },
};

KUNIT_ARRAY_PARAM_DESC(range, range_cases, name);

static void fixed_is_valid(struct kunit *test)
{
	const struct range_case *range = test->param_value;

	KUNIT_EXPECT_EQ(test, range->valid, mk_fixed_is_valid(&range->range));
}

/* This kernel is there, whatever was set aside. */
static void fixed_not_set_aside(struct kunit *test)
{
	struct multikernel_range range = {
		ALIGN_DOWN(__pa_symbol(_text), SZ_1M), SZ_1M
	};
	struct mk_memory *memory;
	u64 before = mk_memory_total();

	memory = kunit_kzalloc(test, sizeof(*memory), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, memory);
	KUNIT_EXPECT_FALSE(test, mk_fixed_contains(__pa_symbol(_text)));
	KUNIT_EXPECT_EQ(test, mk_fixed_take("kunit", &range), -EADDRNOTAVAIL);
	KUNIT_EXPECT_EQ(test, mk_memory_take_fixed("kunit", memory, &range, 1),
			-EADDRNOTAVAIL);
	KUNIT_EXPECT_EQ(test, memory->nr, 0);
	KUNIT_EXPECT_EQ(test, mk_memory_total(), before);
}

static struct kunit_case fixed_cases[] = {
	KUNIT_CASE_PARAM(fixed_parse, text_gen_params),
	KUNIT_CASE_PARAM(fixed_is_valid, range_gen_params),
	KUNIT_CASE(fixed_not_set_aside),
	{}
};

static struct kunit_suite fixed_suite = {
	.name = "multikernel_fixed",
	.test_cases = fixed_cases,
};

kunit_test_suite(fixed_suite);
