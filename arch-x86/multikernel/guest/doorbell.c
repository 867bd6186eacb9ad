// SPDX-License-Identifier: GPL-2.0-only
/*
 * The spawned kernel's side of the doorbell: it is rung by its host, and rings.
 *
 * It wants interrupts on its first CPU, which cannot go offline, and from the
 * moment on when there is something that it could do when it is rung.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/smp.h>

#include <asm/apic.h>
#include <asm/irq.h>
#include <asm/irq_vectors.h>

#include "guest.h"

#define REASONS_KNOWN	(BIT(MK_ABI_RING_POWER_OFF) | \
			 BIT(MK_ABI_RING_ECHO) | BIT(MK_ABI_RING_CONSOLE))

/**
 * mk_guest_ring - ring the host
 * @reason: what for; what it is about is written already
 *
 * Context: any; in an NMI only when the CPU does not go back to what it
 * interrupted.
 */
void mk_guest_ring(enum mk_abi_reason reason)
{
	struct mk_abi_bell *bell = mk_guest_bell(MK_ABI_HOST_BELL);
	u64 target;

	if (!mk_guest_has(MK_ABI_DOORBELL) || !mk_bell_pull(bell, reason))
		return;
	target = READ_ONCE(bell->target);
	/* In xAPIC mode other ids would be those of other CPUs, or of all. */
	if (target && (x2apic_enabled() || lower_32_bits(target) < 0xff))
		mk_bell_send(target);
}

/*
 * The host wants to see whether this kernel takes interrupts. Should it ask
 * again meanwhile, the bell is rung again.
 */
static void echo(const struct mk_abi_bell *own)
{
	WRITE_ONCE(mk_guest_bell(MK_ABI_HOST_BELL)->echo,
		   READ_ONCE(own->echo));
	mk_guest_ring(MK_ABI_RING_ECHOED);
}

/* The host asks again: when this came early, init did not hear of it. */
static void shut_down(void)
{
	pr_info("the host asks this kernel to power off\n");
	orderly_poweroff(true);
}

static void answer(void)
{
	struct mk_abi_bell *own = mk_guest_bell(MK_ABI_GUEST_BELL);
	u64 reasons = mk_bell_take(own);

	if (reasons & BIT(MK_ABI_RING_POWER_OFF))
		shut_down();
	if (reasons & BIT(MK_ABI_RING_ECHO))
		echo(own);
	if (reasons & BIT(MK_ABI_RING_CONSOLE))
		mk_guest_console_rung();
	if (reasons & ~REASONS_KNOWN)
		pr_info_once("the host rings for something that this kernel does not know: %#llx\n",
			     reasons);
}

static int __init mk_guest_doorbell_setup(void)
{
	struct mk_abi_bell *own;

	if (!mk_guest_has(MK_ABI_DOORBELL))
		return 0;
	if (cmpxchg(&x86_platform_ipi_callback, NULL, answer)) {
		pr_warn("no doorbell: a driver of this platform uses its vector\n");
		return 0;
	}
	own = mk_guest_bell(MK_ABI_GUEST_BELL);
	WRITE_ONCE(own->target, mk_bell_target(X86_PLATFORM_IPI_VECTOR,
					       cpu_physical_id(0)));
	/*
	 * Rung before that was there? The full barrier in mk_bell_take() pairs with
	 * that in mk_bell_pull(): the host saw the target, or its bit is seen here.
	 */
	answer();
	return 0;
}
late_initcall(mk_guest_doorbell_setup);
