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
#include <linux/string.h>

#include "../internal.h"

/* How long an instance may keep a shutdown of this kernel waiting. */
#define SHUTDOWN_MS		5000
/* How long its CPUs may then take. */
#define SHUTDOWN_STOP_MS	10000

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
	[MK_ENDING_PARKED]	= { MK_STOPPED, "stopped by NMI" },
	[MK_ENDING_FLOOD]	= { MK_CRASHED, "rang without end" },
};

/* A reason and what the spawned kernel says of it. */
static const char *add_text(struct mk_instance *instance, const char *reason,
			    u64 *ms)
{
	char text[MK_ABI_TEXT_SIZE];

	mk_control_text(instance->machine.platform, text, sizeof(text), ms);
	scnprintf(instance->exit_text, sizeof(instance->exit_text), "%s: %s",
		  reason, text);
	return instance->exit_text;
}

static const char *explain_end(struct mk_instance *instance, u32 rung)
{
	const char *reason;
	u64 ms;

	/* It may have got no further than to say that it has a panic. */
	if (!instance->ending && instance->answer.features & MK_ABI_ENDINGS &&
	    mk_control_panicked(instance->machine.platform))
		instance->ending = MK_ENDING_CONTAINED_PANIC;
	reason = endings[instance->ending].reason;
	switch (instance->ending) {
	case MK_ENDING_POWER_OFF:
		return rung == MULTIKERNEL_RUNG_ASK ?
			"powered itself off when it was asked" : reason;
	case MK_ENDING_PARKED:
		return add_text(instance, reason, &ms);
	case MK_ENDING_CONTAINED_PANIC:
		reason = add_text(instance, reason, &ms);
		pr_info("%s: its panic was %llu.%03llu s after its start\n",
			instance->name, ms / MSEC_PER_SEC, ms % MSEC_PER_SEC);
		return reason;
	default:
		return reason;
	}
}

