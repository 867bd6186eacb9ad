/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether something that is done again and again uses memory up.
 */
#ifndef MK_USAGE_H
#define MK_USAGE_H

#include <stdbool.h>

#define MK_USAGE_ROUNDS	1000

/**
 * enum mk_usage_kind - what of /proc/meminfo is looked at
 * @MK_USAGE_LOST: neither free nor accounted for there
 * @MK_USAGE_SLAB: caches of objects
 * @MK_USAGE_UNRECLAIMABLE: those that cannot be shrunk
 * @MK_USAGE_PERCPU: areas of each CPU's own
 * @MK_USAGE_VMALLOC: mapped page by page, without the stacks of tasks there are
 * @MK_USAGE_USED: not free
 * @MK_USAGE_UNAVAILABLE: neither free nor easily freed
 * @MK_USAGE_KINDS: number of kinds
 */
enum mk_usage_kind {
	MK_USAGE_LOST,
	MK_USAGE_SLAB,
	MK_USAGE_UNRECLAIMABLE,
	MK_USAGE_PERCPU,
	MK_USAGE_VMALLOC,
	MK_USAGE_USED,
	MK_USAGE_UNAVAILABLE,
	MK_USAGE_KINDS,
};

/**
 * struct mk_usage - memory of this machine after each round
 * @pages: of each kind after each round
 * @rounds: number of rounds
 */
struct mk_usage {
	long pages[MK_USAGE_KINDS][MK_USAGE_ROUNDS];
	unsigned int rounds;
};

void mk_usage_measure(struct mk_usage *usage, unsigned int round);
/* Says on standard error how it went. */
bool mk_usage_does_not_grow(const struct mk_usage *usage);

#endif /* MK_USAGE_H */
