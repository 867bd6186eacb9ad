// SPDX-License-Identifier: GPL-2.0
/*
 * kexec_file_load() with KEXEC_MULTIKERNEL: each file that is not as it must be
 * is refused with its errno, and leaves loaded what was.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <asm/bootparam.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME		MK_NAME "file"
#define SETUP		1024UL		/* setup code of the smallest bzImage */
#define CODE		4096UL
#define CMDLINE_MAX	255
#define X32_BIT		0x40000000

/* A bzImage as far as its loader looks. */
struct bzimage {
	__u8 setup[SETUP];
	__u8 code[CODE];
};

FIXTURE(file)
{
	struct mk_snapshot before;
	struct bzimage image;
	struct setup_header *header;
	size_t size;
	char kernel[32];
	char initrd[32];
	const char *cmdline;
	__u32 id;
	int log;
};

FIXTURE_SETUP(file)
{
	struct setup_header *header;

	mk_begin(&self->before);
	self->log = mk_log_open();
	ASSERT_EQ(0, mk_create(NAME, mk_spare_cpu(0), MK_SMALL, &self->id));

	memset(&self->image, 0, sizeof(self->image));
	header = (void *)(self->image.setup + 0x1f1);
	header->setup_sects = 1;
	header->boot_flag = 0xaa55;
	header->jump = 0xeb | 0x6a << 8;
	header->header = 0x53726448;
	header->version = 0x020f;
	header->loadflags = LOADED_HIGH;
	header->xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G |
			     XLF_5LEVEL;
	header->relocatable_kernel = 1;
	header->kernel_alignment = 2 * MK_MIB;
	header->pref_address = MK_MIB;
	header->init_size = MK_MIB;
	header->cmdline_size = CMDLINE_MAX;
	self->header = header;
	self->size = sizeof(self->image);
	self->cmdline = "root=none";
	snprintf(self->kernel, sizeof(self->kernel), "/tmp/mk-kernel-XXXXXX");
	snprintf(self->initrd, sizeof(self->initrd), "/tmp/mk-initrd-XXXXXX");
	close(mkstemp(self->kernel));
	close(mkstemp(self->initrd));
	ASSERT_EQ(0, truncate(self->initrd, CODE));
}