static void tell_end(const struct mk_instance *instance, const char *reason)
{
	if (endings[instance->ending].state == MK_CRASHED)
		pr_warn("%s: %s\n", instance->name, reason);
	else
		pr_info("%s: %s\n", instance->name, reason);
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
 * @first: MULTIKERNEL_RUNG_*, the first way to be tried
 * @timeout_ms: how long it may take, or zero
 * @release: give CPUs back that answer, even when others do not
 * @restart: start it again if it has crashed and that is wanted
 * @rung: out: MULTIKERNEL_RUNG_*
 */
struct stop {
	u32 first;
	u32 timeout_ms;
	bool release;
	bool restart;
	u32 rung;
};

/* What ran has changed its own image: without a copy it is of no use. */
static void forget(struct mk_instance *instance, const struct stop *how,
		   enum mk_state state, const char *reason)
{
	if (state == MK_CRASHED)
		strscpy(instance->restart.last_crash, reason);
	if (!how->restart || !mk_restart_plan(instance, state))
		mk_image_forget(&instance->image);
}

/* Stop a running or failed instance, whose lock is dropped meanwhile. */
static int stop(struct mk_instance *instance, struct stop *how)
{
	enum mk_state state = MK_FAILED;
	const char *reason;

	/* What has failed is watched no more, and does not end by itself. */
	if (instance->state == MK_FAILED)
		how->first = MULTIKERNEL_RUNG_INIT;
	mk_instance_set_state(instance, MK_STOPPING, NULL);
	mutex_unlock(&instance->lock);
	how->rung = mk_instance_climb(instance, how->first, how->timeout_ms);
	mk_console_disconnect(&instance->console);
	if (!how->rung && how->release) {
		release_answering(instance);
		instance->condemned = true;
	}
	mutex_lock(&instance->lock);

	reason = explain_end(instance, how->rung);
	if (how->rung || instance->ending)
		tell_end(instance, reason);
	if (how->rung)
		state = endings[instance->ending].state;
	forget(instance, how, state, reason);
	if (!how->rung) {
		mk_instance_set_state(instance, MK_FAILED,
				      "a CPU does not answer");
		return -ETIMEDOUT;
	}
	mk_instance_set_state(instance, state, reason);
	instance->ending = MK_ENDING_NONE;
	return 0;
}

/**
 * mk_instance_ended - take note that a spawned kernel has ended by itself
 * @instance: the instance; what is told may be late
 *
 * Context: process; sleeps up to MK_TRAMPOLINE_DEADLINE_MS for each CPU. The
 * caller holds the lock, which is dropped meanwhile.
 */
void mk_instance_ended(struct mk_instance *instance)
{
	struct stop how = { .first = MULTIKERNEL_RUNG_INIT, .restart = true };

	if (instance->state == MK_RUNNING && instance->ending)
		stop(instance, &how);
}

/* Nothing runs, but something might soon. */
static int stop_restart(struct mk_instance *instance, u32 *rung)
{
	if (!mk_restart_cancel(instance))
		return -ESRCH;
	mk_image_forget(&instance->image);
	pr_info("%s: it had crashed and is not restarted\n", instance->name);
	*rung = MULTIKERNEL_RUNG_NONE;
	return 0;
}

/**
 * mk_instance_stop - stop a running instance
 * @id: the instance
 * @flags: MULTIKERNEL_STOP_*
 * @timeout_ms: how long it may take, or zero
 * @rung: set to MULTIKERNEL_RUNG_* when it has stopped
 *
 * It is asked, sent an NMI, sent INIT, until it has ended; and each CPU must
 * answer from the trampoline afterwards. One that has crashed and was to be
 * restarted is left as it is.
 *
 * Context: process; sleeps as long as @timeout_ms says, and a little longer
 * when other instances start or stop at the same time.
 * Return: 0; -ENOENT; -ESRCH when it neither runs nor was to; -EBUSY when it starts or
 * stops; -ETIMEDOUT when a CPU did not answer, which leaves it MK_FAILED;
 * -EINTR when a signal kills the caller before anything is done.
 */
int mk_instance_stop(u32 id, u32 flags, u32 timeout_ms, u32 *rung)
{
	struct mk_instance *instance = mk_instance_lock(id);
	struct stop how = {
		.first = flags & MULTIKERNEL_STOP_FORCE ?
			 MULTIKERNEL_RUNG_INIT : MULTIKERNEL_RUNG_ASK,
		.timeout_ms = timeout_ms,
	};
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
		ret = stop_restart(instance, rung);
	}
	if (ret == -EBUSY || ret == -ESRCH)
		pr_warn("%s: it is %s and cannot be stopped\n",
			instance->name, mk_state_names[instance->state]);
	mk_instance_unlock(instance);
	return ret;
}

/*
 * Make sure that no CPU of the instance runs. Nobody asks it, but INIT alone
 * would not do with one that runs virtual machines.
 */
static int quiesce(struct mk_instance *instance)
{
	struct stop how = { .first = MULTIKERNEL_RUNG_NMI, .release = true };

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
		mk_restart_cancel(instance);
		return 0;
	}
}

/**
 * mk_instance_destroy - give everything of an instance back
 * @id: the instance, which is stopped first when it runs
 *
 * Context: process; takes the CPU hotplug locks, and sleeps for some seconds and
 * up to MK_TRAMPOLINE_DEADLINE_MS for each CPU.
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

	mk_terminal_remove(instance);
	mk_instance_release_resources(instance);
	mk_instance_remove(instance);
	kobject_put(&instance->kobj);
	return 0;
}

/* Stop it if it can be done now; false when somebody else is at it. */
static bool try_stop(struct mk_instance *instance)
{
	struct stop how = {
		.first = MULTIKERNEL_RUNG_NMI,
		.timeout_ms = SHUTDOWN_STOP_MS,
	};
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
		mk_restart_cancel(instance);
	}
	mutex_unlock(&instance->lock);
	return done;
}

/**
 * mk_instances_stop_all - stop what runs
 *
 * For the orderly end of this kernel, which is late for asking: userspace has
 * ended. One that cannot be stopped within a few seconds is told of and left.
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
