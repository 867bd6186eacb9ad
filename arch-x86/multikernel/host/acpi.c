// SPDX-License-Identifier: GPL-2.0-only
/*
 * ACPI tables of a spawned kernel's machine (ACPI specification 6.3).
 *
 * It is a hardware-reduced machine: no SCI, no PM timer, no 8259, no PIT (FADT,
 * section 5.2.9 and chapter 4.1), with local APICs and nothing else (MADT,
 * section 5.2.12). Resets and power-offs are stores to a page of the platform
 * block, which reach nobody's hardware.
 */
#include <linux/acpi.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <asm/apicdef.h>
#include <asm/page.h>

#include "../internal.h"

/* Bytes that stand for registers. */
#define REGISTER_RESET	0
#define REGISTER_SLEEP	4

/* What an operating system writes to reset. Any value would do. */
#define RESET_VALUE	0x5a

/* The type of the soft-off state S5 in the DSDT. */
#define S5_TYPE		5

#define FADT_FLAGS	(ACPI_FADT_WBINVD | ACPI_FADT_POWER_BUTTON |	\
			 ACPI_FADT_SLEEP_BUTTON |			\
			 ACPI_FADT_RESET_REGISTER |			\
			 ACPI_FADT_APIC_PHYSICAL | ACPI_FADT_HW_REDUCED)

#define FADT_BOOT_FLAGS	(ACPI_FADT_NO_VGA | ACPI_FADT_NO_ASPM |		\
			 ACPI_FADT_NO_CMOS_RTC)

/* An id that no IOAPIC of the host is likely to have. */
#define DECOY_IOAPIC_ID	200

/* The MADT's old entries have eight bits for an id, and 255 is everybody. */
#define LAST_XAPIC_ID	254

/**
 * struct area - where the tables are being written
 * @start: first byte, in the direct map
 * @next: first free byte
 * @end: byte after the last
 */
struct area {
	u8 *start;
	u8 *next;
	u8 *end;
};

/* Take @size zeroed bytes, or NULL when the area is full. */
static void *take(struct area *area, size_t size)
{
	u8 *taken = area->next;

	if (taken > area->end || area->end - taken < size)
		return NULL;
	area->next += size;
	memset(taken, 0, size);
	return taken;
}

static u8 checksum(const void *table, size_t size)
{
	const u8 *byte = table;
	u8 sum = 0;

	while (size--)
		sum += *byte++;
	return -sum;
}

static struct acpi_table_header *begin(struct area *area, size_t size,
				       const char *signature, u8 revision)
{
	struct acpi_table_header *header;

	area->next = PTR_ALIGN(area->next, 16);
	header = take(area, size);
	if (!header)
		return NULL;
	memcpy(header->signature, signature, sizeof(header->signature));
	header->revision = revision;
	memcpy(header->oem_id, "LINUX ", sizeof(header->oem_id));
	memcpy(header->oem_table_id, "MULTIKRN", sizeof(header->oem_table_id));
	memcpy(header->asl_compiler_id, "LNUX", sizeof(header->asl_compiler_id));
	header->oem_revision = 1;
	header->asl_compiler_revision = 1;
	return header;
}

static u64 finish(struct area *area, struct acpi_table_header *header)
{
	header->length = area->next - (u8 *)header;
	header->checksum = checksum(header, header->length);
	return __pa(header);
}

/* \_S5: the value for SLP_TYP that powers off, section 7.4.2. */
static const u8 dsdt_s5[] = {
	0x08, '_', 'S', '5', '_',		/* Name (_S5, */
	0x12, 0x08, 0x04,			/* Package (4) { */
	0x0a, S5_TYPE, 0x0a, S5_TYPE, 0, 0,	/* 5, 5, 0, 0 }) */
};

/* A 16550A without an interrupt, which has the driver poll it. */
static const u8 dsdt_uart[] = {
	0x10, 0x31, '\\', '_', 'S', 'B', '_',	/* Scope (\_SB) { */
	0x5b, 0x82, 0x29, 'C', 'O', 'M', '0',	/* Device (COM0) { */
	0x08, '_', 'H', 'I', 'D',
	0x0c, 0x41, 0xd0, 0x05, 0x01,		/* Name (_HID, "PNP0501") */
	0x08, '_', 'U', 'I', 'D', 0x0a, 0,	/* Name (_UID, 0) */
	0x08, '_', 'C', 'R', 'S',		/* Name (_CRS, */
	0x11, 0x0d, 0x0a, 0x0a,			/* Buffer (10) { */
	0x47, 1, 0, 0, 0, 0, 1, 8,		/* IO (Decode16, 0, 0, 1, 8) */
	0x79, 0,				/* }) } } */
};

#define DSDT_UART_DIGIT	13
#define DSDT_UART_UID	30
#define DSDT_UART_MIN	42
#define DSDT_UART_MAX	44

