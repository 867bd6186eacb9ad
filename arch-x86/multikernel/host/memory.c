// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of this kernel that belongs to an instance.
 *
 * It is taken from the area that was set aside at boot, if there is one, and
 * from the page allocator, in pieces as large as they can be had; what is wanted
 * at an address, from what was set aside there. The pages stay in the direct map
 * and are marked offline, so that whoever walks all pages (/proc/kcore,
 * hibernation) leaves them alone.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sort.h>
#include <linux/vmstat.h>

#include "../internal.h"

#define SMALLEST_PIECE	SZ_2M
#define LARGEST_PIECE	SZ_1G

/* What this kernel keeps: alloc_contig_pages() knows no watermarks. */
#define KEEP_BYTES	SZ_64M
#define KEEP_FRACTION	16

/* How much is given back at a time, so that others get to run. */
#define STEP		SZ_128M

/* Bytes that instances have. */
static atomic64_t taken = ATOMIC64_INIT(0);

/* One taker at a time, so that each sees what the others left. */
static DEFINE_MUTEX(taking);

/* Free pages of CMA areas are for movable pages alone, neither for us. */
static bool leaves_enough(u64 size)
{
	u64 total = (u64)totalram_pages() << PAGE_SHIFT;
	u64 keep = max_t(u64, KEEP_BYTES, total / KEEP_FRACTION);
	s64 free = si_mem_available() - global_zone_page_state(NR_FREE_CMA_PAGES);
	s64 spare = (free << PAGE_SHIFT) - keep;

	return spare > 0 && size <= spare;
}

static void mark(const struct multikernel_range *range, bool offline)
{
	unsigned long pfn = range->start >> PAGE_SHIFT;
	unsigned long end = pfn + (range->size >> PAGE_SHIFT);

	page_offline_begin();
	for (; pfn < end; pfn++) {
		if (offline)
			__SetPageOffline(pfn_to_page(pfn));
		else
			__ClearPageOffline(pfn_to_page(pfn));
	}
	page_offline_end();
}

static void scrub(const struct multikernel_range *range)
{
	u64 address;

	for (address = range->start; address < range->start + range->size;
	     address += PAGE_SIZE) {
		clear_page(__va(address));
		cond_resched();
	}
}

static u64 allocate(u64 size, int node)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN;
	struct page *page;

	if (node == MULTIKERNEL_NODE_ANY)
		node = numa_mem_id();
	else
		gfp |= __GFP_THISNODE;
	page = alloc_contig_pages(size >> PAGE_SHIFT, gfp, node, NULL);
	return page ? page_to_phys(page) : 0;
}

/* What was this kernel's is not for others to read. */
static void add_piece(struct mk_memory *memory, u64 start, u64 size)
{
	struct multikernel_range *range = &memory->range[memory->nr++];

	range->start = start;
	range->size = size;
	atomic64_add(size, &taken);
	mark(range, true);
	scrub(range);
}

static int compare(const void *a, const void *b)
{
	const struct multikernel_range *left = a, *right = b;

	return left->start < right->start ? -1 : left->start > right->start;
}

/*
 * Neighbours that are given back to the same place. What was wanted at an
 * address is given back as it was taken.
 */
static bool can_be_joined(const struct multikernel_range *left,
			  const struct multikernel_range *right)
{
	return left->start + left->size == right->start &&
	       mk_cma_contains(left->start) == mk_cma_contains(right->start) &&
	       !mk_fixed_contains(left->start) &&
	       !mk_fixed_contains(right->start);
}

static void sort_and_join(struct mk_memory *memory)
{
	struct multikernel_range *last = memory->range;
	unsigned int i;

	sort(memory->range, memory->nr, sizeof(*memory->range), compare, NULL);
	for (i = 1; i < memory->nr; i++) {
		if (can_be_joined(last, &memory->range[i]))
			last->size += memory->range[i].size;
		else
			*++last = memory->range[i];
	}
	memory->nr = last - memory->range + 1;
}

/* Make room in the list of pieces. */
static bool has_room(struct mk_memory *memory)
{
	if (memory->nr == MULTIKERNEL_MAX_RANGES)
		sort_and_join(memory);
	return memory->nr < MULTIKERNEL_MAX_RANGES;
}

/*
 * Take what the area set aside at boot has; return what is still wanted. Crumbs
 * of it are not to use up the list of pieces.
 */
static u64 take_from_area(struct mk_memory *memory, u64 size, int node)
{
	u64 piece = LARGEST_PIECE;
	u64 start;

	while (size && piece >= SMALLEST_PIECE &&
	       memory->nr < MULTIKERNEL_MAX_RANGES / 2 &&
	       !fatal_signal_pending(current)) {
		piece = min(piece, size);
		start = mk_cma_take(piece, node);
		if (!start) {
			piece = ALIGN_DOWN(piece / 2, SMALLEST_PIECE);
			continue;
		}
		add_piece(memory, start, piece);
		size -= piece;
	}
	return size;
}

