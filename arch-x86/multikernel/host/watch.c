// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spawned kernels that end by themselves.
 *
 * One that knows the control block says so there, rings and waits. One that does
 * not writes to registers that its ACPI tables describe, which are bytes in its
 * platform block, as it resets its machine or switches it off. Nobody is told
 * of either, so timers look. They must not be slow: Linux waits 15 ms for a
 * reset by ACPI (acpi_reboot()) and then tries the keyboard controller, which
 * would reset the whole machine. So the CPUs are sent INIT from the timer, and
 * what may sleep follows in a work item.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/init.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "../internal.h"

/*
 * The word of the BIOS data area that tells a warm reset from a cold one. Linux
 * writes it before each reset. With "reboot=panic_warm" on its command line, it
 * is a warm one after a panic alone.
 */
#define BIOS_RESET_WORD	0x472
#define BIOS_WARM_RESET	0x1234

/* Each instance has a slot of low memory, so there cannot be more of them. */
static struct mk_instance *watched[MK_LOW_SLOTS];

/* Interrupts of the doorbell that no instance had a reason for. */
static u64 stray_rings;

/* Of the above and of doorbells. Interrupts take it, on PREEMPT_RT as well. */
static DEFINE_RAW_SPINLOCK(watched_lock);

/* Whether the last kernel to reset its machine had a panic; asking forgets. */
static bool was_panic(void)
{
	u16 *word = __va(BIOS_RESET_WORD);
	bool warm = READ_ONCE(*word) == BIOS_WARM_RESET;

	WRITE_ONCE(*word, 0);
	return warm;
}

/* Have tell() called. It has a reference, once however often it is queued. */
static void queue_tell(struct mk_instance *instance)
{
	kobject_get(&instance->kobj);
	if (!queue_work(system_unbound_wq, &instance->ended_work))
		kobject_put(&instance->kobj);
}

/* Once: from then on it is known what may be looked at. */
static void take_answer(struct mk_instance *instance)
{
	if (instance->answered ||
	    !mk_control_answer(instance->machine.platform, &instance->answer))
		return;
	/* Pairs with the acquire in mk_instance_answer(). */
	smp_store_release(&instance->answered, true);
	if (instance->answer.flaw)
		queue_tell(instance);
}

static enum mk_ending ending_of(const struct mk_instance *instance)
{
	u64 platform = instance->machine.platform;
	enum mk_ending ending = MK_ENDING_NONE;

	if (instance->too_loud)
		return MK_ENDING_FLOOD;
	if (instance->answer.features & MK_ABI_ENDINGS)
		ending = mk_control_ending(platform);
	if (ending)
		return ending;
	ending = mk_acpi_ending(__va(platform + MK_PLATFORM_REGISTERS));
	if (ending == MK_ENDING_RESET && was_panic())
		ending = MK_ENDING_PANIC;
	return ending;
}

/* Whether one that has a doorbell has rung it. */
static bool has_rung(struct mk_instance *instance)
{
	take_answer(instance);
	return instance->answer.features & MK_ABI_DOORBELL &&
	       mk_doorbell_take(&instance->doorbell);
}

static void look_at(struct mk_instance *instance)
{
	enum mk_ending ending;

	if (instance->ending)
		return;
	take_answer(instance);
	ending = ending_of(instance);
	if (!ending)
		return;

	mk_ipi_init_all(instance->apic_ids, instance->machine.nr_cpus);
	WRITE_ONCE(instance->ending, ending);
	queue_tell(instance);
}

static void look_everywhere_at(struct mk_instance *instance)
{
	mk_doorbell_rest(&instance->doorbell);
	has_rung(instance);
	look_at(instance);
	mk_console_look(&instance->console);
	if (!instance->ending && mk_heartbeat_look(instance))
		queue_tell(instance);
}

/* Returns whether there was anything to look at. */
static bool look_at_all(void)
{
	bool any = false;
	unsigned int i;

	raw_spin_lock(&watched_lock);
	for (i = 0; i < ARRAY_SIZE(watched); i++) {
		if (!watched[i])
			continue;
		any = true;
		look_everywhere_at(watched[i]);
	}
	raw_spin_unlock(&watched_lock);
	return any;
}

/*
 * Whom to hold to account for an interrupt that nothing was rung for: the one
 * that there is, if no CPU of another may run, and whether or not it says that it
 * has a doorbell. Among several nobody can tell.
 */
static struct mk_instance *suspect(void)
{
	struct mk_instance *only = NULL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(watched); i++) {
		if (!watched[i])
			continue;
		if (only)
			return NULL;
		only = watched[i];
	}
	return mk_instances_live() == 1 ? only : NULL;
}

static void blame(struct mk_instance *instance)
{
	if (!mk_doorbell_blame(&instance->doorbell))
		return;
	instance->too_loud = true;
	look_at(instance);
}

