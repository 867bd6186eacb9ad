// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a spawned kernel ends: it tells its host and does nothing any more. None
 * of the ways in which a PC is reset or switched off is tried, as it is not
 * this kernel's PC. The host takes the CPUs, those that went on as well.
 */
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/notifier.h>
#include <linux/panic.h>
#include <linux/panic_notifier.h>
#include <linux/ptrace.h>
#include <linux/sched/clock.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <asm/apic.h>
#include <asm/irq_vectors.h>
#include <asm/irqflags.h>
#include <asm/nmi.h>
#include <asm/processor-flags.h>
#include <asm/reboot.h>

#include "guest.h"

/* Whether there is a text in the control block that says why. */
static bool panicked;

/*
 * The first that ends this kernel says how, in one instruction: an NMI before
 * it may have a panic, and end this kernel in its turn. A CPU that can run a
 * virtual machine would not see the INIT that follows (SDM vol. 3, "Restrictions
 * on VMX Operation").
 */
static void __noreturn end(enum mk_abi_ending how)
{
	struct mk_abi_guest *part = mk_guest_part();

	local_irq_disable();
	cpu_emergency_disable_virtualization();
	if (!READ_ONCE(panicked) && how != MK_ABI_PARKED)
		WRITE_ONCE(part->ending_ns, local_clock());
	/* Pairs with the acquire in mk_control_ending(), host/control.c. */
	cmpxchg(&part->ending, MK_ABI_RUNNING, how);
	mk_guest_ring(MK_ABI_RING_ENDED);
	/* An NMI comes back; INIT does not. */
	for (;;)
		native_halt();
}

static void restart(char *command)
{
	end(MK_ABI_RESTART);
}

static void power_off(void)
{
	end(MK_ABI_POWER_OFF);
}

static void stay_halted(void)
{
	end(MK_ABI_HALT);
}

/* Also what panic() ends with, unless panic=0; it has stopped the other CPUs. */
static void emergency_restart(void)
{
	if (!READ_ONCE(panicked))
		smp_send_stop();
	end(READ_ONCE(panicked) ? MK_ABI_PANIC : MK_ABI_RESTART);
}

/*
 * With panic=0, panic() blinks for ever in the end. With another value it
 * blinks until it restarts.
 */
static long blink(int state)
{
	if (!panic_timeout)
		end(MK_ABI_PANIC);
	return 0;
}

/*
 * What else is to be printed and dumped follows, so this is not the end yet. A
 * panic on the way there is not the cause. Drivers may have taken the blinking.
 */
static int take_down(struct notifier_block *block, unsigned long action,
		     void *text)
{
	struct mk_abi_guest *part = mk_guest_part();

	panic_blink = blink;
	if (panicked)
		return NOTIFY_DONE;
	strscpy(part->text, text, MK_ABI_TEXT_SIZE);
	WRITE_ONCE(part->ending_ns, local_clock());
	WRITE_ONCE(panicked, true);
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = {
	.notifier_call	= take_down,
	.priority	= INT_MAX,
};

/* For tests: the host's NMIs shall be in vain. */
bool mk_guest_deaf;

/* CPUs that have come to park(). */
static atomic_t parked;

/* Those of them that have said where they were. */
static atomic_t told;

/* Of the text that says where they were; taken in NMIs alone. */
static arch_spinlock_t where_lock = __ARCH_SPIN_LOCK_UNLOCKED;

/* The text of a panic says more. */
static void say_where(struct pt_regs *regs)
{
	char *text = mk_guest_part()->text;
	size_t used;

	if (READ_ONCE(panicked))
		return;
	arch_spin_lock(&where_lock);
	used = strnlen(text, MK_ABI_TEXT_SIZE - 1);
	scnprintf(text + used, MK_ABI_TEXT_SIZE - used, "%sCPU %d at %pS%s",
		  used ? ", " : "", smp_processor_id(),
		  (void *)instruction_pointer(regs),
		  regs->flags & X86_EFLAGS_IF ? "" : " (interrupts off)");
	arch_spin_unlock(&where_lock);
}

/*
 * The host has asked in vain and stops this kernel wherever it is. The NMI comes
 * to one CPU, which passes it on: none of them goes back. CPUs that are offline
 * here do not come.
 */
static int park(unsigned int type, struct pt_regs *regs)
{
	/* Pairs with the release in mk_doorbell_meant(), host/doorbell.c. */
	if (smp_load_acquire(&mk_guest_bell(MK_ABI_GUEST_BELL)->nmi) !=
	    MK_ABI_NMI_PARK)
		return NMI_DONE;
	if (IS_ENABLED(CONFIG_MULTIKERNEL_DEBUG) && READ_ONCE(mk_guest_deaf))
		return NMI_HANDLED;
	if (atomic_inc_return(&parked) == 1)
		apic_send_IPI_allbutself(NMI_VECTOR);
	say_where(regs);
	cpu_emergency_disable_virtualization();
	if (atomic_inc_return(&told) == num_online_cpus())
		end(READ_ONCE(panicked) ? MK_ABI_PANIC : MK_ABI_PARKED);
	for (;;)
		native_halt();
}

/**
 * mk_guest_power_init - end as a spawned kernel should
 *
 * Context: early boot.
 */
void __init mk_guest_power_init(void)
{
	if (!mk_guest_has(MK_ABI_ENDINGS))
		return;
	machine_ops.restart = restart;
	machine_ops.power_off = power_off;
	machine_ops.halt = stay_halted;
	machine_ops.emergency_restart = emergency_restart;
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
}

static int __init mk_guest_park_setup(void)
{
	if (!mk_guest_has(MK_ABI_STOP))
		return 0;
	return register_nmi_handler(NMI_LOCAL, park, NMI_FLAG_FIRST,
				    "multikernel");
}
arch_initcall(mk_guest_park_setup);
