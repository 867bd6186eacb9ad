// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instances there are: their names, what they own and what they do.
 *
 * Two locks. instances_lock keeps the list; it is held for a look-up alone. An
 * instance's own lock is held for each operation on it, except that a start or
 * a stop drops it while it waits for a CPU: the states MK_STARTING and
 * MK_STOPPING keep everybody else away meanwhile. An instance that is being
 * made or given back is gone for all others.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <asm/apic.h>

#include "../internal.h"

static LIST_HEAD(instances);
static DEFINE_MUTEX(instances_lock);
static u32 last_id;

static void release(struct kobject *kobj)
{
	struct mk_instance *instance =
		container_of(kobj, struct mk_instance, kobj);

	if (instance->root_table)
		__free_page(instance->root_table);
	if (instance->ioapic)
		__free_page(instance->ioapic);
	kvfree(instance->log_text);
	kfree(instance->apic_ids);
	kfree(instance);
}

static const struct kobj_type instance_ktype = {
	.release	= release,
	.sysfs_ops	= &kobj_sysfs_ops,
	.default_groups	= mk_instance_groups,
};

/* Put a new instance on the list: from now on its name and id are taken. */
static int enlist(struct mk_instance *instance)
{
	struct mk_instance *other;
	int ret = 0;

	mutex_lock(&instances_lock);
	if (last_id == U32_MAX)
		ret = -ENOSPC;
	list_for_each_entry(other, &instances, node)
		if (!strcmp(other->name, instance->name))
			ret = -EEXIST;
	if (mk_sysfs_has(instance->name))
		ret = -EEXIST;
	if (!ret) {
		instance->id = ++last_id;
		list_add_tail(&instance->node, &instances);
	}
	mutex_unlock(&instances_lock);
	return ret;
}

static void delist(struct mk_instance *instance)
{
	mutex_lock(&instances_lock);
	list_del(&instance->node);
	mutex_unlock(&instances_lock);
}

/* The CPUs are owned: one that is not present has no APIC id. */
static void number_cpus(struct mk_instance *instance)
{
	unsigned int cpu, n = 0;

	for_each_cpu(cpu, &instance->cpus)
		instance->apic_ids[n++] = mk_cpu_apic_id(cpu);
	instance->machine.apic_ids = instance->apic_ids;
	instance->machine.nr_cpus = n;
	instance->machine.host_bsp_apic_id = boot_cpu_physical_apicid;
}

/* The host's own: release() frees them. Two pages need 32-bit addresses. */
static int take_host_pages(struct mk_instance *instance)
{
	gfp_t gfp = GFP_KERNEL | GFP_DMA32 | __GFP_ZERO;

	instance->apic_ids = kcalloc(cpumask_weight(&instance->cpus),
				     sizeof(*instance->apic_ids), GFP_KERNEL);
	instance->root_table = alloc_page(gfp);
	instance->ioapic = alloc_page(gfp);
	if (instance->apic_ids && instance->root_table && instance->ioapic)
		return 0;
	pr_warn("%s: no memory for the host's part of it\n", instance->name);
	return -ENOMEM;
}

static void place_platform(struct mk_machine *machine)
{
	const struct multikernel_range *last =
		&machine->memory.range[machine->memory.nr - 1];

	machine->platform = last->start + last->size - MK_PLATFORM_SIZE;
}

static int take_resources(struct mk_instance *instance,
			  const struct mk_request *request)
{
	struct mk_machine *machine = &instance->machine;
	const char *name = instance->name;
	int ret;

	ret = mk_cpus_check(name, &instance->cpus);
	if (ret)
		return ret;
	ret = mk_cpus_check_cores(name, &instance->cpus, request->flags &
				  MULTIKERNEL_CREATE_WHOLE_CORES);
	if (ret)
		return ret;
	ret = take_host_pages(instance);
	if (ret)
		return ret;
	ret = mk_low_take(&machine->low);
	if (ret) {
		pr_warn("%s: no memory below 1 MiB is free, all %u slots are taken\n",
			name, mk_low_total());
		return ret;
	}
	ret = mk_uart_take(name, machine->uart);
	if (ret)
		goto give_back_low;
	ret = mk_memory_take_fixed(name, &machine->memory, request->fixed,
				   request->nr_fixed);
	if (!ret)
		ret = mk_memory_take(name, &machine->memory, request->size,
				     request->node);
	if (ret)
		goto give_back_uart;
	ret = mk_cpus_take(name, &instance->cpus);
	if (ret)
		goto give_back_memory;

	number_cpus(instance);
	place_platform(machine);
	return 0;

give_back_memory:
	mk_memory_give_back(&machine->memory);
give_back_uart:
	mk_uart_give_back(machine->uart);
give_back_low:
	mk_low_give_back(&machine->low);
	return ret;
}

static struct mk_instance *allocate(const struct mk_request *request)
{
	struct mk_instance *instance;

	instance = kzalloc(sizeof(*instance), GFP_KERNEL);
	if (!instance)
		return NULL;
	kobject_init(&instance->kobj, &instance_ktype);
	mutex_init(&instance->lock);
	mk_watch_init(instance);
	mk_console_init(&instance->console);
	mk_restart_init(instance);
	strscpy(instance->name, request->name);
	cpumask_copy(&instance->cpus, request->cpus);
	instance->machine.uart = request->uart;
	/* Until it is complete, it is on the list but nobody gets at it. */
	instance->gone = true;
	return instance;
}

