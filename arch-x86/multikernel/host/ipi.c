// SPDX-License-Identifier: GPL-2.0-only
/*
 * INIT, SIPI and NMI to a CPU that does not run this kernel: SDM vol. 3,
 * "Multiple-Processor (MP) Initialization" and "Interrupt Command Register
 * (ICR)". Chapters are cited by title, as their numbers change with editions.
 */
#include <linux/array_size.h>
#include <linux/bug.h>
#include <linux/cc_platform.h>
#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/limits.h>
#include <linux/tboot.h>

#include <asm/apic.h>
#include <asm/barrier.h>

#include "../internal.h"

/* This kernel ends: no CPU is to be started any more. */
static bool startup_forbidden;

/* Through firmware (TDX, SEV-SNP, ACPI's mailbox), or UV, Numascale, Hyper-V. */
static bool has_own_wakeup(void)
{
	return apic->wakeup_secondary_cpu || apic->wakeup_secondary_cpu_64;
}

static bool is_encrypted_guest(void)
{
	return cc_platform_has(CC_ATTR_GUEST_STATE_ENCRYPT);
}

static bool has_encrypted_memory(void)
{
	return cc_platform_has(CC_ATTR_MEM_ENCRYPT);
}

static bool has_measured_launch(void)
{
	return tboot_enabled();
}

/* The first is number one in debugfs multikernel/obstacle. */
static const struct {
	bool (*there)(void);
	const char *reason;
} obstacles[] = {
	{ has_own_wakeup, "the platform starts CPUs in a way of its own" },
	{ is_encrypted_guest, "an encrypted guest cannot send INIT" },
	{ has_encrypted_memory, "memory encryption (SME or SEV) is active" },
	{ has_measured_launch,
	  "CPUs do not answer to INIT after a measured launch" },
};

/**
 * mk_ipi_obstacle - say why INIT and SIPI cannot start a CPU here
 *
 * Return: a reason for people, or NULL when they can.
 */
const char *mk_ipi_obstacle(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(obstacles); i++)
		if (obstacles[i].there() || mk_debug_obstacle(i + 1))
			return obstacles[i].reason;
	return NULL;
}

/**
 * mk_ipi_mode - name the local APIC's mode
 *
 * Return: "x2APIC" or "xAPIC", as this kernel runs at this moment.
 */
const char *mk_ipi_mode(void)
{
	return x2apic_enabled() ? "x2APIC" : "xAPIC";
}

/* The boot processor is among those that a broadcast goes to. */
static bool is_broadcast(u32 apic_id)
{
	return apic_id == BAD_APICID || apic_id == U32_MAX ||
	       (!x2apic_enabled() && apic_id >= 0xff);
}

static void send(u32 apic_id, u32 command, bool startup)
{
	unsigned long flags;

	if (WARN_ON_ONCE(is_broadcast(apic_id)))
		return;

	/*
	 * What was written for the other CPU must be visible before the
	 * interrupt is: the write to the x2APIC's command register is no
	 * barrier (SDM vol. 3, "MSR Access in x2APIC Mode").
	 */
	weak_wrmsr_fence();

	/* An interrupt here could send one of its own, and one be lost. */
	local_irq_save(flags);
	if (!startup || !READ_ONCE(startup_forbidden)) {
		safe_apic_wait_icr_idle();
		apic_icr_write(command, apic_id);
		safe_apic_wait_icr_idle();
	}
	local_irq_restore(flags);
}

/**
 * mk_ipi_init - send INIT
 * @apic_id: the CPU's local APIC, which must not be the boot processor's:
 *	that one starts the firmware
 *
 * The CPU stops whatever it does and waits for a SIPI, unless it is in VMX
 * root mode or in SMM, which hold INIT back (SDM vol. 3, "Restrictions on VMX
 * Operation" and "Entering SMM").
 *
 * Context: any; up to 200 ms without interrupts when the local APIC is stuck.
 */
void mk_ipi_init(u32 apic_id)
{
	send(apic_id, APIC_INT_LEVELTRIG | APIC_INT_ASSERT | APIC_DM_INIT,
	     false);
	send(apic_id, APIC_INT_LEVELTRIG | APIC_DM_INIT, false);
}

/**
 * mk_ipi_init_all - send INIT to several CPUs
 * @apic_ids: their local APICs
 * @nr: number of them
 *
 * Context: as above, for each.
 */
void mk_ipi_init_all(const u32 *apic_ids, unsigned int nr)
{
	while (nr--)
		mk_ipi_init(*apic_ids++);
}

/**
 * mk_ipi_startup - send SIPI
 * @apic_id: the CPU's local APIC
 * @page: address of the code's page below 1 MiB
 *
 * A CPU that does not wait for a SIPI ignores it.
 *
 * Context: any; up to 200 ms without interrupts when the local APIC is stuck.
 */
void mk_ipi_startup(u32 apic_id, phys_addr_t page)
{
	send(apic_id, APIC_DM_STARTUP | (page >> PAGE_SHIFT), true);
}

/**
 * mk_ipi_nmi - send an NMI
 * @apic_id: the CPU's local APIC
 *
 * Context: any; up to 200 ms without interrupts when the local APIC is stuck.
 */
void mk_ipi_nmi(u32 apic_id)
{
	send(apic_id, APIC_DM_NMI, false);
}

/**
 * mk_ipi_forbid_startup - send no SIPI any more
 *
 * For the end of this kernel, which no CPU that it started may outlive.
 *
 * Context: any.
 */
void mk_ipi_forbid_startup(void)
{
	WRITE_ONCE(startup_forbidden, true);
}
