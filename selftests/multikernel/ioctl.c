// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/multikernel: what all its ioctls have in common. Structures of other
 * versions, unknown bits, bad pointers, ids that are nobody's, callers that may
 * not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME		MK_NAME "ioctl"
#define IOCTL_32	54	/* number in the table of 32-bit system calls */

/* Room for any of the structures and what a newer version might add. */
union argument {
	struct multikernel_create create;
	struct multikernel_info info;
	struct multikernel_boot boot;
	struct multikernel_start start;
	struct multikernel_stop stop;
	struct multikernel_destroy destroy;
	__u32 size;
	struct {
		__u32 size;
		__u32 flags;
	} head;
	__u8 bytes[512];
};

FIXTURE(command)
{
	struct mk_snapshot before;
	union argument arg;
};

/*
 * first_size: bytes of the structure's first version, 0 when this is it
 * id: where the id is that the call looks up, 0 when it makes one
 * bad_flags: the lowest flag that there is not
 */
FIXTURE_VARIANT(command)
{
	unsigned int cmd;
	__u32 size;
	__u32 first_size;
	size_t id;
	__u32 bad_flags;
};

FIXTURE_VARIANT_ADD(command, create) {
	.cmd = MULTIKERNEL_CREATE,
	.size = sizeof(struct multikernel_create),
	.first_size = offsetof(struct multikernel_create, fixed),
	.bad_flags = 1 << 1,
};

FIXTURE_VARIANT_ADD(command, info) {
	.cmd = MULTIKERNEL_INFO,
	.size = sizeof(struct multikernel_info),
	.id = offsetof(struct multikernel_info, id),
	.bad_flags = 1,
};

FIXTURE_VARIANT_ADD(command, boot) {
	.cmd = MULTIKERNEL_BOOT,
	.size = sizeof(struct multikernel_boot),
	.first_size = offsetof(struct multikernel_boot, on_crash),
	.id = offsetof(struct multikernel_boot, id),
	.bad_flags = 1 << 3,
};

FIXTURE_VARIANT_ADD(command, start) {
	.cmd = MULTIKERNEL_START,
	.size = sizeof(struct multikernel_start),
	.id = offsetof(struct multikernel_start, id),
	.bad_flags = 1,
};

FIXTURE_VARIANT_ADD(command, stop) {
	.cmd = MULTIKERNEL_STOP,
	.size = sizeof(struct multikernel_stop),
	.id = offsetof(struct multikernel_stop, id),
	.bad_flags = 1 << 1,
};

FIXTURE_VARIANT_ADD(command, destroy) {
	.cmd = MULTIKERNEL_DESTROY,
	.size = sizeof(struct multikernel_destroy),
	.id = offsetof(struct multikernel_destroy, id),
	.bad_flags = 1,
};

/* A request that would be granted, or refused for its id alone. */
FIXTURE_SETUP(command)
{
	static __u64 cpus;

	mk_begin(&self->before);
	memset(&self->arg, 0, sizeof(self->arg));
	if (variant->id) {
		memcpy(self->arg.bytes + variant->id, &(__u32){ MK_NOBODY },
		       sizeof(__u32));
	} else {
		cpus = 1ULL << mk_spare_cpu(0);
		snprintf(self->arg.create.name, MULTIKERNEL_NAME_SIZE, NAME);
		self->arg.create.cpus = (uintptr_t)&cpus;
		self->arg.create.cpus_size = sizeof(cpus);
		self->arg.create.node = MULTIKERNEL_NODE_ANY;
		self->arg.create.memory = MK_SMALL;
	}
	self->arg.size = variant->size;
}

