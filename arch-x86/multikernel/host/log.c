// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/multikernel/NAME/log: what a spawned kernel's console printed last,
 * up to as much as its ring has room for, while it runs and after any end. It is
 * read out of the ring, where it stays until the next start.
 *
 * A file in sysfs is read a page at a time, and the ring goes on. So who reads the
 * beginning takes a copy of all, and what follows is read from that. There is one
 * copy, of the last who did: who had one before is told, and may begin again.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "../internal.h"

/* The lock is held. */
static int take_copy(struct mk_instance *instance)
{
	u64 platform = instance->machine.platform;
	struct mk_abi_console *shared =
		mk_control_part(platform, MK_ABI_CONSOLE_OFFSET);
	struct mk_ring ring;
	u64 lost = 0;

	if (!instance->log_text)
		instance->log_text = kvmalloc(MK_CONSOLE_PRINTED, GFP_KERNEL);
	if (!instance->log_text)
		return -ENOMEM;
	mk_ring_init(&ring, &shared->printed,
		     mk_control_part(platform, MK_ABI_BLOCK_SIZE),
		     MK_CONSOLE_PRINTED);
	mk_ring_rewind(&ring);
	instance->log_size = mk_ring_read(&ring, instance->log_text,
					  MK_CONSOLE_PRINTED, &lost);
	return 0;
}

static ssize_t read_copy(struct mk_instance *instance, struct file *file,
			 char *buf, loff_t offset, size_t count)
{
	int ret;

	if (instance->gone || !instance->started)
		return -ENODATA;
	if (!offset) {
		ret = take_copy(instance);
		if (ret)
			return ret;
		instance->log_reader = file;
	}
	if (instance->log_reader != file)
		return -ESTALE;
	if (offset >= instance->log_size)
		return 0;
	count = min_t(u64, count, instance->log_size - offset);
	memcpy(buf, instance->log_text + offset, count);
	return count;
}

static ssize_t log_read(struct file *file, struct kobject *kobj,
			struct bin_attribute *attr, char *buf, loff_t offset,
			size_t count)
{
	struct mk_instance *instance =
		container_of(kobj, struct mk_instance, kobj);
	ssize_t ret = mk_may_look(file);

	if (ret)
		return ret;
	if (mutex_lock_killable(&instance->lock))
		return -EINTR;
	ret = read_copy(instance, file, buf, offset, count);
	mutex_unlock(&instance->lock);
	return ret;
}

/**
 * mk_log_add - make the file
 * @instance: the instance, whose directory is there; the file goes with it
 *
 * Context: process.
 * Return: 0, or what sysfs_create_bin_file() says.
 */
int mk_log_add(struct mk_instance *instance)
{
	struct bin_attribute *file = &instance->log;

	sysfs_bin_attr_init(file);
	file->attr.name = "log";
	file->attr.mode = 0400;
	file->read = log_read;
	return sysfs_create_bin_file(&instance->kobj, file);
}
