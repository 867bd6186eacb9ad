// SPDX-License-Identifier: GPL-2.0-only
/*
 * host/acpi.c: all but what the MADT and the DSDT say, which have tests of
 * their own.
 */
#include <kunit/test.h>

#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "acpi_tables.h"

#define RSDP_OLD_SIZE	20
#define FADT_SIZE	276

/* One byte, read and written as one, in memory: section 5.2.3.2. */
#define REGISTER_KIND	0x01000800

static const u32 one_id[] = { 3 };

static const struct mk_machine one_cpu = {
	.platform = PLATFORM,
	.apic_ids = one_id,
	.nr_cpus = ARRAY_SIZE(one_id),
	.host_bsp_apic_id = BSP,
};

static const struct mk_machine all_there_is = {
	.platform = PLATFORM,
	.apic_ids = one_id,
	.nr_cpus = ARRAY_SIZE(one_id),
	.decoy_bsp = true,
	.host_bsp_apic_id = BSP,
	.decoy_ioapic = DECOY,
	.uart = MULTIKERNEL_UART_COM2,
};

static void acpi_root_pointer(struct kunit *test)
{
	struct tables tables;
	const u8 *rsdp;

	mk_test_acpi_build(test, &one_cpu, &tables);
	rsdp = tables.rsdp;
	KUNIT_EXPECT_MEMEQ(test, rsdp, "RSD PTR ", 8);
	KUNIT_EXPECT_EQ(test, mk_test_sum(rsdp, RSDP_OLD_SIZE), 0);
	KUNIT_EXPECT_MEMEQ(test, rsdp + 9, "LINUX ", 6);
	KUNIT_EXPECT_EQ(test, rsdp[15], 2);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(rsdp + 20), RSDP_SIZE);
	KUNIT_EXPECT_EQ(test, mk_test_sum(rsdp, RSDP_SIZE), 0);
	KUNIT_EXPECT_EQ(test, get_unaligned_le24(rsdp + 33), 0);
}

static void acpi_root_pointer_address(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, mk_acpi_rsdp(PLATFORM), PLATFORM + SZ_4K);
}

static void expect_header(struct kunit *test, const u8 *table, u8 revision)
{
	KUNIT_EXPECT_EQ(test, table[8], revision);
	KUNIT_EXPECT_MEMEQ(test, table + 10, "LINUX MULTIKRN", 14);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(table + 24), 1);
	KUNIT_EXPECT_MEMEQ(test, table + 28, "LNUX", 4);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(table + 32), 1);
}

static void acpi_headers(struct kunit *test)
{
	struct tables tables;

	mk_test_acpi_build(test, &one_cpu, &tables);
	expect_header(test, tables.xsdt, 1);
	if (tables.rsdt)
		expect_header(test, tables.rsdt, 1);
	expect_header(test, tables.fadt, 6);
	expect_header(test, tables.madt, 5);
	expect_header(test, tables.dsdt, 2);
}

static void expect_apart(struct kunit *test, const u8 *a, const u8 *b)
{
	KUNIT_EXPECT_TRUE(test, a + length(a) <= b || b + length(b) <= a);
}

static void acpi_tables_apart(struct kunit *test)
{
	struct tables tables;

	mk_test_acpi_build(test, &all_there_is, &tables);
	if (tables.rsdt)
		expect_apart(test, tables.xsdt, tables.rsdt);
	expect_apart(test, tables.xsdt, tables.fadt);
	expect_apart(test, tables.xsdt, tables.madt);
	expect_apart(test, tables.xsdt, tables.dsdt);
	expect_apart(test, tables.fadt, tables.madt);
	expect_apart(test, tables.fadt, tables.dsdt);
	expect_apart(test, tables.madt, tables.dsdt);
}

static void put_register(u8 *fadt, unsigned int offset, u64 address)
{
	put_unaligned_le32(REGISTER_KIND, fadt + offset);
	put_unaligned_le64(address, fadt + offset + 4);
}

/* All that is not named here is zero: no SCI, no PM blocks, no FACS. */
static void acpi_fadt(struct kunit *test)
{
	u8 expected[FADT_SIZE] = { };
	struct tables tables;
	u64 dsdt;

	mk_test_acpi_build(test, &one_cpu, &tables);
	dsdt = virt_to_phys((void *)tables.dsdt);
	put_unaligned_le32(dsdt <= U32_MAX ? dsdt : 0, expected + 40);
	put_unaligned_le16(0x0034, expected + 109);
	put_unaligned_le32(0x00180431, expected + 112);
	put_register(expected, 116, PLATFORM);
	expected[128] = 0x5a;
	expected[131] = 3;
	put_unaligned_le64(dsdt, expected + 140);
	put_register(expected, 244, PLATFORM + 4);
	put_register(expected, 256, PLATFORM + 4);

	KUNIT_EXPECT_MEMEQ(test, tables.fadt + HEADER_SIZE,
			   expected + HEADER_SIZE, FADT_SIZE - HEADER_SIZE);
}