FIXTURE_TEARDOWN(command)
{
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

TEST_F(command, of_this_version_is_understood)
{
	if (variant->id) {
		EXPECT_EQ(ENOENT, mk_ioctl(variant->cmd, &self->arg));
		return;
	}
	EXPECT_EQ(0, mk_ioctl(variant->cmd, &self->arg));
	EXPECT_EQ(0, mk_destroy(self->arg.create.id));
}

TEST_F(command, with_a_longer_struct_of_zeroes_is_understood)
{
	self->arg.size = sizeof(self->arg);
	if (variant->id) {
		EXPECT_EQ(ENOENT, mk_ioctl(variant->cmd, &self->arg));
		return;
	}
	EXPECT_EQ(0, mk_ioctl(variant->cmd, &self->arg));
	EXPECT_EQ(0, mk_destroy(self->arg.create.id));
}

TEST_F(command, with_a_longer_struct_that_says_more_is_E2BIG)
{
	self->arg.size = sizeof(self->arg);
	self->arg.bytes[variant->size] = 1;
	EXPECT_EQ(E2BIG, mk_ioctl(variant->cmd, &self->arg));
	self->arg.bytes[variant->size] = 0;
	self->arg.bytes[sizeof(self->arg) - 1] = 1;
	EXPECT_EQ(E2BIG, mk_ioctl(variant->cmd, &self->arg));
}

TEST_F(command, with_a_short_struct_is_EINVAL)
{
	__u32 first_size = variant->first_size ?: variant->size;
	__u32 size;

	for (size = 0; size < first_size; size++) {
		self->arg.size = size;
		ASSERT_EQ(EINVAL, mk_ioctl(variant->cmd, &self->arg))
			TH_LOG("size %u", size);
	}
}

TEST_F(command, with_an_unknown_flag_is_EINVAL)
{
	__u32 flag;

	for (flag = variant->bad_flags; flag; flag <<= 1) {
		self->arg.head.flags = flag;
		ASSERT_EQ(EINVAL, mk_ioctl(variant->cmd, &self->arg))
			TH_LOG("flag %#x", flag);
	}
}

TEST_F(command, without_CAP_SYS_BOOT_is_EPERM)
{
	ASSERT_EQ(0, mk_drop_capability(CAP_SYS_BOOT));
	EXPECT_EQ(EPERM, mk_ioctl(variant->cmd, &self->arg));
}

TEST_F(command, at_a_bad_address_is_EFAULT)
{
	EXPECT_EQ(EFAULT, mk_ioctl(variant->cmd, NULL));
	EXPECT_EQ(EFAULT, mk_ioctl(variant->cmd, (void *)-4096L));
}

/* The size is readable, the rest is not. */
TEST_F(command, that_ends_at_a_bad_address_is_EFAULT)
{
	__u8 *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, pages);
	ASSERT_EQ(0, munmap(pages + 4096, 4096));
	memcpy(pages + 4096 - 8, &self->arg, 8);
	EXPECT_EQ(EFAULT, mk_ioctl(variant->cmd, pages + 4096 - 8));
}

/* In the way of a 32-bit process; the argument's address must have 32 bits. */
static int ioctl_32(int fd, unsigned int cmd, __u32 arg)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret)
		     : "a"(IOCTL_32), "b"(fd), "c"(cmd), "d"(arg)
		     : "memory", "r8", "r9", "r10", "r11");
	return -(int)ret;
}

TEST_F(command, of_a_32_bit_process_is_EINVAL)
{
	union argument *low = mmap(NULL, sizeof(*low), PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
				   -1, 0);
	int fd = open("/dev/multikernel", O_RDWR);

	ASSERT_NE(MAP_FAILED, low);
	ASSERT_LE(0, fd);
	*low = self->arg;
	EXPECT_EQ(EINVAL, ioctl_32(fd, variant->cmd, (uintptr_t)low));
}

/* Calls that have more to them */

FIXTURE(ioctl)
{
	struct mk_snapshot before;
	struct multikernel_create create;
	__u64 cpus;
};

FIXTURE_SETUP(ioctl)
{
	mk_begin(&self->before);
	self->cpus = 1ULL << mk_spare_cpu(0);
	self->create = (struct multikernel_create) {
		.size = sizeof(self->create),
		.name = NAME,
		.cpus = (uintptr_t)&self->cpus,
		.cpus_size = sizeof(self->cpus),
		.node = MULTIKERNEL_NODE_ANY,
		.memory = MK_SMALL,
	};
}

FIXTURE_TEARDOWN(ioctl)
{
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

TEST_F(ioctl, of_an_unknown_number_is_ENOTTY)
{
	EXPECT_EQ(ENOTTY, mk_ioctl(_IO(MULTIKERNEL_IOCTL_TYPE, 0xff), NULL));
	EXPECT_EQ(ENOTTY, mk_ioctl(_IO(MULTIKERNEL_IOCTL_TYPE, 0x06), NULL));
	EXPECT_EQ(ENOTTY, mk_ioctl(_IOWR(MULTIKERNEL_IOCTL_TYPE, 0, int), NULL));
	EXPECT_EQ(ENOTTY, mk_ioctl(0, NULL));
}

TEST_F(ioctl, create_with_an_unreadable_cpu_mask_is_EFAULT)
{
	self->create.cpus = 0;
	EXPECT_EQ(EFAULT, mk_create_with(&self->create));
	self->create.cpus = -4096L;
	EXPECT_EQ(EFAULT, mk_create_with(&self->create));
}

/* The id cannot be told, so the instance must go away again. */
TEST_F(ioctl, create_in_read_only_memory_is_EFAULT_and_takes_nothing)
{
	struct multikernel_create *page;

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, page);
	*page = self->create;
	ASSERT_EQ(0, mprotect(page, 4096, PROT_READ));
	EXPECT_EQ(EFAULT, mk_create_with(page));
}

