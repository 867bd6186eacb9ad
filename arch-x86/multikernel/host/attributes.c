// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of an instance's directory in sysfs. See
 * Documentation/ABI/testing/sysfs-kernel-multikernel.
 */
#include <linux/kobject.h>
#include <linux/math64.h>
#include <linux/sysfs.h>
#include <linux/timekeeping.h>

#include <asm/tsc.h>

#include "../internal.h"

#define INSTANCE_ATTR_MODE(file, mode)					\
static struct kobj_attribute file##_attr =				\
	__ATTR(file, mode, file##_show, NULL)

#define INSTANCE_ATTR(file)	INSTANCE_ATTR_MODE(file, 0444)

static struct mk_instance *to_instance(struct kobject *kobj)
{
	return container_of(kobj, struct mk_instance, kobj);
}

static ssize_t id_show(struct kobject *kobj, struct kobj_attribute *attr,
		       char *buf)
{
	return sysfs_emit(buf, "%u\n", to_instance(kobj)->id);
}
INSTANCE_ATTR(id);

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	enum mk_state state = READ_ONCE(to_instance(kobj)->state);

	return sysfs_emit(buf, "%s\n", mk_state_names[state]);
}
INSTANCE_ATTR(state);

static ssize_t exit_reason_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	const char *reason = READ_ONCE(to_instance(kobj)->exit_reason);

	return sysfs_emit(buf, "%s\n", reason ?: "");
}
INSTANCE_ATTR(exit_reason);

/* What a kernel said that does not run any more is of no interest. */
static const struct mk_answer *answer_of(struct kobject *kobj)
{
	const struct mk_instance *instance = to_instance(kobj);

	return READ_ONCE(instance->state) == MK_RUNNING ?
	       mk_instance_answer(instance) : NULL;
}

static ssize_t abi_version_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	const struct mk_answer *answer = answer_of(kobj);

	return sysfs_emit(buf, "%u\n", answer ? answer->version : 0);
}
INSTANCE_ATTR(abi_version);

static ssize_t abi_features_show(struct kobject *kobj,
				 struct kobj_attribute *attr, char *buf)
{
	const struct mk_answer *answer = answer_of(kobj);

	return sysfs_emit(buf, "%#llx\n", answer ? answer->features : 0);
}
INSTANCE_ATTR(abi_features);

static ssize_t cpus_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%*pbl\n",
			  cpumask_pr_args(&to_instance(kobj)->cpus));
}
INSTANCE_ATTR(cpus);

static ssize_t apic_ids_show(struct kobject *kobj,
			     struct kobj_attribute *attr, char *buf)
{
	const struct mk_instance *instance = to_instance(kobj);
	ssize_t length = 0;
	unsigned int i;

	for (i = 0; i < instance->machine.nr_cpus; i++)
		length += sysfs_emit_at(buf, length, "%s%u", i ? "," : "",
					instance->apic_ids[i]);
	return length + sysfs_emit_at(buf, length, "\n");
}
INSTANCE_ATTR(apic_ids);

static ssize_t memory_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	const struct mk_memory *memory = &to_instance(kobj)->machine.memory;

	return sysfs_emit(buf, "%llu\n", mk_memory_size(memory));
}
INSTANCE_ATTR(memory);

static ssize_t emit_range(char *buf, ssize_t at,
			  const struct multikernel_range *range)
{
	return sysfs_emit_at(buf, at, "0x%llx-0x%llx\n", range->start,
			     range->start + range->size - 1);
}

static ssize_t memory_ranges_show(struct kobject *kobj,
				  struct kobj_attribute *attr, char *buf)
{
	const struct mk_memory *memory = &to_instance(kobj)->machine.memory;
	ssize_t length = 0;
	unsigned int i;

	for (i = 0; i < memory->nr; i++)
		length += emit_range(buf, length, &memory->range[i]);
	return length;
}
INSTANCE_ATTR_MODE(memory_ranges, 0400);

static ssize_t low_show(struct kobject *kobj, struct kobj_attribute *attr,
			char *buf)
{
	return emit_range(buf, 0, &to_instance(kobj)->machine.low);
}
INSTANCE_ATTR_MODE(low, 0400);

static ssize_t uart_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	u32 uart = to_instance(kobj)->machine.uart;

	if (uart == MULTIKERNEL_UART_NONE)
		return sysfs_emit(buf, "none\n");
	return sysfs_emit(buf, "COM%u\n", uart);
}
INSTANCE_ATTR(uart);

static ssize_t uptime_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	const struct mk_instance *instance = to_instance(kobj);
	u64 ns = 0;

	if (READ_ONCE(instance->state) == MK_RUNNING)
		ns = ktime_get_boottime_ns() - READ_ONCE(instance->started);
	return sysfs_emit(buf, "%llu\n", div_u64(ns, NSEC_PER_SEC));
}
INSTANCE_ATTR(uptime);

