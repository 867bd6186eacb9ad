// SPDX-License-Identifier: GPL-2.0-only
/*
 * host/restart.c and host/copy.c: who is restarted, when, and from what.
 */
#include <kunit/test.h>

#include <linux/gfp.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../internal.h"

static void restart_only_after_a_crash(struct kunit *test)
{
	enum mk_state state;

	for (state = 0; state < MK_NR_STATES; state++)
		KUNIT_EXPECT_EQ_MSG(test, mk_restart_is_due(state, 0, 1),
				    state == MK_CRASHED, "%s",
				    mk_state_names[state]);
}

static void restart_up_to_the_limit(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, mk_restart_is_due(MK_CRASHED, 0, 0));
	KUNIT_EXPECT_TRUE(test, mk_restart_is_due(MK_CRASHED, 0, 1));
	KUNIT_EXPECT_FALSE(test, mk_restart_is_due(MK_CRASHED, 1, 1));
	KUNIT_EXPECT_TRUE(test, mk_restart_is_due(MK_CRASHED, 2, 3));
	KUNIT_EXPECT_FALSE(test, mk_restart_is_due(MK_CRASHED, 3, 3));
	KUNIT_EXPECT_FALSE(test, mk_restart_is_due(MK_CRASHED, 4, 3));
	KUNIT_EXPECT_TRUE(test, mk_restart_is_due(MK_CRASHED, 999, 1000));
	KUNIT_EXPECT_FALSE(test, mk_restart_is_due(MK_CRASHED, 1000, 1000));
}

static void restart_later_each_time(struct kunit *test)
{
	static const unsigned int first_ms[] = {
		100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000
	};
	unsigned int nth;

	for (nth = 1; nth <= ARRAY_SIZE(first_ms); nth++)
		KUNIT_EXPECT_EQ_MSG(test, mk_restart_delay_ms(nth),
				    first_ms[nth - 1], "restart %u", nth);
	KUNIT_EXPECT_EQ(test, mk_restart_delay_ms(32), 10000);
	KUNIT_EXPECT_EQ(test, mk_restart_delay_ms(33), 10000);
	KUNIT_EXPECT_EQ(test, mk_restart_delay_ms(MULTIKERNEL_MAX_RESTARTS),
			10000);
	KUNIT_EXPECT_EQ(test, mk_restart_delay_ms(UINT_MAX), 10000);
}

