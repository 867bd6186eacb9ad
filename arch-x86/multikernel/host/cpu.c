// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs of this kernel that belong to an instance.
 *
 * They are offline here, and cannot come online while they are owned. They
 * wait for a SIPI since the moment they went offline: the loops that an
 * offline CPU otherwise stays in are in memory of this kernel and wake up on
 * NMIs and machine checks.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/device.h>
#include <linux/init.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <linux/topology.h>

#include <asm/apic.h>
#include <asm/msr.h>
#include <asm/spec-ctrl.h>

#include "../internal.h"

/* CPUs that an instance has. Bits change under owned_lock alone. */
static struct cpumask owned_cpus;
static DEFINE_MUTEX(owned_lock);

static void (*host_play_dead)(void) __ro_after_init;
static bool hooked __ro_after_init;

/**
 * mk_cpu_apic_id - find a CPU's local APIC
 * @cpu: this kernel's number of a present CPU
 *
 * Return: the local APIC's id, 32 bits in either mode.
 */
u32 mk_cpu_apic_id(unsigned int cpu)
{
	return per_cpu(x86_cpu_to_apicid, cpu);
}

/*
 * The last thing that a CPU does here. MWAIT would have it wait for a write
 * to its own line of memory, and kexec would wait for its answer to one.
 */
static void mk_play_dead(void)
{
	if (!cpumask_test_cpu(smp_processor_id(), &owned_cpus)) {
		host_play_dead();
		return;
	}
	/* As native_play_dead() does. */
	if (cpu_feature_enabled(X86_FEATURE_KERNEL_IBRS))
		__update_spec_ctrl(0);
	play_dead_common();
	hlt_play_dead();
}

/* The CPU is about to come online. -EBUSY would be tried again and again. */
static int mk_cpu_prepare(unsigned int cpu)
{
	return cpumask_test_cpu(cpu, &owned_cpus) ? -EPERM : 0;
}

/*
 * The CPU is dead. While it is not among the CPUs that were booted once, this
 * kernel sends no interrupt to all CPUs but itself: see apic_smt_update(),
 * which follows.
 */
static int mk_cpu_dead(unsigned int cpu)
{
	if (!cpumask_test_cpu(cpu, &owned_cpus))
		return 0;
	mk_ipi_init(mk_cpu_apic_id(cpu));
	cpumask_clear_cpu(cpu, &cpus_booted_once_mask);
	return 0;
}

static bool is_boot_processor(unsigned int cpu)
{
	u64 base;

	return rdmsrl_safe_on_cpu(cpu, MSR_IA32_APICBASE, &base) ||
	       base & MSR_IA32_APICBASE_BSP;
}

static int check(const char *name, unsigned int cpu)
{
	if (!cpu_present(cpu)) {
		pr_warn("%s: there is no CPU %u\n", name, cpu);
		return -ENODEV;
	}
	if (cpumask_test_cpu(cpu, &owned_cpus)) {
		pr_warn("%s: CPU %u belongs to an instance\n", name, cpu);
		return -EBUSY;
	}
	if (!cpu_online(cpu)) {
		pr_warn("%s: CPU %u is offline\n", name, cpu);
		return -ENXIO;
	}
	if (is_boot_processor(cpu)) {
		pr_warn("%s: CPU %u is the boot processor, INIT would reset the machine\n",
			name, cpu);
		return -EOPNOTSUPP;
	}
	return 0;
}

/**
 * mk_cpus_ready - ask whether CPUs can be taken at all
 *
 * Return: false when the hotplug state could not be set up at boot.
 */
bool mk_cpus_ready(void)
{
	return hooked;
}

/**
 * mk_cpus_check - ask whether CPUs could be taken
 * @name: the instance, for messages
 * @cpus: which ones
 *
 * Context: process. The answer may be another one a moment later.
 * Return: as mk_cpus_take().
 */
int mk_cpus_check(const char *name, const struct cpumask *cpus)
{
	unsigned int cpu;
	int ret;

	for_each_cpu(cpu, cpus) {
		ret = check(name, cpu);
		if (ret)
			return ret;
	}
	return 0;
}

static int claim(const char *name, const struct cpumask *cpus)
{
	int ret;

	mutex_lock(&owned_lock);
	ret = mk_cpus_check(name, cpus);
	if (!ret)
		cpumask_or(&owned_cpus, &owned_cpus, cpus);
	mutex_unlock(&owned_lock);
	return ret;
}

static void disclaim(unsigned int cpu)
{
	mutex_lock(&owned_lock);
	cpumask_clear_cpu(cpu, &owned_cpus);
	mutex_unlock(&owned_lock);
}

/*
 * Ids of one core differ in their lowest bits alone. Unlike the masks of
 * siblings they tell of CPUs that are offline as well.
 */
static bool are_siblings(unsigned int cpu, unsigned int other)
{
	unsigned int shift = x86_topo_system.dom_shifts[TOPO_SMT_DOMAIN];

	return mk_cpu_apic_id(cpu) >> shift == mk_cpu_apic_id(other) >> shift;
}

/* Find a CPU that is not among @cpus but shares its core with one of them. */
static bool find_split(const struct cpumask *cpus, unsigned int *cpu,
		       unsigned int *other)
{
	for_each_cpu(*cpu, cpus)
		for_each_present_cpu(*other)
			if (!cpumask_test_cpu(*other, cpus) &&
			    are_siblings(*cpu, *other))
				return true;
	return false;
}