/* Bytes from the root pointer to the end of the last table. */
static size_t used(const struct tables *tables)
{
	const u8 *end = tables->rsdp + RSDP_SIZE;

	end = max(end, tables->xsdt + length(tables->xsdt));
	if (tables->rsdt)
		end = max(end, tables->rsdt + length(tables->rsdt));
	end = max(end, tables->fadt + length(tables->fadt));
	end = max(end, tables->madt + length(tables->madt));
	end = max(end, tables->dsdt + length(tables->dsdt));
	return end - tables->rsdp;
}

/* Build in an area that is full of a pattern; what lies after it keeps it. */
static int build_in(struct kunit *test, u8 *area, size_t size)
{
	int ret;

	memset(area, 0xa5, AREA_SIZE);
	ret = mk_acpi_build(&all_there_is, area, size);
	KUNIT_ASSERT_NULL_MSG(test,
			      memchr_inv(area + size, 0xa5, AREA_SIZE - size),
			      "written beyond %zu bytes", size);
	return ret;
}

static void acpi_area_too_small(struct kunit *test)
{
	u8 *area = kunit_kmalloc(test, AREA_SIZE, GFP_KERNEL);
	struct tables tables;
	size_t size, needed;

	KUNIT_ASSERT_NOT_NULL(test, area);
	mk_test_acpi_build(test, &all_there_is, &tables);
	needed = used(&tables);
	for (size = 0; size < needed; size++)
		KUNIT_EXPECT_EQ_MSG(test, build_in(test, area, size), -ENOSPC,
				    "%zu bytes", size);
	KUNIT_EXPECT_EQ(test, build_in(test, area, needed), 0);
}

struct ending_case {
	const char *name;
	u8 reset;
	u8 sleep;
	enum mk_ending ending;
};

/*
 * What drivers/acpi/acpica writes for S5 is 0x34, after 0x80 to clear the
 * wake-up bit; the bits of no meaning to us may be anything.
 */
static const struct ending_case ending_cases[] = {
	{ "nothing written", 0, 0, MK_ENDING_NONE },
	{ "reset", 0x5a, 0, MK_ENDING_RESET },
	{ "another value in the reset register", 0x5b, 0, MK_ENDING_NONE },
	{ "all ones in the reset register", 0xff, 0, MK_ENDING_NONE },
	{ "switch-off", 0, 0x34, MK_ENDING_POWER_OFF },
	{ "switch-off, the other bits set", 0, 0xf7, MK_ENDING_POWER_OFF },
	{ "wake-up bit cleared", 0, 0x80, MK_ENDING_NONE },
	{ "S5 without enable", 0, 0x14, MK_ENDING_NONE },
	{ "enable of S0", 0, 0x20, MK_ENDING_NONE },
	{ "enable of S3", 0, 0x2c, MK_ENDING_NONE },
	{ "enable of type 7", 0, 0x3c, MK_ENDING_NONE },
	{ "reset and switch-off", 0x5a, 0x34, MK_ENDING_RESET },
};

KUNIT_ARRAY_PARAM_DESC(ending, ending_cases, name);

/* Of the registers, two bytes mean something. */
static void acpi_ending(struct kunit *test)
{
	const struct ending_case *this = test->param_value;
	u8 *control = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, control);
	control[0] = this->reset;
	control[4] = this->sleep;
	KUNIT_EXPECT_EQ(test, mk_acpi_ending(control), this->ending);

	memset(control, 0xff, SZ_4K);
	control[0] = this->reset;
	control[4] = this->sleep;
	KUNIT_EXPECT_EQ(test, mk_acpi_ending(control), this->ending);
}

static struct kunit_case acpi_cases[] = {
	KUNIT_CASE(acpi_root_pointer),
	KUNIT_CASE(acpi_root_pointer_address),
	KUNIT_CASE(acpi_headers),
	KUNIT_CASE(acpi_tables_apart),
	KUNIT_CASE(acpi_fadt),
	KUNIT_CASE(acpi_area_too_small),
	KUNIT_CASE_PARAM(acpi_ending, ending_gen_params),
	{}
};

static struct kunit_suite acpi_suite = {
	.name = "multikernel_acpi",
	.test_cases = acpi_cases,
};

kunit_test_suite(acpi_suite);
