// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/multikernel: what there is to be seen of the instances. See
 * Documentation/ABI/testing/sysfs-kernel-multikernel.
 */
#include <linux/init.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "../internal.h"

/* /sys/kernel/multikernel */
static struct kset *instances;

#define TOP_ATTR(file)							\
static struct kobj_attribute file##_attr =				\
	__ATTR(file, 0444, file##_show, NULL)

static ssize_t low_slots_total_show(struct kobject *kobj,
				    struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", mk_low_total());
}
TOP_ATTR(low_slots_total);

static ssize_t low_slots_free_show(struct kobject *kobj,
				   struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", mk_low_free());
}
TOP_ATTR(low_slots_free);

static ssize_t memory_total_show(struct kobject *kobj,
				 struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", mk_memory_total());
}
TOP_ATTR(memory_total);

static ssize_t stray_rings_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", mk_watch_stray_rings());
}
TOP_ATTR(stray_rings);

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
	       add_uevent_var(env, "HUNG=%d",
			      mk_instance_hangs(instance)) ?:
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
 * Return: 0, or what kobject_add(), mk_vmcore_add() and mk_log_add() say; nothing
 * is shown then.
 */
int mk_sysfs_add(struct mk_instance *instance)
{
	int ret;

	instance->kobj.kset = instances;
	ret = kobject_add(&instance->kobj, NULL, "%s", instance->name);
	if (ret)
		return ret;
	ret = mk_vmcore_add(instance);
	if (!ret)
		ret = mk_log_add(instance);
	if (ret) {
		kobject_del(&instance->kobj);
		return ret;
	}
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