/**
 * mk_instance_create - make an instance
 * @request: what it is to be
 * @id: set to its id
 *
 * Context: process; takes the CPU hotplug locks.
 * Return: 0, and the instance is in state MK_CREATED; or nothing is taken:
 * -EINVAL for a bad argument, -EEXIST for a name that is taken,
 * -EOPNOTSUPP where it cannot work, -ENOSPC without low memory, or what
 * mk_cpus_check_cores(), mk_memory_take_fixed(), mk_memory_take(),
 * mk_uart_take() and mk_cpus_take() say.
 */
int mk_instance_create(const struct mk_request *request, u32 *id)
{
	struct mk_instance *instance;
	int ret;

	ret = mk_request_check(request);
	if (ret)
		return ret;
	instance = allocate(request);
	if (!instance)
		return -ENOMEM;

	ret = enlist(instance);
	if (ret) {
		pr_warn("%s: %s\n", request->name, ret == -EEXIST ?
			"the name is taken" : "all ids are used up");
		goto put;
	}
	ret = take_resources(instance, request);
	if (ret)
		goto delist;
	ret = mk_sysfs_add(instance);
	if (ret)
		goto release_resources;

	mk_terminal_add(instance);
	*id = instance->id;
	/* It may be destroyed as soon as the lock is free. */
	kobject_get(&instance->kobj);
	mutex_lock(&instance->lock);
	instance->gone = false;
	kobject_uevent(&instance->kobj, KOBJ_ADD);
	mk_instance_unlock(instance);
	return 0;

release_resources:
	mk_instance_release_resources(instance);
delist:
	delist(instance);
put:
	kobject_put(&instance->kobj);
	return ret;
}

/**
 * mk_instance_release_resources - give everything back to this kernel
 * @instance: the instance, none of whose CPUs runs
 *
 * Context: process; takes the CPU hotplug locks. The instance is gone, so
 * that nobody else gets at it.
 */
void mk_instance_release_resources(struct mk_instance *instance)
{
	struct mk_machine *machine = &instance->machine;

	WARN_ON_ONCE(!instance->gone);
	mk_memory_give_back(&machine->memory);
	mk_low_give_back(&machine->low);
	mk_uart_give_back(machine->uart);
	mk_cpus_give_back(instance->name, &instance->cpus);
}

/**
 * mk_instance_release_cpu - give one CPU back to this kernel
 * @instance: the instance, which keeps all else
 * @cpu: one of its CPUs, which does not run
 *
 * Context: process; takes the CPU hotplug locks. The state keeps others away.
 */
void mk_instance_release_cpu(struct mk_instance *instance, unsigned int cpu)
{
	struct mk_machine *machine = &instance->machine;
	unsigned int other, n = 0;

	for_each_cpu(other, &instance->cpus) {
		if (other == cpu)
			break;
		n++;
	}
	machine->nr_cpus--;
	memmove(&instance->apic_ids[n], &instance->apic_ids[n + 1],
		(machine->nr_cpus - n) * sizeof(*instance->apic_ids));
	cpumask_clear_cpu(cpu, &instance->cpus);
	mk_cpus_give_back(instance->name, cpumask_of(cpu));
}

/**
 * mk_instance_remove - take an instance off the list
 * @instance: the instance, which owns nothing any more
 *
 * Context: process; waits for readers of its files in sysfs. The caller does
 * not hold the lock and has a reference of its own.
 */
void mk_instance_remove(struct mk_instance *instance)
{
	mk_sysfs_remove(instance);
	delist(instance);
	kobject_put(&instance->kobj);
}

/* Find the one with the lowest id from @id on, and take a reference. */
static struct mk_instance *find_from(u32 id)
{
	struct mk_instance *instance;
	struct mk_instance *found = NULL;

	mutex_lock(&instances_lock);
	list_for_each_entry(instance, &instances, node) {
		if (instance->id < id)
			continue;
		found = instance;
		kobject_get(&found->kobj);
		break;
	}
	mutex_unlock(&instances_lock);
	return found;
}

/**
 * mk_instance_next - walk through the instances
 * @id: the one before, or zero
 *
 * Context: process.
 * Return: the one with the next higher id, with a reference for the caller;
 * or NULL.
 */
struct mk_instance *mk_instance_next(u32 id)
{
	return id == U32_MAX ? NULL : find_from(id + 1);
}

/**
 * mk_instance_lock - find an instance and lock it
 * @id: its id
 *
 * Context: process; sleeps, until a signal kills the caller.
 * Return: the instance, for mk_instance_unlock(); or an error pointer: -ENOENT
 * when there is none, -EINTR.
 */
struct mk_instance *mk_instance_lock(u32 id)
{
	struct mk_instance *instance = find_from(id);
	int ret = -ENOENT;

	if (!instance || instance->id != id) {
		pr_warn("there is no instance with id %u\n", id);
		goto put;
	}
	ret = mutex_lock_killable(&instance->lock);
	if (ret)
		goto put;
	if (instance->gone) {
		mutex_unlock(&instance->lock);
		ret = -ENOENT;
		goto put;
	}
	return instance;

put:
	if (instance)
		kobject_put(&instance->kobj);
	return ERR_PTR(ret);
}

/**
 * mk_instance_unlock - unlock an instance and drop the reference
 * @instance: from mk_instance_lock()
 *
 * Context: process.
 */
void mk_instance_unlock(struct mk_instance *instance)
{
	mutex_unlock(&instance->lock);
	kobject_put(&instance->kobj);
}
