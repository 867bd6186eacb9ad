// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring.c: what is written is read, whatever the heads and tails of the other side
 * say. How two CPUs get on with each other this cannot test.
 */
#include <kunit/test.h>

#include <linux/limits.h>
#include <linux/string.h>

#include <asm/multikernel_abi.h>

#define SIZE	256
/* What of it can be unread: the rest is what a producer may be writing. */
#define MOST	192
/* Bytes on either side of the ring, which nobody may touch. */
#define GUARD	64

/**
 * struct line - a ring with both ends
 * @shared: what both look at
 * @area: its bytes between those that are guarded
 * @producer: one view
 * @consumer: the other one
 */
struct line {
	struct mk_abi_ring shared;
	u8 area[GUARD + SIZE + GUARD];
	struct mk_ring producer;
	struct mk_ring consumer;
};

static struct line *new_line(struct kunit *test)
{
	struct line *line = kunit_kzalloc(test, sizeof(*line), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, line);
	memset(line->area, 0xa5, sizeof(line->area));
	mk_ring_init(&line->producer, &line->shared, line->area + GUARD, SIZE);
	mk_ring_init(&line->consumer, &line->shared, line->area + GUARD, SIZE);
	return line;
}

static void expect_guarded(struct kunit *test, const struct line *line)
{
	KUNIT_EXPECT_NULL(test, memchr_inv(line->area, 0xa5, GUARD));
	KUNIT_EXPECT_NULL(test, memchr_inv(line->area + GUARD + SIZE, 0xa5,
					   GUARD));
}

/* Byte N of the line's life is a function of N. */
static u8 byte_at(u64 n)
{
	return n * 7 + n / SIZE;
}

static size_t write_numbered(struct line *line, size_t count, bool over)
{
	u8 text[2 * SIZE];
	size_t i;

	for (i = 0; i < count; i++)
		text[i] = byte_at(line->producer.position + i);
	return mk_ring_write(&line->producer, text, count, over);
}

/* How many were read; each of them is what it should be. */
static size_t read_numbered(struct kunit *test, struct line *line, size_t count,
			    u64 *lost)
{
	u8 text[2 * SIZE];
	size_t i, done = mk_ring_read(&line->consumer, text, count, lost);

	for (i = 0; i < done; i++)
		KUNIT_ASSERT_EQ(test, text[i],
				byte_at(line->consumer.position - done + i));
	return done;
}

static void what_is_written_is_read_once(struct kunit *test)
{
	struct line *line = new_line(test);
	u64 lost = 0;

	KUNIT_EXPECT_EQ(test, read_numbered(test, line, SIZE, &lost), 0);
	KUNIT_EXPECT_EQ(test, write_numbered(line, 10, false), 10);
	KUNIT_EXPECT_EQ(test, line->shared.head, 10);
	KUNIT_EXPECT_EQ(test, mk_ring_unread(&line->consumer), 10);
	KUNIT_EXPECT_EQ(test, read_numbered(test, line, 4, &lost), 4);
	KUNIT_EXPECT_EQ(test, read_numbered(test, line, SIZE, &lost), 6);
	KUNIT_EXPECT_EQ(test, read_numbered(test, line, SIZE, &lost), 0);
	KUNIT_EXPECT_EQ(test, line->shared.tail, 0);
	mk_ring_release(&line->consumer);
	KUNIT_EXPECT_EQ(test, line->shared.tail, 10);
	KUNIT_EXPECT_EQ(test, lost, 0);
}

static void a_full_ring_takes_no_more(struct kunit *test)
{
	struct line *line = new_line(test);
	u64 lost = 0;

	KUNIT_EXPECT_EQ(test, mk_ring_room(&line->producer), MOST);
	KUNIT_EXPECT_EQ(test, write_numbered(line, SIZE, false), MOST);
	KUNIT_EXPECT_EQ(test, mk_ring_room(&line->producer), 0);
	KUNIT_EXPECT_EQ(test, write_numbered(line, 1, false), 0);
	KUNIT_EXPECT_EQ(test, read_numbered(test, line, 5, &lost), 5);
	KUNIT_EXPECT_EQ(test, write_numbered(line, 1, false), 0);
	mk_ring_release(&line->consumer);
	KUNIT_EXPECT_EQ(test, write_numbered(line, SIZE, false), 5);
	KUNIT_EXPECT_EQ(test, read_numbered(test, line, SIZE, &lost), MOST);
	KUNIT_EXPECT_EQ(test, lost, 0);
	expect_guarded(test, line);
}

static void it_goes_round_and_round(struct kunit *test)
{
	struct line *line = new_line(test);
	size_t count;
	u64 lost = 0;

	for (count = 1; count <= MOST; count++) {
		KUNIT_ASSERT_EQ(test, write_numbered(line, count, false),
				count);
		KUNIT_ASSERT_EQ(test, read_numbered(test, line, SIZE, &lost),
				count);
		mk_ring_release(&line->consumer);
	}
	KUNIT_EXPECT_EQ(test, line->shared.head, MOST * (MOST + 1) / 2);
	KUNIT_EXPECT_EQ(test, lost, 0);
	expect_guarded(test, line);
}

