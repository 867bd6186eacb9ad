// SPDX-License-Identifier: GPL-2.0
/*
 * Load a file into an instance by kexec_file_load() with no look at it, so that
 * this kernel's own loader gets whatever it is: "mk_load_file NAME FILE". Exits and
 * says why not as kexec does.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <asm/multikernel.h>
#include <linux/kexec.h>

#ifndef KEXEC_MULTIKERNEL
#define KEXEC_MULTIKERNEL		0x00000100
#define KEXEC_MULTIKERNEL_ID_SHIFT	32
#endif

static uint32_t read_id(const char *name)
{
	char path[128];
	uint32_t id;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/multikernel/%s/id", name);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%u", &id) != 1)
		errx(2, "%s: no such instance", name);
	fclose(file);
	return id;
}

static void describe(uint32_t id)
{
	struct multikernel_boot boot = {
		.size = sizeof(boot),
		.id = id,
		.entry = MULTIKERNEL_ENTRY_LINUX64,
	};
	int fd = open("/dev/multikernel", O_RDWR);

	if (fd < 0 || ioctl(fd, MULTIKERNEL_BOOT, &boot))
		err(2, "/dev/multikernel");
	close(fd);
}

int main(int argc, char **argv)
{
	unsigned long flags = KEXEC_MULTIKERNEL | KEXEC_FILE_NO_INITRAMFS;
	uint32_t id;
	int fd;

	if (argc != 3)
		errx(2, "usage: mk_load_file NAME FILE");
	id = read_id(argv[1]);
	fd = open(argv[2], O_RDONLY);
	if (fd < 0)
		err(2, "%s", argv[2]);
	describe(id);
	flags |= (unsigned long)id << KEXEC_MULTIKERNEL_ID_SHIFT;
	if (!syscall(SYS_kexec_file_load, fd, -1, 1UL, "", flags))
		return 0;
	fprintf(stderr, "kexec: %s: kexec_file_load() refuses it: %s\n",
		argv[1], strerror(errno));
	return 1;
}
