// SPDX-License-Identifier: GPL-2.0
/*
 * An image that is not a kernel: it does a few steps, then counts, so that one
 * can see whether its CPU runs. See mk_loop.S.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <asm/bootparam.h>

#include "mk_lib.h"

#define PAGE		4096UL
#define CHUNK		MK_MIB

/* From the start of an instance's memory. */
#define AT_BOOT_PARAMS	0x10000
#define AT_CODE		0x100000

/* Offsets in ACPI tables: the specification, sections 5.2.5 to 5.2.9. */
#define RSDP_XSDT		24
#define TABLE_LENGTH		4
#define TABLE_HEADER		36
#define FADT_RESET_REGISTER	120
#define FADT_RESET_VALUE	128
#define FADT_SLEEP_CONTROL	248

struct mk_step {
	__u32 op;
	__u32 arg;
	__u64 value;
};

static_assert(sizeof(struct mk_step) == MK_STEP_SIZE &&
	      offsetof(struct mk_step, arg) == MK_STEP_ARG &&
	      offsetof(struct mk_step, value) == MK_STEP_VALUE,
	      "mk_loop.S knows it by these");

static void set_segment(struct mk_image *image, unsigned int nr, __u64 address)
{
	struct kexec_segment *segment = &image->segments[nr];

	segment->buf = calloc(1, PAGE);
	if (!segment->buf)
		abort();
	segment->bufsz = PAGE;
	segment->mem = (void *)address;
	segment->memsz = PAGE;
}

void mk_image_loop(struct mk_image *image,
		   const struct multikernel_range *range)
{
	struct boot_params *params;

	memset(image, 0, sizeof(*image));
	image->nr = 2;
	image->entry = range->start + AT_CODE;
	image->boot_params = range->start + AT_BOOT_PARAMS;
	set_segment(image, MK_LOOP_CODE, image->entry);
	set_segment(image, MK_LOOP_BOOT_PARAMS, image->boot_params);
	memcpy((void *)image->segments[MK_LOOP_CODE].buf, mk_loop_text,
	       mk_loop_text_end - mk_loop_text);

	params = (void *)image->segments[MK_LOOP_BOOT_PARAMS].buf;
	params->hdr.header = 0x53726448;
	params->hdr.boot_flag = 0xaa55;
	params->hdr.version = 0x020f;
	params->hdr.xloadflags = XLF_KERNEL_64;
}

void mk_loop_free(struct mk_image *image)
{
	free((void *)image->segments[MK_LOOP_CODE].buf);
	free((void *)image->segments[MK_LOOP_BOOT_PARAMS].buf);
	memset(image, 0, sizeof(*image));
}

static struct mk_step *steps(const struct mk_image *image)
{
	return (void *)image->segments[MK_LOOP_CODE].buf + MK_LOOP_STEPS;
}

unsigned int mk_loop_step(struct mk_image *image, __u32 op, __u32 arg,
			  __u64 value)
{
	struct mk_step *step = steps(image);
	unsigned int n = 0;

	while (step[n].op)
		n++;
	if (n + 1 >= MK_LOOP_MAX_STEPS)
		abort();
	step[n] = (struct mk_step) { .op = op, .arg = arg, .value = value };
	return n;
}

void mk_loop_no_steps(struct mk_image *image)
{
	memset(steps(image), 0, MK_LOOP_MAX_STEPS * MK_STEP_SIZE);
}

static bool read_physical(__u64 address, void *buf, size_t size)
{
	int fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return false;
	length = pread(fd, buf, size, address);
	close(fd);
	return length == (ssize_t)size;
}

bool mk_loop_go(const struct mk_image *image)
{
	int fd = open("/dev/mem", O_WRONLY | O_CLOEXEC);
	__u32 go = 1;
	ssize_t length;

	if (fd < 0)
		return false;
	length = pwrite(fd, &go, sizeof(go), image->entry + MK_LOOP_GO);
	close(fd);
	return length == sizeof(go);
}

static __u64 read_long(__u64 address)
{
	__u64 value = 0;

	read_physical(address, &value, sizeof(value));
	return value;
}

/* Where the host's code is. That is never free, and so always mapped. */
static __u64 kernel_code(void)
{
	FILE *file = fopen("/proc/iomem", "re");
	__u64 start = 0;
	char line[128];
	int end = 0;

	if (!file)
		return 0;
	while (!end && fgets(line, sizeof(line), file))
		sscanf(line, " %llx-%*x : Kernel code%n", &start, &end);
	fclose(file);
	return end ? start : 0;
}

/* /dev/mem shows memory of the page allocator's without STRICT_DEVMEM alone. */
bool mk_loop_readable(void)
{
	__u64 code = kernel_code();
	__u64 value;

	return code && read_physical(code, &value, sizeof(value));
}

__u64 mk_loop_count(const struct mk_image *image)
{
	return read_long(image->entry + MK_LOOP_COUNT);
}

__u64 mk_loop_value(const struct mk_image *image, unsigned int step)
{
	return read_long(image->entry + MK_LOOP_STEPS + step * MK_STEP_SIZE +
			 MK_STEP_VALUE);
}

bool mk_loop_counts(const struct mk_image *image)
{
	__u64 before = mk_loop_count(image);
	int tries;

	for (tries = 0; tries < 1500; tries++) {
		if (mk_loop_count(image) != before)
			return true;
		usleep(10000);
	}
	return false;
}

bool mk_loop_stands_still(const struct mk_image *image)
{
	__u64 before = mk_loop_count(image);

	usleep(300000);
	return mk_loop_count(image) == before;
}

static bool range_has(const struct multikernel_range *range, const char *text,
		      void *buf)
{
	size_t size, length = strlen(text);
	__u64 at;

	for (at = 0; at < range->size; at += CHUNK) {
		size = CHUNK + length;
		if (size > range->size - at)
			size = range->size - at;
		if (read_physical(range->start + at, buf, size) &&
		    memmem(buf, size, text, length))
			return true;
	}
	return false;
}

bool mk_memory_has(const struct multikernel_range *ranges, __u32 nr,
		   const char *text)
{
	void *buf = malloc(CHUNK + strlen(text));
	bool found = false;
	__u32 i;

	for (i = 0; buf && !found && i < nr; i++)
		found = range_has(&ranges[i], text, buf);
	free(buf);
	return found;
}

/* The address of the FADT, or zero. */
static __u64 find_fadt(__u64 rsdp)
{
	__u64 xsdt = read_long(rsdp + RSDP_XSDT);
	__u32 end = read_long(xsdt + TABLE_LENGTH);
	__u32 at, signature;
	__u64 table;

	for (at = TABLE_HEADER; at < end && at < PAGE; at += sizeof(table)) {
		table = read_long(xsdt + at);
		signature = read_long(table);
		if (!memcmp(&signature, "FACP", sizeof(signature)))
			return table;
	}
	return 0;
}

bool mk_find_registers(const struct multikernel_info *info,
		       struct mk_registers *registers)
{
	__u64 fadt = find_fadt(info->rsdp);

	if (!fadt)
		return false;
	registers->reset = read_long(fadt + FADT_RESET_REGISTER);
	registers->reset_value = read_long(fadt + FADT_RESET_VALUE);
	registers->sleep = read_long(fadt + FADT_SLEEP_CONTROL);
	return registers->reset && registers->sleep;
}
