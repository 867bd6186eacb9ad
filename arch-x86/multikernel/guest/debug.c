// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on demand, for the selftests: debugfs multikernel_guest/ of a
 * spawned kernel. LKDTM has most, but none that is sure to be in an interrupt,
 * and none that has to do with the host.
 */
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/nmi.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include <asm/multikernel.h>

#include "guest.h"

/* Ways to ring without end. */
enum {
	RING_POLITELY = 1,	/* when the host wants interrupts */
	RING_STRANGELY,		/* the same, for what nobody knows */
	RING_DEFIANTLY,		/* always */
	RING_FOR_NOTHING,	/* always, and with no reason */
};

/* From the guest's part of the block to the end of the console's words. */
#define FUZZ_WORDS	((MK_ABI_CONSOLE_OFFSET + \
			  sizeof(struct mk_abi_console) - \
			  MK_ABI_GUEST_OFFSET) / sizeof(u32))

/* How many of them between two rings. */
#define FUZZ_BURST	64

static void ring_once(u64 how, u64 target)
{
	struct mk_abi_bell *bell = mk_guest_bell(MK_ABI_HOST_BELL);

	switch (how) {
	case RING_POLITELY:
		mk_guest_ring(MK_ABI_RING_ECHOED);
		break;
	case RING_STRANGELY:
		mk_guest_ring(63);
		break;
	case RING_DEFIANTLY:
		mk_bell_pull(bell, MK_ABI_RING_ECHOED);
		mk_bell_send(target);
		break;
	case RING_FOR_NOTHING:
		mk_bell_send(target);
		break;
	}
}

/* Until the one who wrote it is killed. */
static int ring(void *data, u64 how)
{
	u64 target = READ_ONCE(mk_guest_bell(MK_ABI_HOST_BELL)->target);

	if (!target)
		return -ENODEV;
	while (!fatal_signal_pending(current)) {
		ring_once(how, target);
		cond_resched();
	}
	return -EINTR;
}
DEFINE_DEBUGFS_ATTRIBUTE(ring_fops, NULL, ring, "%llu\n");

/* For that many seconds this CPU takes no interrupts. */
static int stall(void *data, u64 seconds)
{
	local_irq_disable();
	while (seconds--) {
		touch_nmi_watchdog();
		mdelay(1000);
	}
	local_irq_enable();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(stall_fops, NULL, stall, "%llu\n");

/* Where interrupts for this kernel shall go, be it somebody else's CPU. */
static int set_target(void *data, u64 target)
{
	WRITE_ONCE(mk_guest_bell(MK_ABI_GUEST_BELL)->target, target);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(target_fops, NULL, set_target, "%llu\n");

/*
 * Nonsense in one word, half of it small, as what means something is. Not in the
 * host bell's target: the host does not look at that, and this kernel would
 * interrupt somebody else's CPU.
 */
static void spoil_a_word(void)
{
	u64 *target = &mk_guest_bell(MK_ABI_HOST_BELL)->target;
	u32 *word = (u32 *)mk_guest_part() + get_random_u32_below(FUZZ_WORDS);

	if (word == &mk_guest_part()->ending ||
	    word == (u32 *)target || word == (u32 *)target + 1)
		return;
	WRITE_ONCE(*word, get_random_u32_below(2) ? get_random_u32() :
						    get_random_u32_below(16));
}

/*
 * For that many seconds in all words that the host looks at, and now and then it
 * is rung to do so. That this kernel has ended is said last, or there would be
 * nothing more to see.
 */
static int fuzz(void *data, u64 seconds)
{
	u64 target = READ_ONCE(mk_guest_bell(MK_ABI_HOST_BELL)->target);
	u64 end = get_jiffies_64() + seconds * HZ;
	unsigned int i;

	while (time_before64(get_jiffies_64(), end)) {
		for (i = 0; i < FUZZ_BURST; i++)
			spoil_a_word();
		if (target)
			mk_bell_send(target);
		usleep_range(1000, 2000);
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	WRITE_ONCE(mk_guest_part()->ending, get_random_u32());
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(fuzz_fops, NULL, fuzz, "%llu\n");

static void fail(struct irq_work *work)
{
	BUG();
}

static DEFINE_IRQ_WORK(work, fail);

static int bug_in_interrupt(void *data, u64 value)
{
	if (value)
		irq_work_queue(&work);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(bug_in_interrupt_fops, NULL, bug_in_interrupt,
			 "%llu\n");

static int __init mk_guest_debug_setup(void)
{
	struct dentry *dir;

	if (!multikernel_is_spawned())
		return 0;
	dir = debugfs_create_dir("multikernel_guest", NULL);
	debugfs_create_file("bug_in_interrupt", 0200, dir, NULL,
			    &bug_in_interrupt_fops);
	debugfs_create_bool("deaf", 0600, dir, &mk_guest_deaf);
	debugfs_create_file("fuzz", 0200, dir, NULL, &fuzz_fops);
	debugfs_create_file("ring", 0200, dir, NULL, &ring_fops);
	debugfs_create_file("stall", 0200, dir, NULL, &stall_fops);
	debugfs_create_file("target", 0200, dir, NULL, &target_fops);
	return 0;
}
late_initcall(mk_guest_debug_setup);
