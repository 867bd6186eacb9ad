// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the tests of host/acpi.c: from the root pointer to the tables, as an
 * operating system goes. All that it goes by is checked.
 */
#include <linux/io.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "acpi_tables.h"

#define XSDT_SIZE	(HEADER_SIZE + 2 * 8)
#define RSDT_SIZE	(HEADER_SIZE + 2 * 4)
#define FADT_SIZE	276

/**
 * mk_test_sum - add up bytes
 * @bytes: the first
 * @size: number of them
 *
 * Return: their sum modulo 256, zero for a table with a good checksum.
 */
u8 mk_test_sum(const u8 *bytes, size_t size)
{
	u8 sum = 0;

	while (size--)
		sum += *bytes++;
	return sum;
}

/* A table at @address, which lies in @area and is whole. */
static const u8 *find(struct kunit *test, const u8 *area, u64 address,
		      const char *signature)
{
	u64 offset = address - virt_to_phys((void *)area);
	const u8 *table = area + offset;

	KUNIT_ASSERT_GE(test, offset, RSDP_SIZE);
	KUNIT_ASSERT_LE(test, offset, AREA_SIZE - HEADER_SIZE);
	KUNIT_ASSERT_MEMEQ(test, table, signature, 4);
	KUNIT_ASSERT_GE(test, length(table), HEADER_SIZE);
	KUNIT_ASSERT_LE(test, length(table), AREA_SIZE - offset);
	KUNIT_EXPECT_EQ(test, mk_test_sum(table, length(table)), 0);
	return table;
}

/* Tables below 4 GiB have a second list, which is of the same tables. */
static const u8 *find_rsdt(struct kunit *test, const struct tables *tables)
{
	const u8 *area = tables->rsdp;
	const u8 *rsdt;

	if (virt_to_phys((void *)area) >= SZ_4G) {
		KUNIT_EXPECT_EQ(test, get_unaligned_le32(area + 16), 0);
		return NULL;
	}
	rsdt = find(test, area, get_unaligned_le32(area + 16), "RSDT");
	KUNIT_ASSERT_EQ(test, length(rsdt), RSDT_SIZE);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(rsdt + 36),
			get_unaligned_le64(tables->xsdt + 36));
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(rsdt + 40),
			get_unaligned_le64(tables->xsdt + 44));
	return rsdt;
}

/**
 * mk_test_acpi_build - have tables built and find them
 * @test: the test, which ends here when they cannot be found
 * @machine: their machine
 * @tables: set to where they are; each is whole and has a good checksum
 */
void mk_test_acpi_build(struct kunit *test, const struct mk_machine *machine,
			struct tables *tables)
{
	u8 *area = kunit_kmalloc(test, AREA_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, area);
	memset(area, 0xff, AREA_SIZE);
	KUNIT_ASSERT_EQ(test, mk_acpi_build(machine, area, AREA_SIZE), 0);
	tables->rsdp = area;
	tables->xsdt = find(test, area, get_unaligned_le64(area + 24), "XSDT");
	KUNIT_ASSERT_EQ(test, length(tables->xsdt), XSDT_SIZE);
	tables->fadt = find(test, area, get_unaligned_le64(tables->xsdt + 36),
			    "FACP");
	tables->madt = find(test, area, get_unaligned_le64(tables->xsdt + 44),
			    "APIC");
	KUNIT_ASSERT_EQ(test, length(tables->fadt), FADT_SIZE);
	tables->dsdt = find(test, area, get_unaligned_le64(tables->fadt + 140),
			    "DSDT");
	tables->rsdt = find_rsdt(test, tables);
}
