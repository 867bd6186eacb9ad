// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of this kernel: reboot, halt, power-off, kexec, panic, crash dump.
 *
 * No spawned kernel may run on in memory that the next kernel takes for its
 * own. An orderly end stops each instance without asking it, by NMI and INIT. In
 * every end, also in one without order, the last word is an INIT to each CPU that
 * is not this kernel's, which takes no lock and waits for nobody.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/reboot.h>
#include <linux/smp.h>

#include <asm/reboot.h>

#include "../internal.h"

/* What this kernel did before these hooks were there. */
static struct machine_ops host_ops __ro_after_init;

static void mk_shutdown(void)
{
	mk_cpus_silence();
	mk_cpus_tell();
	host_ops.shutdown();
	/* Now that no other CPU of this kernel runs that could send a SIPI. */
	mk_cpus_silence();
}

static void mk_emergency_restart(void)
{
	mk_cpus_silence();
	mk_cpus_tell();
	host_ops.emergency_restart();
}

/*
 * A CPU of this kernel that still runs might send a SIPI. So stop them first,
 * which does nothing when it is done again.
 */
static void mk_crash_shutdown(struct pt_regs *regs)
{
	if (!cpumask_empty(mk_cpus_owned())) {
		mk_cpus_tell();
		local_irq_disable();
		crash_smp_send_stop();
		mk_cpus_silence();
	}
	host_ops.crash_shutdown(regs);
}

/* Without a kernel for the crash dump, panic() ends here. */
static int on_panic(struct notifier_block *block, unsigned long event,
		    void *message)
{
	mk_cpus_silence();
	mk_cpus_tell();
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = {
	.notifier_call = on_panic,
	.priority = INT_MAX, /* others may take their time */
};

/* The orderly ends, kexec -e among them. */
static int on_reboot(struct notifier_block *block, unsigned long event,
		     void *command)
{
	mk_start_forbid();
	mk_instances_stop_all();
	return NOTIFY_DONE;
}

static struct notifier_block reboot_block = {
	.notifier_call = on_reboot,
};

static int __init mk_shutdown_setup(void)
{
	host_ops = machine_ops;
	machine_ops.shutdown = mk_shutdown;
	machine_ops.emergency_restart = mk_emergency_restart;
	if (host_ops.crash_shutdown)
		machine_ops.crash_shutdown = mk_crash_shutdown;
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	return register_reboot_notifier(&reboot_block);
}
arch_initcall(mk_shutdown_setup);
