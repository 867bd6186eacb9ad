/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For the tests of host/acpi.c: the tables are read byte by byte, at the
 * offsets that the ACPI specification 6.3 gives in chapter 5.2.
 */
#ifndef _X86_MULTIKERNEL_TESTS_ACPI_TABLES_H
#define _X86_MULTIKERNEL_TESTS_ACPI_TABLES_H

#include <kunit/test.h>

#include <linux/types.h>
#include <linux/unaligned.h>

#include "../internal.h"

/* A machine's platform block, decoy of an IOAPIC, and host's boot processor. */
#define PLATFORM	0x123456fb0000ULL
#define DECOY		0x3456f000
#define BSP		0xb5

#define AREA_SIZE	0xf000
#define RSDP_SIZE	36
#define HEADER_SIZE	36

/**
 * struct tables - where the tables are, from the root pointer down
 * @rsdp: root pointer
 * @xsdt: extended system description table
 * @rsdt: root system description table, or NULL when all is above 4 GiB
 * @fadt: fixed ACPI description table
 * @madt: multiple APIC description table
 * @dsdt: differentiated system description table
 */
struct tables {
	const u8 *rsdp;
	const u8 *xsdt;
	const u8 *rsdt;
	const u8 *fadt;
	const u8 *madt;
	const u8 *dsdt;
};

static inline u32 length(const u8 *table)
{
	return get_unaligned_le32(table + 4);
}

u8 mk_test_sum(const u8 *bytes, size_t size);
void mk_test_acpi_build(struct kunit *test, const struct mk_machine *machine,
			struct tables *tables);

#endif /* _X86_MULTIKERNEL_TESTS_ACPI_TABLES_H */
