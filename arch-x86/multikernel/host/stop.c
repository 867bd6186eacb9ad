// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stopping and destroying an instance.
 *
 * A CPU has stopped when it has answered from the trampoline, and nothing that
 * it may use is freed before. One that does not answer keeps what it may use:
 * the instance's memory and its low slot.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/ktime.h>

#include "../internal.h"

/* How long a stop may take, when nobody says. */
#define DEFAULT_TIMEOUT_MS	10000

/* How long an instance may keep a shutdown of this kernel waiting. */
#define SHUTDOWN_MS		5000

/**
 * struct rung - one way to stop an instance
 * @number: MULTIKERNEL_RUNG_*
 * @name: for people
 * @needs_help: it needs the spawned kernel's help
 * @climb: does it until the deadline; the state is MK_STOPPING, the lock is
 *	not held. Returns 0 when all CPUs have answered
 */
struct rung {
	u32 number;
	const char *name;
	bool needs_help;
	int (*climb)(struct mk_instance *instance, ktime_t deadline);
};

/* What the states and reasons are after each ending. */
static const struct {
	enum mk_state state;
	const char *reason;
} endings[MK_NR_ENDINGS] = {
	[MK_ENDING_NONE]	= { MK_STOPPED, "stopped by INIT" },
	[MK_ENDING_RESET]	= { MK_STOPPED, "reset itself" },
	[MK_ENDING_PANIC]	= { MK_CRASHED, "panic, then reset itself" },
	[MK_ENDING_POWER_OFF]	= { MK_STOPPED, "powered itself off" },
	[MK_ENDING_HALT]	= { MK_STOPPED, "halted itself" },
	[MK_ENDING_CONTAINED_PANIC] = { MK_CRASHED, "panic" },
};

static void init_all(struct mk_instance *instance)
{
	unsigned int i;

	for (i = 0; i < instance->machine.nr_cpus; i++)
		mk_ipi_init(instance->apic_ids[i]);
}

/**
 * mk_instance_park - park every CPU of an instance
 * @instance: the instance, in MK_STARTING or MK_STOPPING
 * @deadline: when to wait no more
 *
 * One that still runs may start another that has been parked. So stop all of
 * them first, twice: after the first round none is left that could have sent a
 * SIPI, after the second none is left that was sent one meanwhile.
 *
 * Context: process; sleeps. The lock is not held.
 * Return: 0; or -ETIMEDOUT, and @instance->silent has the CPUs that did not
 * answer.
 */
int mk_instance_park(struct mk_instance *instance, ktime_t deadline)
{
	unsigned int cpu, i = 0;

	cpumask_clear(&instance->silent);
	init_all(instance);
	init_all(instance);
	for_each_cpu(cpu, &instance->cpus) {
		u32 apic_id = instance->apic_ids[i++];

		/* One that was taken out of the machine does not run either. */
		if (!cpu_present(cpu) ||
		    !mk_trampoline_park(instance->name, apic_id, deadline))
			continue;
		cpumask_set_cpu(cpu, &instance->silent);
		pr_warn("%s: CPU %u does not answer and stays the instance's\n",
			instance->name, cpu);
	}
	return cpumask_empty(&instance->silent) ? 0 : -ETIMEDOUT;
}

/* From the kindest to the surest. */
static const struct rung ladder[] = {
	{ MULTIKERNEL_RUNG_INIT, "INIT", false, mk_instance_park },
};

static const struct rung *climb(struct mk_instance *instance, u32 flags,
				ktime_t deadline)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ladder); i++) {
		if (ladder[i].needs_help && flags & MULTIKERNEL_STOP_FORCE)
			continue;
		if (!ladder[i].climb(instance, deadline))
			return &ladder[i];
	}
	return NULL;
}