FIXTURE_TEARDOWN(file)
{
	unlink(self->kernel);
	unlink(self->initrd);
	EXPECT_EQ(0, mk_destroy(self->id));
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

/* By an id and more flags; 0 or an errno. */
static int load(FIXTURE_DATA(file) *self, __u32 id, unsigned long flags)
{
	int kernel, initrd, err = 0;

	kernel = open(self->kernel, O_WRONLY | O_TRUNC);
	if (write(kernel, &self->image, self->size) != (ssize_t)self->size)
		err = EIO;
	close(kernel);
	kernel = open(self->kernel, O_RDONLY);
	initrd = open(self->initrd, O_RDONLY);
	flags |= KEXEC_MULTIKERNEL |
		 (unsigned long)id << KEXEC_MULTIKERNEL_ID_SHIFT;
	if (!err && syscall(SYS_kexec_file_load, kernel, initrd,
			    strlen(self->cmdline) + 1, self->cmdline, flags))
		err = errno;
	close(kernel);
	close(initrd);
	return err;
}

/* Described as its loader wants it. */
static int describe_and_load(FIXTURE_DATA(file) *self)
{
	int err = mk_boot(self->id, 0, 0);

	return err ? err : load(self, self->id, 0);
}

#define EXPECT_REFUSED(err)						\
do {									\
	EXPECT_EQ(err, describe_and_load(self));			\
	EXPECT_TRUE(mk_in_state(NAME, "created"));			\
} while (0)

TEST_F(file, is_loaded_and_unloaded)
{
	EXPECT_EQ(0, describe_and_load(self));
	EXPECT_TRUE(mk_in_state(NAME, "loaded"));
	EXPECT_EQ(0, mk_read_number("/sys/kernel/kexec_loaded"));
	EXPECT_EQ(0, load(self, self->id, KEXEC_FILE_UNLOAD));
	EXPECT_TRUE(mk_in_state(NAME, "created"));
	EXPECT_EQ(ENOEXEC, mk_start(self->id));
}

TEST_F(file, has_no_initrd_when_none_is_wanted)
{
	unlink(self->initrd);
	EXPECT_EQ(EBADF, describe_and_load(self));
	EXPECT_EQ(0, mk_boot(self->id, 0, 0));
	EXPECT_EQ(0, load(self, self->id, KEXEC_FILE_NO_INITRAMFS));
	EXPECT_TRUE(mk_in_state(NAME, "loaded"));
}

TEST_F(file, that_is_refused_as_such_leaves_the_one_before)
{
	EXPECT_EQ(0, describe_and_load(self));
	self->header->header = 0;
	EXPECT_EQ(ENOEXEC, describe_and_load(self));
	EXPECT_TRUE(mk_in_state(NAME, "loaded"));
}

/* Who, where, when */

TEST_F(file, is_refused_when_it_was_not_described)
{
	EXPECT_EQ(EINVAL, load(self, self->id, 0));
	EXPECT_EQ(0, describe_and_load(self));
	EXPECT_EQ(EINVAL, load(self, self->id, 0));
	EXPECT_TRUE(mk_in_state(NAME, "loaded"));
}

TEST_F(file, is_refused_when_a_zero_page_was_named)
{
	EXPECT_EQ(0, mk_boot(self->id, 0x100000, 0));
	EXPECT_EQ(EINVAL, load(self, self->id, 0));
	EXPECT_TRUE(mk_in_state(NAME, "created"));
	EXPECT_TRUE(mk_log_contains(self->log, NAME ": a zero page was named",
				    "kexec_file_load() makes its own"));
}

TEST_F(file, is_refused_for_an_id_that_is_nobodys)
{
	EXPECT_EQ(ENOENT, load(self, MK_NOBODY, 0));
	EXPECT_EQ(ENOENT, load(self, MK_NOBODY, KEXEC_FILE_UNLOAD));
	EXPECT_EQ(ENOENT, load(self, 0, 0));
	EXPECT_EQ(ENOENT, load(self, 0, KEXEC_FILE_UNLOAD));
}

TEST_F(file, is_refused_while_the_instance_runs)
{
	struct multikernel_range ranges[MULTIKERNEL_MAX_RANGES];
	struct multikernel_info info;
	struct mk_image loop;

	ASSERT_EQ(0, mk_info(self->id, &info, ranges));
	mk_image_loop(&loop, &ranges[0]);
	ASSERT_EQ(0, mk_load(self->id, &loop));
	ASSERT_EQ(0, mk_start(self->id));
	EXPECT_EQ(0, mk_boot(self->id, 0, 0));
	EXPECT_EQ(EBUSY, load(self, self->id, 0));
	EXPECT_EQ(EBUSY, load(self, self->id, KEXEC_FILE_UNLOAD));
	EXPECT_TRUE(mk_in_state(NAME, "running"));
	EXPECT_EQ(0, mk_stop(self->id));
}

TEST_F(file, is_refused_with_the_flags_of_other_loads)
{
	static const unsigned long flags[] = {
		KEXEC_FILE_ON_CRASH, KEXEC_FILE_ON_CRASH | KEXEC_FILE_UNLOAD,
		0x10, 0x80, 0x200, KEXEC_ARCH_X86_64, 0x80000000,
	};
	size_t i;

	EXPECT_EQ(0, mk_boot(self->id, 0, 0));
	for (i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		EXPECT_EQ(EINVAL, load(self, self->id, flags[i]))
			TH_LOG("flags %#lx", flags[i]);
	EXPECT_TRUE(mk_in_state(NAME, "created"));
}

TEST_F(file, is_refused_without_CAP_SYS_BOOT)
{
	int status = -1;

	ASSERT_EQ(0, mk_boot(self->id, 0, 0));
	if (!fork()) {
		if (mk_drop_capability(CAP_SYS_BOOT))
			_exit(255);
		_exit(load(self, self->id, 0));
	}
	wait(&status);
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(EPERM, WEXITSTATUS(status));
	EXPECT_TRUE(mk_in_state(NAME, "created"));
}

/* An id does not fit into flags of 32 bits; some kernels have no x32 at all. */
TEST_F(file, is_not_unloaded_by_an_x32_process)
{
	EXPECT_EQ(0, describe_and_load(self));
	EXPECT_EQ(-1, syscall(SYS_kexec_file_load | X32_BIT, -1, -1, 0UL, NULL,
			      KEXEC_MULTIKERNEL | KEXEC_FILE_UNLOAD |
			      (unsigned long)self->id <<
			      KEXEC_MULTIKERNEL_ID_SHIFT));
	EXPECT_TRUE(mk_in_state(NAME, "loaded"));
}

/* The kernel's file */

TEST_F(file, is_refused_when_it_is_too_short)
{
	self->size = SETUP - 1;
	EXPECT_REFUSED(ENOEXEC);
}

TEST_F(file, is_refused_when_it_is_shorter_than_its_setup_code)
{
	self->header->setup_sects = 64;
	EXPECT_REFUSED(ENOEXEC);
}

TEST_F(file, is_refused_without_a_setup_header)
{
	self->header->header = 0;
	EXPECT_REFUSED(ENOEXEC);
}

TEST_F(file, is_refused_when_it_is_a_32_bit_kernel)
{
	self->header->xloadflags &= ~XLF_KERNEL_64;
	EXPECT_REFUSED(ENOEXEC);
}

TEST_F(file, is_refused_when_it_must_be_low)
{
	self->header->xloadflags &= ~XLF_CAN_BE_LOADED_ABOVE_4G;
	EXPECT_REFUSED(ENOEXEC);
}

TEST_F(file, is_refused_when_it_needs_more_memory_than_there_is)
{
	self->header->init_size = MK_SMALL;
	EXPECT_REFUSED(EADDRNOTAVAIL);
	EXPECT_TRUE(mk_log_contains(self->log, NAME ": no room for 16384 KiB",
				    "in a piece of its memory"));
}

TEST_F(file, is_refused_when_it_wants_to_be_above_all_memory)
{
	self->header->pref_address = 1UL << 46;
	EXPECT_REFUSED(EADDRNOTAVAIL);
}

/* Numbers that the loader does not check, at their ends. */
TEST_F(file, is_refused_when_its_size_is_nonsense)
{
	static const __u32 sizes[] = { 0, -1, -4095 };
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		self->header->init_size = sizes[i];
		EXPECT_NE(0, describe_and_load(self));
		EXPECT_TRUE(mk_in_state(NAME, "created"))
			TH_LOG("init_size %#x", sizes[i]);
	}
}

TEST_F(file, stays_in_the_memory_whatever_its_alignment_is)
{
	static const __u32 alignments[] = {
		0, 1, 3, 4095, 4097, 0x201000, 0x80000000, -1,
	};
	size_t i;
	int err;

	for (i = 0; i < sizeof(alignments) / sizeof(*alignments); i++) {
		self->header->kernel_alignment = alignments[i];
		err = describe_and_load(self);
		EXPECT_TRUE(!err || err == EADDRNOTAVAIL)
			TH_LOG("alignment %#x: %d", alignments[i], err);
	}
}

/* The other file, and the command line */

TEST_F(file, is_refused_with_an_initrd_that_is_too_large)
{
	ASSERT_EQ(0, truncate(self->initrd, MK_SMALL));
	EXPECT_REFUSED(EADDRNOTAVAIL);
	ASSERT_EQ(0, truncate(self->initrd, MK_SMALL / 2));
	EXPECT_EQ(0, describe_and_load(self));
}

TEST_F(file, is_refused_with_a_command_line_that_is_too_long)
{
	static char line[CMDLINE_MAX + 1];

	memset(line, 'x', CMDLINE_MAX);
	self->cmdline = line;
	EXPECT_REFUSED(EINVAL);
	line[CMDLINE_MAX - 31] = '\0';
	EXPECT_EQ(0, describe_and_load(self));
}

TEST_F(file, is_refused_when_the_command_line_has_no_end)
{
	int kernel;

	ASSERT_EQ(0, describe_and_load(self));
	ASSERT_EQ(0, mk_boot(self->id, 0, 0));
	kernel = open(self->kernel, O_RDONLY);
	EXPECT_EQ(-1, syscall(SYS_kexec_file_load, kernel, -1, 4UL, "root=none",
			      KEXEC_MULTIKERNEL | KEXEC_FILE_NO_INITRAMFS |
			      (unsigned long)self->id <<
			      KEXEC_MULTIKERNEL_ID_SHIFT));
	EXPECT_EQ(EINVAL, errno);
	close(kernel);
}

MK_TEST_MAIN(1, MK_SMALL)
