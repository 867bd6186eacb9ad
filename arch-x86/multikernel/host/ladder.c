// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ways to stop a spawned kernel, from the kindest to the surest: ask it, send
 * its CPUs an NMI that it knows the meaning of, send them INIT.
 *
 * Whatever the kernel says of itself, its CPUs have stopped when each of them has
 * answered from the trampoline and not before, so each way ends with that.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/array_size.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>

#include "../internal.h"

/* How long a stop may take, when nobody says. */
#define DEFAULT_TIMEOUT_MS	30000

/* How much of that is kept for what follows when it was asked in vain. */
#define RESERVE_MS		8000

/* How often to look whether a way has led to an end. */
#define POLL_MS			10

/* How often to ask: its init may not have been there to hear it. */
#define ASK_MS			2000

/**
 * struct rung - one way to stop an instance
 * @number: MULTIKERNEL_RUNG_*
 * @name: what was done, for people
 * @begin: make the spawned kernel end by itself, or NULL when nothing of its is
 *	needed; false when that cannot be
 * @finish: undo what is to be undone, or NULL
 */
struct rung {
	u32 number;
	const char *name;
	bool (*begin)(struct mk_instance *instance);
	void (*finish)(struct mk_instance *instance);
};

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
	mk_ipi_init_all(instance->apic_ids, instance->machine.nr_cpus);
	mk_ipi_init_all(instance->apic_ids, instance->machine.nr_cpus);
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

static void tell_not_asked(const struct mk_instance *instance)
{
	pr_info("%s: it has no doorbell and is not asked\n", instance->name);
}

static bool begin_to_ask(struct mk_instance *instance)
{
	switch (mk_doorbell_ring(&instance->doorbell, &instance->machine,
				 MK_ABI_RING_POWER_OFF)) {
	case 0:
		return true;
	case -EBADSLT:
		pr_warn("%s: its doorbell is not at one of its CPUs\n",
			instance->name);
		return false;
	default:
		tell_not_asked(instance);
		return false;
	}
}

/*
 * To the CPU that has its bell alone, which passes it on: a CPU that it has not
 * started waits for SIPI, and its NMIs are for code that is not there. One that
 * can be rung knows what an NMI is for.
 */
static bool begin_nmi(struct mk_instance *instance)
{
	u64 target;

	if (READ_ONCE(instance->ending))
		return true;
	if (mk_doorbell_target(&instance->doorbell, &instance->machine,
			       &target))
		return false;
	mk_doorbell_meant(&instance->doorbell, MK_ABI_NMI_PARK);
	mk_ipi_nmi(lower_32_bits(target));
	return true;
}

static void finish_nmi(struct mk_instance *instance)
{
	mk_doorbell_meant(&instance->doorbell, 0);
}

static const struct rung ladder[] = {
	{ MULTIKERNEL_RUNG_ASK, "asked to power off", begin_to_ask },
	{ MULTIKERNEL_RUNG_NMI, "sent an NMI", begin_nmi, finish_nmi },
	{ MULTIKERNEL_RUNG_INIT, "sent INIT" },
};

/* Without help of the spawned kernel there is the last rung. */
static bool can_help(const struct mk_instance *instance)
{
	const struct mk_answer *answer = mk_instance_answer(instance);

	return !READ_ONCE(instance->ending) && answer &&
	       answer->features & MK_ABI_STOP;
}

/* Only the first way takes long: half of what is left is for the second. */
static ktime_t deadline_of(const struct rung *rung, ktime_t deadline,
			   unsigned int reserve_ms)
{
	if (rung->number == MULTIKERNEL_RUNG_ASK)
		return ktime_sub_ms(deadline, reserve_ms);
	return ktime_add_ms(ktime_get(), reserve_ms / 2);
}

/*
 * The spawned kernel is still watched, which tells when it has ended. Nobody who
 * is killed waits for an answer; an NMI has its time.
 */
static bool ends_before(struct mk_instance *instance, const struct rung *rung,
			ktime_t deadline)
{
	bool asks = rung->number == MULTIKERNEL_RUNG_ASK;
	unsigned int waited_ms = 0;

	while (!READ_ONCE(instance->ending)) {
		if (ktime_after(ktime_get(), deadline) ||
		    (asks && fatal_signal_pending(current)))
			return false;
		if (asks && waited_ms >= ASK_MS) {
			rung->begin(instance);
			waited_ms = 0;
		}
		msleep(POLL_MS);
		waited_ms += POLL_MS;
	}
	return true;
}

/* Whether all CPUs may be parked now. */
static bool climb_one(struct mk_instance *instance, const struct rung *rung,
		      ktime_t deadline)
{
	bool ended;

	if (!rung->begin)
		return true;
	if (!rung->begin(instance))
		return false;
	ended = ends_before(instance, rung, deadline);
	if (rung->finish)
		rung->finish(instance);
	if (!ended)
		pr_warn("%s: it was %s and did not end\n", instance->name,
			rung->name);
	return ended;
}

/**
 * mk_instance_climb - stop an instance
 * @instance: the instance, in MK_STOPPING, and watched if it has been running
 * @first: MULTIKERNEL_RUNG_*, the first way to be tried; one that needs the
 *	spawned kernel's help is only if that can give it
 * @timeout_ms: how long it may take, or zero
 *
 * Most of the time is for asking. The instance is watched no more afterwards,
 * and @instance->ending is how it has ended by itself.
 *
 * Context: process; sleeps. The lock is not held.
 * Return: MULTIKERNEL_RUNG_*; or zero, and @instance->silent has the CPUs that
 * did not answer.
 */
u32 mk_instance_climb(struct mk_instance *instance, u32 first,
		      unsigned int timeout_ms)
{
	unsigned int total = timeout_ms ?: DEFAULT_TIMEOUT_MS;
	unsigned int reserve_ms = min(total / 2, RESERVE_MS);
	ktime_t deadline = ktime_add_ms(ktime_get(), total);
	const struct rung *rung = &ladder[ARRAY_SIZE(ladder) - 1];

	if (can_help(instance))
		rung = &ladder[first - MULTIKERNEL_RUNG_ASK];
	else if (first == MULTIKERNEL_RUNG_ASK && !READ_ONCE(instance->ending))
		tell_not_asked(instance);
	while (!climb_one(instance, rung,
			  deadline_of(rung, deadline, reserve_ms)))
		rung++;
	mk_watch_end(instance);
	return mk_instance_park(instance, deadline) ? 0 : rung->number;
}
