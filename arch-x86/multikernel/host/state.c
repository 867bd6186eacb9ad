// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an instance does, and what it may do next.
 */
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/kobject.h>
#include <linux/lockdep.h>
#include <linux/sysfs.h>

#include "../internal.h"

/* Names of the states, in sysfs and in messages. */
const char * const mk_state_names[MK_NR_STATES] = {
	[MK_CREATED]	= "created",
	[MK_LOADED]	= "loaded",
	[MK_STARTING]	= "starting",
	[MK_RUNNING]	= "running",
	[MK_STOPPING]	= "stopping",
	[MK_STOPPED]	= "stopped",
	[MK_CRASHED]	= "crashed",
	[MK_FAILED]	= "failed",
};

/* The states that may follow each state; there are no others. */
static const unsigned long followers[MK_NR_STATES] = {
	[MK_CREATED]	= BIT(MK_CREATED) | BIT(MK_LOADED),
	[MK_LOADED]	= BIT(MK_CREATED) | BIT(MK_LOADED) | BIT(MK_STARTING),
	[MK_STARTING]	= BIT(MK_CREATED) | BIT(MK_LOADED) |
			  BIT(MK_RUNNING) | BIT(MK_FAILED),
	[MK_RUNNING]	= BIT(MK_STOPPING),
	[MK_STOPPING]	= BIT(MK_STOPPED) | BIT(MK_CRASHED) | BIT(MK_FAILED),
	[MK_STOPPED]	= BIT(MK_CREATED) | BIT(MK_LOADED),
	[MK_CRASHED]	= BIT(MK_CREATED) | BIT(MK_LOADED),
	[MK_FAILED]	= BIT(MK_STOPPING),
};

/**
 * mk_state_may_follow - look into the table of transitions
 * @from: a state
 * @to: another state, or the same
 *
 * Return: true when an instance may go from one to the other.
 */
bool mk_state_may_follow(enum mk_state from, enum mk_state to)
{
	return followers[from] & BIT(to);
}

/* Instances with CPUs that may run something else than the trampoline's park loop. */
static atomic_t live = ATOMIC_INIT(0);

static bool is_live(enum mk_state state)
{
	return BIT(state) & (BIT(MK_STARTING) | BIT(MK_RUNNING) |
			     BIT(MK_STOPPING) | BIT(MK_FAILED));
}

/**
 * mk_instances_live - count the instances whose CPUs may run
 *
 * Context: any.
 * Return: how many start, run, stop, or have failed to.
 */
unsigned int mk_instances_live(void)
{
	return atomic_read(&live);
}

/**
 * mk_instance_set_state - change the state
 * @instance: the instance
 * @state: the new state
 * @exit_reason: why it does not run any more, or NULL; not copied
 *
 * Who polls the instance's file "state" is woken, and a uevent tells the rest
 * of user space.
 *
 * Context: process. The caller holds the instance's lock.
 */
void mk_instance_set_state(struct mk_instance *instance, enum mk_state state,
			   const char *exit_reason)
{
	lockdep_assert_held(&instance->lock);
	WARN_ON_ONCE(!mk_state_may_follow(instance->state, state));
	atomic_add(is_live(state) - is_live(instance->state), &live);
	WRITE_ONCE(instance->exit_reason, exit_reason);
	WRITE_ONCE(instance->state, state);
	if (!instance->state_file)
		return;
	sysfs_notify_dirent(instance->state_file);
	kobject_uevent(&instance->kobj, KOBJ_CHANGE);
}
