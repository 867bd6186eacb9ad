// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restarts after a crash. An image that was loaded to be restarted has a copy,
 * and when its kernel crashes it is started from that again. Not at once, and
 * later each time, so that one that does nothing but crash leaves this kernel
 * alone; and not for ever.
 *
 * Until then the instance is MK_CRASHED and unlocked. Whoever does something with
 * it meanwhile has the lock and cancels the restart. The work item may wait for
 * that lock: it finds that nothing is pending, or that it is queued once more for
 * a later restart, and has a reference of its own, so nobody waits for it.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/workqueue.h>

#include "../internal.h"

/* How long before the first restart. Each other waits twice as long. */
#define DELAY_FIRST_MS	100u
#define DELAY_MAX_MS	10000u

/* From here on the longest delay is the shorter one. */
#define DOUBLINGS	7u

/**
 * mk_restart_is_due - decide whether a kernel that has ended is restarted
 * @state: what its instance will be
 * @count: how often it was restarted already
 * @limit: how often it may be, zero for never
 *
 * Context: any.
 * Return: true when it is.
 */
bool mk_restart_is_due(enum mk_state state, unsigned int count,
		       unsigned int limit)
{
	return state == MK_CRASHED && count < limit;
}

/**
 * mk_restart_delay_ms - tell how long to wait before a restart
 * @nth: which one since the load, from 1 up
 *
 * Context: any.
 * Return: milliseconds.
 */
unsigned int mk_restart_delay_ms(unsigned int nth)
{
	return min(DELAY_FIRST_MS << min(nth - 1, DOUBLINGS), DELAY_MAX_MS);
}

/**
 * mk_restart_check - check what a loader wants to be done after a crash
 * @name: the instance's name, for a message
 * @boot: from the caller of MULTIKERNEL_BOOT
 *
 * Context: process.
 * Return: 0; -EINVAL after a line.
 */
int mk_restart_check(const char *name, const struct multikernel_boot *boot)
{
	u32 most = MULTIKERNEL_MAX_RESTARTS;

	switch (boot->on_crash) {
	case MULTIKERNEL_ON_CRASH_STOP:
		if (!boot->max_restarts)
			return 0;
		pr_warn("%s: %u restarts, but it is not to be restarted\n",
			name, boot->max_restarts);
		return -EINVAL;
	case MULTIKERNEL_ON_CRASH_RESTART:
		if (boot->max_restarts && boot->max_restarts <= most)
			return 0;
		pr_warn("%s: restarts after crashes are 1 to %u, not %u\n",
			name, most, boot->max_restarts);
		return -EINVAL;
	default:
		pr_warn("%s: nothing of kind %u can be done after a crash\n",
			name, boot->on_crash);
		return -EINVAL;
	}
}

static void restart(struct work_struct *work)
{
	struct mk_instance *instance =
		container_of(to_delayed_work(work), struct mk_instance,
			     restart.work);

	mutex_lock(&instance->lock);
	if (instance->restart.pending &&
	    !delayed_work_pending(&instance->restart.work))
		instance->restart.start(instance);
	mutex_unlock(&instance->lock);
	kobject_put(&instance->kobj);
}

/**
 * mk_restart_init - prepare a new instance
 * @instance: the instance
 *
 * Context: process.
 */
void mk_restart_init(struct mk_instance *instance)
{
	INIT_DELAYED_WORK(&instance->restart.work, restart);
}

/**
 * mk_restart_cancel - have no restart follow
 * @instance: the instance, which somebody does something with
 *
 * What is then left of its image is the caller's to restore or to forget.
 *
 * Context: process. The caller holds the lock and a reference.
 * Return: true when one was to follow.
 */
bool mk_restart_cancel(struct mk_instance *instance)
{
	struct mk_restart *restart = &instance->restart;
	bool pending = restart->pending;

	lockdep_assert_held(&instance->lock);
	restart->pending = false;
	if (cancel_delayed_work(&restart->work))
		kobject_put(&instance->kobj);
	return pending;
}

/**
 * mk_restart_reset - begin to count anew, for another image
 * @instance: the instance
 * @limit: how often its kernel may be restarted, zero for never
 *
 * Context: process. The caller holds the lock and a reference.
 */
void mk_restart_reset(struct mk_instance *instance, unsigned int limit)
{
	struct mk_restart *restart = &instance->restart;

	mk_restart_cancel(instance);
	WRITE_ONCE(restart->limit, limit);
	WRITE_ONCE(restart->count, 0);
	restart->last_crash[0] = '\0';
}

/**
 * mk_restart_plan - decide what follows the end of a kernel, and arrange it
 * @instance: the instance, whose kernel has ended by itself
 * @state: what the instance will be
 *
 * Context: process. The caller holds the lock and a reference.
 * Return: true when it will be restarted, so that its image must be kept.
 */
bool mk_restart_plan(struct mk_instance *instance, enum mk_state state)
{
	struct mk_restart *restart = &instance->restart;
	unsigned int delay_ms;

	lockdep_assert_held(&instance->lock);
	if (!mk_restart_is_due(state, restart->count, restart->limit)) {
		if (state == MK_CRASHED && restart->limit)
			pr_warn("%s: crashed %u times, not restarted again\n",
				instance->name, restart->count + 1);
		return false;
	}
	delay_ms = mk_restart_delay_ms(restart->count + 1);
	restart->pending = true;
	kobject_get(&instance->kobj);
	if (!queue_delayed_work(system_unbound_wq, &restart->work,
				msecs_to_jiffies(delay_ms)))
		kobject_put(&instance->kobj);
	return true;
}

/**
 * mk_restart_reload - load the image of a crashed kernel once more
 * @instance: the instance; its restart was pending
 *
 * It can be started afterwards, and is counted then: who reads the count and
 * finds it MK_CRASHED after that sees another crash.
 *
 * Context: process; copies all of the image. The caller holds the lock.
 */
void mk_restart_reload(struct mk_instance *instance)
{
	struct mk_restart *restart = &instance->restart;

	lockdep_assert_held(&instance->lock);
	pr_warn("%s: restarting it after a crash, %u of %u\n", instance->name,
		restart->count + 1, restart->limit);
	mk_copy_restore(&instance->image);
	mk_instance_set_state(instance, MK_LOADED, NULL);
	WRITE_ONCE(restart->count, restart->count + 1);
}
