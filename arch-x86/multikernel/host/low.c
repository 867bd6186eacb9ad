// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory below 1 MiB, which only early boot can reserve: the trampoline's two
 * pages, and a slot for each instance, as a Linux kernel needs RAM there for
 * the real-mode code that starts its other CPUs.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/bitmap.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/string.h>

#include "../internal.h"

/* Text and data of the trampoline; zero when there was no room. */
phys_addr_t mk_trampoline_phys __ro_after_init;

static phys_addr_t slot_phys[MK_LOW_SLOTS] __ro_after_init;
static unsigned int slots __ro_after_init;

/* One bit for each slot that an instance has. */
static DECLARE_BITMAP(slots_taken, MK_LOW_SLOTS);

static phys_addr_t __init reserve(phys_addr_t size)
{
	return memblock_phys_alloc_range(size, PAGE_SIZE, 0, SZ_1M);
}

/**
 * multikernel_reserve_low - reserve the trampoline's pages and the slots
 *
 * reserve_real_mode() calls this after it has taken what this kernel needs and
 * before it reserves the rest of the first MiB. As that rest would be lost to
 * everybody, taking it costs nothing. Too little of it leaves fewer slots, and
 * none at all leaves this kernel without the feature.
 *
 * Context: setup_arch(), before memblock hands over to the page allocator.
 */
void __init multikernel_reserve_low(void)
{
	phys_addr_t phys;

	mk_trampoline_phys = reserve(2 * PAGE_SIZE);
	if (!mk_trampoline_phys) {
		pr_info("no memory below 1 MiB for the trampoline, no kernels can be spawned\n");
		return;
	}

	while (slots < MK_LOW_SLOTS) {
		phys = reserve(MK_LOW_SLOT_SIZE);
		if (!phys)
			break;
		slot_phys[slots++] = phys;
	}
	if (!slots)
		pr_info("no memory below 1 MiB for spawned kernels, none can be spawned\n");
}

/**
 * mk_low_take - take a slot
 * @low: filled with its address and size
 *
 * Context: any.
 * Return: 0, or -ENOSPC when no slot is free.
 */
int mk_low_take(struct multikernel_range *low)
{
	unsigned int slot;

	for (slot = 0; slot < slots; slot++) {
		if (test_and_set_bit(slot, slots_taken))
			continue;
		low->start = slot_phys[slot];
		low->size = MK_LOW_SLOT_SIZE;
		return 0;
	}
	return -ENOSPC;
}

/**
 * mk_low_give_back - scrub and give back a slot
 * @low: from mk_low_take()
 *
 * Context: any; no CPU may still use the slot.
 */
void mk_low_give_back(const struct multikernel_range *low)
{
	unsigned int slot;

	memset(__va(low->start), 0, low->size);
	for (slot = 0; slot < slots; slot++)
		if (slot_phys[slot] == low->start)
			clear_bit(slot, slots_taken);
}

/**
 * mk_low_total - count the slots
 *
 * Return: the number of slots that early boot found room for.
 */
unsigned int mk_low_total(void)
{
	return slots;
}

/**
 * mk_low_free - count the free slots
 *
 * Return: the number of slots that no instance has.
 */
unsigned int mk_low_free(void)
{
	return slots - bitmap_weight(slots_taken, MK_LOW_SLOTS);
}