/*
 * Somebody has rung, in an interrupt on the boot processor. One that is muffled
 * may have set its bit and sent nothing, so it is blamed for what nobody else can
 * have sent.
 */
static void on_ring(void)
{
	struct mk_instance *sender = NULL;
	unsigned int i, rung = 0;

	raw_spin_lock(&watched_lock);
	for (i = 0; i < ARRAY_SIZE(watched); i++) {
		if (!watched[i] || !has_rung(watched[i]))
			continue;
		rung++;
		look_at(watched[i]);
		if (mk_doorbell_is_muffled(&watched[i]->doorbell))
			sender = watched[i];
		else
			blame(watched[i]);
	}
	if (!rung) {
		stray_rings++;
		sender = suspect();
	}
	if (sender && rung <= 1)
		blame(sender);
	raw_spin_unlock(&watched_lock);
}

/**
 * mk_watch_ask - have a spawned kernel send a number back
 * @instance: the instance, which is watched
 *
 * Context: process.
 * Return: the number, which doorbell.echo will be or have been.
 */
u32 mk_watch_ask(struct mk_instance *instance)
{
	unsigned long flags;
	u32 number;

	raw_spin_lock_irqsave(&watched_lock, flags);
	number = mk_heartbeat_ask(instance);
	raw_spin_unlock_irqrestore(&watched_lock, flags);
	return number;
}

/**
 * mk_watch_stray_rings - count rings that nobody had a reason for
 *
 * Context: any.
 * Return: how often the doorbell was rung and no instance said what for.
 */
u64 mk_watch_stray_rings(void)
{
	return READ_ONCE(stray_rings);
}

static void tell_flaw(struct mk_instance *instance)
{
	const struct mk_answer *answer = mk_instance_answer(instance);

	if (!answer || !answer->flaw || instance->flaw_told)
		return;
	instance->flaw_told = true;
	pr_warn("%s: its control block is not used, the spawned kernel's part of it has %s\n",
		instance->name, answer->flaw);
}

static void tell(struct work_struct *work)
{
	struct mk_instance *instance =
		container_of(work, struct mk_instance, ended_work);

	mutex_lock(&instance->lock);
	tell_flaw(instance);
	if (!instance->gone) {
		mk_heartbeat_tell(instance);
		instance->ended(instance);
	}
	mutex_unlock(&instance->lock);
	kobject_put(&instance->kobj);
}

/**
 * mk_watch_init - prepare a new instance
 * @instance: the instance
 *
 * Context: process.
 */
void mk_watch_init(struct mk_instance *instance)
{
	INIT_WORK(&instance->ended_work, tell);
}

/**
 * mk_watch_begin - watch a spawned kernel from now on
 * @instance: the instance, which was started
 * @ended: called in a work item, with the instance locked, when the kernel has
 *	ended by itself. As that may be late, it has to look whether
 *	@instance->ending still says so
 *
 * Context: process. The caller holds the instance's lock.
 */
void mk_watch_begin(struct mk_instance *instance,
		    void (*ended)(struct mk_instance *instance))
{
	unsigned long flags;
	unsigned int i = 0;

	lockdep_assert_held(&instance->lock);
	raw_spin_lock_irqsave(&watched_lock, flags);
	if (!memchr_inv(watched, 0, sizeof(watched)))
		was_panic(); /* of earlier ones, or of this machine's firmware */
	instance->ended = ended;
	WRITE_ONCE(instance->answered, false);
	memset(&instance->answer, 0, sizeof(instance->answer));
	instance->flaw_told = false;
	instance->too_loud = false;
	mk_heartbeat_begin(instance);
	while (i < ARRAY_SIZE(watched) && watched[i])
		i++;
	if (!WARN_ON_ONCE(i == ARRAY_SIZE(watched)))
		watched[i] = instance;
	raw_spin_unlock_irqrestore(&watched_lock, flags);
	mk_timers_run();
}

/**
 * mk_watch_end - watch a spawned kernel no more
 * @instance: the instance; no harm when it is not watched
 *
 * From now on no timer sends INIT to its CPUs, and @instance->ending stays
 * what it is.
 *
 * Context: process. The caller holds the instance's lock, or has it in
 * MK_STOPPING.
 */
void mk_watch_end(struct mk_instance *instance)
{
	unsigned long flags;
	unsigned int i;

	raw_spin_lock_irqsave(&watched_lock, flags);
	for (i = 0; i < ARRAY_SIZE(watched); i++)
		if (watched[i] == instance)
			watched[i] = NULL;
	raw_spin_unlock_irqrestore(&watched_lock, flags);
}

static int __init mk_watch_setup(void)
{
	mk_timers_init(look_at_all);
	mk_doorbell_init(on_ring);
	return 0;
}
arch_initcall(mk_watch_setup);
