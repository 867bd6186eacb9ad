// SPDX-License-Identifier: GPL-2.0
/*
 * Make an instance, and load nothing into it: "mk_create NAME CPU MEBIBYTES
 * [MEBIBYTES@START]...", START in mebibytes as well. kexec -l does both at once.
 * For stop.sh, memory.sh and fixed.sh.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <asm/multikernel.h>

static struct multikernel_range ranges[MULTIKERNEL_MAX_FIXED + 1];

static void read_ranges(int nr, char **texts)
{
	unsigned long long size, start;
	int i;

	for (i = 0; i < nr; i++) {
		if (sscanf(texts[i], "%llu@%llu", &size, &start) != 2)
			errx(2, "%s is not MEBIBYTES@START", texts[i]);
		ranges[i].size = size << 20;
		ranges[i].start = start << 20;
	}
}

int main(int argc, char **argv)
{
	struct multikernel_create create = {
		.size = sizeof(create),
		.node = MULTIKERNEL_NODE_ANY,
	};
	uint64_t mask;
	int fd;

	if (argc < 4 || argc > 4 + MULTIKERNEL_MAX_FIXED + 1)
		errx(2, "usage: mk_create NAME CPU MEBIBYTES [MEBIBYTES@START]...");
	read_ranges(argc - 4, argv + 4);
	create.fixed = (uintptr_t)ranges;
	create.nr_fixed = argc - 4;
	mask = 1ULL << atoi(argv[2]);
	create.cpus = (uintptr_t)&mask;
	create.cpus_size = sizeof(mask);
	create.memory = strtoull(argv[3], NULL, 0) << 20;
	snprintf(create.name, sizeof(create.name), "%s", argv[1]);

	fd = open("/dev/multikernel", O_RDWR);
	if (fd < 0)
		err(1, "/dev/multikernel");
	if (ioctl(fd, MULTIKERNEL_CREATE, &create))
		err(1, "%s", argv[1]);
	printf("%u\n", create.id);
	return 0;
}
