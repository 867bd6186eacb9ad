// SPDX-License-Identifier: GPL-2.0
/*
 * Count how often a text is in physical memory: "mk_search TEXT START-END...",
 * where END is the last byte's address. TEXT is given in rot13, and is turned
 * while it is compared, so that no memory of this process, or of who calls it,
 * has the text itself but where it was found and copied to. That is cleared.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mk_range.h"

#define STEP	0x100000
#define LONGEST	256

static char buffer[STEP + LONGEST];

static char rot13(char c)
{
	if (c >= 'a' && c <= 'z')
		return 'a' + (c - 'a' + 13) % 26;
	return c;
}

static int is_there(const char *at, const char *turned, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (at[i] != rot13(turned[i]))
			return 0;
	return 1;
}

static uint64_t count(const char *memory, size_t size, const char *turned)
{
	size_t length = strlen(turned);
	const char *at = memory;
	uint64_t found = 0;

	while ((size_t)(memory + size - at) >= length) {
		at = memchr(at, rot13(turned[0]), memory + size - at - length + 1);
		if (!at)
			break;
		if (is_there(at, turned, length)) {
			found++;
			at += length;
		} else {
			at++;
		}
	}
	return found;
}

/* What a step ends with is what the next begins with, but too short for a hit. */
static uint64_t search(int fd, const char *turned, uint64_t start, uint64_t end)
{
	size_t overlap = strlen(turned) - 1;
	size_t kept = 0, size, filled;
	uint64_t found = 0;

	for (; start <= end; start += size) {
		size = end + 1 - start < STEP ? end + 1 - start : STEP;
		mk_range_read(fd, buffer + kept, size, start);
		filled = kept + size;
		found += count(buffer, filled, turned);
		kept = overlap < filled ? overlap : filled;
		memmove(buffer, buffer + filled - kept, kept);
	}
	explicit_bzero(buffer, sizeof(buffer));
	return found;
}

static uint64_t search_range(int fd, const char *turned, const char *range)
{
	uint64_t start, end;

	mk_range_parse(range, &start, &end);
	return search(fd, turned, start, end);
}

int main(int argc, char **argv)
{
	uint64_t found = 0;
	int fd, i;

	if (argc < 3 || strlen(argv[1]) < 16 || strlen(argv[1]) > LONGEST)
		errx(2, "usage: mk_search TEXT-IN-ROT13 START-END...");
	fd = open("/dev/mem", O_RDONLY);
	if (fd < 0)
		err(2, "/dev/mem");
	for (i = 2; i < argc; i++)
		found += search_range(fd, argv[1], argv[i]);
	printf("%llu\n", (unsigned long long)found);
	return 0;
}
