// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images that are entered in 32-bit mode without paging: Multiboot kernels. All
 * that they are told is in their segments, where the loader wrote it, but for
 * the ACPI root pointer, as the tables are made at the start. Multiboot2 wants
 * copies of it (Multiboot2 Specification, section 3.6, "ACPI old RSDP" and "ACPI
 * new RSDP"): the loader says where.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/acpi.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../internal.h"

/* ACPI 1.0 has no more of the root pointer than its checksum is of. */
#define RSDP_V1_SIZE	ACPI_RSDP_CHECKSUM_LENGTH

/**
 * mk_flat_describe - look for what is wrong with what is said of an entry
 * @name: the instance, for a message
 * @boot: from the caller of MULTIKERNEL_BOOT
 *
 * Context: any.
 * Return: 0; -EINVAL, after a line, for an entry that there is not, or a value
 * that is not for this entry.
 */
int mk_flat_describe(const char *name, const struct multikernel_boot *boot)
{
	bool strange;

	switch (boot->entry) {
	case MULTIKERNEL_ENTRY_LINUX64:
		strange = boot->eax || boot->ebx || boot->cmdline ||
			  boot->rsdp_v1 || boot->rsdp_v2;
		break;
	case MULTIKERNEL_ENTRY_FLAT32:
		strange = boot->boot_params;
		break;
	default:
		pr_warn("%s: there is no entry of kind %u\n", name, boot->entry);
		return -EINVAL;
	}
	if (!strange)
		return 0;
	pr_warn("%s: what is said of the entry is for one of another kind\n",
		name);
	return -EINVAL;
}

static int check_place(const char *name, const struct mk_image *image,
		       const char *what, u64 address, u64 size)
{
	if (!address || mk_image_find(image, address, size) >= 0)
		return 0;
	pr_warn("%s: the place %#llx for %s is outside the segments\n", name,
		address, what);
	return -EADDRNOTAVAIL;
}

/**
 * mk_flat_check - check the addresses of an image
 * @name: the instance, for a message
 * @image: the image; its segments and its entry were checked
 * @rsdp: where the ACPI root pointer will be
 *
 * Context: process. The caller holds the instance's lock.
 * Return: 0; -EADDRNOTAVAIL, after a line, when something is not where it may
 * be.
 */
int mk_flat_check(const char *name, const struct mk_image *image, u64 rsdp)
{
	const struct multikernel_boot *boot = &image->boot;
	const struct multikernel_range *segment = image->segment;
	unsigned int i;
	int ret;

	for (i = 0; i < image->nr_segments; i++, segment++) {
		if (segment->start + segment->size <= SZ_4G)
			continue;
		pr_warn("%s: segment %#llx-%#llx is not below 4 GiB, and the entry is in 32-bit mode\n",
			name, segment->start,
			segment->start + segment->size - 1);
		return -EADDRNOTAVAIL;
	}
	if (boot->rsdp_v1 && rsdp >= SZ_4G) {
		pr_warn("%s: the ACPI tables are not below 4 GiB, as ACPI 1.0 wants them\n",
			name);
		return -EADDRNOTAVAIL;
	}
	ret = check_place(name, image, "the command line", boot->cmdline, 1);
	if (!ret)
		ret = check_place(name, image, "an ACPI root pointer",
				  boot->rsdp_v1, RSDP_V1_SIZE);
	if (!ret)
		ret = check_place(name, image, "an ACPI root pointer",
				  boot->rsdp_v2, sizeof(struct acpi_table_rsdp));
	return ret;
}

/**
 * mk_flat_complete - write copies of the ACPI root pointer
 * @image: the image, which was checked
 * @rsdp: address of the root pointer, which was written
 *
 * Context: any; no CPU of the instance runs.
 */
void mk_flat_complete(const struct mk_image *image, u64 rsdp)
{
	const struct acpi_table_rsdp *root = __va(rsdp);
	struct acpi_table_rsdp *copy;

	if (image->boot.rsdp_v2)
		memcpy(__va(image->boot.rsdp_v2), root, sizeof(*root));
	if (!image->boot.rsdp_v1)
		return;
	copy = __va(image->boot.rsdp_v1);
	memcpy(copy, root, RSDP_V1_SIZE);
	/* ACPI 1.0 is revision 0. The sum of all bytes stays zero. */
	copy->checksum += copy->revision;
	copy->revision = 0;
}
