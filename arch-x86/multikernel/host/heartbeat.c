// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spawned kernels that hang. One that has a doorbell is rung for an echo now and
 * then: its first CPU takes interrupts, idle or busy, or it does not answer. One
 * that left several in a row without an answer is said to be hung, until it
 * answers. Nothing is done about it.
 *
 * What is counted is what this kernel has asked, and not time: it may have stood
 * still itself.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/kobject.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>

#include "../internal.h"

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "multikernel."

/* How many times to ask before it is hung, and how long all of that takes. */
#define TIMES		4
static unsigned int hung_seconds = 30;
module_param(hung_seconds, uint, 0644);

/**
 * mk_heartbeat_ask - have a spawned kernel send a number back
 * @instance: the instance, which runs
 *
 * Context: any. The caller keeps others from the same instance's doorbell.
 * Return: the number.
 */
u32 mk_heartbeat_ask(struct mk_instance *instance)
{
	struct mk_doorbell *doorbell = &instance->doorbell;
	u32 number = ++doorbell->asked;

	WRITE_ONCE(doorbell->guest->echo, number);
	mk_doorbell_ring(doorbell, &instance->machine, MK_ABI_RING_ECHO);
	return number;
}

/**
 * mk_heartbeat_begin - look at another spawned kernel from now on
 * @instance: the instance, which was started
 *
 * Context: any. The caller keeps others from the same instance's doorbell.
 */
void mk_heartbeat_begin(struct mk_instance *instance)
{
	instance->heartbeat = (struct mk_heartbeat){
		.asked_ns = ktime_get_ns(),
	};
}

static bool can_be_asked(const struct mk_instance *instance)
{
	return instance->answer.features & MK_ABI_DOORBELL &&
	       READ_ONCE(instance->doorbell.guest->target);
}

/**
 * mk_heartbeat_look - see whether a spawned kernel hangs
 * @instance: the instance, which runs
 *
 * Context: a timer's, every few milliseconds. The caller keeps others from the
 * same instance's doorbell.
 * Return: true when mk_heartbeat_tell() is to be called.
 */
bool mk_heartbeat_look(struct mk_instance *instance)
{
	struct mk_heartbeat *beat = &instance->heartbeat;
	unsigned int seconds = READ_ONCE(hung_seconds);
	u64 now = ktime_get_ns();

	if (instance->doorbell.echo != beat->echo || !seconds ||
	    !can_be_asked(instance)) {
		beat->echo = instance->doorbell.echo;
		beat->missed = 0;
	}
	if (seconds && can_be_asked(instance) &&
	    now - beat->asked_ns >= seconds * (NSEC_PER_SEC / TIMES)) {
		beat->asked_ns = now;
		beat->missed++;
		mk_heartbeat_ask(instance);
	}
	/* The one that was asked for just now has not had its time. */
	WRITE_ONCE(beat->hung, beat->missed > TIMES);
	return beat->hung != beat->told;
}

/**
 * mk_instance_hangs - ask whether a spawned kernel hangs
 * @instance: the instance
 *
 * Context: any.
 * Return: true when it runs, and that was said of it.
 */
bool mk_instance_hangs(const struct mk_instance *instance)
{
	return READ_ONCE(instance->state) == MK_RUNNING &&
	       READ_ONCE(instance->heartbeat.told);
}

/**
 * mk_heartbeat_tell - say that a spawned kernel hangs, or does so no more
 * @instance: the instance
 *
 * Context: process. The caller holds the instance's lock.
 */
void mk_heartbeat_tell(struct mk_instance *instance)
{
	struct mk_heartbeat *beat = &instance->heartbeat;
	bool hung = READ_ONCE(beat->hung);

	lockdep_assert_held(&instance->lock);
	if (hung == beat->told)
		return;
	WRITE_ONCE(beat->told, hung);
	if (instance->state != MK_RUNNING)
		return;
	if (hung)
		pr_warn("%s: it hangs, its first CPU takes no interrupts\n",
			instance->name);
	else
		pr_info("%s: it hangs no more\n", instance->name);
	sysfs_notify(&instance->kobj, NULL, "hung");
	kobject_uevent(&instance->kobj, KOBJ_CHANGE);
}
