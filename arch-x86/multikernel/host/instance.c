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

#include <linux/ctype.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
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
	kfree(instance->apic_ids);
	kfree(instance);
}

static const struct kobj_type instance_ktype = {
	.release	= release,
	.sysfs_ops	= &kobj_sysfs_ops,
	.default_groups	= mk_instance_groups,
};

static bool name_is_valid(const char *name)
{
	size_t length = strnlen(name, MULTIKERNEL_NAME_SIZE);

	if (!length || length == MULTIKERNEL_NAME_SIZE || !isalpha(name[0]))
		return false;
	while (*name && isascii(*name) &&
	       (isalnum(*name) || strchr("._-", *name)))
		name++;
	return !*name;
}

static bool node_is_valid(int node)
{
	return node == MULTIKERNEL_NODE_ANY ||
	       (node >= 0 && node < MAX_NUMNODES && node_online(node));
}

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

static int take_resources(struct mk_instance *instance, u64 size, int node)
{
	struct mk_machine *machine = &instance->machine;
	const char *name = instance->name;
	int ret;

	ret = mk_cpus_check(name, &instance->cpus);
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
	ret = mk_memory_take(name, &machine->memory, size, node);
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

static int check_request(const char *name, const struct cpumask *cpus,
			 u64 size, int node, u32 uart)
{
	const char *obstacle = mk_ipi_obstacle();

	if (!name_is_valid(name)) {
		pr_warn("a name is a letter and up to %d letters, digits, '.', '_' or '-'\n",
			MULTIKERNEL_NAME_SIZE - 2);
		return -EINVAL;
	}
	if (!obstacle && !mk_trampoline_ready())
		obstacle = "early boot found no memory below 1 MiB";
	if (!obstacle && (!mk_kobj || !mk_cpus_ready()))
		obstacle = "its hooks could not be set up at boot";
	if (obstacle) {
		pr_warn("%s: not on this machine: %s\n", name, obstacle);
		return -EOPNOTSUPP;
	}
	if (cpumask_empty(cpus) || !size || !IS_ALIGNED(size, SZ_2M) ||
	    (uart != MULTIKERNEL_UART_NONE && !mk_uart_port(uart))) {
		pr_warn("%s: needs a CPU, a multiple of 2 MiB and a UART from 1 to 4 or none\n",
			name);
		return -EINVAL;
	}
	if (!node_is_valid(node)) {
		pr_warn("%s: there is no NUMA node %d\n", name, node);
		return -EINVAL;
	}
	return 0;
}

/**
 * mk_instance_create - make an instance
 * @name: its name, NUL within MULTIKERNEL_NAME_SIZE bytes or refused
 * @cpus: its CPUs
 * @size: bytes of memory
 * @node: NUMA node of the memory, or MULTIKERNEL_NODE_ANY
 * @uart: MULTIKERNEL_UART_*
 * @id: set to its id
 *
 * Context: process; takes the CPU hotplug locks.
 * Return: 0, and the instance is in state MK_CREATED; or nothing is taken:
 * -EINVAL for a bad argument, -EEXIST for a name that is taken,
 * -EOPNOTSUPP where it cannot work, -ENOSPC without low memory, or what
 * mk_memory_take(), mk_uart_take() and mk_cpus_take() say.
 */
int mk_instance_create(const char *name, const struct cpumask *cpus, u64 size,
		       int node, u32 uart, u32 *id)
{
	struct mk_instance *instance;
	int ret;

	ret = check_request(name, cpus, size, node, uart);
	if (ret)
		return ret;

	instance = kzalloc(sizeof(*instance), GFP_KERNEL);
	if (!instance)
		return -ENOMEM;
	kobject_init(&instance->kobj, &instance_ktype);
	mutex_init(&instance->lock);
	strscpy(instance->name, name);
	cpumask_copy(&instance->cpus, cpus);
	instance->machine.uart = uart;

	/* Until it is complete, it is on the list but nobody gets at it. */
	instance->gone = true;
	ret = enlist(instance);
	if (ret) {
		pr_warn("%s: %s\n", name, ret == -EEXIST ?
			"the name is taken" : "all ids are used up");
		goto put;
	}
	ret = take_resources(instance, size, node);
	if (ret)
		goto delist;
	ret = kobject_add(&instance->kobj, mk_kobj, "%s", instance->name);
	if (ret)
		goto release_resources;

	*id = instance->id;
	mutex_lock(&instance->lock);
	instance->gone = false;
	mutex_unlock(&instance->lock);
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
 * mk_instance_remove - take an instance off the list
 * @instance: the instance, which owns nothing any more
 *
 * Context: process; waits for readers of its files in sysfs. The caller does
 * not hold the lock and has a reference, which is dropped with the instance's
 * own.
 */
void mk_instance_remove(struct mk_instance *instance)
{
	kobject_del(&instance->kobj);
	delist(instance);
	kobject_put(&instance->kobj);
}

static struct mk_instance *find(u32 id)
{
	struct mk_instance *instance;
	struct mk_instance *found = NULL;

	mutex_lock(&instances_lock);
	list_for_each_entry(instance, &instances, node)
		if (instance->id == id)
			found = instance;
	if (found)
		kobject_get(&found->kobj);
	mutex_unlock(&instances_lock);
	return found;
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
	struct mk_instance *instance = find(id);
	int ret;

	if (!instance) {
		pr_warn("there is no instance with id %u\n", id);
		return ERR_PTR(-ENOENT);
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
