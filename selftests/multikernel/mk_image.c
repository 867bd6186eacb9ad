// SPDX-License-Identifier: GPL-2.0
/*
 * A whole bzImage as an image for an instance, as kexec would load it.
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
#define AT_KERNEL	(16 * MK_MIB)

/* 64-bit entry of a bzImage: Documentation/arch/x86/boot.rst. */
#define ENTRY_64	0x200

static const char * const kernels[] = {
	"/boot/bzImage", "/boot/vmlinuz", "/vmlinuz",
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

/*
 * What kexec adds for kernels that know nothing of all this, and what makes ours
 * one of them: it finds no root, and is to stay running in its panic.
 */
static const char * const parameters[] = {
	"multikernel=off", "no_ipi_broadcast=1", "pci=off", "reboot=a,panic_warm",
	"dis_ucode_ldr", "apic_extnmi=none",
	"initcall_blacklist=i8237A_init_ops,add_pcspkr", "quiet",
};

static void write_cmdline(char *cmdline, const struct multikernel_info *info,
			  unsigned int token)
{
	int length = 0;
	size_t i;

	for (i = 0; i < sizeof(parameters) / sizeof(*parameters); i++)
		length += snprintf(cmdline + length, PAGE - length, "%s ",
				   parameters[i]);
	if (info->tsc_khz)
		length += snprintf(cmdline + length, PAGE - length,
				   "tsc_early_khz=%u ", info->tsc_khz);
	snprintf(cmdline + length, PAGE - length, "root=mk%u init=mk%u", token,
		 token);
}

static void add_kernel(struct mk_image *image, __u8 *data, size_t size,
		       __u64 start)
{
	struct boot_params *params = calloc(1, PAGE);
	size_t header = 0x202 + data[0x201] - 0x1f1;
	__u64 kernel = start + AT_KERNEL;
	size_t setup;

	if (!params)
		abort();
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
}

/* The end of a boot without initramfs: no root file system, then no init. */
static void name_ends(char *texts[2], unsigned int token)
{
	if (asprintf(&texts[0], "\"mk%u\" or unknown-block", token) < 0 ||
	    asprintf(&texts[1], "init mk%u failed", token) < 0)
		abort();
}

bool mk_wait_for_kernel(const struct multikernel_info *info,
			const struct multikernel_range *ranges,
			unsigned int token, int ms)
{
	long end = mk_now() + ms * mk_setting("MK_PATIENCE", 1);
	bool found = false;
	char *texts[2];

	name_ends(texts, token);
	while (!found && mk_now() < end) {
		usleep(300000);
		found = mk_memory_has(ranges, info->nr_ranges, texts[0]) ||
			mk_memory_has(ranges, info->nr_ranges, texts[1]);
	}
	free(texts[0]);
	free(texts[1]);
	return found;
}

static const struct multikernel_range *
largest(const struct multikernel_range *ranges, __u32 nr)
{
	const struct multikernel_range *best = ranges;
	__u32 i;

	for (i = 1; i < nr; i++)
		if (ranges[i].size > best->size)
			best = &ranges[i];
	return best;
}

const char *mk_image_kernel(struct mk_image *image,
			    const struct multikernel_info *info,
			    const struct multikernel_range *ranges,
			    unsigned int token)
{
	__u64 start = largest(ranges, info->nr_ranges)->start;
	char *cmdline = calloc(1, PAGE);
	__u8 *data;
	size_t size;

	memset(image, 0, sizeof(*image));
	data = read_kernel(&size);
	if (!data)
		return "no bzImage in /boot: name one in MK_KERNEL";
	if (!cmdline || size < 0x1000 || memcmp(data + 0x202, "HdrS", 4))
		return "what was found in /boot is not a bzImage";
	image->boot_flags = MULTIKERNEL_BOOT_DECOY_IOAPIC |
			    MULTIKERNEL_BOOT_DECOY_BSP;
	add_kernel(image, data, size, start);
	write_cmdline(cmdline, info, token);
	add_segment(image, cmdline, PAGE, start + AT_CMDLINE, PAGE);
	return NULL;
}
