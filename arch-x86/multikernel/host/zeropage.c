// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zero page of a spawned kernel (Documentation/arch/x86/zero-page.rst).
 * The loader filled in the setup header with initrd and command line. All that
 * describes the machine is written here, and what this kernel's firmware left
 * in its own zero page stays here.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/string.h>

#include <asm/bootparam.h>
#include <asm/e820/types.h>

#include "../internal.h"

#define SETUP_HEADER_MAGIC	0x53726448	/* "HdrS" */
#define SETUP_BOOT_FLAG		0xaa55

/* The first protocol with xloadflags, which knows of the 64-bit entry. */
#define SETUP_VERSION		0x020c

/* The pieces, the slot below 1 MiB, and four parts of the platform block. */
static_assert(MULTIKERNEL_MAX_RANGES + 5 <= E820_MAX_ENTRIES_ZEROPAGE);

/**
 * mk_zeropage_check - check what a loader filled in
 * @boot_params: the zero page
 *
 * Return: 0, or -ENOEXEC when it is not that of a 64-bit Linux kernel.
 */
int mk_zeropage_check(const struct boot_params *boot_params)
{
	const struct setup_header *header = &boot_params->hdr;

	if (header->header != SETUP_HEADER_MAGIC ||
	    header->boot_flag != SETUP_BOOT_FLAG ||
	    header->version < SETUP_VERSION ||
	    !(header->xloadflags & XLF_KERNEL_64))
		return -ENOEXEC;
	return 0;
}

static int add_e820(struct boot_params *boot_params, u64 start, u64 end,
		    u32 type)
{
	struct boot_e820_entry *entry;

	if (start >= end)
		return 0;
	if (boot_params->e820_entries >= ARRAY_SIZE(boot_params->e820_table))
		return -ENOSPC;
	entry = &boot_params->e820_table[boot_params->e820_entries++];
	entry->addr = start;
	entry->size = end - start;
	entry->type = type;
	return 0;
}

/*
 * Linux keeps setup data where it is, but has only those in its direct map that
 * are in RAM; and takes the end of the last RAM that is not setup data for the
 * end of its memory. So there is a spare page behind them. Others would use RAM
 * as RAM.
 */
static int add_platform(struct boot_params *boot_params,
			const struct mk_machine *machine)
{
	u64 platform = machine->platform;
	u64 acpi = platform + MK_PLATFORM_ACPI;
	u64 tables = acpi + MK_PLATFORM_ACPI_SIZE;
	u64 block = platform + MK_PLATFORM_BLOCK;
	int ret;

	ret = add_e820(boot_params, platform, acpi, E820_TYPE_RESERVED);
	if (!ret)
		ret = add_e820(boot_params, acpi, tables, E820_TYPE_ACPI);
	if (!ret)
		ret = add_e820(boot_params, tables, block, E820_TYPE_RESERVED);
	if (!ret)
		ret = add_e820(boot_params, block,
			       platform + MK_PLATFORM_SIZE,
			       machine->no_setup_data ? E820_TYPE_RESERVED :
							E820_TYPE_RAM);
	return ret;
}

/* The platform block is the end of the last piece. */
static int describe_memory(struct boot_params *boot_params,
			   const struct mk_machine *machine)
{
	const struct multikernel_range *range = machine->memory.range;
	unsigned int i;
	int ret;

	ret = add_e820(boot_params, machine->low.start,
		       machine->low.start + machine->low.size, E820_TYPE_RAM);
	for (i = 0; !ret && i < machine->memory.nr; i++, range++)
		ret = add_e820(boot_params, range->start,
			       min(range->start + range->size,
				   machine->platform), E820_TYPE_RAM);
	return ret ?: add_platform(boot_params, machine);
}

/**
 * mk_zeropage_complete - describe a machine in a zero page
 * @boot_params: the zero page; setup header, initrd and command line stay
 * @machine: the machine
 *
 * Context: any; no CPU may use the zero page meanwhile.
 * Return: 0, or -ENOSPC when the memory has too many pieces.
 */
int mk_zeropage_complete(struct boot_params *boot_params,
			 const struct mk_machine *machine)
{
	struct setup_header header = boot_params->hdr;
	u32 ramdisk_image = boot_params->ext_ramdisk_image;
	u32 ramdisk_size = boot_params->ext_ramdisk_size;
	u32 cmd_line_ptr = boot_params->ext_cmd_line_ptr;

	memset(boot_params, 0, sizeof(*boot_params));
	boot_params->hdr = header;
	boot_params->ext_ramdisk_image = ramdisk_image;
	boot_params->ext_ramdisk_size = ramdisk_size;
	boot_params->ext_cmd_line_ptr = cmd_line_ptr;

	boot_params->hdr.setup_data = machine->no_setup_data ? 0 :
		mk_control_setup_data(machine->platform);
	boot_params->hdr.hardware_subarch = X86_SUBARCH_PC;
	boot_params->acpi_rsdp_addr = mk_acpi_rsdp(machine->platform);
	return describe_memory(boot_params, machine);
}
