// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on demand, for the selftests: debugfs multikernel_guest/ of a
 * spawned kernel. LKDTM has most, but none that is sure to be in an interrupt.
 */
#include <linux/bug.h>
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/irq_work.h>

#include <asm/multikernel.h>

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
	return 0;
}
late_initcall(mk_guest_debug_setup);