static void describe_uart(u8 *code, u32 uart)
{
	unsigned int port = mk_uart_port(uart);

	memcpy(code, dsdt_uart, sizeof(dsdt_uart));
	code[DSDT_UART_DIGIT] = '0' + uart;
	code[DSDT_UART_UID] = uart;
	code[DSDT_UART_MIN] = port;
	code[DSDT_UART_MIN + 1] = port >> 8;
	code[DSDT_UART_MAX] = port;
	code[DSDT_UART_MAX + 1] = port >> 8;
}

static u64 build_dsdt(struct area *area, const struct mk_machine *machine)
{
	struct acpi_table_header *header;
	u8 *code;

	header = begin(area, sizeof(*header), ACPI_SIG_DSDT, 2);
	if (!header)
		return 0;

	code = take(area, sizeof(dsdt_s5));
	if (!code)
		return 0;
	memcpy(code, dsdt_s5, sizeof(dsdt_s5));

	if (mk_uart_port(machine->uart)) {
		code = take(area, sizeof(dsdt_uart));
		if (!code)
			return 0;
		describe_uart(code, machine->uart);
	}
	return finish(area, header);
}

static void set_register(struct acpi_generic_address *gas, u64 address)
{
	gas->space_id = ACPI_ADR_SPACE_SYSTEM_MEMORY;
	gas->bit_width = 8;
	gas->access_width = 1;
	gas->address = address;
}

static u64 build_fadt(struct area *area, const struct mk_machine *machine,
		      u64 dsdt)
{
	u64 registers = machine->platform + MK_PLATFORM_REGISTERS;
	struct acpi_table_fadt *fadt;

	fadt = (void *)begin(area, sizeof(*fadt), ACPI_SIG_FADT, 6);
	if (!fadt)
		return 0;
	fadt->minor_revision = 3;
	fadt->boot_flags = FADT_BOOT_FLAGS;
	fadt->flags = FADT_FLAGS;
	fadt->Xdsdt = dsdt;
	if (dsdt <= U32_MAX)
		fadt->dsdt = dsdt;
	set_register(&fadt->reset_register, registers + REGISTER_RESET);
	fadt->reset_value = RESET_VALUE;

	/*
	 * One byte for both: a power-off writes it and waits for the wake-up
	 * bit there, so it waits for the host.
	 */
	set_register(&fadt->sleep_control, registers + REGISTER_SLEEP);
	set_register(&fadt->sleep_status, registers + REGISTER_SLEEP);
	return finish(area, &fadt->header);
}

static int add_xapic(struct area *area, u32 apic_id)
{
	struct acpi_madt_local_apic *entry = take(area, sizeof(*entry));

	if (!entry)
		return -ENOSPC;
	entry->header.type = ACPI_MADT_TYPE_LOCAL_APIC;
	entry->header.length = sizeof(*entry);
	entry->processor_id = apic_id;
	entry->id = apic_id;
	entry->lapic_flags = ACPI_MADT_ENABLED;
	return 0;
}

static int add_x2apic(struct area *area, u32 apic_id)
{
	struct acpi_madt_local_x2apic *entry = take(area, sizeof(*entry));

	if (!entry)
		return -ENOSPC;
	entry->header.type = ACPI_MADT_TYPE_LOCAL_X2APIC;
	entry->header.length = sizeof(*entry);
	entry->local_apic_id = apic_id;
	entry->lapic_flags = ACPI_MADT_ENABLED;
	entry->uid = apic_id;
	return 0;
}

static int add_apic(struct area *area, u32 apic_id)
{
	return apic_id <= LAST_XAPIC_ID ? add_xapic(area, apic_id) :
					  add_x2apic(area, apic_id);
}

static int add_ioapic(struct area *area, u64 address)
{
	struct acpi_madt_io_apic *entry = take(area, sizeof(*entry));

	if (!entry)
		return -ENOSPC;
	entry->header.type = ACPI_MADT_TYPE_IO_APIC;
	entry->header.length = sizeof(*entry);
	entry->id = DECOY_IOAPIC_ID;
	entry->address = address;
	return 0;
}

/*
 * The decoys. A kernel since 6.9 whose boot CPU is not the boot processor and
 * not the first entry takes itself for a crash kernel and leaves the first
 * entry's CPU alone; without that entry it uses one CPU only. And without an
 * IOAPIC a kernel looks for one in the MP table or takes over the 8259.
 */
