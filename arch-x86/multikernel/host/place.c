// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where this kernel's own loader may put what kexec_file_load() reads: in the
 * pieces of an instance's memory.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/ioport.h>
#include <linux/kexec.h>

#include "../internal.h"

/* In the order of sizes, and of addresses where these are equal. */
static bool comes_before(const struct mk_memory *memory, int piece, int other)
{
	u64 size = memory->range[piece].size;
	u64 other_size = memory->range[other].size;

	return size < other_size || (size == other_size && piece < other);
}

/* The piece that comes after @last, the first one after -1; or -1. */
static int next_piece(const struct mk_memory *memory, int last)
{
	int nr = memory->nr;
	int best = -1;
	int i;

	for (i = 0; i < nr; i++)
		if ((last < 0 || comes_before(memory, last, i)) &&
		    (best < 0 || comes_before(memory, i, best)))
			best = i;
	return best;
}

/* The platform block is the end of a piece. */
static struct resource usable(const struct mk_machine *machine, int piece)
{
	const struct multikernel_range *range = &machine->memory.range[piece];
	u64 size = range->size;

	if (machine->platform >= range->start &&
	    machine->platform - range->start < size)
		size = machine->platform - range->start;
	return DEFINE_RES_MEM(range->start, size);
}

/**
 * mk_place_walk - offer a machine's memory to a loader
 * @machine: the machine
 * @kbuf: what is to be placed
 * @func: looks for a place in a piece; tells with 1 that there is one, else 0
 *
 * The smallest piece comes first: so the kernel takes none from an initrd that
 * fits into no other.
 *
 * Context: any.
 * Return: what @func returned last, or 0.
 */
int mk_place_walk(const struct mk_machine *machine, struct kexec_buf *kbuf,
		  int (*func)(struct resource *resource, void *kbuf))
{
	const struct mk_memory *memory = &machine->memory;
	int ret = 0;
	int i;

	for (i = next_piece(memory, -1); i >= 0 && !ret;
	     i = next_piece(memory, i)) {
		struct resource piece = usable(machine, i);

		if (resource_size(&piece))
			ret = func(&piece, kbuf);
	}
	return ret;
}

/**
 * multikernel_walk_memory - offer an instance's memory to a loader
 * @kbuf: what is to be placed; its image names the instance
 * @func: see mk_place_walk()
 *
 * Nothing keeps the instance between this and multikernel_load(), which checks
 * what comes of it.
 *
 * Context: process.
 * Return: 1 when there is a place, 0 after a line when there is none, or
 * -ENOENT or -EINTR.
 */
int multikernel_walk_memory(struct kexec_buf *kbuf,
			    int (*func)(struct resource *resource, void *kbuf))
{
	struct mk_instance *instance;
	int ret;

	instance = mk_instance_lock(kbuf->image->multikernel_id);
	if (IS_ERR(instance))
		return PTR_ERR(instance);
	ret = mk_place_walk(&instance->machine, kbuf, func);
	if (!ret)
		pr_warn("%s: no room for %lu KiB in a piece of its memory\n",
			instance->name, kbuf->memsz / SZ_1K);
	mk_instance_unlock(instance);
	return ret;
}
