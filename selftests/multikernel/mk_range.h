/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs that look into physical memory share: ranges "START-END"
 * in hexadecimal, as in sysfs, where END is the last byte's address.
 */
#ifndef MK_RANGE_H
#define MK_RANGE_H

#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static inline void mk_range_parse(const char *range, uint64_t *start,
				  uint64_t *end)
{
	char *next;

	*start = strtoull(range, &next, 16);
	if (*next != '-')
		errx(2, "%s is not a range", range);
	*end = strtoull(next + 1, &next, 16);
	if (*next || *end <= *start)
		errx(2, "%s is not a range", range);
}

/* All of @size bytes at @from, or an error and the end. */
static inline void mk_range_read(int fd, char *to, size_t size, uint64_t from)
{
	ssize_t done;

	while (size) {
		done = pread(fd, to, size, from);
		if (done <= 0)
			err(2, "%#llx", (unsigned long long)from);
		to += done;
		from += done;
		size -= done;
	}
}

#endif /* MK_RANGE_H */
