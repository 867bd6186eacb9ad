// SPDX-License-Identifier: GPL-2.0
/*
 * What a CPU is to this machine: its APIC id and the registers that the kernel
 * sets on it.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mk_lib.h"

#define MSR_MTRRCAP		0xfe
#define MSR_MTRR_PHYSBASE	0x200
#define MSR_MCG_CAP		0x179
#define MSR_MC0_CTL		0x400

/* Not those that differ from one moment to the next. */
static const __u32 registers[] = {
	0x1b,		/* APIC base */
	0x3a,		/* feature control */
	0x3b,		/* TSC_ADJUST */
	MSR_MTRRCAP, 0x2ff, 0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b,
	0x26c, 0x26d, 0x26e, 0x26f,
	0x174, 0x175, 0x176,	/* SYSENTER */
	MSR_MCG_CAP, 0x17b,
	0x1a0,		/* MISC_ENABLE */
	MK_MSR_PAT,
	MK_MSR_EFER, 0xc0000081, MK_MSR_LSTAR, 0xc0000083, 0xc0000084,
	MK_MSR_TSC_AUX,
};

bool mk_msr_read(int cpu, __u32 msr, __u64 *value)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/dev/cpu/%d/msr", cpu);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = pread(fd, value, sizeof(*value), msr);
	close(fd);
	return length == sizeof(*value);
}

static void add(struct mk_cpu *record, int cpu, __u32 msr)
{
	if (record->nr < MK_CPU_MSRS &&
	    mk_msr_read(cpu, msr, &record->value[record->nr]))
		record->msr[record->nr++] = msr;
}

void mk_cpu_record(struct mk_cpu *record, int cpu)
{
	__u64 cap = 0;
	size_t i;

	memset(record, 0, sizeof(*record));
	record->apic_id = mk_apic_id(cpu);
	for (i = 0; i < sizeof(registers) / sizeof(*registers); i++)
		add(record, cpu, registers[i]);
	if (mk_msr_read(cpu, MSR_MTRRCAP, &cap))
		for (i = 0; i < 2 * (cap & 0xff); i++)
			add(record, cpu, MSR_MTRR_PHYSBASE + i);
	if (mk_msr_read(cpu, MSR_MCG_CAP, &cap))
		for (i = 0; i < (cap & 0xff); i++)
			add(record, cpu, MSR_MC0_CTL + 4 * i);
}

bool mk_cpu_has(const struct mk_cpu *record, __u32 msr, __u64 *value)
{
	unsigned int i;

	for (i = 0; i < record->nr; i++) {
		if (record->msr[i] != msr)
			continue;
		*value = record->value[i];
		return true;
	}
	return false;
}

bool mk_cpu_same(const struct mk_cpu *before, int cpu)
{
	struct mk_cpu now;
	bool same = true;
	unsigned int i;
	__u64 value = 0;

	mk_cpu_record(&now, cpu);
	if (now.apic_id != before->apic_id) {
		fprintf(stderr, "# CPU %d: APIC id %u before, %u now\n", cpu,
			before->apic_id, now.apic_id);
		same = false;
	}
	for (i = 0; i < before->nr; i++) {
		if (mk_cpu_has(&now, before->msr[i], &value) &&
		    value == before->value[i])
			continue;
		fprintf(stderr, "# CPU %d: MSR %#x: %#llx before, %#llx now\n",
			cpu, before->msr[i], before->value[i], value);
		same = false;
	}
	return same;
}

/* By the CPU that this thread runs on. */
__u32 mk_cpuid_apic_id(void)
{
	unsigned int eax, ebx, ecx, edx;

	if (__get_cpuid_count(0xb, 0, &eax, &ebx, &ecx, &edx) && ebx)
		return edx;
	__get_cpuid(1, &eax, &ebx, &ecx, &edx);
	return ebx >> 24;
}