TEST_F(ioctl, info_with_unwritable_ranges_is_EFAULT)
{
	struct multikernel_info info;

	ASSERT_EQ(0, mk_create_with(&self->create));
	EXPECT_EQ(EFAULT, mk_info(self->create.id, &info, NULL));
	EXPECT_EQ(0, mk_destroy(self->create.id));
}

TEST_F(ioctl, info_with_little_room_says_how_much_it_takes)
{
	struct multikernel_range guard = { .start = 1, .size = 2 };
	struct multikernel_info info = {
		.size = sizeof(info),
		.ranges = (uintptr_t)&guard,
	};

	ASSERT_EQ(0, mk_create_with(&self->create));
	info.id = self->create.id;
	EXPECT_EQ(0, mk_ioctl(MULTIKERNEL_INFO, &info));
	EXPECT_LE(1, info.nr_ranges);
	EXPECT_EQ(1, guard.start);
	EXPECT_EQ(2, guard.size);
	EXPECT_EQ(0, mk_destroy(self->create.id));
}

TEST_F(ioctl, boot_with_an_unknown_entry_is_EINVAL)
{
	struct multikernel_boot boot = { .size = sizeof(boot), .entry = 2 };

	ASSERT_EQ(0, mk_create_with(&self->create));
	boot.id = self->create.id;
	EXPECT_EQ(EINVAL, mk_ioctl(MULTIKERNEL_BOOT, &boot));
	EXPECT_EQ(0, mk_destroy(self->create.id));
}

/* As programs say it that know nothing of crashes. */
TEST_F(ioctl, boot_of_the_first_version_is_understood)
{
	struct multikernel_boot boot = {
		.size = offsetof(struct multikernel_boot, on_crash),
		.on_crash = ~0U,
		.max_restarts = ~0U,
	};

	ASSERT_EQ(0, mk_create_with(&self->create));
	boot.id = self->create.id;
	EXPECT_EQ(0, mk_ioctl(MULTIKERNEL_BOOT, &boot));
	EXPECT_EQ(0, mk_destroy(self->create.id));
}

TEST_F(ioctl, boot_with_a_number_of_restarts_that_does_not_fit_is_EINVAL)
{
	static const struct {
		__u32 on_crash;
		__u32 max_restarts;
		int error;
	} cases[] = {
		{ MULTIKERNEL_ON_CRASH_STOP, 0, 0 },
		{ MULTIKERNEL_ON_CRASH_STOP, 1, EINVAL },
		{ MULTIKERNEL_ON_CRASH_RESTART, 0, EINVAL },
		{ MULTIKERNEL_ON_CRASH_RESTART, 1, 0 },
		{ MULTIKERNEL_ON_CRASH_RESTART, MULTIKERNEL_MAX_RESTARTS, 0 },
		{ MULTIKERNEL_ON_CRASH_RESTART, MULTIKERNEL_MAX_RESTARTS + 1,
		  EINVAL },
		{ MULTIKERNEL_ON_CRASH_RESTART, ~0U, EINVAL },
		{ MULTIKERNEL_ON_CRASH_RESTART + 1, 0, EINVAL },
		{ ~0U, 1, EINVAL },
	};
	struct multikernel_boot boot = { .size = sizeof(boot) };
	unsigned int i;

	ASSERT_EQ(0, mk_create_with(&self->create));
	boot.id = self->create.id;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		boot.on_crash = cases[i].on_crash;
		boot.max_restarts = cases[i].max_restarts;
		EXPECT_EQ(cases[i].error, mk_ioctl(MULTIKERNEL_BOOT, &boot))
			TH_LOG("%u, %u", boot.on_crash, boot.max_restarts);
	}
	EXPECT_EQ(0, mk_destroy(self->create.id));
}

TEST_F(ioctl, with_a_reserved_field_that_is_not_zero_is_EINVAL)
{
	struct multikernel_start start = { .size = sizeof(start) };
	struct multikernel_stop stop = { .size = sizeof(stop) };
	struct multikernel_destroy destroy = { .size = sizeof(destroy) };

	ASSERT_EQ(0, mk_create_with(&self->create));
	start.id = self->create.id;
	start.reserved = 1;
	stop.id = self->create.id;
	stop.reserved = 1;
	destroy.id = self->create.id;
	destroy.reserved = 1;
	EXPECT_EQ(EINVAL, mk_ioctl(MULTIKERNEL_START, &start));
	EXPECT_EQ(EINVAL, mk_ioctl(MULTIKERNEL_STOP, &stop));
	EXPECT_EQ(EINVAL, mk_ioctl(MULTIKERNEL_DESTROY, &destroy));
	EXPECT_EQ(0, mk_destroy(self->create.id));
}

MK_TEST_MAIN(1, MK_SMALL)
