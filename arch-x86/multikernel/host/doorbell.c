// SPDX-License-Identifier: GPL-2.0-only
/*
 * The doorbell: a spawned kernel rings its host, and is rung, by an interrupt
 * with the vector that Linux has for platforms, X86_PLATFORM_IPI_VECTOR. What
 * for is in the control block.
 *
 * Interrupts come to the boot processor, which cannot go offline (since Linux
 * 6.5), so that it is never to be told that they shall go elsewhere.
 *
 * A spawned kernel that rings without end is kept from it in two steps. When it
 * has rung more often in a period than anybody has reason to, its bell is
 * muffled for the rest of the period: it is told to send no interrupt, and a
 * timer looks. One that rings on all the same is at fault, and is ended.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/init.h>
#include <linux/ktime.h>
#include <linux/string.h>

#include <asm/apic.h>
#include <asm/hypervisor.h>
#include <asm/irq.h>
#include <asm/irq_vectors.h>
#include <asm/multikernel_abi.h>

#include "../internal.h"

/* How long rings are counted, and how many are taken in that time. */
#define PERIOD_MS	4
#define RINGS_TAKEN	16

/*
 * Each CPU of the spawned kernel may have looked before the bell was muffled, and
 * send an interrupt after; and of what others send, some may be taken for its.
 * So many more are no accident.
 */
#define RINGS_LATE	16
#define RINGS_SUFFERED	256

#define REASONS_KNOWN	(BIT(MK_ABI_RING_ENDED) | BIT(MK_ABI_RING_ECHOED))

static void (*on_ring)(void) __ro_after_init;

static bool has_callback(void)
{
	cmpxchg(&x86_platform_ipi_callback, NULL, on_ring);
	return x86_platform_ipi_callback == on_ring;
}

/* Why there can be no doorbell here, for people, or NULL. */
static const char *obstacle(void)
{
	if (hypervisor_is_type(X86_HYPER_MS_HYPERV) ||
	    mk_debug_obstacle(MK_OBSTACLE_HYPERV))
		return "Hyper-V uses its vector";
	if (!has_callback() || mk_debug_obstacle(MK_OBSTACLE_CALLBACK))
		return "a driver of this platform uses its vector";
	return NULL;
}

/**
 * mk_doorbell_init - say who looks when one was rung
 * @rung: called in an interrupt, for any of them
 *
 * Context: boot.
 */
void __init mk_doorbell_init(void (*rung)(void))
{
	on_ring = rung;
}

/**
 * mk_doorbell_open - let an instance ring from now on
 * @doorbell: its doorbell
 * @name: the instance, for people
 * @machine: its machine, with a control block
 *
 * Where the host cannot be rung, a spawned kernel runs as well: the host looks at
 * its endings by itself. It still can ring.
 *
 * Context: process; no CPU of the instance runs.
 */
void mk_doorbell_open(struct mk_doorbell *doorbell, const char *name,
		      const struct mk_machine *machine)
{
	const char *reason = obstacle();

	memset(doorbell, 0, sizeof(*doorbell));
	doorbell->nr_cpus = machine->nr_cpus;
	doorbell->own = mk_control_part(machine->platform, MK_ABI_HOST_BELL);
	doorbell->guest = mk_control_part(machine->platform, MK_ABI_GUEST_BELL);
	if (reason) {
		pr_warn("%s: it has no doorbell: %s\n", name, reason);
		return;
	}
	doorbell->target = mk_bell_target(X86_PLATFORM_IPI_VECTOR,
					  mk_cpu_apic_id(0));
	WRITE_ONCE(doorbell->own->target, doorbell->target);
}

/**
 * mk_doorbell_take - take what an instance has rung for
 * @doorbell: its doorbell
 *
 * Whatever it was for, the host looks at all that it may have been for.
 *
 * Context: any. The caller keeps others from the same doorbell.
 * Return: true when it has rung.
 */
bool mk_doorbell_take(struct mk_doorbell *doorbell)
{
	u64 reasons = mk_bell_take(doorbell->own);

	if (!reasons)
		return false;
	doorbell->rings++;
	if (reasons & BIT(MK_ABI_RING_ECHOED))
		WRITE_ONCE(doorbell->echo, READ_ONCE(doorbell->own->echo));
	if (reasons & ~REASONS_KNOWN)
		doorbell->unknown_rings++;
	return true;
}

