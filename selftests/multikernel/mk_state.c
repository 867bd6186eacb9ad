// SPDX-License-Identifier: GPL-2.0-only
/*
 * Print what the machine's devices that there is one of are set to, a line each:
 * the IOAPIC's redirection entries, the masks of the 8259s and ELCR, the HPET,
 * MTRRs and other registers of CPU 0 that are shared, PCI command registers and
 * the settings of the real-time clock.
 *
 * Usage: mk_state
 *
 * Reads /dev/mem, I/O ports, /dev/cpu/0/msr and sysfs, and writes to index
 * registers only. What is not there is left out. Exit status 2 for what cannot
 * be read.
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE		4096

#define IOAPIC		0xfec00000	/* 82093AA data sheet */
#define IOAPIC_DATA	0x10
#define IOAPIC_VERSION	1
#define IOAPIC_ENTRIES	0x10
#define BY_ITSELF	0x5000		/* remote IRR and delivery status */

#define HPET		0xfed00000	/* HPET specification 1.0a */
#define HPET_PERIOD	0x4
#define HPET_CONFIG	0x10
#define HPET_TIMER	0x100
#define HPET_TIMERS	3

static volatile uint32_t *map(int memory, off_t at)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			  memory, at);

	if (page == MAP_FAILED)
		err(2, "/dev/mem at %#llx", (unsigned long long)at);
	return page;
}

static uint32_t ioapic_read(volatile uint32_t *ioapic, uint32_t index)
{
	ioapic[0] = index;
	return ioapic[IOAPIC_DATA / 4];
}

static void print_ioapic(int memory)
{
	volatile uint32_t *ioapic = map(memory, IOAPIC);
	uint32_t last = ioapic_read(ioapic, IOAPIC_VERSION) >> 16 & 0xff;
	uint32_t i, index;

	for (i = 0; i <= last; i++) {
		index = IOAPIC_ENTRIES + 2 * i;
		printf("ioapic %u %08x %08x\n", i,
		       ioapic_read(ioapic, index + 1),
		       ioapic_read(ioapic, index) & ~BY_ITSELF);
	}
}

static void print_hpet(int memory)
{
	volatile uint32_t *hpet = map(memory, HPET);
	int i;

	if (hpet[HPET_PERIOD / 4] == 0 || hpet[HPET_PERIOD / 4] == UINT32_MAX)
		return;
	printf("hpet %x\n", hpet[HPET_CONFIG / 4]);
	for (i = 0; i < HPET_TIMERS; i++)
		printf("hpet timer %d %x\n", i,
		       hpet[(HPET_TIMER + 0x20 * i) / 4]);
}

static uint8_t cmos(uint8_t index)
{
	outb(index, 0x70);
	return inb(0x71);
}

/* Registers A and B, the shutdown byte and the century, not the time. */
static void print_ports(void)
{
	printf("8259 masks %02x %02x\n", inb(0x21), inb(0xa1));
	printf("elcr %02x %02x\n", inb(0x4d0), inb(0x4d1));
	printf("rtc %02x %02x shutdown %02x century %02x\n",
	       cmos(0x0a) & 0x7f, cmos(0x0b), cmos(0x0f), cmos(0x32));
	printf("nmi and speaker %02x\n", inb(0x61) & 0x0f);
}

static void print_msr(int msr, const char *name, uint32_t number)
{
	uint64_t value;

	if (pread(msr, &value, sizeof(value), number) == sizeof(value))
		printf("msr %s %016llx\n", name, (unsigned long long)value);
}

static void print_msrs(void)
{
	int msr = open("/dev/cpu/0/msr", O_RDONLY);
	uint32_t i;

	if (msr < 0)
		err(2, "/dev/cpu/0/msr");
	print_msr(msr, "apic base", 0x1b);
	print_msr(msr, "tsc adjust", 0x3b);
	print_msr(msr, "mtrr default", 0x2ff);
	print_msr(msr, "pat", 0x277);
	for (i = 0; i < 16; i++)
		print_msr(msr, "mtrr variable", 0x200 + i);
	print_msr(msr, "mtrr fixed", 0x250);
	close(msr);
}

static void print_pci_device(const char *name)
{
	char path[300];
	uint16_t command;
	int config;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", name);
	config = open(path, O_RDONLY);
	if (config < 0)
		err(2, "%s", path);
	if (pread(config, &command, sizeof(command), 4) == sizeof(command))
		printf("pci %s command %04x\n", name, command);
	close(config);
}

static void print_pci(void)
{
	DIR *devices = opendir("/sys/bus/pci/devices");
	struct dirent *device;

	if (!devices)
		return;
	while ((device = readdir(devices)))
		if (device->d_name[0] != '.')
			print_pci_device(device->d_name);
	closedir(devices);
}

int main(void)
{
	int memory = open("/dev/mem", O_RDWR | O_SYNC);

	if (memory < 0)
		err(2, "/dev/mem");
	if (iopl(3))
		err(2, "iopl");
	print_ioapic(memory);
	print_hpet(memory);
	print_ports();
	print_msrs();
	print_pci();
	return 0;
}
