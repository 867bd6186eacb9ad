// SPDX-License-Identifier: GPL-2.0
/*
 * The rate of this machine's time stamp counter in kHz, which a kernel in QEMU's
 * TCG reads as its own. Without one: nothing, and status 1.
 *
 * A kernel finds the rate against the PIT while it boots. On a busy machine that
 * goes wrong now and then (38 MHz for 2096), and its clock with it.
 */

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#ifdef __x86_64__
#include <x86intrin.h>
#define read_ticks() __rdtsc()
#else
#define read_ticks() 0
#endif

#define READS 200
#define SPAN_NS 50000000

struct moment {
	uint64_t ns, ticks;
};

static uint64_t read_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* Of some readings the one that took the least time: nothing came between. */
static struct moment now(void)
{
	uint64_t shortest = UINT64_MAX;
	struct moment best = { 0 };

	for (int i = 0; i < READS; i++) {
		uint64_t before = read_ns(), ticks = read_ticks(), after = read_ns();

		if (after - before < shortest) {
			shortest = after - before;
			best = (struct moment){ before, ticks };
		}
	}
	return best;
}

int main(void)
{
	struct timespec span = { .tv_nsec = SPAN_NS };
	struct moment first = now(), last;
	uint64_t khz;

	nanosleep(&span, NULL);
	last = now();
	khz = (last.ticks - first.ticks) * 1000000 / (last.ns - first.ns);
	if (!khz)
		return 1;
	printf("%llu\n", (unsigned long long)khz);
	return 0;
}