static void restart_policies(struct kunit *test)
{
	static const struct {
		u32 on_crash;
		u32 max_restarts;
		int ret;
	} cases[] = {
		{ MULTIKERNEL_ON_CRASH_STOP, 0, 0 },
		{ MULTIKERNEL_ON_CRASH_STOP, 1, -EINVAL },
		{ MULTIKERNEL_ON_CRASH_RESTART, 0, -EINVAL },
		{ MULTIKERNEL_ON_CRASH_RESTART, 1, 0 },
		{ MULTIKERNEL_ON_CRASH_RESTART, 1000, 0 },
		{ MULTIKERNEL_ON_CRASH_RESTART, 1001, -EINVAL },
		{ MULTIKERNEL_ON_CRASH_RESTART, U32_MAX, -EINVAL },
		{ MULTIKERNEL_ON_CRASH_RESTART + 1, 0, -EINVAL },
		{ U32_MAX, 1, -EINVAL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct multikernel_boot boot = {
			.on_crash = cases[i].on_crash,
			.max_restarts = cases[i].max_restarts,
		};

		KUNIT_EXPECT_EQ_MSG(test, mk_restart_check("test", &boot),
				    cases[i].ret, "%u, %u", boot.on_crash,
				    boot.max_restarts);
	}
}

#define NR_SEGMENTS	3
#define SEGMENT_PAGES	2
#define SEGMENT_SIZE	(SEGMENT_PAGES * PAGE_SIZE)

/* A part of each segment: all of it, some bytes, and next to nothing. */
static const u64 given[NR_SEGMENTS] = { SEGMENT_SIZE, PAGE_SIZE + 5, 1 };

static void fill(void *segment, unsigned int nr)
{
	memset(segment, 0, SEGMENT_SIZE);
	memset(segment, 'a' + nr, given[nr]);
}

static bool is_filled(const u8 *segment, unsigned int nr)
{
	return !memchr_inv(segment, 'a' + nr, given[nr]) &&
	       !memchr_inv(segment + given[nr], 0, SEGMENT_SIZE - given[nr]);
}

static void copy_restores_what_was_given(struct kunit *test)
{
	struct kexec_segment segment[NR_SEGMENTS] = {};
	struct mk_image *image;
	unsigned int i;
	u8 *memory;

	image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, image);
	memory = kunit_kzalloc(test, NR_SEGMENTS * SEGMENT_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, memory);
	image->nr_segments = NR_SEGMENTS;
	for (i = 0; i < NR_SEGMENTS; i++) {
		fill(memory + i * SEGMENT_SIZE, i);
		segment[i].bufsz = given[i];
		image->segment[i].start = __pa(memory + i * SEGMENT_SIZE);
		image->segment[i].size = SEGMENT_SIZE;
	}

	KUNIT_ASSERT_EQ(test, mk_copy_make("test", image, segment), 0);
	KUNIT_EXPECT_EQ(test, image->copy.size, 4 * PAGE_SIZE);
	memset(memory, 'x', NR_SEGMENTS * SEGMENT_SIZE);
	mk_copy_restore(image);
	for (i = 0; i < NR_SEGMENTS; i++)
		KUNIT_EXPECT_TRUE(test,
				  is_filled(memory + i * SEGMENT_SIZE, i));

	mk_copy_free(&image->copy);
	KUNIT_EXPECT_NULL(test, image->copy.data);
	KUNIT_EXPECT_EQ(test, image->copy.size, 0);
}

static void copy_that_is_too_large_is_refused(struct kunit *test)
{
	struct kexec_segment segment[1] = { { .bufsz = 1UL << 46 } };
	struct mk_image *image;

	image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, image);
	image->nr_segments = 1;
	KUNIT_EXPECT_EQ(test, mk_copy_make("test", image, segment), -ENOMEM);
	KUNIT_EXPECT_NULL(test, image->copy.data);
	KUNIT_EXPECT_EQ(test, image->copy.size, 0);
}

/* An image may be zeros alone. */
static void copy_of_nothing_is_none(struct kunit *test)
{
	struct kexec_segment segment[1] = {};
	struct mk_image *image;
	u8 *memory;

	image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, image);
	memory = kunit_kzalloc(test, SEGMENT_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, memory);
	image->nr_segments = 1;
	image->segment[0].start = __pa(memory);
	image->segment[0].size = SEGMENT_SIZE;

	KUNIT_ASSERT_EQ(test, mk_copy_make("test", image, segment), 0);
	KUNIT_EXPECT_EQ(test, image->copy.size, 0);
	memset(memory, 'x', SEGMENT_SIZE);
	mk_copy_restore(image);
	KUNIT_EXPECT_NULL(test, memchr_inv(memory, 0, SEGMENT_SIZE));
	mk_copy_free(&image->copy);
}

static struct kunit_case restart_cases[] = {
	KUNIT_CASE(restart_only_after_a_crash),
	KUNIT_CASE(restart_up_to_the_limit),
	KUNIT_CASE(restart_later_each_time),
	KUNIT_CASE(restart_policies),
	KUNIT_CASE(copy_restores_what_was_given),
	KUNIT_CASE(copy_that_is_too_large_is_refused),
	KUNIT_CASE(copy_of_nothing_is_none),
	{}
};

static struct kunit_suite restart_suite = {
	.name = "multikernel_restart",
	.test_cases = restart_cases,
};

kunit_test_suite(restart_suite);
