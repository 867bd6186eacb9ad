// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the loader of kexec_file_load() is offered room.
 */
#include <kunit/test.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/sizes.h>

#include "../internal.h"

/* What was offered, and which of it is taken. */
static struct resource offers[MULTIKERNEL_MAX_RANGES];
static int nr_offers;
static int taken;

static int note_offer(struct resource *resource, void *kbuf)
{
	offers[nr_offers] = *resource;
	return nr_offers++ == taken;
}

static struct mk_machine machine;
static struct kexec_buf kbuf;

static void add_piece(u64 start, u64 size)
{
	struct multikernel_range *range;

	range = &machine.memory.range[machine.memory.nr++];
	range->start = start;
	range->size = size;
	machine.platform = start + size - MK_PLATFORM_SIZE;
}

static int reset(struct kunit *test)
{
	memset(&machine, 0, sizeof(machine));
	nr_offers = 0;
	taken = -1;
	return 0;
}

static void expect_offer(struct kunit *test, int nr, u64 start, u64 end)
{
	KUNIT_ASSERT_LT(test, nr, nr_offers);
	KUNIT_EXPECT_EQ(test, offers[nr].start, start);
	KUNIT_EXPECT_EQ(test, offers[nr].end, end - 1);
}

static void offers_the_smallest_piece_first(struct kunit *test)
{
	add_piece(SZ_64M, SZ_64M);
	add_piece(SZ_256M, SZ_2M);
	add_piece(SZ_512M, SZ_16M);
	KUNIT_EXPECT_EQ(test, mk_place_walk(&machine, &kbuf, note_offer), 0);
	KUNIT_EXPECT_EQ(test, nr_offers, 3);
	expect_offer(test, 0, SZ_256M, SZ_256M + SZ_2M);
	expect_offer(test, 1, SZ_512M, SZ_512M + SZ_16M - MK_PLATFORM_SIZE);
	expect_offer(test, 2, SZ_64M, SZ_128M);
}

static void offers_pieces_of_one_size_once_each(struct kunit *test)
{
	add_piece(SZ_64M, SZ_16M);
	add_piece(SZ_128M, SZ_16M);
	add_piece(SZ_256M, SZ_32M);
	KUNIT_EXPECT_EQ(test, mk_place_walk(&machine, &kbuf, note_offer), 0);
	KUNIT_EXPECT_EQ(test, nr_offers, 3);
	expect_offer(test, 0, SZ_64M, SZ_64M + SZ_16M);
	expect_offer(test, 1, SZ_128M, SZ_128M + SZ_16M);
}

static void offers_no_platform_block(struct kunit *test)
{
	add_piece(SZ_64M, SZ_16M);
	KUNIT_EXPECT_EQ(test, mk_place_walk(&machine, &kbuf, note_offer), 0);
	expect_offer(test, 0, SZ_64M, machine.platform);
}

static void offers_no_piece_that_is_all_platform_block(struct kunit *test)
{
	add_piece(SZ_64M, SZ_16M);
	add_piece(SZ_128M, MK_PLATFORM_SIZE);
	KUNIT_EXPECT_EQ(test, mk_place_walk(&machine, &kbuf, note_offer), 0);
	KUNIT_EXPECT_EQ(test, nr_offers, 1);
	expect_offer(test, 0, SZ_64M, SZ_64M + SZ_16M);
}

static void offers_no_more_when_one_is_taken(struct kunit *test)
{
	add_piece(SZ_64M, SZ_64M);
	add_piece(SZ_256M, SZ_2M);
	add_piece(SZ_512M, SZ_16M);
	taken = 1;
	KUNIT_EXPECT_EQ(test, mk_place_walk(&machine, &kbuf, note_offer), 1);
	KUNIT_EXPECT_EQ(test, nr_offers, 2);
}

static struct kunit_case place_cases[] = {
	KUNIT_CASE(offers_the_smallest_piece_first),
	KUNIT_CASE(offers_pieces_of_one_size_once_each),
	KUNIT_CASE(offers_no_platform_block),
	KUNIT_CASE(offers_no_piece_that_is_all_platform_block),
	KUNIT_CASE(offers_no_more_when_one_is_taken),
	{}
};

static struct kunit_suite place_suite = {
	.name = "multikernel_place",
	.init = reset,
	.test_cases = place_cases,
};

kunit_test_suite(place_suite);
