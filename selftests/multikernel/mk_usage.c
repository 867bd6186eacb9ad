// SPDX-License-Identifier: GPL-2.0
/*
 * How much memory this machine uses, over many rounds of something that should
 * use none for good.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mk_usage.h"
#include "mk_lib.h"

#define PAGE_KIB	4

/*
 * What is no growth. Rounds in which a process is forked and does nothing seem
 * to use up some pages too, whenever a cache is filled: up to eight, and as many
 * in 200 rounds. Stacks are kept for the next tasks, in vmalloc. A page lost in
 * each round is more than all that. What is free changes with the processes of
 * the test as well, so that it is told but not judged: what an instance may
 * lose of it is in the other kinds.
 */
#define NOISE	8

static const struct {
	const char *name;
	bool judged;
	double noise_a_round;
} kinds[MK_USAGE_KINDS] = {
	[MK_USAGE_LOST] = { "neither free nor accounted for", true, 0.1 },
	[MK_USAGE_SLAB] = { "Slab", true, 0.1 },
	[MK_USAGE_UNRECLAIMABLE] = { "SUnreclaim", true, 0.1 },
	[MK_USAGE_PERCPU] = { "Percpu", true, 0.1 },
	[MK_USAGE_VMALLOC] = { "VmallocUsed without stacks", true, 0.5 },
	[MK_USAGE_USED] = { "MemTotal - MemFree" },
	[MK_USAGE_UNAVAILABLE] = { "MemTotal - MemAvailable" },
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

static long lost(void)
{
	static const char * const accounted[] = {
		"MemFree", "Slab", "AnonPages", "Cached", "Buffers",
		"PageTables", "SecPageTables", "Percpu",
	};
	long stacks = pages_in("KernelStack");
	long vmalloc = pages_in("VmallocUsed");
	long pages = pages_in("MemTotal") - pages_of_cpus();
	size_t i;

	for (i = 0; i < sizeof(accounted) / sizeof(*accounted); i++)
		pages -= pages_in(accounted[i]);
	/* Stacks of tasks that are gone are kept for others, in vmalloc. */
	return pages - (vmalloc > stacks ? vmalloc : stacks);
}

void mk_usage_measure(struct mk_usage *usage, unsigned int round)
{
	long total = pages_in("MemTotal"), kept;

	sync();
	mk_write("/proc/sys/vm/drop_caches", "3");
	usleep(100000);
	mk_write("/proc/sys/vm/stat_refresh", "1");
	kept = pages_of_cpus();
	usage->pages[MK_USAGE_LOST][round] = lost();
	usage->pages[MK_USAGE_SLAB][round] = pages_in("Slab");
	usage->pages[MK_USAGE_UNRECLAIMABLE][round] = pages_in("SUnreclaim");
	usage->pages[MK_USAGE_PERCPU][round] = pages_in("Percpu");
	usage->pages[MK_USAGE_VMALLOC][round] = pages_in("VmallocUsed") -
						pages_in("KernelStack");
	usage->pages[MK_USAGE_USED][round] = total - kept - pages_in("MemFree");
	usage->pages[MK_USAGE_UNAVAILABLE][round] =
		total - kept - pages_in("MemAvailable");
	usage->rounds = round + 1;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/*
 * What a line through the values grows by from the first to the last. Its
 * slope is the median of those between any two values, so that pages which are
 * elsewhere at some moments do not count.
 */
static double growth(const long *values, unsigned int n)
{
	static double slopes[MK_USAGE_ROUNDS * MK_USAGE_ROUNDS / 2];
	unsigned int i, j, k = 0;

	for (i = 0; i < n; i++)
		for (j = i + 1; j < n; j++)
			slopes[k++] = (double)(values[j] - values[i]) / (j - i);
	if (!k)
		return 0;
	qsort(slopes, k, sizeof(*slopes), compare);
	return slopes[k / 2] * (n - 1);
}

/*
 * Where KASAN keeps what is freed for long, and others note each page, what is
 * used says nothing. Such kernels have kmemleak to tell what is lost.
 */
static bool can_be_judged(void)
{
	return access("/sys/kernel/debug/kmemleak", F_OK);
}

bool mk_usage_does_not_grow(const struct mk_usage *usage)
{
	unsigned int i, n = usage->rounds;
	bool judged = can_be_judged();
	bool same = true;
	double pages;

	for (i = 0; i < MK_USAGE_KINDS; i++) {
		pages = growth(usage->pages[i], n);
		fprintf(stderr,
			"# figure: %s: %ld pages first, %ld last, fitted growth in %u rounds %.1f\n",
			kinds[i].name, usage->pages[i][0],
			usage->pages[i][n - 1], n, pages);
		if (judged && kinds[i].judged)
			same &= pages < NOISE + n * kinds[i].noise_a_round;
	}
	return same;
}
