// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the selftests: debugfs multikernel/echo. Rings an instance again and again
 * and waits until it has rung back, to see whether a ring is ever lost. Written
 * to it are the instance's id, how often to ring, and after how many rings to
 * wait: these may become one.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "../internal.h"

/* How long one may take. */
#define DEADLINE_MS	20000

static int await_echo(struct mk_instance *instance, u32 number)
{
	ktime_t deadline = ktime_add_ms(ktime_get(), DEADLINE_MS);

	while ((s32)(READ_ONCE(instance->doorbell.echo) - number) < 0) {
		if (READ_ONCE(instance->ending))
			return -ESRCH;
		if (fatal_signal_pending(current))
			return -EINTR;
		if (ktime_after(ktime_get(), deadline)) {
			pr_warn("%s: ring %u was lost, %u came back last\n",
				instance->name, number,
				READ_ONCE(instance->doorbell.echo));
			return -ETIMEDOUT;
		}
		cond_resched();
	}
	return 0;
}

static int ring(struct mk_instance *instance, u32 count, u32 batch)
{
	int ret = 0;
	u32 i;

	for (i = 1; i - 1 < count && !ret; i++) {
		u32 number = mk_watch_ask(instance);

		if (fatal_signal_pending(current))
			return -EINTR;
		if (i == count || !(i % batch))
			ret = await_echo(instance, number);
		cond_resched();
	}
	return ret;
}

static ssize_t echo_write(struct file *file, const char __user *from,
			  size_t size, loff_t *offset)
{
	struct mk_instance *instance;
	u32 id, count, batch;
	char text[64];
	int ret;

	if (size >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, size))
		return -EFAULT;
	text[size] = '\0';
	if (sscanf(text, "%u %u %u", &id, &count, &batch) != 3 || !batch)
		return -EINVAL;
	instance = mk_instance_lock(id);
	if (IS_ERR(instance))
		return PTR_ERR(instance);
	ret = instance->state == MK_RUNNING ? ring(instance, count, batch) :
	      -ESRCH;
	mk_instance_unlock(instance);
	return ret ?: size;
}

static const struct file_operations echo_fops = {
	.write = echo_write,
};

static int __init mk_echo_setup(void)
{
	debugfs_create_file("echo", 0200,
			    debugfs_lookup("multikernel", NULL), NULL,
			    &echo_fops);
	return 0;
}
late_initcall_sync(mk_echo_setup);
