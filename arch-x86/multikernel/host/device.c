// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/multikernel: the ioctls of uapi/asm/multikernel.h.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/capability.h>
#include <linux/cleanup.h>
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <asm/tsc.h>

#include "../internal.h"

/* Enough for any CPU number there will be; more is refused. */
#define CPUS_SIZE_MAX	SZ_64K

/* The longest that somebody may let a stop take: ten minutes. */
#define TIMEOUT_MS_MAX	600000u

/**
 * struct command - what there is for an ioctl
 * @cmd: its number
 * @size: bytes of its structure
 * @first_size: bytes of the structure's first version
 * @flags: flags that there are; they follow the size in each structure
 * @run: does it; the structure is in kernel memory, @user is where it came
 *	from and results go
 */
struct command {
	unsigned int cmd;
	size_t size;
	size_t first_size;
	u32 flags;
	long (*run)(void *arg, void __user *user);
};

/* Set the CPUs of @words, each 64 bits, in @cpus. */
static int set_cpus(struct cpumask *cpus, const u64 *words, size_t nr_words,
		    const char *name)
{
	unsigned int cpu;
	size_t word;

	cpumask_clear(cpus);
	for (word = 0; word < nr_words; word++) {
		for (cpu = word * 64; cpu < (word + 1) * 64; cpu++) {
			if (!(words[word] & BIT_ULL(cpu % 64)))
				continue;
			if (cpu >= nr_cpu_ids) {
				pr_warn("%*pE: there is no CPU %u\n",
					(int)strnlen(name, MULTIKERNEL_NAME_SIZE),
					name, cpu);
				return -ENODEV;
			}
			cpumask_set_cpu(cpu, cpus);
		}
	}
	return 0;
}

static int get_cpus(const struct multikernel_create *create,
		    struct cpumask *cpus)
{
	u64 *words;
	int ret;

	if (!create->cpus_size || create->cpus_size % sizeof(*words) ||
	    create->cpus_size > CPUS_SIZE_MAX) {
		pr_warn("a CPU mask of %u bytes is none\n", create->cpus_size);
		return -EINVAL;
	}
	words = memdup_user(u64_to_user_ptr(create->cpus), create->cpus_size);
	if (IS_ERR(words))
		return PTR_ERR(words);
	ret = set_cpus(cpus, words, create->cpus_size / sizeof(*words),
		       create->name);
	kfree(words);
	return ret;
}

/* The memory that is wanted at addresses, for kfree(). */
static struct multikernel_range *
get_fixed(const struct multikernel_create *create)
{
	if (!create->nr_fixed)
		return NULL;
	if (create->nr_fixed > MULTIKERNEL_MAX_FIXED) {
		pr_warn("memory at %u addresses is too much, %u is the most\n",
			create->nr_fixed, MULTIKERNEL_MAX_FIXED);
		return ERR_PTR(-EINVAL);
	}
	return memdup_array_user(u64_to_user_ptr(create->fixed),
				 create->nr_fixed,
				 sizeof(struct multikernel_range));
}

static long run_create(void *arg, void __user *user)
{
	struct multikernel_create __user *result = user;
	struct multikernel_create *create = arg;
	struct mk_request request = {
		.name = create->name,
		.size = create->memory,
		.nr_fixed = create->nr_fixed,
		.node = create->node,
		.uart = create->uart,
		.flags = create->flags,
	};
	struct multikernel_range *fixed;
	cpumask_var_t cpus;
	u32 id;
	long ret;

	if (create->reserved)
		return -EINVAL;
	if (!alloc_cpumask_var(&cpus, GFP_KERNEL))
		return -ENOMEM;

	ret = get_cpus(create, cpus);
	if (ret)
		goto free_cpus;
	fixed = get_fixed(create);
	if (IS_ERR(fixed)) {
		ret = PTR_ERR(fixed);
		goto free_cpus;
	}
	request.cpus = cpus;
	request.fixed = fixed;
	ret = mk_instance_create(&request, &id);
	if (ret)
		goto free_fixed;
	if (put_user(id, &result->id)) {
		mk_instance_destroy(id);
		ret = -EFAULT;
	}
free_fixed:
	kfree(fixed);
free_cpus:
	free_cpumask_var(cpus);
	return ret;
}

static void fill_info(struct multikernel_info *info,
		      const struct mk_machine *machine)
{
	info->uart = machine->uart;
	info->low = machine->low;
	info->platform.start = machine->platform;
	info->platform.size = MK_PLATFORM_SIZE;
	info->nr_ranges = machine->memory.nr;
	info->tsc_khz = tsc_khz;
	info->rsdp = mk_acpi_rsdp(machine->platform);
}