static u64 build_madt(struct area *area, const struct mk_machine *machine)
{
	struct acpi_table_madt *madt;
	unsigned int i;
	int ret = 0;

	madt = (void *)begin(area, sizeof(*madt), ACPI_SIG_MADT, 5);
	if (!madt)
		return 0;
	madt->address = APIC_DEFAULT_PHYS_BASE;

	if (machine->decoy_bsp)
		ret = add_apic(area, machine->host_bsp_apic_id);
	for (i = 0; !ret && i < machine->nr_cpus; i++)
		ret = add_apic(area, machine->apic_ids[i]);
	if (!ret && machine->decoy_ioapic)
		ret = add_ioapic(area, machine->decoy_ioapic);
	return ret ? 0 : finish(area, &madt->header);
}

static u64 build_xsdt(struct area *area, u64 fadt, u64 madt)
{
	struct acpi_table_header *header;
	u64 *entry;

	header = begin(area, sizeof(*header), ACPI_SIG_XSDT, 1);
	entry = header ? take(area, 2 * sizeof(*entry)) : NULL;
	if (!entry)
		return 0;
	entry[0] = fadt;
	entry[1] = madt;
	return finish(area, header);
}

/* For those that know ACPI 1.0 alone; its addresses have 32 bits. */
static u64 build_rsdt(struct area *area, u64 fadt, u64 madt)
{
	struct acpi_table_header *header;
	u32 *entry;

	header = begin(area, sizeof(*header), ACPI_SIG_RSDT, 1);
	entry = header ? take(area, 2 * sizeof(*entry)) : NULL;
	if (!entry)
		return 0;
	entry[0] = fadt;
	entry[1] = madt;
	return finish(area, header);
}

static void build_rsdp(struct acpi_table_rsdp *rsdp, u64 xsdt, u64 rsdt)
{
	memcpy(rsdp->signature, ACPI_SIG_RSDP, sizeof(rsdp->signature));
	memcpy(rsdp->oem_id, "LINUX ", sizeof(rsdp->oem_id));
	rsdp->revision = 2;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt_physical_address = xsdt;
	rsdp->rsdt_physical_address = rsdt;
	rsdp->checksum = checksum(rsdp, ACPI_RSDP_CHECKSUM_LENGTH);
	rsdp->extended_checksum = checksum(rsdp, sizeof(*rsdp));
}

/**
 * mk_acpi_rsdp - find the ACPI root pointer
 * @platform: address of a platform block
 *
 * Return: its address, the first of the area for ACPI tables.
 */
u64 mk_acpi_rsdp(u64 platform)
{
	return platform + MK_PLATFORM_ACPI;
}

/**
 * mk_acpi_build - write the ACPI tables of a machine
 * @machine: the machine
 * @buffer: where, in the direct map; the root pointer comes first
 * @size: bytes there are
 *
 * Context: any; no CPU may use the tables meanwhile.
 * Return: 0, or -ENOSPC when they do not fit.
 */
int mk_acpi_build(const struct mk_machine *machine, void *buffer, size_t size)
{
	struct area area = {
		.start = buffer,
		.next = buffer,
		.end = buffer + size,
	};
	struct acpi_table_rsdp *rsdp = take(&area, sizeof(*rsdp));
	bool is_low = __pa(buffer) < SZ_4G;
	u64 dsdt, fadt, madt, xsdt, rsdt = 0;

	if (!rsdp)
		return -ENOSPC;
	dsdt = build_dsdt(&area, machine);
	fadt = dsdt ? build_fadt(&area, machine, dsdt) : 0;
	madt = fadt ? build_madt(&area, machine) : 0;
	xsdt = madt ? build_xsdt(&area, fadt, madt) : 0;
	if (xsdt && is_low)
		rsdt = build_rsdt(&area, fadt, madt);
	if (!xsdt || (is_low && !rsdt))
		return -ENOSPC;
	build_rsdp(rsdp, xsdt, rsdt);
	return 0;
}

/**
 * mk_acpi_ending - look whether the machine was reset or switched off
 * @registers: the registers' page, in the direct map, which its kernel writes to
 *
 * What Linux and others do: a reset is the value from the FADT in the reset
 * register (section 4.8.3.6); a switch-off is type and enable bit of S5 in the
 * sleep control register (section 4.8.3.7). All else in there means nothing.
 *
 * Context: any.
 * Return: MK_ENDING_RESET, MK_ENDING_POWER_OFF or MK_ENDING_NONE.
 */
enum mk_ending mk_acpi_ending(const void *registers)
{
	u8 reset = READ_ONCE(*(const u8 *)(registers + REGISTER_RESET));
	u8 sleep = READ_ONCE(*(const u8 *)(registers + REGISTER_SLEEP));

	if (reset == RESET_VALUE)
		return MK_ENDING_RESET;
	if ((sleep & (ACPI_X_SLEEP_TYPE_MASK | ACPI_X_SLEEP_ENABLE)) ==
	    (S5_TYPE << ACPI_X_SLEEP_TYPE_POSITION | ACPI_X_SLEEP_ENABLE))
		return MK_ENDING_POWER_OFF;
	return MK_ENDING_NONE;
}