/* Both counts are so large that they begin again with zero. */
static void counts_wrap(struct kunit *test)
{
	struct line *line = new_line(test);
	u64 lost = 0;

	line->producer.position = U64_MAX - 9;
	line->consumer.position = U64_MAX - 9;
	line->shared.head = U64_MAX - 9;
	line->shared.tail = U64_MAX - 9;
	KUNIT_EXPECT_EQ(test, mk_ring_room(&line->producer), MOST);
	KUNIT_EXPECT_EQ(test, write_numbered(line, 100, false), 100);
	KUNIT_EXPECT_EQ(test, line->shared.head, 90);
	KUNIT_EXPECT_EQ(test, read_numbered(test, line, SIZE, &lost), 100);
	KUNIT_EXPECT_EQ(test, lost, 0);
}

static void what_is_overwritten_is_counted(struct kunit *test)
{
	struct line *line = new_line(test);
	u64 lost = 0;

	KUNIT_EXPECT_EQ(test, write_numbered(line, 2 * SIZE, true), 2 * SIZE);
	KUNIT_EXPECT_EQ(test, read_numbered(test, line, SIZE, &lost), MOST);
	KUNIT_EXPECT_EQ(test, lost, 2 * SIZE - MOST);
	KUNIT_EXPECT_EQ(test, line->consumer.position, 2 * SIZE);
	expect_guarded(test, line);
}

static void what_was_there_last_can_be_read_again(struct kunit *test)
{
	struct line *line = new_line(test);
	u64 lost = 0;

	write_numbered(line, 20, false);
	read_numbered(test, line, 20, &lost);
	mk_ring_release(&line->consumer);
	mk_ring_rewind(&line->consumer);
	KUNIT_EXPECT_EQ(test, read_numbered(test, line, SIZE, &lost), 20);
	write_numbered(line, 2 * SIZE, true);
	mk_ring_rewind(&line->consumer);
	KUNIT_EXPECT_EQ(test, read_numbered(test, line, SIZE, &lost), MOST);
	KUNIT_EXPECT_EQ(test, lost, 0);
}

static void all_can_be_skipped(struct kunit *test)
{
	struct line *line = new_line(test);
	u64 lost = 0;

	write_numbered(line, MOST, false);
	mk_ring_skip(&line->consumer);
	KUNIT_EXPECT_EQ(test, line->shared.tail, MOST);
	KUNIT_EXPECT_EQ(test, write_numbered(line, 3, false), 3);
	KUNIT_EXPECT_EQ(test, read_numbered(test, line, SIZE, &lost), 3);
	KUNIT_EXPECT_EQ(test, lost, 0);
}

/* Words that no kernel in its right mind writes. */
static const u64 lies[] = {
	0, 1, 63, 99, 101, MOST, SIZE - 1, SIZE, SIZE + 1, U32_MAX, S64_MAX,
	U64_MAX - SIZE, U64_MAX - 1, U64_MAX,
};

static void lying_heads_do_no_harm(struct kunit *test)
{
	struct line *line = new_line(test);
	u8 text[SIZE];
	u64 lost;
	int i;

	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		line->consumer.position = 100;
		line->shared.head = lies[i];
		lost = 0;
		KUNIT_EXPECT_LE(test, mk_ring_read(&line->consumer, text, SIZE,
						   &lost), MOST);
		KUNIT_EXPECT_EQ(test, line->consumer.position, lies[i]);
		mk_ring_rewind(&line->consumer);
		KUNIT_EXPECT_LE(test, mk_ring_read(&line->consumer, text, SIZE,
						   &lost), MOST);
		mk_ring_skip(&line->consumer);
		KUNIT_EXPECT_EQ(test, mk_ring_unread(&line->consumer), 0);
	}
	expect_guarded(test, line);
}

static void lying_tails_do_no_harm(struct kunit *test)
{
	struct line *line = new_line(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		line->producer.position = 100;
		line->shared.head = 100;
		line->shared.tail = lies[i];
		KUNIT_EXPECT_LE(test, mk_ring_room(&line->producer), MOST);
		KUNIT_EXPECT_LE(test, write_numbered(line, SIZE, false), MOST);
		KUNIT_EXPECT_EQ(test, line->shared.head,
				line->producer.position);
	}
	expect_guarded(test, line);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(what_is_written_is_read_once),
	KUNIT_CASE(a_full_ring_takes_no_more),
	KUNIT_CASE(it_goes_round_and_round),
	KUNIT_CASE(counts_wrap),
	KUNIT_CASE(what_is_overwritten_is_counted),
	KUNIT_CASE(what_was_there_last_can_be_read_again),
	KUNIT_CASE(all_can_be_skipped),
	KUNIT_CASE(lying_heads_do_no_harm),
	KUNIT_CASE(lying_tails_do_no_harm),
	{}
};

static struct kunit_suite suite = {
	.name		= "multikernel_ring",
	.test_cases	= cases,
};

kunit_test_suite(suite);
