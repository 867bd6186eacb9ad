// SPDX-License-Identifier: GPL-2.0
/*
 * The machine that the tests run on: its CPUs, its log, what it owns.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "mk_lib.h"

#define MSR_APICBASE	0x1b
#define APICBASE_X2APIC	0x400

/* What is left to this machine besides what the tests take. */
#define KEEP		(256 * MK_MIB)

bool mk_cpu_online(int cpu)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online",
		 cpu);
	return cpu == 0 || mk_read_number(path) == 1;
}

int mk_cpu_set_online(int cpu, bool online)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online",
		 cpu);
	return mk_write(path, online ? "1" : "0") ? 0 : errno;
}

int mk_spare_cpu(int nth)
{
	int cpu;

	for (cpu = 63; cpu > 0; cpu--)
		if (mk_cpu_online(cpu) && nth-- == 0)
			return cpu;
	return -1;
}

/* What CPUID would say: /proc/cpuinfo has it for CPUs that are online. */
__u32 mk_apic_id(int cpu)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	unsigned int apic_id = ~0U;
	int current = -1;
	char line[4096];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "processor : %d", &current) == 1)
			continue;
		if (current == cpu && sscanf(line, "apicid : %u", &apic_id) == 1)
			break;
	}
	if (file)
		fclose(file);
	return apic_id;
}

bool mk_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

long mk_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int mk_setting(const char *name, int otherwise)
{
	const char *text = getenv(name);

	return text && *text ? atoi(text) : otherwise;
}

/* "xAPIC" or "x2APIC", or NULL when /dev/cpu/0/msr does not say. */
const char *mk_apic_mode(void)
{
	__u64 base;

	if (!mk_msr_read(0, MSR_APICBASE, &base))
		return NULL;
	return base & APICBASE_X2APIC ? "x2APIC" : "xAPIC";
}

static unsigned long memory_available(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	unsigned long kib = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %lu", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib * 1024;
}

const char *mk_obstacle(int cpus, unsigned long memory)
{
	if (geteuid())
		return "needs root";
	if (access(MK_DEVICE, F_OK))
		return "this kernel has no /dev/multikernel (CONFIG_MULTIKERNEL)";
	if (mk_spare_cpu(cpus - 1) < 0)
		return "needs more online CPUs beside CPU 0";
	if (memory_available() < memory + KEEP)
		return "needs more free memory";
	return NULL;
}

int mk_log_open(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (log >= 0)
		lseek(log, 0, SEEK_END);
	return log;
}

/* Reads the log up to a record that has both strings, or to its end. */
bool mk_log_contains(int log, const char *first, const char *second)
{
	char record[8192];
	ssize_t length;

	do {
		length = read(log, record, sizeof(record) - 1);
		if (length < 0 && errno == EPIPE)
			continue;
		if (length <= 0)
			return false;
		record[length] = '\0';
	} while (length < 0 || !strstr(record, first) ||
		 !strstr(record, second));
	return true;
}

bool mk_mute(__u32 apic_id)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", apic_id);
	return mk_write(MK_MUTE, text);
}

int mk_drop_capability(int capability)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return errno;
	data[CAP_TO_INDEX(capability)].effective &= ~CAP_TO_MASK(capability);
	return syscall(SYS_capset, &header, data) ? errno : 0;
}

void mk_snapshot(struct mk_snapshot *snapshot)
{
	memset(snapshot, 0, sizeof(*snapshot));
	mk_read("/sys/devices/system/cpu/online", snapshot->online,
		sizeof(snapshot->online));
	snapshot->memory_total = mk_read_number(MK_SYSFS "/memory_total");
	snapshot->low_slots_free = mk_read_number(MK_SYSFS "/low_slots_free");
	snapshot->instances = mk_count_instances();
}

void mk_reset_knobs(void)
{
	mk_write(MK_MUTE, MK_MUTE_NOBODY);
	mk_write(MK_CORRUPT, "N");
	mk_write(MK_OBSTACLE, "0");
}

void mk_begin(struct mk_snapshot *snapshot)
{
	mk_reset_knobs();
	mk_destroy_leftovers();
	mk_snapshot(snapshot);
}

static bool same_number(const char *what, long long before, long long now)
{
	if (before != now)
		fprintf(stderr, "# %s: %lld before, %lld now\n", what, before,
			now);
	return before == now;
}

bool mk_snapshot_same(const struct mk_snapshot *before)
{
	struct mk_snapshot now;
	bool same = true;

	mk_snapshot(&now);
	if (strcmp(before->online, now.online)) {
		fprintf(stderr, "# CPUs online: %s before, %s now\n",
			before->online, now.online);
		same = false;
	}
	same &= same_number("memory of instances", before->memory_total,
			    now.memory_total);
	same &= same_number("free low slots", before->low_slots_free,
			    now.low_slots_free);
	same &= same_number("instances", before->instances, now.instances);
	return same;
}