static long run_info(void *arg, void __user *user)
{
	struct multikernel_info *info = arg;
	u32 room = info->nr_ranges;
	struct mk_instance *instance;
	struct mk_memory memory;
	size_t size;

	instance = mk_instance_lock(info->id);
	if (IS_ERR(instance))
		return PTR_ERR(instance);
	fill_info(info, &instance->machine);
	memory = instance->machine.memory;
	mk_instance_unlock(instance);

	size = min(room, memory.nr) * sizeof(*memory.range);
	if (copy_to_user(u64_to_user_ptr(info->ranges), memory.range, size))
		return -EFAULT;
	size = min_t(size_t, info->size, sizeof(*info));
	return copy_to_user(user, info, size) ? -EFAULT : 0;
}

static long run_boot(void *arg, void __user *user)
{
	struct multikernel_boot *boot = arg;
	struct mk_instance *instance;
	long ret;

	instance = mk_instance_lock(boot->id);
	if (IS_ERR(instance))
		return PTR_ERR(instance);
	ret = mk_image_describe(instance, boot);
	mk_instance_unlock(instance);
	return ret;
}

static long run_start(void *arg, void __user *user)
{
	struct multikernel_start *start = arg;

	if (start->reserved)
		return -EINVAL;
	return mk_instance_start(start->id);
}

static long run_stop(void *arg, void __user *user)
{
	struct multikernel_stop __user *result = user;
	struct multikernel_stop *stop = arg;
	u32 rung;
	long ret;

	if (stop->reserved)
		return -EINVAL;
	if (stop->timeout_ms > TIMEOUT_MS_MAX) {
		pr_warn("a stop may take %u ms at most, not %u\n",
			TIMEOUT_MS_MAX, stop->timeout_ms);
		return -EINVAL;
	}
	ret = mk_instance_stop(stop->id, stop->flags, stop->timeout_ms, &rung);
	if (!ret && put_user(rung, &result->rung))
		ret = -EFAULT;
	return ret;
}

static long run_destroy(void *arg, void __user *user)
{
	struct multikernel_destroy *destroy = arg;

	if (destroy->reserved)
		return -EINVAL;
	return mk_instance_destroy(destroy->id);
}

#define COMMAND(number, type, last, allowed, function) {		\
	.cmd = number,							\
	.size = sizeof(struct type),					\
	.first_size = offsetofend(struct type, last),			\
	.flags = allowed,						\
	.run = function,						\
}

static const struct command commands[] = {
	COMMAND(MULTIKERNEL_CREATE, multikernel_create, id,
		MULTIKERNEL_CREATE_WHOLE_CORES, run_create),
	COMMAND(MULTIKERNEL_DESTROY, multikernel_destroy, reserved, 0,
		run_destroy),
	COMMAND(MULTIKERNEL_INFO, multikernel_info, rsdp, 0, run_info),
	COMMAND(MULTIKERNEL_BOOT, multikernel_boot, boot_params,
		MULTIKERNEL_BOOT_DECOY_BSP | MULTIKERNEL_BOOT_DECOY_IOAPIC |
		MULTIKERNEL_BOOT_NO_SETUP_DATA, run_boot),
	COMMAND(MULTIKERNEL_START, multikernel_start, reserved, 0, run_start),
	COMMAND(MULTIKERNEL_STOP, multikernel_stop, reserved,
		MULTIKERNEL_STOP_FORCE, run_stop),
};

static int check_size(const struct command *command, u32 size)
{
	if (size < command->first_size) {
		pr_warn("ioctl %#x: %u bytes are too few, it takes %zu\n",
			command->cmd, size, command->first_size);
		return -EINVAL;
	}
	if (size > PAGE_SIZE) {
		pr_warn("ioctl %#x: %u bytes are too many\n",
			command->cmd, size);
		return -E2BIG;
	}
	return 0;
}

static int check_flags(const struct command *command, const u32 *arg)
{
	u32 unknown = arg[1] & ~command->flags;

	if (!unknown)
		return 0;
	pr_warn("ioctl %#x: unknown flags %#x\n", command->cmd, unknown);
	return -EINVAL;
}

static long run(const struct command *command, void __user *user)
{
	void *arg;
	u32 size;
	long ret;

	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	ret = check_size(command, size);
	if (ret)
		return ret;

	arg = kzalloc(command->size, GFP_KERNEL);
	if (!arg)
		return -ENOMEM;
	ret = copy_struct_from_user(arg, command->size, user, size);
	/* It may be another one by now than was checked. */
	*(u32 *)arg = size;
	if (!ret)
		ret = check_flags(command, arg);
	if (!ret)
		ret = command->run(arg, user);
	kfree(arg);
	return ret;
}

static long multikernel_ioctl(struct file *file, unsigned int cmd,
			      unsigned long arg)
{
	unsigned int i;

	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].cmd == cmd)
			return run(&commands[i], (void __user *)arg);
	return -ENOTTY;
}

/* Like kexec_load(), for callers of this kernel's own kind alone. */
static long multikernel_compat_ioctl(struct file *file, unsigned int cmd,
				     unsigned long arg)
{
	return -EINVAL;
}

static const struct file_operations multikernel_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= multikernel_ioctl,
	.compat_ioctl	= multikernel_compat_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice multikernel_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "multikernel",
	.fops	= &multikernel_fops,
	.mode	= 0600,
};

builtin_misc_device(multikernel_device);
