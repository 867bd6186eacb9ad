// SPDX-License-Identifier: GPL-2.0-only
/*
 * host/acpi.c: the MADT's entries, of which the order matters.
 */
#include <kunit/test.h>

#include <linux/string.h>
#include <linux/unaligned.h>

#include "acpi_tables.h"

/* Types of the MADT's entries. */
#define XAPIC	0
#define IOAPIC	1
#define X2APIC	9

#define MADT_SIZE	44

struct madt_entry {
	u8 type;
	u32 id;
};

/**
 * struct madt_case - CPUs of a machine, and what the MADT says
 * @name: of the case
 * @apic_ids: its CPUs
 * @nr_cpus: number of them
 * @bsp: the host's boot processor for a decoy, or zero for no decoy
 * @ioapic: address of a decoy of an IOAPIC, or zero
 * @entry: what follows the table's fixed part
 * @nr_entries: number of them
 */
struct madt_case {
	const char *name;
	u32 apic_ids[3];
	unsigned int nr_cpus;
	u32 bsp;
	u64 ioapic;
	struct madt_entry entry[4];
	unsigned int nr_entries;
};

static const struct madt_case machines[] = {
	{ "one CPU", { 3 }, 1, 0, 0, { { XAPIC, 3 } }, 1 },
	{ "CPUs in their order", { 4, 2, 3 }, 3, 0, 0,
	  { { XAPIC, 4 }, { XAPIC, 2 }, { XAPIC, 3 } }, 3 },
	{ "boot processor first", { 3, 2 }, 2, BSP, 0,
	  { { XAPIC, BSP }, { XAPIC, 3 }, { XAPIC, 2 } }, 3 },
	{ "IOAPIC last", { 3, 2 }, 2, 0, DECOY,
	  { { XAPIC, 3 }, { XAPIC, 2 }, { IOAPIC, 200 } }, 3 },
	{ "both decoys", { 3 }, 1, BSP, DECOY,
	  { { XAPIC, BSP }, { XAPIC, 3 }, { IOAPIC, 200 } }, 3 },
	{ "id 0", { 0 }, 1, 0, 0, { { XAPIC, 0 } }, 1 },
	{ "last id of eight bits", { 254 }, 1, 0, 0, { { XAPIC, 254 } }, 1 },
	{ "255 is everybody", { 255 }, 1, 0, 0, { { X2APIC, 255 } }, 1 },
	{ "ids of 32 bits", { 0x100, 0xfedcba98, 1 }, 3, 0, 0,
	  { { X2APIC, 0x100 }, { X2APIC, 0xfedcba98 }, { XAPIC, 1 } }, 3 },
	{ "boot processor of 32 bits", { 3 }, 1, 0x201, DECOY,
	  { { X2APIC, 0x201 }, { XAPIC, 3 }, { IOAPIC, 200 } }, 3 },
};

KUNIT_ARRAY_PARAM_DESC(machine, machines, name);

/* Sections 5.2.12.2, 5.2.12.3 and 5.2.12.12. Return: bytes. */
static size_t put_entry(u8 *to, const struct madt_entry *entry)
{
	to[0] = entry->type;
	switch (entry->type) {
	case XAPIC:
		to[2] = entry->id;
		to[3] = entry->id;
		put_unaligned_le32(1, to + 4);
		return to[1] = 8;
	case IOAPIC:
		to[2] = entry->id;
		put_unaligned_le32(DECOY, to + 4);
		return to[1] = 12;
	default:
		put_unaligned_le32(entry->id, to + 4);
		put_unaligned_le32(1, to + 8);
		put_unaligned_le32(entry->id, to + 12);
		return to[1] = 16;
	}
}

static void madt_entries(struct kunit *test)
{
	const struct madt_case *madt = test->param_value;
	struct mk_machine machine = {
		.platform = PLATFORM,
		.apic_ids = madt->apic_ids,
		.nr_cpus = madt->nr_cpus,
		.decoy_bsp = madt->bsp,
		.host_bsp_apic_id = madt->bsp ?: BSP,
		.decoy_ioapic = madt->ioapic,
	};
	u8 expected[MADT_SIZE + 64] = { };
	size_t size = MADT_SIZE;
	struct tables tables;
	unsigned int i;

	put_unaligned_le32(0xfee00000, expected + 36);
	for (i = 0; i < madt->nr_entries; i++)
		size += put_entry(expected + size, &madt->entry[i]);

	mk_test_acpi_build(test, &machine, &tables);
	KUNIT_ASSERT_EQ(test, length(tables.madt), size);
	KUNIT_EXPECT_MEMEQ(test, tables.madt + HEADER_SIZE,
			   expected + HEADER_SIZE, size - HEADER_SIZE);
}

static struct kunit_case madt_cases[] = {
	KUNIT_CASE_PARAM(madt_entries, machine_gen_params),
	{}
};

static struct kunit_suite madt_suite = {
	.name = "multikernel_acpi_madt",
	.test_cases = madt_cases,
};

kunit_test_suite(madt_suite);
