// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of /dev/multikernel, and its files in sysfs.
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
#include <unistd.h>

#include "mk_lib.h"

int mk_ioctl(unsigned int cmd, void *arg)
{
	int fd = open(MK_DEVICE, O_RDWR | O_CLOEXEC);
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

int mk_create_on(const char *name, __u64 cpus, __u32 flags,
		 unsigned long memory, __u32 *id)
{
	struct multikernel_create create = {
		.size = sizeof(create),
		.flags = flags,
		.cpus = (uintptr_t)&cpus,
		.cpus_size = sizeof(cpus),
		.node = MULTIKERNEL_NODE_ANY,
		.memory = memory,
	};
	int err;

	snprintf(create.name, sizeof(create.name), "%s", name);
	err = mk_create_with(&create);
	*id = create.id;
	return err;
}

int mk_create(const char *name, int cpu, unsigned long memory, __u32 *id)
{
	return mk_create_on(name, 1ULL << cpu, 0, memory, id);
}

int mk_destroy(__u32 id)
{
	struct multikernel_destroy destroy = {
		.size = sizeof(destroy), .id = id,
	};

	return mk_ioctl(MULTIKERNEL_DESTROY, &destroy);
}

int mk_info(__u32 id, struct multikernel_info *info,
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

int mk_boot(__u32 id, __u64 boot_params, __u32 flags)
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

unsigned long mk_load_flags(__u32 id)
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

int mk_load(__u32 id, struct mk_image *image)
{
	int err = mk_boot(id, image->boot_params, image->boot_flags);

	return err ? err : mk_kexec_load(image->entry, image->nr,
					 image->segments, mk_load_flags(id));
}

int mk_start(__u32 id)
{
	struct multikernel_start start = { .size = sizeof(start), .id = id };

	return mk_ioctl(MULTIKERNEL_START, &start);
}

int mk_stop_with(__u32 id, __u32 flags, __u32 timeout_ms, __u32 *rung)
{
	struct multikernel_stop stop = {
		.size = sizeof(stop),
		.flags = flags,
		.id = id,
		.timeout_ms = timeout_ms,
		.rung = *rung,
	};
	int err = mk_ioctl(MULTIKERNEL_STOP, &stop);

	*rung = stop.rung;
	return err;
}

int mk_stop(__u32 id)
{
	__u32 rung = 0;

	return mk_stop_with(id, 0, 0, &rung);
}

int mk_make(struct mk_instance *instance, const char *name, __u64 cpus,
	    unsigned long memory)
{
	int err = mk_create_on(name, cpus, 0, memory, &instance->id);

	if (err)
		return err;
	err = mk_info(instance->id, &instance->info, instance->ranges);
	if (!err)
		mk_image_loop(&instance->image, &instance->ranges[0]);
	return err;
}

int mk_run(struct mk_instance *instance)
{
	int err = mk_load(instance->id, &instance->image);

	return err ? err : mk_start(instance->id);
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
	char path[512];

	snprintf(path, sizeof(path), MK_SYSFS "/%s/%s", name, file);
	return mk_read(path, buf, size);
}

bool mk_in_state(const char *name, const char *state)
{
	char buf[64];

	return mk_instance_read(name, "state", buf, sizeof(buf)) &&
	       !strcmp(buf, state);
}

bool mk_ended_by(const char *name, const char *exit_reason)
{
	char buf[64];

	return mk_instance_read(name, "exit_reason", buf, sizeof(buf)) &&
	       !strcmp(buf, exit_reason);
}

bool mk_wait_for_state(const char *name, const char *state, int ms)
{
	for (ms *= mk_setting("MK_PATIENCE", 1); ms > 0; ms -= 10) {
		if (mk_in_state(name, state))
			return true;
		usleep(10000);
	}
	return false;
}

/* The next instance's name in an open MK_SYSFS, or NULL. */
static const char *next_instance(DIR *dir)
{
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			return entry->d_name;
	return NULL;
}

int mk_count_instances(void)
{
	DIR *dir = opendir(MK_SYSFS);
	int n = 0;

	while (next_instance(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

int mk_destroy_leftovers(void)
{
	DIR *dir = opendir(MK_SYSFS);
	const char *name;
	int destroyed = 0;
	char id[32];

	while ((name = next_instance(dir))) {
		if (strncmp(name, MK_NAME, strlen(MK_NAME)) ||
		    !mk_instance_read(name, "id", id, sizeof(id)))
			continue;
		mk_destroy(strtoul(id, NULL, 0));
		destroyed++;
	}
	if (dir)
		closedir(dir);
	return destroyed;
}
