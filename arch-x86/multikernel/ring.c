// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings: bytes on their way from one kernel to another. Each has one producer and
 * one consumer, who share no lock. Who keeps others of its own side away is the
 * caller.
 *
 * Each side counts the bytes of its whole life, in a word that the other only
 * reads. What the other's word says is used in a difference that is compared with
 * the ring's size, and may be anything: no byte outside the ring is touched.
 *
 * The producer either writes no more than there is room for, and loses nothing; or
 * writes over what has not been read, and the consumer finds out. The
 * MK_RING_MARGIN bytes behind the head are the producer's, who may be writing them,
 * and nobody reads them: it says where the head is after no more than that. So
 * the consumer has to look at the head once more after it has read, and knows then
 * what of that was good.
 */
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <asm/barrier.h>
#include <asm/multikernel_abi.h>

/* What a producer may have on its way before it says so. */
#define MK_RING_MARGIN	64

/* How many bytes there can be to be read. */
static u32 most(const struct mk_ring *ring)
{
	return ring->size - MK_RING_MARGIN;
}

/**
 * mk_ring_init - look at a ring from one side, from its beginning
 * @ring: this side's view of it
 * @shared: the words that both sides look at
 * @bytes: what is in it
 * @size: bytes there, a power of two that is more than twice MK_RING_MARGIN
 *
 * Context: any.
 */
void mk_ring_init(struct mk_ring *ring, struct mk_abi_ring *shared, void *bytes,
		  u32 size)
{
	ring->shared = shared;
	ring->bytes = bytes;
	ring->size = size;
	ring->position = 0;
}

/**
 * mk_ring_room - ask how much can be written
 * @ring: the producer's view
 *
 * Context: any.
 * Return: bytes.
 */
u32 mk_ring_room(const struct mk_ring *ring)
{
	/* Pairs with the release in mk_ring_release(): what is there was read. */
	u64 tail = smp_load_acquire(&ring->shared->tail);
	u64 used = READ_ONCE(ring->position) - tail;

	return used < most(ring) ? most(ring) - used : 0;
}

/**
 * mk_ring_write - write into a ring
 * @ring: the producer's view
 * @from: bytes to be written
 * @count: number of them
 * @over: write all of them, over what has not been read if there is no room
 *
 * Context: any. The caller keeps other producers away.
 * Return: how many were written.
 */
size_t mk_ring_write(struct mk_ring *ring, const u8 *from, size_t count,
		     bool over)
{
	size_t done = 0;
	u32 i, part;

	if (!over)
		count = min_t(size_t, count, mk_ring_room(ring));
	while (done < count) {
		part = min_t(size_t, count - done, MK_RING_MARGIN);
		/* The head before it. Pairs with the barrier in mk_ring_read(). */
		smp_wmb();
		for (i = 0; i < part; i++)
			WRITE_ONCE(ring->bytes[(ring->position + i) &
					       (ring->size - 1)], from[done + i]);
		done += part;
		WRITE_ONCE(ring->position, ring->position + part);
		/* Pairs with the acquire in mk_ring_read(). */
		smp_store_release(&ring->shared->head, ring->position);
	}
	return done;
}

/* How far the next byte is behind what can be read: it has been overwritten. */
static u64 missed(const struct mk_ring *ring, u64 head)
{
	u64 unread = head - ring->position;

	return unread > most(ring) ? unread - most(ring) : 0;
}

/**
 * mk_ring_unread - ask how much there is to be read
 * @ring: the consumer's view
 *
 * Context: any.
 * Return: bytes, those included that are overwritten already.
 */
u64 mk_ring_unread(const struct mk_ring *ring)
{
	return READ_ONCE(ring->shared->head) - READ_ONCE(ring->position);
}

/**
 * mk_ring_read - read from a ring
 * @ring: the consumer's view
 * @to: where the bytes go
 * @count: how many there is room for there
 * @lost: what was overwritten before it was read is added to it
 *
 * The producer learns nothing of it before mk_ring_release().
 *
 * Context: any. The caller keeps other consumers away.
 * Return: how many were read. None may mean that all were lost meanwhile.
 */
size_t mk_ring_read(struct mk_ring *ring, u8 *to, size_t count, u64 *lost)
{
	/* Pairs with the release in mk_ring_write(). */
	u64 head = smp_load_acquire(&ring->shared->head);
	u64 skip = missed(ring, head);
	size_t i, bad;

	WRITE_ONCE(ring->position, ring->position + skip);
	*lost += skip;
	count = min_t(u64, count, head - ring->position);
	for (i = 0; i < count; i++)
		to[i] = READ_ONCE(ring->bytes[(ring->position + i) &
					      (ring->size - 1)]);

	/* Pairs with the barrier in mk_ring_write(): see above. */
	smp_rmb();
	bad = min_t(u64, count, missed(ring, READ_ONCE(ring->shared->head)));
	WRITE_ONCE(ring->position, ring->position + count);
	*lost += bad;
	memmove(to, to + bad, count - bad);
	return count - bad;
}

/**
 * mk_ring_release - let the producer have the room of what was read
 * @ring: the consumer's view
 *
 * Context: any.
 */
void mk_ring_release(struct mk_ring *ring)
{
	/* Pairs with the acquire in mk_ring_room(). */
	smp_store_release(&ring->shared->tail, ring->position);
}

/**
 * mk_ring_skip - take what there is for read
 * @ring: the consumer's view
 *
 * Context: any. The caller keeps other consumers away.
 */
void mk_ring_skip(struct mk_ring *ring)
{
	WRITE_ONCE(ring->position, READ_ONCE(ring->shared->head));
	mk_ring_release(ring);
}

/**
 * mk_ring_rewind - go back to the oldest byte that is still there
 * @ring: a view that is no consumer's: nobody releases what is read with it
 *
 * Context: any.
 */
void mk_ring_rewind(struct mk_ring *ring)
{
	/* Pairs with the release in mk_ring_write(). */
	u64 head = smp_load_acquire(&ring->shared->head);

	ring->position = head > most(ring) ? head - most(ring) : 0;
}
