// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of /dev/multikernel and the machine around it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/capability.h>

#include "mk_lib.h"

#define DEVICE		"/dev/multikernel"
#define MSR_APICBASE	0x1b
#define APICBASE_X2APIC	(1 << 10)

/* What is left to this machine besides what the tests take. */
#define KEEP		(256 * MK_MIB)

int mk_ioctl(unsigned int cmd, void *arg)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return errno;
	if (ioctl(fd, cmd, arg))
		err = errno;
	close(fd);
	return err;
}

int mk_create_with(struct multikernel_create *create)
{
	return mk_ioctl(MULTIKERNEL_CREATE, create);
}

int mk_create(const char *name, int cpu, unsigned long memory, uint32_t *id)
{
	uint64_t mask = 1ULL << cpu;
	struct multikernel_create create = {
		.size = sizeof(create),
		.cpus = (uintptr_t)&mask,
		.cpus_size = sizeof(mask),
		.node = MULTIKERNEL_NODE_ANY,
		.memory = memory,
	};
	int err;

	strncpy(create.name, name, sizeof(create.name) - 1);
	err = mk_create_with(&create);
	*id = create.id;
	return err;
}

int mk_destroy(uint32_t id)
{
	struct multikernel_destroy destroy = {
		.size = sizeof(destroy), .id = id,
	};

	return mk_ioctl(MULTIKERNEL_DESTROY, &destroy);
}

int mk_info(uint32_t id, struct multikernel_info *info,
	    struct multikernel_range *ranges)
{
	*info = (struct multikernel_info) {
		.size = sizeof(*info),
		.id = id,
		.ranges = (uintptr_t)ranges,
		.nr_ranges = MULTIKERNEL_MAX_RANGES,
	};
	return mk_ioctl(MULTIKERNEL_INFO, info);
}

int mk_boot(uint32_t id, uint64_t boot_params, uint32_t flags)
{
	struct multikernel_boot boot = {
		.size = sizeof(boot),
		.flags = flags,
		.id = id,
		.entry = MULTIKERNEL_ENTRY_LINUX64,
		.boot_params = boot_params,
	};

	return mk_ioctl(MULTIKERNEL_BOOT, &boot);
}

unsigned long mk_load_flags(uint32_t id)
{
	return KEXEC_MULTIKERNEL | KEXEC_ARCH_X86_64 |
	       (unsigned long)id << KEXEC_MULTIKERNEL_ID_SHIFT;
}

int mk_kexec_load(unsigned long entry, unsigned long nr,
		  struct kexec_segment *segments, unsigned long flags)
{
	if (syscall(SYS_kexec_load, entry, nr, segments, flags))
		return errno;
	return 0;
}

int mk_load(uint32_t id, struct mk_image *image)
{
	int err = mk_boot(id, image->boot_params, image->boot_flags);

	return err ? err : mk_kexec_load(image->entry, image->nr,
					 image->segments, mk_load_flags(id));
}

int mk_start(uint32_t id)
{
	struct multikernel_start start = { .size = sizeof(start), .id = id };

	return mk_ioctl(MULTIKERNEL_START, &start);
}

int mk_stop(uint32_t id)
{
	struct multikernel_stop stop = {
		.size = sizeof(stop), .flags = MULTIKERNEL_STOP_FORCE, .id = id,
	};

	return mk_ioctl(MULTIKERNEL_STOP, &stop);
}

bool mk_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return false;
	length = read(fd, buf, size - 1);
	close(fd);
	if (length < 0)
		return false;
	buf[length] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

long long mk_read_number(const char *path)
{
	char buf[64];

	return mk_read(path, buf, sizeof(buf)) ? strtoll(buf, NULL, 0) : -1;
}

bool mk_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t length;
	int err;

	if (fd < 0)
		return false;
	length = write(fd, text, strlen(text));
	err = errno;
	close(fd);
	errno = err;
	return length == (ssize_t)strlen(text);
}

bool mk_instance_read(const char *name, const char *file, char *buf,
		      size_t size)
{
	char path[256];

	snprintf(path, sizeof(path), MK_SYSFS "/%s/%s", name, file);
	return mk_read(path, buf, size);
}

bool mk_wait_for_state(const char *name, const char *state, int ms)
{
	char buf[64];

	for (; ms > 0; ms -= 10) {
		if (mk_instance_read(name, "state", buf, sizeof(buf)) &&
		    !strcmp(buf, state))
			return true;
		usleep(10000);
	}
	return false;
}

/* Call @visit for each instance's name; says how many there are. */
static int for_each_instance(void (*visit)(const char *name))
{
	DIR *dir = opendir(MK_SYSFS);
	struct dirent *entry;
	int n = 0;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (visit)
			visit(entry->d_name);
		n++;
	}
	if (dir)
		closedir(dir);
	return n;
}

static int destroyed;

static void destroy_if_ours(const char *name)
{
	char id[32];

	if (strncmp(name, MK_NAME, strlen(MK_NAME)) ||
	    !mk_instance_read(name, "id", id, sizeof(id)))
		return;
	mk_destroy(strtoul(id, NULL, 0));
	destroyed++;
}

int mk_destroy_leftovers(void)
{
	destroyed = 0;
	for_each_instance(destroy_if_ours);
	return destroyed;
}

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
uint32_t mk_apic_id(int cpu)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	unsigned int apic_id = ~0U;
	int current = -1;
	char line[4096];

	while (file && fgets(line, sizeof(line), file)) {
		sscanf(line, "processor : %d", &current);
		if (current == cpu && sscanf(line, "apicid : %u", &apic_id) == 1)
			break;
	}
	if (file)
		fclose(file);
	return apic_id;
}

/* "xAPIC" or "x2APIC", or NULL when /dev/cpu/0/msr does not say. */
const char *mk_apic_mode(void)
{
	int fd = open("/dev/cpu/0/msr", O_RDONLY | O_CLOEXEC);
	const char *mode = NULL;
	uint64_t base;

	if (fd < 0)
		return NULL;
	if (pread(fd, &base, sizeof(base), MSR_APICBASE) == sizeof(base))
		mode = base & APICBASE_X2APIC ? "x2APIC" : "xAPIC";
	close(fd);
	return mode;
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
	if (access(DEVICE, F_OK))
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

int mk_drop_boot_capability(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return errno;
	data[CAP_TO_INDEX(CAP_SYS_BOOT)].effective &= ~CAP_TO_MASK(CAP_SYS_BOOT);
	return syscall(SYS_capset, &header, data) ? errno : 0;
}

void mk_snapshot(struct mk_snapshot *snapshot)
{
	memset(snapshot, 0, sizeof(*snapshot));
	mk_read("/sys/devices/system/cpu/online", snapshot->online,
		sizeof(snapshot->online));
	snapshot->memory_total = mk_read_number(MK_SYSFS "/memory_total");
	snapshot->low_slots_free = mk_read_number(MK_SYSFS "/low_slots_free");
	snapshot->instances = for_each_instance(NULL);
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
