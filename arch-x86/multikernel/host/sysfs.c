// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/multikernel: what there is to be seen of the instances. See
 * Documentation/ABI/testing/sysfs-kernel-multikernel.
 */
#include <linux/init.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/math64.h>
#include <linux/sysfs.h>
#include <linux/timekeeping.h>

#include <asm/tsc.h>

#include "../internal.h"

/* /sys/kernel/multikernel */
static struct kset *instances;

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
static bool has_answer(const struct mk_instance *instance)
{
	return READ_ONCE(instance->state) == MK_RUNNING &&
	       READ_ONCE(instance->answered);
}

static ssize_t abi_version_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	const struct mk_instance *instance = to_instance(kobj);

	return sysfs_emit(buf, "%u\n", has_answer(instance) ?
			  instance->answer.version : 0);
}
INSTANCE_ATTR(abi_version);

static ssize_t abi_features_show(struct kobject *kobj,
				 struct kobj_attribute *attr, char *buf)
{
	const struct mk_instance *instance = to_instance(kobj);

	return sysfs_emit(buf, "%#llx\n", has_answer(instance) ?
			  instance->answer.features : 0);
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
INSTANCE_ATTR(memory_ranges);

static ssize_t low_show(struct kobject *kobj, struct kobj_attribute *attr,
			char *buf)
{
	return emit_range(buf, 0, &to_instance(kobj)->machine.low);
}
INSTANCE_ATTR(low);

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
	&rings_attr.attr,
	&unknown_rings_attr.attr,
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

static ssize_t low_slots_total_show(struct kobject *kobj,
				    struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", mk_low_total());
}
INSTANCE_ATTR(low_slots_total);

static ssize_t low_slots_free_show(struct kobject *kobj,
				   struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", mk_low_free());
}
INSTANCE_ATTR(low_slots_free);

static ssize_t memory_total_show(struct kobject *kobj,
				 struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", mk_memory_total());
}
INSTANCE_ATTR(memory_total);

static ssize_t stray_rings_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", mk_watch_stray_rings());
}
INSTANCE_ATTR(stray_rings);

static const struct attribute *const top_attrs[] = {
	&low_slots_total_attr.attr,
	&low_slots_free_attr.attr,
	&memory_total_attr.attr,
	&stray_rings_attr.attr,
	NULL,
};

/* Variables of each uevent of an instance. */
static int add_variables(const struct kobject *kobj,
			 struct kobj_uevent_env *env)
{
	const struct mk_instance *instance =
		container_of(kobj, struct mk_instance, kobj);
	const char *reason = READ_ONCE(instance->exit_reason);

	return add_uevent_var(env, "INSTANCE=%s", instance->name) ?:
	       add_uevent_var(env, "ID=%u", instance->id) ?:
	       add_uevent_var(env, "STATE=%s",
			      mk_state_names[READ_ONCE(instance->state)]) ?:
	       add_uevent_var(env, "EXIT_REASON=%s", reason ?: "");
}

static const struct kset_uevent_ops uevent_ops = {
	.uevent = add_variables,
};

/**
 * mk_sysfs_ready - ask whether instances can be shown
 *
 * Return: false when their directory could not be set up at boot.
 */
bool mk_sysfs_ready(void)
{
	return instances;
}

/**
 * mk_sysfs_has - ask whether a name is in use
 * @name: the name that an instance's directory shall have
 *
 * Context: process.
 * Return: true when there is a file or a directory of that name.
 */
bool mk_sysfs_has(const char *name)
{
	struct kernfs_node *node;

	node = kernfs_find_and_get(instances->kobj.sd, name);
	kernfs_put(node);
	return node;
}

/**
 * mk_sysfs_add - show an instance
 * @instance: the instance, complete
 *
 * Context: process.
 * Return: 0, or what kobject_add() says; nothing is shown then.
 */
int mk_sysfs_add(struct mk_instance *instance)
{
	int ret;

	instance->kobj.kset = instances;
	ret = kobject_add(&instance->kobj, NULL, "%s", instance->name);
	if (ret)
		return ret;
	instance->state_file = sysfs_get_dirent(instance->kobj.sd, "state");
	return 0;
}

/**
 * mk_sysfs_remove - show an instance no more
 * @instance: the instance, whose state does not change any more
 *
 * Who polls its state is woken to find the file gone.
 *
 * Context: process; waits for readers of its files.
 */
void mk_sysfs_remove(struct mk_instance *instance)
{
	struct kernfs_node *state_file = instance->state_file;

	instance->state_file = NULL;
	kobject_del(&instance->kobj);
	if (state_file)
		sysfs_notify_dirent(state_file);
	sysfs_put(state_file);
}

static int __init mk_sysfs_setup(void)
{
	struct kset *kset;
	int ret;

	kset = kset_create_and_add("multikernel", &uevent_ops, kernel_kobj);
	if (!kset)
		return -ENOMEM;
	ret = sysfs_create_files(&kset->kobj, top_attrs);
	if (ret) {
		kset_unregister(kset);
		return ret;
	}
	instances = kset;
	return 0;
}
arch_initcall(mk_sysfs_setup);
