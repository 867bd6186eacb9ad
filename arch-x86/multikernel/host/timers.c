// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timers that look at spawned kernels: two on two CPUs, as one CPU may have
 * interrupts off for longer than a spawned kernel waits for its end. A line of
 * 150 characters takes the console 13 ms at 115200 baud.
 *
 * When a CPU goes offline, its timers go to another one, be it that of the other
 * timer. They see that, and one has itself moved.
 */
#include <linux/array_size.h>
#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/init.h>
#include <linux/ktime.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "../internal.h"

/* How often each timer looks. */
#define PERIOD_MS	4

/**
 * struct watcher - a timer that looks at all watched instances
 * @timer: the timer, which stays on its CPU while that is online
 * @runs: it does, as something was to be watched when it last looked
 * @cpu: where that was
 */
static struct watcher {
	struct hrtimer timer;
	bool runs;
	unsigned int cpu;
} watchers[2];

/* Of the above. Interrupts take it, on PREEMPT_RT as well. */
static DEFINE_RAW_SPINLOCK(watchers_lock);

static bool (*look_at_all)(void) __ro_after_init;

/* The lock is held. */
static bool are_apart(void)
{
	return num_online_cpus() == 1 ||
	       (watchers[0].runs && watchers[1].runs &&
		watchers[0].cpu != watchers[1].cpu);
}

/* On the CPU where the timer shall run from now on. The lock is held. */
static void start(struct watcher *watcher)
{
	watcher->runs = true;
	WRITE_ONCE(watcher->cpu, smp_processor_id());
	hrtimer_start(&watcher->timer, ms_to_ktime(PERIOD_MS),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

/* On another CPU than the first timer's. Nothing is moved that stands still. */
static void move_second(void *unused)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&watchers_lock, flags);
	if (watchers[0].runs && !are_apart())
		start(&watchers[1]);
	raw_spin_unlock_irqrestore(&watchers_lock, flags);
}

static void spread(struct work_struct *work)
{
	unsigned int cpu;

	preempt_disable(); /* no CPU goes offline */
	cpu = cpumask_any_but(cpu_online_mask, READ_ONCE(watchers[0].cpu));
	if (cpu < nr_cpu_ids)
		smp_call_function_single(cpu, move_second, NULL, true);
	preempt_enable();
}

static DECLARE_WORK(spread_work, spread);

/* One that was started meanwhile, elsewhere, is not put off. */
static enum hrtimer_restart look_at_spawned(struct hrtimer *timer)
{
	struct watcher *watcher = container_of(timer, struct watcher, timer);
	bool runs, apart;

	raw_spin_lock(&watchers_lock);
	WRITE_ONCE(watcher->cpu, smp_processor_id());
	runs = look_at_all();
	watcher->runs = runs;
	apart = are_apart();
	if (runs && !hrtimer_is_queued(timer))
		hrtimer_forward_now(timer, ms_to_ktime(PERIOD_MS));
	raw_spin_unlock(&watchers_lock);
	if (runs && !apart)
		queue_work(system_unbound_wq, &spread_work);
	return runs ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

/**
 * mk_timers_run - look from now on, until nothing is watched any more
 *
 * On a host with one CPU, one timer runs.
 *
 * Context: process.
 */
void mk_timers_run(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&watchers_lock, flags);
	if (!watchers[0].runs)
		start(&watchers[0]);
	raw_spin_unlock_irqrestore(&watchers_lock, flags);
	spread(NULL);
}

/**
 * mk_timers_init - say who looks
 * @look_now: called by either timer, one at a time, with interrupts off; false
 *	when nothing is to be watched
 *
 * Context: boot.
 */
void __init mk_timers_init(bool (*look_now)(void))
{
	unsigned int i;

	look_at_all = look_now;
	for (i = 0; i < ARRAY_SIZE(watchers); i++) {
		hrtimer_init(&watchers[i].timer, CLOCK_MONOTONIC,
			     HRTIMER_MODE_REL_PINNED_HARD);
		watchers[i].timer.function = look_at_spawned;
	}
}
