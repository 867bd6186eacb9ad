// SPDX-License-Identifier: GPL-2.0-only
/*
 * arch-x86/multikernel/ring.c as a program: a producer and a consumer, a thread
 * each, for ThreadSanitizer and the machine that it runs on. scripts/tests/ring.sh
 * builds it with model/kernel.h in place of the kernel's headers.
 *
 * Usage: ring strict|over BYTES
 *
 * Sends that many bytes, and says how many were lost. Exit status 0 if each byte
 * that came was right, and all came or were counted.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../arch-x86/multikernel/ring.c"

#define SIZE	1024
#define PART	200

static struct mk_abi_ring shared;
static u8 bytes[SIZE];
static u64 total;
static bool over;

/* Byte N of the stream; its period is no multiple of the ring's size. */
static u8 byte_at(u64 n)
{
	return n % 251;
}

static void *produce(void *unused)
{
	struct mk_ring ring;
	u8 part[PART];
	size_t i, count;

	mk_ring_init(&ring, &shared, bytes, SIZE);
	while (ring.position < total) {
		count = min_t(u64, 1 + rand() % PART, total - ring.position);
		for (i = 0; i < count; i++)
			part[i] = byte_at(ring.position + i);
		mk_ring_write(&ring, part, count, over);
	}
	return NULL;
}

static u64 consume(u64 *lost)
{
	struct mk_ring ring;
	u8 part[SIZE];
	size_t i, count;
	u64 read = 0;

	mk_ring_init(&ring, &shared, bytes, SIZE);
	while (ring.position < total) {
		count = mk_ring_read(&ring, part, sizeof(part), lost);
		for (i = 0; i < count; i++)
			if (part[i] != byte_at(ring.position - count + i))
				exit(2);
		read += count;
		mk_ring_release(&ring);
	}
	return read;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	u64 read, lost = 0;

	if (argc != 3)
		return 2;
	over = !strcmp(argv[1], "over");
	total = strtoull(argv[2], NULL, 0);
	if (pthread_create(&thread, NULL, produce, NULL))
		return 2;
	read = consume(&lost);
	pthread_join(thread, NULL);
	printf("%llu bytes read, %llu lost\n", read, lost);
	return read + lost != total || (!over && lost);
}