static ssize_t hung_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%d\n", mk_instance_hangs(to_instance(kobj)));
}
INSTANCE_ATTR(hung);

static ssize_t rings_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  READ_ONCE(to_instance(kobj)->doorbell.rings));
}
INSTANCE_ATTR(rings);

static ssize_t unknown_rings_show(struct kobject *kobj,
				  struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  READ_ONCE(to_instance(kobj)->doorbell.unknown_rings));
}
INSTANCE_ATTR(unknown_rings);

/* The terminal, which is below /dev. */
static ssize_t console_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	int index = READ_ONCE(to_instance(kobj)->console.index);

	if (index < 0)
		return sysfs_emit(buf, "\n");
	return sysfs_emit(buf, MK_TERMINAL_NAME "%d\n", index);
}
INSTANCE_ATTR(console);

static ssize_t console_lost_show(struct kobject *kobj,
				 struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  READ_ONCE(to_instance(kobj)->console.lost));
}
INSTANCE_ATTR(console_lost);

static ssize_t on_crash_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	unsigned int limit = READ_ONCE(to_instance(kobj)->restart.limit);

	if (!limit)
		return sysfs_emit(buf, "stop\n");
	return sysfs_emit(buf, "restart %u\n", limit);
}
INSTANCE_ATTR(on_crash);

static ssize_t restarts_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(to_instance(kobj)->restart.count));
}
INSTANCE_ATTR(restarts);

static ssize_t image_copy_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  READ_ONCE(to_instance(kobj)->image.copy.size));
}
INSTANCE_ATTR(image_copy);

/* Nobody is to get parts of two, so this takes the lock. */
static ssize_t last_crash_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	struct mk_instance *instance = to_instance(kobj);
	ssize_t length;

	if (mutex_lock_killable(&instance->lock))
		return -EINTR;
	length = sysfs_emit(buf, "%s\n", instance->restart.last_crash);
	mutex_unlock(&instance->lock);
	return length;
}
INSTANCE_ATTR(last_crash);

/* The string is freed by the next load, so this takes the lock. */
static ssize_t cmdline_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	struct mk_instance *instance = to_instance(kobj);
	ssize_t length;

	if (mutex_lock_killable(&instance->lock))
		return -EINTR;
	length = sysfs_emit(buf, "%s\n", instance->image.cmdline ?: "");
	mutex_unlock(&instance->lock);
	return length;
}
INSTANCE_ATTR_MODE(cmdline, 0400);

static struct attribute *instance_attrs[] = {
	&id_attr.attr,
	&state_attr.attr,
	&exit_reason_attr.attr,
	&abi_version_attr.attr,
	&abi_features_attr.attr,
	&cpus_attr.attr,
	&apic_ids_attr.attr,
	&memory_attr.attr,
	&memory_ranges_attr.attr,
	&low_attr.attr,
	&uart_attr.attr,
	&uptime_attr.attr,
	&hung_attr.attr,
	&rings_attr.attr,
	&unknown_rings_attr.attr,
	&console_attr.attr,
	&console_lost_attr.attr,
	&on_crash_attr.attr,
	&restarts_attr.attr,
	&image_copy_attr.attr,
	&last_crash_attr.attr,
	&cmdline_attr.attr,
	NULL,
};

static const struct attribute_group instance_group = {
	.attrs = instance_attrs,
};

static ssize_t emit_stage(struct kobject *kobj, char *buf, unsigned int stage)
{
	u64 cycles = to_instance(kobj)->timings.stage[stage - MK_STAGE_REAL];
	u64 ns = tsc_khz ? mul_u64_u32_div(cycles, 1000000, tsc_khz) : 0;

	return sysfs_emit(buf, "%llu\n", ns);
}

#define TIMING_ATTR(file, stage)					\
static ssize_t file##_show(struct kobject *kobj,			\
			   struct kobj_attribute *attr, char *buf)	\
{									\
	return emit_stage(kobj, buf, stage);				\
}									\
INSTANCE_ATTR(file)

TIMING_ATTR(real, MK_STAGE_REAL);
TIMING_ATTR(protected, MK_STAGE_PROTECTED);
TIMING_ATTR(long, MK_STAGE_LONG);
TIMING_ATTR(leaving, MK_STAGE_LEAVING);

static struct attribute *timing_attrs[] = {
	&real_attr.attr,
	&protected_attr.attr,
	&long_attr.attr,
	&leaving_attr.attr,
	NULL,
};

static const struct attribute_group timing_group = {
	.name = "timings",
	.attrs = timing_attrs,
};

/* Files of an instance's directory. */
const struct attribute_group *mk_instance_groups[] = {
	&instance_group,
	&timing_group,
	NULL,
};
