// SPDX-License-Identifier: GPL-2.0-only
/*
 * host/info.c: images that say that they look for a control block, that do not,
 * and whose kernel_info is not what it should be.
 */
#include <kunit/test.h>

#include <linux/string.h>

#include "../internal.h"

#define IMAGE_SIZE	0x100
#define AT		0x80
#define WORDS		((IMAGE_SIZE - AT) / 4)

#define LTOP		0x506f544c
#define MKRN		0x6e724b4d

struct image {
	const char *name;
	u32 offset;
	u32 info[WORDS];	/* at AT */
	bool has_abi;
};

static const struct image images[] = {
	{ "of this version", AT, { LTOP, 16, 32, 9, MKRN, 16, MK_ABI_VERSION, 1 },
	  true },
	{ "of the first version", AT, { LTOP, 16, 32, 9, MKRN, 16, 1, 1 }, true },
	{ "newer and compatible", AT,
	  { LTOP, 16, 32, 9, MKRN, 16, MK_ABI_VERSION + 1, 1 }, true },
	{ "newer and not compatible", AT,
	  { LTOP, 16, 32, 9, MKRN, 16, MK_ABI_VERSION + 2, MK_ABI_VERSION + 1 } },
	{ "of no version", AT, { LTOP, 16, 32, 9, MKRN, 16, 0, 0 } },
	{ "larger fixed part", AT, { LTOP, 20, 36, 9, 0, MKRN, 16, 1, 1 }, true },
	{ "larger entry", AT, { LTOP, 16, 36, 9, MKRN, 20, 1, 1, 0 }, true },
	{ "another's entry first", AT,
	  { LTOP, 16, 44, 9, 0x2121, 12, 0, MKRN, 16, 1, 1 }, true },
	{ "up to the last byte", IMAGE_SIZE - 32,
	  { [WORDS - 8] = LTOP, 16, 32, 9, MKRN, 16, 1, 1 }, true },
	{ "no variable part", AT, { LTOP, 16, 16, 9, MKRN, 16, 1, 1 } },
	{ "no kernel_info", 0, { LTOP, 16, 32, 9, MKRN, 16, 1, 1 } },
	{ "another magic", AT, { LTOP + 1, 16, 32, 9, MKRN, 16, 1, 1 } },
	{ "entry cut short", AT, { LTOP, 16, 28, 9, MKRN, 16, 1, 1 } },
	{ "entry too small", AT, { LTOP, 16, 32, 9, MKRN, 12, 1, 1 } },
	{ "entry without a size", AT, { LTOP, 16, 32, 9, 0x2121, 0, 1, 1 } },
	{ "entry of all sizes", AT, { LTOP, 16, 32, 9, 0x2121, ~0, 1, 1 } },
	{ "fixed part too small", AT, { LTOP, 8, 32, 9, MKRN, 16, 1, 1 } },
	{ "fixed part too large", AT, { LTOP, ~0, 32, 9, MKRN, 16, 1, 1 } },
	{ "larger than the image", AT, { LTOP, 16, 0x84, 9, MKRN, 16, 1, 1 } },
	{ "cut by the end", IMAGE_SIZE - 8, { [WORDS - 2] = LTOP, 16 } },
	{ "behind the end", IMAGE_SIZE },
	{ "far behind the end", ~0 },
};

static void describe(const struct image *image, char *text)
{
	strscpy(text, image->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(image, images, describe);

static void an_image_says_whether_it_looks_for_the_block(struct kunit *test)
{
	const struct image *image = test->param_value;
	u8 *kernel = kunit_kzalloc(test, IMAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, kernel);
	memcpy(kernel + AT, image->info, sizeof(image->info));
	KUNIT_EXPECT_EQ(test, mk_info_has_abi(kernel, IMAGE_SIZE, image->offset),
			image->has_abi);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(an_image_says_whether_it_looks_for_the_block,
			 image_gen_params),
	{}
};

static struct kunit_suite suite = {
	.name = "multikernel_info",
	.test_cases = cases,
};

kunit_test_suite(suite);
