// SPDX-License-Identifier: GPL-2.0-only
/*
 * Identity mappings for the first steps of a spawned kernel: four levels (the
 * trampoline leaves CR4.LA57 clear) of the format in SDM vol. 3,
 * "4-Level Paging and 5-Level Paging".
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <asm/page.h>
#include <asm/pgtable_types.h>

#include "../internal.h"

/* With four levels, the lower half of the address space is 2^47 bytes. */
#define MAPPABLE_BITS	47

#define LEVEL_BITS	9
#define ENTRIES		BIT(LEVEL_BITS)

/* Bits that every entry which points to a table has: the leaf decides. */
#define TABLE_FLAGS	(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED)

/* Bits of an address in an entry. */
#define ENTRY_ADDRESS	GENMASK_ULL(51, PAGE_SHIFT)

/**
 * mk_pagetable_init - begin page tables that map nothing
 * @table: to be initialised
 * @root: the root table's page
 * @pool: pages for the tables below it, in the direct map
 * @pool_pages: number of pages in @pool
 * @encryption_mask: bit to set in every entry (SEV's C-bit), or zero
 *
 * Context: any; the caller owns all the memory.
 */
void mk_pagetable_init(struct mk_pagetable *table, u64 *root, void *pool,
		       unsigned int pool_pages, u64 encryption_mask)
{
	table->root = root;
	table->pool = pool;
	table->pool_pages = pool_pages;
	table->pool_used = 0;
	table->encryption_mask = encryption_mask;
	memset(root, 0, PAGE_SIZE);
}

static u64 *next_table(struct mk_pagetable *table, u64 *entry)
{
	u64 address = *entry & ENTRY_ADDRESS & ~table->encryption_mask;
	u64 *next;

	if (*entry & _PAGE_PRESENT)
		return *entry & _PAGE_PSE ? NULL : __va(address);

	if (table->pool_used == table->pool_pages)
		return NULL;
	next = table->pool + ENTRIES * table->pool_used++;
	memset(next, 0, PAGE_SIZE);
	*entry = __pa(next) | TABLE_FLAGS | table->encryption_mask;
	return next;
}

/* Find the entry for @address in the table of @level, 1 being the lowest. */
static u64 *find_entry(struct mk_pagetable *table, u64 address, int level)
{
	u64 *entries = table->root;
	u64 *entry;
	int shift;

	for (shift = PAGE_SHIFT + 3 * LEVEL_BITS; ; shift -= LEVEL_BITS) {
		entry = entries + ((address >> shift) & (ENTRIES - 1));
		if (shift == PAGE_SHIFT + (level - 1) * LEVEL_BITS)
			return entry;
		entries = next_table(table, entry);
		if (!entries)
			return NULL;
	}
}

/**
 * mk_pagetable_map - map physical memory to the same virtual address
 * @table: from mk_pagetable_init()
 * @start: address, page aligned
 * @size: bytes, page aligned
 * @flags: _PAGE_RW and _PAGE_NX as wanted
 *
 * Pages of 2 MiB are used where they fit. A page that is mapped already takes
 * the new flags.
 *
 * Context: any; the caller owns @table.
 * Return: 0; -ERANGE when four levels do not reach that far; -ENOSPC when the
 * pool is used up or a large page is in the way.
 */
int mk_pagetable_map(struct mk_pagetable *table, u64 start, u64 size,
		     u64 flags)
{
	u64 end = start + size;
	u64 leaf, step;
	u64 *entry;
	bool large;

	if (end < start || end > BIT_ULL(MAPPABLE_BITS))
		return -ERANGE;

	leaf = flags | _PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY |
	       table->encryption_mask;
	for (; start < end; start += step) {
		large = IS_ALIGNED(start, PMD_SIZE) && end - start >= PMD_SIZE;
		step = large ? PMD_SIZE : PAGE_SIZE;
		entry = find_entry(table, start, large ? 2 : 1);
		if (!entry)
			return -ENOSPC;
		*entry = start | leaf | (large ? _PAGE_PSE : 0);
	}
	return 0;
}
