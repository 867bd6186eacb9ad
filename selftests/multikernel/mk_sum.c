// SPDX-License-Identifier: GPL-2.0
/*
 * Sum up physical memory: "mk_sum START-END...", where END is the last byte's
 * address. One line a range. A change of any word changes its range's sum.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mk_range.h"

#define STEP	0x100000
#define PRIME	0x100000001b3ull /* odd, so that no step loses anything */

static uint64_t buffer[STEP / sizeof(uint64_t)];

static uint64_t sum(int fd, uint64_t start, uint64_t end)
{
	uint64_t result = 0;
	size_t size, i;

	for (; start <= end; start += size) {
		size = end + 1 - start < STEP ? end + 1 - start : STEP;
		mk_range_read(fd, (char *)buffer, size, start);
		for (i = 0; i < size / sizeof(*buffer); i++)
			result = (result ^ buffer[i]) * PRIME;
	}
	return result;
}

static uint64_t sum_range(int fd, const char *range)
{
	uint64_t start, end;

	mk_range_parse(range, &start, &end);
	if ((end + 1 - start) % sizeof(*buffer))
		errx(2, "%s is not a range of words", range);
	return sum(fd, start, end);
}

int main(int argc, char **argv)
{
	int fd, i;

	if (argc < 2)
		errx(2, "usage: mk_sum START-END...");
	fd = open("/dev/mem", O_RDONLY);
	if (fd < 0)
		err(2, "/dev/mem");
	for (i = 1; i < argc; i++)
		printf("%016llx\n", (unsigned long long)sum_range(fd, argv[i]));
	return 0;
}
