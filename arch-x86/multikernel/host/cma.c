// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is set aside for instances at boot, with multikernel_cma=. Until
 * an instance needs it, this kernel has movable pages there.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/cache.h>
#include <linux/cma.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/mm.h>

#include "../internal.h"

/* All of the area is handed out in multiples of this. */
#define ALIGNMENT	SZ_2M

static struct cma *area __ro_after_init;
static u64 wanted __initdata;

static int __init parse_size(char *value)
{
	char *end;

	if (!value)
		return -EINVAL;
	wanted = memparse(value, &end);
	if (*end || end == value) {
		pr_warn("multikernel_cma=%s is not a size\n", value);
		wanted = 0;
	}
	return 0;
}
early_param("multikernel_cma", parse_size);

/**
 * multikernel_reserve_cma - set memory aside
 *
 * Too much of it leaves this kernel without; a line says so.
 *
 * Context: setup_arch(), when the NUMA nodes and the crash kernel's memory are
 * known, before memblock hands over to the page allocator.
 */
void __init multikernel_reserve_cma(void)
{
	int ret;

	if (!wanted)
		return;
	if (!IS_ENABLED(CONFIG_CMA)) {
		pr_warn("multikernel_cma= needs CONFIG_CMA\n");
		return;
	}
	ret = cma_declare_contiguous(0, ALIGN(wanted, ALIGNMENT), 0, ALIGNMENT,
				     get_order(ALIGNMENT), false, "multikernel",
				     &area);
	if (ret)
		pr_warn("multikernel_cma=%lluM cannot be had: %d\n",
			wanted / SZ_1M, ret);
}

/**
 * mk_cma_contains - ask whether memory is of the area
 * @address: an address
 *
 * Return: true when it is, so that it is given back to the area as well.
 */
bool mk_cma_contains(u64 address)
{
	return IS_ENABLED(CONFIG_CMA) && area &&
	       address >= cma_get_base(area) &&
	       address - cma_get_base(area) < cma_get_size(area);
}

/**
 * mk_cma_take - take memory from the area
 * @size: bytes, a multiple of 2 MiB
 * @node: NUMA node, or MULTIKERNEL_NODE_ANY
 *
 * Context: process; moves other users' pages out of the way.
 * Return: its address; or zero when there is no area, not so much is left in
 * one piece, or it is another node's. The memory has what its last user left.
 */
u64 mk_cma_take(u64 size, int node)
{
	struct page *page;

	if (!IS_ENABLED(CONFIG_CMA) || !area || size > cma_get_size(area))
		return 0;
	/* All of an area is of one zone, and so of one node. */
	page = pfn_to_page(PHYS_PFN(cma_get_base(area)));
	if (node != MULTIKERNEL_NODE_ANY && node != page_to_nid(page))
		return 0;
	page = cma_alloc(area, size >> PAGE_SHIFT, get_order(ALIGNMENT), true);
	return page ? page_to_phys(page) : 0;
}

/**
 * mk_cma_give_back - give memory back to the area
 * @start: address, for which mk_cma_contains() is true
 * @size: bytes, a multiple of 2 MiB; all of them were taken
 *
 * Context: process.
 */
void mk_cma_give_back(u64 start, u64 size)
{
	if (IS_ENABLED(CONFIG_CMA))
		cma_release(area, pfn_to_page(start >> PAGE_SHIFT),
			    size >> PAGE_SHIFT);
}
