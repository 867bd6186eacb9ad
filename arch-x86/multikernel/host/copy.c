// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image as it was loaded, in memory of this kernel's own. What runs changes
 * its image, and the files that it came from are the loader's, who may be gone.
 * Only what the segments were given is kept: the rest of each is zero.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "../internal.h"

/* An initramfs may be large: bytes after which others may have the CPU. */
#define CHUNK		SZ_1M

static void copy_bytes(void *to, const void *from, u64 size)
{
	u64 chunk, done;

	for (done = 0; done < size; done += chunk) {
		chunk = min_t(u64, size - done, CHUNK);
		memcpy(to + done, from + done, chunk);
		cond_resched();
	}
}

static void clear_bytes(void *at, u64 size)
{
	u64 chunk, done;

	for (done = 0; done < size; done += chunk) {
		chunk = min_t(u64, size - done, CHUNK);
		memset(at + done, 0, chunk);
		cond_resched();
	}
}

/* Nobody is killed for it, and what the host still has is left to it. */
static void *allocate(u64 size)
{
	if (size >> PAGE_SHIFT >= si_mem_available())
		return NULL;
	return __vmalloc(size, GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
}

/**
 * mk_copy_make - keep a copy of an image
 * @name: the instance's name, for a message
 * @image: the image; its segments were checked and are in their place
 * @given: the segments as kexec_load() was given them, or a loader made them
 *
 * Context: process. The caller holds the instance's lock.
 * Return: 0; -ENOMEM, after a line.
 */
int mk_copy_make(const char *name, struct mk_image *image,
		 const struct kexec_segment *given)
{
	struct mk_copy *copy = &image->copy;
	unsigned int i;
	u64 size = 0;
	void *at;

	for (i = 0; i < image->nr_segments; i++) {
		copy->given[i] = given[i].bufsz;
		size += copy->given[i];
	}
	at = size ? allocate(PAGE_ALIGN(size)) : NULL;
	if (size && !at) {
		pr_warn("%s: no memory for a copy of its image, %llu KiB\n",
			name, PAGE_ALIGN(size) / SZ_1K);
		return -ENOMEM;
	}
	copy->data = at;
	WRITE_ONCE(copy->size, PAGE_ALIGN(size));
	for (i = 0; i < image->nr_segments; i++) {
		copy_bytes(at, __va(image->segment[i].start), copy->given[i]);
		at += copy->given[i];
	}
	return 0;
}

/**
 * mk_copy_restore - make an image what it was when it was loaded
 * @image: the image, which has a copy and does not run
 *
 * Context: process. The caller holds the instance's lock.
 */
void mk_copy_restore(const struct mk_image *image)
{
	const struct multikernel_range *segment = image->segment;
	const void *from = image->copy.data;
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++, segment++) {
		void *at = __va(segment->start);
		u64 given = image->copy.given[i];

		copy_bytes(at, from, given);
		clear_bytes(at + given, segment->size - given);
		from += given;
	}
}

/**
 * mk_copy_free - give the memory of a copy back to this kernel
 * @copy: the copy; no harm when there is none
 *
 * Context: process. The caller holds the instance's lock.
 */
void mk_copy_free(struct mk_copy *copy)
{
	vfree(copy->data);
	copy->data = NULL;
	WRITE_ONCE(copy->size, 0);
}