static int take_from_allocator(const char *name, struct mk_memory *memory,
			       u64 size, int node)
{
	u64 piece = LARGEST_PIECE;
	u64 left = size;
	u64 start;

	while (left) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (!leaves_enough(left)) {
			pr_warn("%s: too little memory is available for %llu MiB\n",
				name, size / SZ_1M);
			return -ENOMEM;
		}
		piece = min(piece, rounddown_pow_of_two(left));
		start = has_room(memory) ? allocate(piece, node) : 0;
		if (start) {
			add_piece(memory, start, piece);
			left -= piece;
			continue;
		}
		piece /= 2;
		if (piece < SMALLEST_PIECE) {
			pr_warn("%s: memory is too fragmented for %llu MiB, %llu MiB were had\n",
				name, size / SZ_1M, (size - left) / SZ_1M);
			return -ENOMEM;
		}
	}
	return 0;
}

static int take_pieces(const char *name, struct mk_memory *memory, u64 size,
		       int node)
{
	u64 left = take_from_area(memory, size, node);
	int ret = take_from_allocator(name, memory, left, node);

	if (!ret)
		sort_and_join(memory);
	return ret;
}

/**
 * mk_memory_take_fixed - take memory that was set aside at boot by its address
 * @name: the instance, for as long as it has the memory
 * @memory: without pieces; filled with these, all bytes of them zero
 * @ranges: addresses and sizes, for which mk_fixed_is_valid() is true
 * @nr: number of them, up to MULTIKERNEL_MAX_FIXED
 *
 * Context: process.
 * Return: 0, or what mk_fixed_take() says; then none is taken.
 */
int mk_memory_take_fixed(const char *name, struct mk_memory *memory,
			 const struct multikernel_range *ranges,
			 unsigned int nr)
{
	unsigned int i;
	int ret;

	for (i = 0; i < nr; i++) {
		ret = mk_fixed_take(name, &ranges[i]);
		if (ret) {
			mk_memory_give_back(memory);
			return ret;
		}
		add_piece(memory, ranges[i].start, ranges[i].size);
	}
	return 0;
}

/**
 * mk_memory_take - take memory from this kernel
 * @name: the instance, for messages
 * @memory: has what mk_memory_take_fixed() took; the pieces are added, all bytes
 *	of them zero
 * @size: bytes, a multiple of 2 MiB; zero if there are pieces
 * @node: NUMA node, or MULTIKERNEL_NODE_ANY
 *
 * Context: process; moves other users' pages out of the way, which may take
 * seconds, and waits for others that take memory.
 * Return: 0; -ENOMEM when too little would be left for this kernel, or when
 * the memory is too fragmented; -EINTR when a signal kills the caller. After
 * an error, none is taken.
 */
int mk_memory_take(const char *name, struct mk_memory *memory, u64 size,
		   int node)
{
	int ret;

	ret = mutex_lock_killable(&taking);
	if (!ret) {
		ret = take_pieces(name, memory, size, node);
		mutex_unlock(&taking);
	}
	if (ret)
		mk_memory_give_back(memory);
	return ret;
}

static void give_back(const struct multikernel_range *range)
{
	scrub(range);
	mark(range, false);
	if (mk_cma_contains(range->start))
		mk_cma_give_back(range->start, range->size);
	else if (!mk_fixed_contains(range->start))
		free_contig_range(range->start >> PAGE_SHIFT,
				  range->size >> PAGE_SHIFT);
	atomic64_sub(range->size, &taken);
}

static void give_back_piece(const struct multikernel_range *piece)
{
	struct multikernel_range step;
	u64 left = piece->size;

	while (left) {
		step.size = min_t(u64, left, STEP);
		left -= step.size;
		step.start = piece->start + left;
		give_back(&step);
		cond_resched();
	}
	if (mk_fixed_contains(piece->start))
		mk_fixed_give_back(piece);
}

/**
 * mk_memory_give_back - scrub memory and give it back
 * @memory: from mk_memory_take()
 *
 * Context: process; no CPU may still use the memory.
 */
void mk_memory_give_back(struct mk_memory *memory)
{
	for (; memory->nr; memory->nr--)
		give_back_piece(&memory->range[memory->nr - 1]);
}

/**
 * mk_memory_contains - ask whether a range is within one piece
 * @memory: from mk_memory_take()
 * @start: address of the first byte
 * @size: bytes
 *
 * Return: true when every byte is the instance's.
 */
bool mk_memory_contains(const struct mk_memory *memory, u64 start, u64 size)
{
	const struct multikernel_range *range = memory->range;
	unsigned int i;

	for (i = 0; i < memory->nr; i++, range++)
		if (start >= range->start &&
		    start - range->start < range->size &&
		    size <= range->size - (start - range->start))
			return true;
	return false;
}

/**
 * mk_memory_size - add up the pieces
 * @memory: from mk_memory_take()
 *
 * Return: their size in bytes.
 */
u64 mk_memory_size(const struct mk_memory *memory)
{
	u64 size = 0;
	unsigned int i;

	for (i = 0; i < memory->nr; i++)
		size += memory->range[i].size;
	return size;
}

/**
 * mk_memory_total - add up what all instances have
 *
 * Return: bytes.
 */
u64 mk_memory_total(void)
{
	return atomic64_read(&taken);
}
