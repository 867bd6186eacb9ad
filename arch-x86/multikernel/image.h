/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is loaded into an instance, and how it is loaded once more: host/copy.c
 * and host/restart.c. Part of internal.h.
 */
#ifndef _X86_MULTIKERNEL_IMAGE_H
#define _X86_MULTIKERNEL_IMAGE_H

struct mk_instance;

/**
 * struct mk_copy - an image as it was loaded
 * @data: what the segments were given, one after the other, or NULL
 * @size: bytes of the host's memory that this takes
 * @given: bytes that each segment was given; the rest of it is zero
 */
struct mk_copy {
	void *data;
	u64 size;
	u64 given[KEXEC_SEGMENT_MAX];
};

/**
 * struct mk_image - what is loaded into an instance
 * @next: how to enter the next image, from MULTIKERNEL_BOOT
 * @next_valid: @next was given and no image has been loaded with it
 * @boot: how to enter this image
 * @entry: address of its first instruction
 * @segment: where it lies, page aligned
 * @nr_segments: number of segments
 * @executable: the segment that @entry lies in
 * @cmdline: its command line, or NULL
 * @copy: what it can be restored from
 */
struct mk_image {
	struct multikernel_boot next;
	bool next_valid;
	struct multikernel_boot boot;
	u64 entry;
	struct multikernel_range segment[KEXEC_SEGMENT_MAX];
	unsigned int nr_segments;
	unsigned int executable;
	char *cmdline;
	struct mk_copy copy;
};

/* Whether it is entered in 32-bit mode, and has no zero page. */
static inline bool mk_image_is_flat(const struct mk_image *image)
{
	return image->boot.entry == MULTIKERNEL_ENTRY_FLAT32;
}

/* Find the segment that @size bytes at @address are in, or say -1. */
static inline int mk_image_find(const struct mk_image *image, u64 address,
				u64 size)
{
	const struct multikernel_range *segment = image->segment;
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++, segment++)
		if (address >= segment->start &&
		    address - segment->start < segment->size &&
		    size <= segment->size - (address - segment->start))
			return i;
	return -1;
}

/* host/copy.c: an image as it was loaded, in the host's memory */

int mk_copy_make(const char *name, struct mk_image *image,
		 const struct kexec_segment *given);
void mk_copy_restore(const struct mk_image *image);
void mk_copy_free(struct mk_copy *copy);

/**
 * struct mk_restart - restarts of the image that was loaded last
 * @limit: how many there may be, zero for none
 * @count: how many there were
 * @pending: the next one is to come; the state is MK_CRASHED, and the image is
 *	not forgotten
 * @start: makes it, with the instance locked; set before each start
 * @work: calls @start when the time has come. It has a reference to the
 *	instance while it is queued or runs
 * @last_crash: why the last kernel crashed, or nothing
 */
struct mk_restart {
	unsigned int limit;
	unsigned int count;
	bool pending;
	int (*start)(struct mk_instance *instance);
	struct delayed_work work;
	char last_crash[MK_ABI_TEXT_SIZE + 16];
};

/* host/restart.c: restarts after a crash */

bool mk_restart_is_due(enum mk_state state, unsigned int count,
		       unsigned int limit);
unsigned int mk_restart_delay_ms(unsigned int nth);
int mk_restart_check(const char *name, const struct multikernel_boot *boot);
void mk_restart_init(struct mk_instance *instance);
void mk_restart_reset(struct mk_instance *instance, unsigned int limit);
bool mk_restart_plan(struct mk_instance *instance, enum mk_state state);
bool mk_restart_cancel(struct mk_instance *instance);
void mk_restart_reload(struct mk_instance *instance);

#endif /* _X86_MULTIKERNEL_IMAGE_H */
