// SPDX-License-Identifier: GPL-2.0-only
/*
 * What both sides do with the bells of a control block. Rings do not add up:
 * what was rung for twice before its owner looked is there once, and one
 * interrupt is enough for it.
 *
 * No ring is lost. Who rings writes what it is about, sets the bit, and sends
 * the interrupt unless the bit was set. The owner takes the bits and then looks.
 * Had the bit been set, the owner has not taken it yet, and will see what was
 * written before.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/irqflags.h>

#include <asm/apic.h>
#include <asm/barrier.h>
#include <asm/multikernel_abi.h>

static_assert(sizeof(unsigned long) == sizeof(u64));

/**
 * mk_bell_target - say where interrupts for a bell shall go
 * @vector: the vector, from 32 up
 * @apic_id: the CPU's local APIC
 *
 * Context: any.
 * Return: a value for mk_abi_bell.target.
 */
u64 mk_bell_target(u32 vector, u32 apic_id)
{
	return (u64)vector << MK_ABI_BELL_VECTOR | apic_id;
}

/**
 * mk_bell_pull - set a reason in the other side's bell
 * @bell: its bell
 * @reason: what for; what it is about is written already
 *
 * One locked instruction, so that an owner that keeps writing there keeps
 * nobody waiting.
 *
 * Context: any.
 * Return: true when the interrupt is to be sent that the bell asks for.
 */
bool mk_bell_pull(struct mk_abi_bell *bell, enum mk_abi_reason reason)
{
	/*
	 * A full barrier also when the bit is set already. Pairs with the xchg
	 * in mk_bell_take().
	 */
	return !test_and_set_bit(reason, (unsigned long *)&bell->reasons);
}

/**
 * mk_bell_take - take what a bell was rung for
 * @bell: the own bell
 *
 * Context: any.
 * Return: bits of enum mk_abi_reason, and any other that was set.
 */
u64 mk_bell_take(struct mk_abi_bell *bell)
{
	/* Full barrier; pairs with that in mk_bell_pull(). */
	return xchg(&bell->reasons, 0);
}

/**
 * mk_bell_send - send the interrupt that a bell asks for
 * @target: its mk_abi_bell.target, judged by the caller
 *
 * Physical destination, fixed delivery whatever else is said there, in the mode
 * that the local APIC is in: SDM vol. 3, "Interrupt Command Register (ICR)".
 *
 * Context: any; up to 200 ms without interrupts when the local APIC is stuck.
 * In an NMI only when the CPU does not go back to what it interrupted.
 */
void mk_bell_send(u64 target)
{
	u32 vector = target >> MK_ABI_BELL_VECTOR & APIC_VECTOR_MASK;
	unsigned long flags;

	/* In x2APIC mode the ICR is no barrier: "MSR Access in x2APIC Mode". */
	weak_wrmsr_fence();

	/* An interrupt here could send one of its own, and one be lost. */
	local_irq_save(flags);
	safe_apic_wait_icr_idle();
	apic_icr_write(APIC_DM_FIXED | vector, target);
	local_irq_restore(flags);
}
