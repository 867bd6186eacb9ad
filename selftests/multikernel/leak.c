// SPDX-License-Identifier: GPL-2.0
/*
 * A whole life, again and again: what the host owns does not shrink.
 *
 * Memory is counted in pages that are free or that the host can account for.
 * The slope is the median of the slopes between any two rounds, so that a page
 * that happens to be elsewhere at one moment does not count.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME	MK_NAME "leak"
#define ROUNDS	20
#define WARM_UP	2
#define MEMORY	(96 * MK_MIB)
#define PAGE_KIB	4

/**
 * struct usage - memory of the host at one moment, in pages
 * @lost: neither free nor accounted for
 * @slab: in caches that cannot be reclaimed
 */
struct usage {
	long lost;
	long slab;
};

static long pages_in(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "r");
	size_t length = strlen(name);
	char line[256];
	long kib = 0;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, length) && line[length] == ':')
			kib = strtol(line + length + 1, NULL, 10);
	if (file)
		fclose(file);
	return kib / PAGE_KIB;
}

/* Free pages that CPUs keep for themselves, which MemFree leaves out. */
static long pages_of_cpus(void)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	long count, sum = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " count: %ld", &count) == 1)
			sum += count;
	if (file)
		fclose(file);
	return sum;
}

static void measure(struct usage *usage)
{
	static const char * const accounted[] = {
		"MemFree", "Slab", "AnonPages", "Cached", "Buffers",
		"PageTables", "SecPageTables", "Percpu",
	};
	long stacks = pages_in("KernelStack");
	long vmalloc = pages_in("VmallocUsed");
	size_t i;

	sync();
	mk_write("/proc/sys/vm/drop_caches", "3");
	usleep(100000);
	mk_write("/proc/sys/vm/stat_refresh", "1");
	usage->lost = pages_in("MemTotal") - pages_of_cpus();
	for (i = 0; i < sizeof(accounted) / sizeof(*accounted); i++)
		usage->lost -= pages_in(accounted[i]);
	/* Stacks of tasks that are gone are kept for others, in vmalloc. */
	usage->lost -= vmalloc > stacks ? vmalloc : stacks;
	usage->slab = pages_in("SUnreclaim");
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* Pages a round. */
static double slope(const long *values, size_t n)
{
	static double slopes[ROUNDS * ROUNDS];
	size_t i, j, k = 0;

	for (i = 0; i < n; i++)
		for (j = i + 1; j < n; j++)
			slopes[k++] = (double)(values[j] - values[i]) / (j - i);
	qsort(slopes, k, sizeof(*slopes), compare);
	return slopes[k / 2];
}

static const struct multikernel_range *
largest(const struct multikernel_range *ranges, __u32 nr)
{
	const struct multikernel_range *best = ranges;
	__u32 i;

	for (i = 1; i < nr; i++)
		if (ranges[i].size > best->size)
			best = &ranges[i];
	return best;
}

/* Where a round failed, or NULL. */
static const char *live(int cpu, int *err)
{
	struct multikernel_range ranges[MULTIKERNEL_MAX_RANGES];
	struct multikernel_info info;
	struct mk_image image;
	__u32 id;

	*err = mk_create(NAME, cpu, MEMORY, &id);
	if (*err)
		return "create";
	*err = mk_info(id, &info, ranges);
	if (*err)
		return "info";
	if (mk_image_kernel(&image, largest(ranges, info.nr_ranges)))
		mk_image_loop(&image, &ranges[0]);
	*err = mk_load(id, &image);
	if (*err)
		return "load";
	*err = mk_start(id);
	if (*err)
		return "start";
	usleep(200000);
	*err = mk_stop(id);
	if (*err)
		return "stop";
	*err = mk_destroy(id);
	return *err ? "destroy" : NULL;
}

/* In a process of its own, whose memory does not count. */
static int round_of_life(int cpu)
{
	const char *where;
	int status, err;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (!child) {
		where = live(cpu, &err);
		if (where)
			fprintf(stderr, "# %s: %s\n", where, strerror(err));
		_exit(!!where);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return status;
}

FIXTURE(leak)
{
	struct mk_snapshot before;
};

FIXTURE_SETUP(leak)
{
	mk_snapshot(&self->before);
}

FIXTURE_TEARDOWN(leak)
{
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

TEST_F_TIMEOUT(leak, is_not_in_twenty_lives, 170)
{
	int cpu = mk_spare_cpu(0), round;
	long lost[ROUNDS], slab[ROUNDS];
	struct usage usage;

	for (round = -WARM_UP; round < ROUNDS; round++) {
		ASSERT_EQ(0, round_of_life(cpu)) TH_LOG("round %d", round);
		ASSERT_TRUE(mk_snapshot_same(&self->before))
			TH_LOG("round %d", round);
		measure(&usage);
		if (round < 0)
			continue;
		lost[round] = usage.lost;
		slab[round] = usage.slab;
	}
	fprintf(stderr, "# figure: pages lost in a round: %.2f; of slab: %.2f\n",
		slope(lost, ROUNDS), slope(slab, ROUNDS));
	EXPECT_GT(0.5, slope(lost, ROUNDS));
	EXPECT_GT(0.5, slope(slab, ROUNDS));
}

MK_TEST_MAIN(1, MEMORY)