/*
 * Like remove_cpu() and add_cpu(), for a CPU that may be gone: nothing keeps
 * an offline one from being ejected.
 */
static int set_online(unsigned int cpu, bool online)
{
	struct device *dev;
	int ret = -ENODEV;

	lock_device_hotplug();
	dev = get_cpu_device(cpu);
	if (dev)
		ret = online ? device_online(dev) : device_offline(dev);
	unlock_device_hotplug();
	return ret;
}

static int take(const char *name, unsigned int cpu)
{
	int ret = set_online(cpu, false);

	/* device_offline() says 1 when somebody else was faster. */
	if (ret > 0)
		ret = -ENXIO;
	if (ret)
		pr_warn("%s: CPU %u cannot be taken offline: %d\n",
			name, cpu, ret);
	return ret;
}

static void give_back(const char *name, unsigned int cpu)
{
	int ret;

	disclaim(cpu);
	ret = set_online(cpu, true);
	if (ret < 0)
		pr_warn("%s: CPU %u does not come online: %d\n",
			name, cpu, ret);
}

/**
 * mk_cpus_check_cores - look for cores that would be shared
 * @name: the instance, for messages
 * @cpus: CPUs that there are
 * @whole: refuse a core of which only a part is among them
 *
 * Kernels on the threads of one core see of each other what the hardware lets
 * through.
 *
 * Context: process.
 * Return: 0, after a line when a core is shared; or -EINVAL.
 */
int mk_cpus_check_cores(const char *name, const struct cpumask *cpus,
			bool whole)
{
	unsigned int cpu, other;

	if (!find_split(cpus, &cpu, &other))
		return 0;
	pr_warn("%s: CPU %u shares its core with CPU %u, which is not the instance's\n",
		name, cpu, other);
	return whole ? -EINVAL : 0;
}

/**
 * mk_cpus_take - take CPUs offline and own them
 * @name: the instance, for messages
 * @cpus: which ones
 *
 * Context: process; takes the CPU hotplug locks.
 * Return: 0; -ENODEV for one that is not there; -ENXIO for one that is offline;
 * -EBUSY for one that is owned; -EOPNOTSUPP for the boot processor; or what
 * device_offline() said. After an error, none is taken.
 */
int mk_cpus_take(const char *name, const struct cpumask *cpus)
{
	unsigned int cpu, taken;
	int ret;

	ret = claim(name, cpus);
	if (ret)
		return ret;

	for_each_cpu(cpu, cpus) {
		ret = take(name, cpu);
		if (ret)
			goto give_back_taken;
	}
	return 0;

give_back_taken:
	for_each_cpu(taken, cpus) {
		if (taken < cpu)
			give_back(name, taken);
		else
			disclaim(taken);
	}
	return ret;
}

/**
 * mk_cpus_give_back - bring CPUs online again
 * @name: the instance, for messages
 * @cpus: from mk_cpus_take(), each of them waiting for a SIPI
 *
 * One that does not come online (when CPU hotplug is disabled at the moment)
 * is this kernel's all the same: a line says so, and it can be tried again
 * through its file in sysfs.
 *
 * Context: process; takes the CPU hotplug locks.
 */
void mk_cpus_give_back(const char *name, const struct cpumask *cpus)
{
	unsigned int cpu;

	for_each_cpu(cpu, cpus)
		give_back(name, cpu);
}

/* One that is about to leave this kernel may be the one that has crashed. */
static bool is_silenceable(unsigned int cpu)
{
	return cpu_present(cpu) && !cpu_online(cpu) &&
	       cpu != raw_smp_processor_id();
}

/**
 * mk_cpus_tell - say once which CPUs will get INIT
 *
 * Not when other CPUs of this kernel have been stopped: one of them may have what
 * a message needs.
 *
 * Context: any, also when this kernel has crashed.
 */
void mk_cpus_tell(void)
{
	static bool told;

	if (told || cpumask_empty(&owned_cpus))
		return;
	told = true;
	pr_warn("INIT to CPUs %*pbl of instances\n",
		cpumask_pr_args(&owned_cpus));
}

/**
 * mk_cpus_silence - send INIT to all CPUs that instances have
 *
 * For the end of this kernel: nothing is waited for, no lock is taken and nothing
 * is printed. No SIPI is sent any more. After the first round no CPU runs that
 * could start another, after the second none that was started meanwhile.
 *
 * Context: any, also when this kernel has crashed.
 */
void mk_cpus_silence(void)
{
	unsigned int cpu;
	int round;

	mk_ipi_forbid_startup();
	for (round = 0; round < 2; round++)
		for_each_cpu(cpu, &owned_cpus)
			if (is_silenceable(cpu))
				mk_ipi_init(mk_cpu_apic_id(cpu));
}

/**
 * mk_cpus_owned - show the CPUs that instances have
 *
 * Context: any.
 * Return: their mask, which may change at any time.
 */
const struct cpumask *mk_cpus_owned(void)
{
	return &owned_cpus;
}

static int __init mk_cpu_setup(void)
{
	int ret;

	ret = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN,
					"x86/multikernel:prepare",
					mk_cpu_prepare, mk_cpu_dead);
	if (ret < 0)
		return ret;

	host_play_dead = smp_ops.play_dead;
	smp_ops.play_dead = mk_play_dead;
	hooked = true;
	return 0;
}
arch_initcall(mk_cpu_setup);
