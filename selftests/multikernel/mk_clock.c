// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read this kernel's clocks against the time stamp counter, which is the same
 * in all kernels of a machine.
 *
 * Usage: mk_clock [SECONDS]
 *
 * Prints "TSC REALTIME MONOTONIC", the clocks in nanoseconds, and after SECONDS
 * of sleep another such line. Exit status 2 for what cannot be done.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <x86intrin.h>

/* Of so many readings the one that took the shortest is the best. */
#define READINGS	50

static uint64_t nanoseconds(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now))
		err(2, "clock_gettime");
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void print_clocks(void)
{
	uint64_t before, after, realtime, monotonic;
	uint64_t tsc = 0, best_realtime = 0, best_monotonic = 0;
	uint64_t shortest = UINT64_MAX;
	int i;

	for (i = 0; i < READINGS; i++) {
		before = __rdtsc();
		realtime = nanoseconds(CLOCK_REALTIME);
		monotonic = nanoseconds(CLOCK_MONOTONIC);
		after = __rdtsc();
		if (after - before >= shortest)
			continue;
		shortest = after - before;
		tsc = before + shortest / 2;
		best_realtime = realtime;
		best_monotonic = monotonic;
	}
	printf("%llu %llu %llu\n", (unsigned long long)tsc,
	       (unsigned long long)best_realtime,
	       (unsigned long long)best_monotonic);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct timespec pause = { 0 };

	print_clocks();
	if (argc < 2)
		return 0;
	pause.tv_sec = atoi(argv[1]);
	if (clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL))
		errx(2, "clock_nanosleep");
	print_clocks();
	return 0;
}