/* The reason of an end, with what the spawned kernel says of it. */
static const char *explain_end(struct mk_instance *instance)
{
	const char *reason;
	char text[MK_ABI_TEXT_SIZE];
	u64 ms;

	/* It may have got no further than to say that it has a panic. */
	if (!instance->ending && instance->answer.features & MK_ABI_ENDINGS &&
	    mk_control_panicked(instance->machine.platform))
		instance->ending = MK_ENDING_CONTAINED_PANIC;
	reason = endings[instance->ending].reason;
	if (instance->ending != MK_ENDING_CONTAINED_PANIC)
		return reason;
	mk_control_text(instance->machine.platform, text, sizeof(text), &ms);
	scnprintf(instance->exit_text, sizeof(instance->exit_text), "%s: %s",
		  reason, text);
	pr_info("%s: its panic was %llu.%03llu s after its start\n",
		instance->name, ms / MSEC_PER_SEC, ms % MSEC_PER_SEC);
	return instance->exit_text;
}

static void tell_end(const struct mk_instance *instance, u32 flags,
		     const char *reason)
{
	if (endings[instance->ending].state == MK_CRASHED)
		pr_warn("%s: %s\n", instance->name, reason);
	else if (instance->ending || flags & MULTIKERNEL_STOP_FORCE)
		pr_info("%s: %s\n", instance->name, reason);
	else
		pr_info("%s: %s, it has no doorbell and was not asked\n", instance->name, reason);
}

/* Those who answered are the host's again. */
static void release_answering(struct mk_instance *instance)
{
	unsigned int cpu;

	for_each_cpu(cpu, &instance->cpus)
		if (!cpumask_test_cpu(cpu, &instance->silent))
			mk_instance_release_cpu(instance, cpu);
}

/**
 * struct stop - how to stop an instance
 * @flags: MULTIKERNEL_STOP_*
 * @timeout_ms: how long it may take, or zero
 * @release: give CPUs back that answer, even when others do not
 * @rung: out: MULTIKERNEL_RUNG_*
 */
struct stop {
	u32 flags;
	u32 timeout_ms;
	bool release;
	u32 rung;
};

/* Stop a running or failed instance, whose lock is dropped meanwhile. */
static int stop(struct mk_instance *instance, struct stop *how)
{
	unsigned int timeout_ms = how->timeout_ms ?: DEFAULT_TIMEOUT_MS;
	ktime_t deadline = ktime_add_ms(ktime_get(), timeout_ms);
	const struct rung *rung;
	const char *reason;

	mk_watch_end(instance);
	mk_instance_set_state(instance, MK_STOPPING, NULL);
	mutex_unlock(&instance->lock);
	rung = climb(instance, how->flags, deadline);
	if (!rung && how->release) {
		release_answering(instance);
		instance->condemned = true;
	}
	mutex_lock(&instance->lock);

	/* What ran has changed its own image. */
	mk_image_forget(&instance->image);
	reason = explain_end(instance);
	if (rung || instance->ending)
		tell_end(instance, how->flags, reason);
	if (!rung) {
		mk_instance_set_state(instance, MK_FAILED,
				      "a CPU does not answer");
		return -ETIMEDOUT;
	}
	how->rung = rung->number;
	mk_instance_set_state(instance, endings[instance->ending].state,
			      reason);
	instance->ending = MK_ENDING_NONE;
	return 0;
}

/**
 * mk_instance_ended - take note that a spawned kernel has ended by itself
 * @instance: the instance; what is told may be late
 *
 * Context: process; sleeps, up to a second for each CPU. The caller holds the
 * lock, which is dropped meanwhile.
 */
void mk_instance_ended(struct mk_instance *instance)
{
	struct stop how = { .flags = MULTIKERNEL_STOP_FORCE };

	if (instance->state == MK_RUNNING && instance->ending)
		stop(instance, &how);
}

/**
 * mk_instance_stop - stop a running instance
 * @id: the instance
 * @flags: MULTIKERNEL_STOP_*
 * @timeout_ms: how long it may take, or zero
 * @rung: set to MULTIKERNEL_RUNG_* when it has stopped
 *
 * There is one rung so far, which needs nothing of the spawned kernel: INIT to
 * each CPU, and each must answer from the trampoline afterwards.
 *
 * Context: process; sleeps as long as @timeout_ms says, and a little longer
 * when other instances start or stop at the same time.
 * Return: 0; -ENOENT; -ESRCH when it does not run; -EBUSY when it starts or
 * stops; -ETIMEDOUT when a CPU did not answer, which leaves it MK_FAILED;
 * -EINTR when a signal kills the caller before anything is done.
 */
