// SPDX-License-Identifier: GPL-2.0
/*
 * kexec_load() with KEXEC_MULTIKERNEL: each image that is not as it must be is
 * refused with its errno, and leaves nothing loaded.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <asm/bootparam.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME		MK_NAME "load"
#define PAGE		4096UL
#define KEXEC_LOAD_32	283	/* number in the table of 32-bit system calls */

FIXTURE(load)
{
	struct mk_snapshot before;
	struct multikernel_info info;
	struct multikernel_range ranges[MULTIKERNEL_MAX_RANGES];
	struct mk_image image;
	__u64 end;
	__u32 id;
	int log;
};

FIXTURE_SETUP(load)
{
	struct multikernel_range *last;

	mk_begin(&self->before);
	self->log = mk_log_open();
	ASSERT_EQ(0, mk_create(NAME, mk_spare_cpu(0), MK_SMALL, &self->id));
	ASSERT_EQ(0, mk_info(self->id, &self->info, self->ranges));
	mk_image_loop(&self->image, &self->ranges[0]);
	last = &self->ranges[self->info.nr_ranges - 1];
	self->end = last->start + last->size;
}

FIXTURE_TEARDOWN(load)
{
	EXPECT_EQ(0, mk_destroy(self->id));
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

/* Refused with that errno, and nothing is loaded. */
#define EXPECT_REFUSED(err)						\
do {									\
	EXPECT_EQ(err, mk_load(self->id, &self->image));		\
	EXPECT_TRUE(mk_in_state(NAME, "created"));			\
	EXPECT_EQ(ENOEXEC, mk_start(self->id));				\
} while (0)

TEST_F(load, takes_an_image_and_unloads_it)
{
	EXPECT_TRUE(mk_in_state(NAME, "created"));
	EXPECT_EQ(0, mk_load(self->id, &self->image));
	EXPECT_TRUE(mk_in_state(NAME, "loaded"));
	EXPECT_EQ(0, mk_kexec_load(0, 0, NULL, mk_load_flags(self->id)));
	EXPECT_TRUE(mk_in_state(NAME, "created"));
	EXPECT_EQ(ENOEXEC, mk_start(self->id));
}

TEST_F(load, takes_another_image_in_place_of_the_first)
{
	EXPECT_EQ(0, mk_load(self->id, &self->image));
	EXPECT_EQ(0, mk_load(self->id, &self->image));
	EXPECT_TRUE(mk_in_state(NAME, "loaded"));
}

TEST_F(load, unloads_what_was_loaded_when_the_next_is_refused)
{
	EXPECT_EQ(0, mk_load(self->id, &self->image));
	self->image.entry = 0;
	EXPECT_REFUSED(EADDRNOTAVAIL);
}

TEST_F(load, leaves_the_image_of_a_normal_kexec_alone)
{
	static __u8 nothing[PAGE];
	struct kexec_segment segment = {
		.buf = nothing, .bufsz = PAGE,
		.mem = (void *)(64 * MK_MIB), .memsz = PAGE,
	};

	ASSERT_EQ(0, mk_read_number("/sys/kernel/kexec_loaded"));
	ASSERT_EQ(0, mk_load(self->id, &self->image));
	EXPECT_EQ(0, mk_read_number("/sys/kernel/kexec_loaded"));

	ASSERT_EQ(0, mk_kexec_load(64 * MK_MIB, 1, &segment, KEXEC_ARCH_X86_64));
	EXPECT_EQ(1, mk_read_number("/sys/kernel/kexec_loaded"));
	EXPECT_EQ(0, mk_load(self->id, &self->image));
	EXPECT_EQ(0, mk_kexec_load(0, 0, NULL, mk_load_flags(self->id)));
	EXPECT_EQ(1, mk_read_number("/sys/kernel/kexec_loaded"));
	EXPECT_EQ(0, mk_kexec_load(0, 0, NULL, KEXEC_ARCH_X86_64));
	EXPECT_EQ(0, mk_read_number("/sys/kernel/kexec_loaded"));
}

/* Segments: one more than an image that would be taken. */

static void add_segment(struct mk_image *image, __u64 address, size_t size)
{
	struct kexec_segment *segment = &image->segments[image->nr++];

	*segment = image->segments[MK_LOOP_CODE];
	segment->mem = (void *)address;
	segment->memsz = size;
}

#define EXPECT_OUTSIDE(address, size)					\
do {									\
	add_segment(&self->image, address, size);			\
	EXPECT_REFUSED(EADDRNOTAVAIL);					\
	EXPECT_TRUE(mk_log_contains(self->log, NAME ": segment",	\
				    "is outside the instance's memory")); \
} while (0)

TEST_F(load, takes_a_segment_that_ends_where_the_platform_block_starts)
{
	add_segment(&self->image, self->info.platform.start - PAGE, PAGE);
	EXPECT_EQ(0, mk_load(self->id, &self->image));
}

TEST_F(load, refuses_a_segment_in_the_hosts_memory)
{
	EXPECT_OUTSIDE(self->ranges[0].start / 2, PAGE);
}

TEST_F(load, refuses_a_segment_below_the_instances_memory)
{
	EXPECT_OUTSIDE(self->ranges[0].start - PAGE, PAGE);
}

TEST_F(load, refuses_a_segment_beyond_the_instances_memory)
{
	EXPECT_OUTSIDE(self->end, PAGE);
}

TEST_F(load, refuses_a_segment_across_the_start_of_the_memory)
{
	EXPECT_OUTSIDE(self->ranges[0].start - PAGE, 2 * PAGE);
}

TEST_F(load, refuses_a_segment_across_the_end_of_the_memory)
{
	EXPECT_OUTSIDE(self->end - PAGE, 2 * PAGE);
}

TEST_F(load, refuses_a_segment_in_the_platform_block)
{
	EXPECT_OUTSIDE(self->info.platform.start, PAGE);
}

TEST_F(load, refuses_a_segment_across_the_start_of_the_platform_block)
{
	EXPECT_OUTSIDE(self->info.platform.start - PAGE, 2 * PAGE);
}

TEST_F(load, refuses_a_segment_in_low_memory)
{
	EXPECT_OUTSIDE(self->info.low.start, PAGE);
}

TEST_F(load, refuses_overlapping_segments)
{
	add_segment(&self->image, self->image.entry, PAGE);
	EXPECT_REFUSED(EINVAL);
}

TEST_F(load, refuses_a_segment_that_is_not_page_aligned)
{
	add_segment(&self->image, self->ranges[0].start + 2 * MK_MIB + 8, PAGE);
	EXPECT_REFUSED(EADDRNOTAVAIL);
}

TEST_F(load, refuses_a_segment_smaller_than_its_contents)
{
	self->image.segments[0].bufsz = 2 * PAGE;
	EXPECT_REFUSED(EINVAL);
}

TEST_F(load, refuses_more_segments_than_there_may_be)
{
	EXPECT_EQ(0, mk_boot(self->id, self->image.boot_params, 0));
	EXPECT_EQ(EINVAL, mk_kexec_load(self->image.entry,
					KEXEC_SEGMENT_MAX + 1,
					self->image.segments,
					mk_load_flags(self->id)));
	EXPECT_TRUE(mk_in_state(NAME, "created"));
}

TEST_F(load, refuses_contents_at_a_bad_address)
{
	self->image.segments[0].buf = (void *)-4096L;
	EXPECT_REFUSED(EFAULT);
}

/* Addresses */

TEST_F(load, refuses_an_entry_outside_the_segments)
{
	self->image.entry += PAGE;
	EXPECT_REFUSED(EADDRNOTAVAIL);
}

TEST_F(load, refuses_an_entry_in_the_hosts_memory)
{
	self->image.entry = 32 * MK_MIB;
	EXPECT_REFUSED(EADDRNOTAVAIL);
}

TEST_F(load, refuses_a_zero_page_outside_the_segments)
{
	self->image.boot_params += 2 * PAGE;
	EXPECT_REFUSED(EADDRNOTAVAIL);
}

TEST_F(load, refuses_a_zero_page_across_the_end_of_a_segment)
{
	self->image.boot_params += 8;
	EXPECT_REFUSED(EADDRNOTAVAIL);
}

TEST_F(load, refuses_a_zero_page_at_the_end_of_the_address_space)
{
	self->image.boot_params = -8L;
	EXPECT_REFUSED(EADDRNOTAVAIL);
}

/* The setup header */

static struct setup_header *header(struct mk_image *image)
{
	struct boot_params *params =
		(void *)image->segments[MK_LOOP_BOOT_PARAMS].buf;

	return &params->hdr;
}

TEST_F(load, refuses_a_zero_page_without_a_setup_header)
{
	header(&self->image)->header = 0;
	EXPECT_REFUSED(ENOEXEC);
}

TEST_F(load, refuses_a_zero_page_without_the_boot_flag)
{
	header(&self->image)->boot_flag = 0;
	EXPECT_REFUSED(ENOEXEC);
}

TEST_F(load, refuses_a_protocol_older_than_the_64_bit_entry)
{
	header(&self->image)->version = 0x020b;
	EXPECT_REFUSED(ENOEXEC);
}

TEST_F(load, refuses_a_kernel_without_a_64_bit_entry)
{
	header(&self->image)->xloadflags &= ~XLF_KERNEL_64;
	EXPECT_REFUSED(ENOEXEC);
}

/* Flags, ids, callers */

TEST_F(load, refuses_an_image_whose_entry_was_not_described)
{
	EXPECT_EQ(EINVAL, mk_kexec_load(self->image.entry, self->image.nr,
					self->image.segments,
					mk_load_flags(self->id)));
	EXPECT_TRUE(mk_in_state(NAME, "created"));
}

TEST_F(load, takes_one_description_for_one_image)
{
	EXPECT_EQ(0, mk_load(self->id, &self->image));
	EXPECT_EQ(EINVAL, mk_kexec_load(self->image.entry, self->image.nr,
					self->image.segments,
					mk_load_flags(self->id)));
	EXPECT_TRUE(mk_in_state(NAME, "created"));
}

TEST_F(load, refuses_an_id_that_is_nobodys)
{
	EXPECT_EQ(ENOENT, mk_kexec_load(self->image.entry, self->image.nr,
					self->image.segments,
					mk_load_flags(MK_NOBODY)));
	EXPECT_EQ(ENOENT, mk_kexec_load(0, 0, NULL, mk_load_flags(MK_NOBODY)));
	EXPECT_EQ(ENOENT, mk_kexec_load(0, 0, NULL, mk_load_flags(0)));
}

TEST_F(load, refuses_the_flags_of_other_loads)
{
	static const unsigned long flags[] = {
		KEXEC_ON_CRASH, KEXEC_PRESERVE_CONTEXT, 4, 8, 0x10, 0x80,
		0x200, 0x8000,
	};
	size_t i;

	EXPECT_EQ(0, mk_boot(self->id, self->image.boot_params, 0));
	for (i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		EXPECT_EQ(EINVAL, mk_kexec_load(self->image.entry,
						self->image.nr,
						self->image.segments,
						mk_load_flags(self->id) |
						flags[i]))
			TH_LOG("flag %#lx", flags[i]);
	EXPECT_TRUE(mk_in_state(NAME, "created"));
}

TEST_F(load, refuses_another_architecture)
{
	EXPECT_EQ(EINVAL, mk_kexec_load(0, 0, NULL, KEXEC_MULTIKERNEL |
					KEXEC_ARCH_AARCH64 |
					(unsigned long)self->id <<
					KEXEC_MULTIKERNEL_ID_SHIFT));
}

TEST_F(load, refuses_a_caller_without_CAP_SYS_BOOT)
{
	ASSERT_EQ(0, mk_boot(self->id, self->image.boot_params, 0));
	if (!fork()) {
		if (mk_drop_capability(CAP_SYS_BOOT))
			_exit(255);
		_exit(mk_kexec_load(self->image.entry, self->image.nr,
				    self->image.segments,
				    mk_load_flags(self->id)));
	} else {
		int status = -1;

		wait(&status);
		ASSERT_TRUE(WIFEXITED(status));
		EXPECT_EQ(EPERM, WEXITSTATUS(status));
	}
	EXPECT_TRUE(mk_in_state(NAME, "created"));
}

/* An id does not fit into 32 bits of flags. */
TEST_F(load, refuses_a_32_bit_process)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret)
		     : "a"(KEXEC_LOAD_32), "b"(0), "c"(0), "d"(0),
		       "S"(KEXEC_MULTIKERNEL | KEXEC_ARCH_386)
		     : "memory", "r8", "r9", "r10", "r11");
	EXPECT_EQ(-EINVAL, (int)ret);
}

MK_TEST_MAIN(1, MK_SMALL)
