// SPDX-License-Identifier: GPL-2.0
/*
 * Images for an instance: a loop of a few instructions, and a whole bzImage.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asm/bootparam.h>

#include "mk_lib.h"

#define PAGE		4096UL
#define PAGE_UP(x)	(((x) + PAGE - 1) & ~(PAGE - 1))

/* From the start of an instance's memory. */
#define AT_BOOT_PARAMS	0x10000
#define AT_CMDLINE	0x20000
#define AT_CODE		0x100000
#define AT_KERNEL	(16 * MK_MIB)

/* Where the loop keeps its count, in its own page. */
#define COUNT_OFFSET	0x800

/* 64-bit entry of a bzImage: Documentation/arch/x86/boot.rst. */
#define ENTRY_64	0x200

static const char * const kernels[] = {
	"/boot/bzImage", "/boot/vmlinuz", "/vmlinuz",
};

/* Its page is mapped where it lies. Once it is loaded it needs no stack. */
static const __u8 loop[] = {
	0x48, 0xff, 0x05, 0xf9, 0x07, 0x00, 0x00,	/* incq 0x7f9(%rip) */
	0xf3, 0x90,					/* pause */
	0xeb, 0xf5,					/* jmp to the start */
};

static void add_segment(struct mk_image *image, void *buf, size_t size,
			__u64 address, size_t room)
{
	struct kexec_segment *segment = &image->segments[image->nr++];

	segment->buf = buf;
	segment->bufsz = size;
	segment->mem = (void *)address;
	segment->memsz = PAGE_UP(room);
}

static struct boot_params *new_boot_params(void)
{
	struct boot_params *params = calloc(1, PAGE);

	if (!params)
		abort();
	return params;
}

void mk_image_loop(struct mk_image *image,
		   const struct multikernel_range *range)
{
	struct boot_params *params = new_boot_params();
	__u8 *code = calloc(1, PAGE);

	if (!code)
		abort();
	memcpy(code, loop, sizeof(loop));
	params->hdr.header = 0x53726448;
	params->hdr.boot_flag = 0xaa55;
	params->hdr.version = 0x020f;
	params->hdr.xloadflags = XLF_KERNEL_64;

	memset(image, 0, sizeof(*image));
	image->entry = range->start + AT_CODE;
	image->boot_params = range->start + AT_BOOT_PARAMS;
	add_segment(image, code, PAGE, image->entry, PAGE);
	add_segment(image, params, PAGE, image->boot_params, PAGE);
}

static bool read_physical(__u64 address, __u64 *value)
{
	int fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return false;
	length = pread(fd, value, sizeof(*value), address);
	close(fd);
	return length == sizeof(*value);
}

/* /dev/mem shows memory of the page allocator's without STRICT_DEVMEM alone. */
bool mk_loop_readable(void)
{
	__u64 value;

	return read_physical(16 * MK_MIB, &value);
}

__u64 mk_loop_count(const struct mk_image *image)
{
	__u64 value = 0;

	read_physical(image->entry + COUNT_OFFSET, &value);
	return value;
}

static __u8 *read_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	__u8 *data = NULL;
	size_t done = 0;
	struct stat st;
	ssize_t n = 1;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st))
		data = malloc(st.st_size);
	while (data && n > 0 && done < (size_t)st.st_size) {
		n = read(fd, data + done, st.st_size - done);
		if (n > 0)
			done += n;
	}
	close(fd);
	*size = done;
	return data;
}

static __u8 *read_kernel(size_t *size)
{
	const char *path = getenv("MK_KERNEL");
	__u8 *data = path ? read_file(path, size) : NULL;
	size_t i;

	for (i = 0; !path && !data && i < sizeof(kernels) / sizeof(*kernels); i++)
		data = read_file(kernels[i], size);
	return data;
}

static void add_kernel(struct mk_image *image, __u8 *data, size_t size,
		       __u64 start)
{
	struct boot_params *params = new_boot_params();
	size_t header = 0x202 + data[0x201] - 0x1f1;
	__u8 *cmdline = calloc(1, PAGE);
	__u64 kernel = start + AT_KERNEL;
	size_t setup;

	if (!cmdline)
		abort();
	snprintf((char *)cmdline, PAGE, "%s",
		 "no_ipi_broadcast=1 pci=off reboot=a quiet");
	memcpy(&params->hdr, data + 0x1f1, header);
	setup = ((params->hdr.setup_sects ?: 4) + 1) * 512;
	params->hdr.type_of_loader = 0xff;
	params->hdr.cmd_line_ptr = start + AT_CMDLINE;
	params->ext_cmd_line_ptr = (start + AT_CMDLINE) >> 32;

	image->entry = kernel + ENTRY_64;
	image->boot_params = start + AT_BOOT_PARAMS;
	add_segment(image, data + setup, size - setup, kernel,
		    params->hdr.init_size);
	add_segment(image, params, PAGE, image->boot_params, PAGE);
	add_segment(image, cmdline, PAGE, start + AT_CMDLINE, PAGE);
}

const char *mk_image_kernel(struct mk_image *image,
			    const struct multikernel_range *range)
{
	__u8 *data;
	size_t size;

	memset(image, 0, sizeof(*image));
	data = read_kernel(&size);
	if (!data)
		return "no bzImage in /boot: name one in MK_KERNEL";
	if (size < 0x1000 || memcmp(data + 0x202, "HdrS", 4))
		return "what was found in /boot is not a bzImage";
	image->boot_flags = MULTIKERNEL_BOOT_DECOY_IOAPIC |
			    MULTIKERNEL_BOOT_DECOY_BSP;
	add_kernel(image, data, size, range->start);
	return NULL;
}