int mk_instance_stop(u32 id, u32 flags, u32 timeout_ms, u32 *rung)
{
	struct mk_instance *instance = mk_instance_lock(id);
	struct stop how = { .flags = flags, .timeout_ms = timeout_ms };
	int ret;

	if (IS_ERR(instance))
		return PTR_ERR(instance);

	switch (instance->state) {
	case MK_RUNNING:
	case MK_FAILED:
		ret = stop(instance, &how);
		*rung = how.rung;
		break;
	case MK_STARTING:
	case MK_STOPPING:
		ret = -EBUSY;
		break;
	default:
		ret = -ESRCH;
	}
	if (ret == -EBUSY || ret == -ESRCH)
		pr_warn("%s: it is %s and cannot be stopped\n",
			instance->name, mk_state_names[instance->state]);
	mk_instance_unlock(instance);
	return ret;
}

/* Make sure that no CPU of the instance runs. */
static int quiesce(struct mk_instance *instance)
{
	struct stop how = { .flags = MULTIKERNEL_STOP_FORCE, .release = true };

	switch (instance->state) {
	case MK_STARTING:
	case MK_STOPPING:
		pr_warn("%s: it is %s and cannot be destroyed\n",
			instance->name, mk_state_names[instance->state]);
		return -EBUSY;
	case MK_RUNNING:
	case MK_FAILED:
		return stop(instance, &how);
	default:
		return 0;
	}
}

/**
 * mk_instance_destroy - give everything of an instance back
 * @id: the instance, which is stopped first when it runs
 *
 * Context: process; takes the CPU hotplug locks, and sleeps up to a second for
 * each CPU.
 * Return: 0; -ENOENT; -EBUSY when it starts or stops; -ETIMEDOUT when a CPU
 * did not answer, which leaves the instance MK_FAILED with that CPU and all
 * that it may use, while the others are given back; -EINTR when a signal kills
 * the caller before anything is done.
 */
int mk_instance_destroy(u32 id)
{
	struct mk_instance *instance = mk_instance_lock(id);
	int ret;

	if (IS_ERR(instance))
		return PTR_ERR(instance);

	ret = quiesce(instance);
	if (ret) {
		mk_instance_unlock(instance);
		return ret;
	}

	instance->gone = true;
	mk_image_forget(&instance->image);
	mutex_unlock(&instance->lock);

	mk_instance_release_resources(instance);
	mk_instance_remove(instance);
	kobject_put(&instance->kobj);
	return 0;
}

/* Stop it if it can be done now; false when somebody else is at it. */
static bool try_stop(struct mk_instance *instance)
{
	struct stop how = {};
	bool done = true;

	if (!mutex_trylock(&instance->lock))
		return false;
	switch (instance->state) {
	case MK_STARTING:
	case MK_STOPPING:
		done = false;
		break;
	case MK_RUNNING:
	case MK_FAILED:
		stop(instance, &how);
		break;
	default:
		break;
	}
	mutex_unlock(&instance->lock);
	return done;
}

/**
 * mk_instances_stop_all - stop what runs
 *
 * For the orderly end of this kernel. One that cannot be stopped within a few
 * seconds is told of and left.
 *
 * Context: process; sleeps.
 */
void mk_instances_stop_all(void)
{
	struct mk_instance *instance;
	ktime_t deadline;
	u32 id = 0;

	while ((instance = mk_instance_next(id))) {
		id = instance->id;
		deadline = ktime_add_ms(ktime_get(), SHUTDOWN_MS);
		while (!try_stop(instance)) {
			if (ktime_after(ktime_get(), deadline)) {
				pr_warn("%s: somebody keeps it busy, it was not stopped in order\n",
					instance->name);
				break;
			}
			msleep(20);
		}
		kobject_put(&instance->kobj);
	}
}
