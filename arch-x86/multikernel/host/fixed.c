// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is set aside at boot by its address, with multikernel_reserve=,
 * for images that run nowhere else. Nobody has it until an instance asks for
 * just that memory. /proc/iomem has all of it, and the instances in it.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/align.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <asm/x86_init.h>

#include "../internal.h"

#define MAX_AREAS	8

/* What was asked for, and in the end what was had; instances are below it. */
static struct resource areas[MAX_AREAS];
static unsigned int nr_wanted __initdata;
static bool asked __initdata;
static unsigned int nr_areas;

static void (*reserve_before)(void) __initdata;

/**
 * mk_fixed_is_valid - judge a range that is asked for by its address
 * @range: the range
 *
 * Context: any.
 * Return: true when it is whole units of MK_FIXED_UNIT above the first of them.
 */
bool mk_fixed_is_valid(const struct multikernel_range *range)
{
	return range->size && IS_ALIGNED(range->size, MK_FIXED_UNIT) &&
	       range->start && IS_ALIGNED(range->start, MK_FIXED_UNIT) &&
	       range->start + range->size > range->start;
}

/**
 * mk_fixed_parse - read SIZE@ADDRESS
 * @text: what was given
 * @range: set to what it means, when there is no error
 *
 * Context: any.
 * Return: where it ends, or NULL when it means nothing that there can be.
 */
const char *mk_fixed_parse(const char *text, struct multikernel_range *range)
{
	const char *start = text;
	char *end;

	range->size = memparse(start, &end);
	if (end == start || *end != '@')
		return NULL;
	start = end + 1;
	range->start = memparse(start, &end);
	if (end == start || !mk_fixed_is_valid(range))
		return NULL;
	return end;
}

/* Take an area from memblock, or say why not. */
static bool __init reserve(const struct resource *area)
{
	u64 size = resource_size(area);
	const char *why = NULL;

	if (!memblock_is_region_memory(area->start, size))
		why = "not all of it is memory";
	else if (memblock_is_region_reserved(area->start, size))
		why = "this kernel, its initrd, the firmware or another area is there";
	else if (memblock_reserve(area->start, size))
		why = "memblock has no room";
	if (!why)
		return true;
	pr_warn("%pa-%pa is not set aside: %s\n", &area->start, &area->end,
		why);
	return false;
}

/*
 * All that has its place before this kernel does has been reserved, and nothing
 * was allocated above 1 MiB.
 */
static void __init reserve_areas(void)
{
	unsigned int i;

	reserve_before();
	asked = true;
	for (i = 0; i < nr_wanted; i++)
		if (reserve(&areas[i]))
			areas[nr_areas++] = areas[i];
}

static void __init add_area(const struct multikernel_range *range)
{
	struct resource *area = &areas[nr_wanted];

	if (nr_wanted == MAX_AREAS) {
		pr_warn("multikernel_reserve= knows no more than %u areas\n",
			MAX_AREAS);
		return;
	}
	area->name = "multikernel";
	area->start = range->start;
	area->end = range->start + range->size - 1;
	area->flags = IORESOURCE_MEM;
	nr_wanted++;
}

static int __init parse_areas(char *value)
{
	struct multikernel_range range;
	const char *end = value;

	if (!value)
		return -EINVAL;
	if (!reserve_before) {
		reserve_before = x86_platform.realmode_reserve;
		x86_platform.realmode_reserve = reserve_areas;
	}
	do {
		end = mk_fixed_parse(end, &range);
		if (!end || (*end && *end != ',')) {
			pr_warn("multikernel_reserve=%s is not SIZE@ADDRESS, each in whole MiB\n",
				value);
			return 0;
		}
		add_area(&range);
	} while (*end++);
	return 0;
}
early_param("multikernel_reserve", parse_areas);

static int __init mk_fixed_setup(void)
{
	unsigned int i;

	for (i = 0; i < nr_areas; i++) {
		if (insert_resource(&iomem_resource, &areas[i]))
			pr_warn("%pR is not in /proc/iomem\n", &areas[i]);
		pr_info("%pa-%pa is set aside\n", &areas[i].start,
			&areas[i].end);
	}
	if (nr_wanted && !asked)
		pr_warn("nothing is set aside: this platform has no hook for that\n");
	return 0;
}
subsys_initcall(mk_fixed_setup);

static struct resource *find_area(u64 start, u64 size)
{
	struct resource *area;

	for (area = areas; area < areas + nr_areas; area++)
		if (start >= area->start && start <= area->end &&
		    size <= area->end - start + 1)
			return area;
	return NULL;
}

/**
 * mk_fixed_contains - ask whether memory was set aside by its address
 * @address: an address
 *
 * Context: any.
 * Return: true when it was.
 */
bool mk_fixed_contains(u64 address)
{
	return find_area(address, 1);
}

/**
 * mk_fixed_take - take a range of what was set aside
 * @name: the instance, which has the name for as long as it has the range
 * @range: the range, for which mk_fixed_is_valid() is true
 *
 * The memory has what its last user left.
 *
 * Context: process.
 * Return: 0; -EADDRNOTAVAIL when it was not set aside, in one area; -EBUSY when
 * a part of it is taken.
 */
int mk_fixed_take(const char *name, const struct multikernel_range *range)
{
	struct resource *area = find_area(range->start, range->size);
	u64 end = range->start + range->size - 1;

	if (!area) {
		pr_warn("%s: %#llx-%#llx is not set aside: boot with multikernel_reserve=%lluM@%lluM\n",
			name, range->start, end, range->size / SZ_1M,
			range->start / SZ_1M);
		return -EADDRNOTAVAIL;
	}
	if (!__request_region(area, range->start, range->size, name, 0)) {
		pr_warn("%s: a part of %#llx-%#llx is taken\n", name,
			range->start, end);
		return -EBUSY;
	}
	return 0;
}

/**
 * mk_fixed_give_back - give a range back
 * @range: the range, whole as it was taken
 *
 * Context: process.
 */
void mk_fixed_give_back(const struct multikernel_range *range)
{
	__release_region(find_area(range->start, range->size), range->start,
			 range->size);
}
