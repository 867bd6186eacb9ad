// SPDX-License-Identifier: GPL-2.0-only
/*
 * host/flat.c: what may be said of an entry in 32-bit mode, where its image may
 * be, and the copies of the ACPI root pointer.
 */
#include <kunit/test.h>

#include <linux/io.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../internal.h"
#include "acpi_tables.h"

#define NAME		"kunit"

#define RSDP_OLD_SIZE	20

/* Of the segments of an image, and an address of tables. */
#define FIRST		(16ULL * SZ_1M)
#define SECOND		(64ULL * SZ_1M)
#define TABLES		(128ULL * SZ_1M)

/**
 * struct describe_case - what is said of an entry
 * @name: of the case
 * @boot: what is said
 * @ret: what mk_flat_describe() says to that
 */
struct describe_case {
	const char *name;
	struct multikernel_boot boot;
	int ret;
};

static const struct describe_case describe_cases[] = {
	{ "Linux", { .boot_params = FIRST, .flags = 3 }, 0 },
	{ "Linux with EAX", { .eax = 1 }, -EINVAL },
	{ "Linux with EBX", { .ebx = 1 }, -EINVAL },
	{ "Linux with a command line", { .cmdline = FIRST }, -EINVAL },
	{ "Linux with an old root pointer", { .rsdp_v1 = FIRST }, -EINVAL },
	{ "Linux with a root pointer", { .rsdp_v2 = FIRST }, -EINVAL },
	{ "flat", { .entry = 1, .flags = 2, .eax = 1, .ebx = 2, .cmdline = 3,
		    .rsdp_v1 = 4, .rsdp_v2 = 5 }, 0 },
	{ "flat with a zero page", { .entry = 1, .boot_params = FIRST },
	  -EINVAL },
	{ "flat with the host's boot processor", { .entry = 1, .flags = 1 }, 0 },
	{ "no such entry", { .entry = 2 }, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(describe, describe_cases, name);

static void flat_describe(struct kunit *test)
{
	const struct describe_case *this = test->param_value;

	KUNIT_EXPECT_EQ(test, mk_flat_describe(NAME, &this->boot), this->ret);
}

/**
 * struct check_case - where the parts of an image are
 * @name: of the case
 * @second: address of its second segment
 * @boot: what was said of its entry
 * @rsdp: address of the root pointer
 * @ret: what mk_flat_check() says to that
 */
struct check_case {
	const char *name;
	u64 second;
	struct multikernel_boot boot;
	u64 rsdp;
	int ret;
};

static const struct check_case check_cases[] = {
	{ "nothing said", SECOND, {}, TABLES, 0 },
	{ "all in the segments", SECOND,
	  { .cmdline = FIRST, .rsdp_v1 = SECOND, .rsdp_v2 = SECOND + 20 },
	  TABLES, 0 },
	{ "at the end of a segment", SECOND,
	  { .cmdline = FIRST + SZ_4K - 1, .rsdp_v1 = FIRST + SZ_4K - 20,
	    .rsdp_v2 = SECOND + SZ_4K - 36 }, TABLES, 0 },
	{ "a command line behind a segment", SECOND,
	  { .cmdline = FIRST + SZ_4K }, TABLES, -EADDRNOTAVAIL },
	{ "an old root pointer across a segment's end", SECOND,
	  { .rsdp_v1 = FIRST + SZ_4K - 19 }, TABLES, -EADDRNOTAVAIL },
	{ "a root pointer across a segment's end", SECOND,
	  { .rsdp_v2 = FIRST + SZ_4K - 35 }, TABLES, -EADDRNOTAVAIL },
	{ "an old root pointer to tables above 4 GiB", SECOND,
	  { .rsdp_v1 = FIRST }, SZ_4G, -EADDRNOTAVAIL },
	{ "a root pointer to tables above 4 GiB", SECOND,
	  { .rsdp_v2 = FIRST }, SZ_4G, 0 },
	{ "a segment below 4 GiB", SZ_4G - SZ_4K, {}, TABLES, 0 },
	{ "a segment above 4 GiB", SZ_4G, {}, TABLES, -EADDRNOTAVAIL },
};

KUNIT_ARRAY_PARAM_DESC(check, check_cases, name);

static void flat_check(struct kunit *test)
{
	const struct check_case *this = test->param_value;
	struct mk_image *image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, image);
	image->boot = this->boot;
	image->segment[0].start = FIRST;
	image->segment[0].size = SZ_4K;
	image->segment[1].start = this->second;
	image->segment[1].size = SZ_4K;
	image->nr_segments = 2;
	KUNIT_EXPECT_EQ(test, mk_flat_check(NAME, image, this->rsdp),
			this->ret);
}

static const u32 one_id[] = { 3 };

static const struct mk_machine one_cpu = {
	.platform = PLATFORM,
	.apic_ids = one_id,
	.nr_cpus = ARRAY_SIZE(one_id),
};

/* Complete an image that wants its copies at these places of a page, or none. */
static const u8 *make_copies(struct kunit *test, const struct tables *tables,
			     unsigned int old, unsigned int new)
{
	struct mk_image *image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);
	u8 *page = kunit_kmalloc(test, SZ_4K, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, image);
	KUNIT_ASSERT_NOT_NULL(test, page);
	memset(page, 0xa5, SZ_4K);
	image->boot.rsdp_v1 = old ? virt_to_phys(page + old) : 0;
	image->boot.rsdp_v2 = new ? virt_to_phys(page + new) : 0;
	mk_flat_complete(image, virt_to_phys((void *)tables->rsdp));
	return page;
}

static void flat_copies(struct kunit *test)
{
	struct tables tables;
	const u8 *page;

	mk_test_acpi_build(test, &one_cpu, &tables);
	page = make_copies(test, &tables, 100, 200);
	KUNIT_EXPECT_MEMEQ(test, page + 100, "RSD PTR ", 8);
	KUNIT_EXPECT_EQ(test, mk_test_sum(page + 100, RSDP_OLD_SIZE), 0);
	KUNIT_EXPECT_EQ(test, page[100 + 15], 0);
	KUNIT_EXPECT_MEMEQ(test, page + 100 + 16, tables.rsdp + 16, 4);
	KUNIT_EXPECT_MEMEQ(test, page + 200, tables.rsdp, RSDP_SIZE);
	KUNIT_EXPECT_NULL(test, memchr_inv(page, 0xa5, 100));
	KUNIT_EXPECT_NULL(test, memchr_inv(page + 120, 0xa5, 80));
	KUNIT_EXPECT_NULL(test, memchr_inv(page + 236, 0xa5, SZ_4K - 236));
}

static void flat_no_copies(struct kunit *test)
{
	struct tables tables;

	mk_test_acpi_build(test, &one_cpu, &tables);
	KUNIT_EXPECT_NULL(test, memchr_inv(make_copies(test, &tables, 0, 0), 0xa5,
					   SZ_4K));
}

static struct kunit_case flat_cases[] = {
	KUNIT_CASE_PARAM(flat_describe, describe_gen_params),
	KUNIT_CASE_PARAM(flat_check, check_gen_params),
	KUNIT_CASE(flat_copies),
	KUNIT_CASE(flat_no_copies),
	{}
};

static struct kunit_suite flat_suite = {
	.name = "multikernel_flat",
	.test_cases = flat_cases,
};

kunit_test_suite(flat_suite);
