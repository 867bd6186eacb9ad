// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this kernel does not do while CPUs of the machine run other kernels:
 * sleep, as those CPUs would lose their state; load microcode, which sibling
 * threads share; and change SMT, in which those CPUs cannot follow.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/notifier.h>
#include <linux/suspend.h>
#include <linux/syscore_ops.h>

#include "../internal.h"

/**
 * multikernel_forbids - ask whether what concerns all CPUs must wait
 * @what: it, for a message
 *
 * Context: any.
 * Return: true, after a line, when instances have CPUs.
 */
bool multikernel_forbids(const char *what)
{
	const struct cpumask *owned = mk_cpus_owned();

	if (cpumask_empty(owned))
		return false;
	pr_warn("CPUs %*pbl belong to instances: no %s\n",
		cpumask_pr_args(owned), what);
	return true;
}

/* Suspend to idle, standby, to memory, to disk, and the way back from there. */
static int on_sleep(struct notifier_block *block, unsigned long event,
		    void *unused)
{
	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		if (multikernel_forbids("suspend or hibernation"))
			return notifier_from_errno(-EBUSY);
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
}

/*
 * After cpu_hotplug_pm_callback(), which has priority 0: from then on no CPU can be
 * taken for an instance.
 */
static struct notifier_block sleep_block = {
	.notifier_call = on_sleep,
	.priority = -1,
};

/* A kexec with KEXEC_PRESERVE_CONTEXT tells nobody before. */
static int refuse_suspend(void)
{
	return multikernel_forbids("sleep of this kernel") ? -EBUSY : 0;
}

static struct syscore_ops sleep_ops = {
	.suspend = refuse_suspend,
};

static int __init mk_forbid_setup(void)
{
	register_syscore_ops(&sleep_ops);
	return register_pm_notifier(&sleep_block);
}
arch_initcall(mk_forbid_setup);