/**
 * mk_doorbell_blame - count an interrupt against an instance
 * @doorbell: the doorbell of who rang, or of the only one that can have
 *
 * Context: as above; the interrupt.
 * Return: true when it is too much and it shall be ended.
 */
bool mk_doorbell_blame(struct mk_doorbell *doorbell)
{
	if (++doorbell->in_period < RINGS_TAKEN)
		return false;
	WRITE_ONCE(doorbell->own->target, 0);
	return ++doorbell->defied > RINGS_SUFFERED;
}

/**
 * mk_doorbell_is_muffled - ask whether an instance is to send no interrupt
 * @doorbell: its doorbell
 *
 * Context: as above.
 * Return: true when it has been told so in this period.
 */
bool mk_doorbell_is_muffled(const struct mk_doorbell *doorbell)
{
	return doorbell->in_period >= RINGS_TAKEN;
}

/**
 * mk_doorbell_rest - begin a period of counting anew if it is time
 * @doorbell: a doorbell
 *
 * What was rung for in the meantime is still to be taken.
 *
 * Context: as above; a timer's.
 */
void mk_doorbell_rest(struct mk_doorbell *doorbell)
{
	u64 now = ktime_get_ns();

	if (now - doorbell->period_ns < PERIOD_MS * NSEC_PER_MSEC)
		return;
	doorbell->period_ns = now;
	if (doorbell->in_period <= RINGS_TAKEN + RINGS_LATE + doorbell->nr_cpus)
		doorbell->defied = 0;
	if (doorbell->in_period >= RINGS_TAKEN) {
		doorbell->muffled++;
		WRITE_ONCE(doorbell->own->target, doorbell->target);
	}
	doorbell->in_period = 0;
}

static bool is_own_cpu(const struct mk_machine *machine, u32 apic_id)
{
	unsigned int i;

	for (i = 0; i < machine->nr_cpus; i++)
		if (machine->apic_ids[i] == apic_id)
			return true;
	return false;
}

/**
 * mk_doorbell_target - find out where an instance wants interrupts
 * @doorbell: its doorbell
 * @machine: its machine, whose CPUs alone may have them
 * @target: set to what it wants
 *
 * Context: any; its control block stays what it is.
 * Return: 0; -EOPNOTSUPP when it wants no interrupt; -EBADSLT when it wants one
 * that goes to somebody else, or that no local APIC would send (SDM vol. 3,
 * "Valid Interrupt Vectors").
 */
int mk_doorbell_target(const struct mk_doorbell *doorbell,
		       const struct mk_machine *machine, u64 *target)
{
	u32 vector;

	*target = READ_ONCE(doorbell->guest->target);
	vector = *target >> MK_ABI_BELL_VECTOR;
	if (!*target)
		return -EOPNOTSUPP;
	if (vector < FIRST_EXTERNAL_VECTOR || vector >= NR_VECTORS ||
	    !is_own_cpu(machine, lower_32_bits(*target)))
		return -EBADSLT;
	return 0;
}

/**
 * mk_doorbell_ring - ring an instance
 * @doorbell: its doorbell
 * @machine: its machine
 * @reason: what for
 *
 * Context: as above.
 * Return: 0, or what mk_doorbell_target() says.
 */
int mk_doorbell_ring(struct mk_doorbell *doorbell,
		     const struct mk_machine *machine,
		     enum mk_abi_reason reason)
{
	/* Its bit is set before the target is read: see bell.c. */
	bool send = mk_bell_pull(doorbell->guest, reason);
	u64 target;
	int ret = mk_doorbell_target(doorbell, machine, &target);

	if (!ret && send)
		mk_bell_send(target);
	return ret;
}

/**
 * mk_doorbell_meant - say what NMIs of this kernel's are for
 * @doorbell: the doorbell of an instance
 * @what: MK_ABI_NMI_PARK, or zero for nothing
 *
 * Context: any.
 */
void mk_doorbell_meant(struct mk_doorbell *doorbell, u32 what)
{
	/* Pairs with the acquire in park(), guest/power.c. */
	smp_store_release(&doorbell->guest->nmi, what);
}
