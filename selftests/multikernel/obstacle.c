// SPDX-License-Identifier: GPL-2.0
/*
 * Machines on which INIT and SIPI do not do what they must: instances are
 * refused there. This machine is taken for one of them on demand.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME	MK_NAME "obstacle"

FIXTURE(obstacle)
{
	struct mk_snapshot before;
	int cpu;
	int log;
};

/*
 * number: of the kind of machine, in MK_OBSTACLE
 * reason: of what the line in the log speaks
 */
FIXTURE_VARIANT(obstacle)
{
	const char *number;
	const char *reason;
};

FIXTURE_VARIANT_ADD(obstacle, firmware_wakeup) {
	.number = "1", .reason = "the platform starts CPUs",
};

FIXTURE_VARIANT_ADD(obstacle, encrypted_guest) {
	.number = "2", .reason = "an encrypted guest cannot send INIT",
};

FIXTURE_VARIANT_ADD(obstacle, encrypted_memory) {
	.number = "3", .reason = "memory encryption (SME or SEV) is active",
};

FIXTURE_VARIANT_ADD(obstacle, measured_launch) {
	.number = "4", .reason = "after a measured launch",
};

FIXTURE_SETUP(obstacle)
{
	if (!mk_write(MK_OBSTACLE, "0"))
		SKIP(return, "needs CONFIG_MULTIKERNEL_DEBUG and debugfs");
	mk_begin(&self->before);
	self->cpu = mk_spare_cpu(0);
	self->log = mk_log_open();
}

FIXTURE_TEARDOWN(obstacle)
{
	EXPECT_TRUE(mk_write(MK_OBSTACLE, "0"));
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

TEST_F(obstacle, is_told_and_nothing_is_taken)
{
	__u32 id = 0;

	ASSERT_TRUE(mk_write(MK_OBSTACLE, variant->number));
	EXPECT_EQ(EOPNOTSUPP, mk_create(NAME, self->cpu, MK_SMALL, &id));
	EXPECT_TRUE(mk_log_contains(self->log, NAME ": not on this machine: ",
				    variant->reason));
	EXPECT_EQ(0, id);
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

TEST_F(obstacle, that_is_gone_is_no_obstacle)
{
	__u32 id;

	ASSERT_TRUE(mk_write(MK_OBSTACLE, variant->number));
	EXPECT_EQ(EOPNOTSUPP, mk_create(NAME, self->cpu, MK_SMALL, &id));
	ASSERT_TRUE(mk_write(MK_OBSTACLE, "0"));
	ASSERT_EQ(0, mk_create(NAME, self->cpu, MK_SMALL, &id));
	EXPECT_TRUE(mk_in_state(NAME, "created"));
	EXPECT_EQ(0, mk_destroy(id));
}

/* What is wrong with the request is said first. */
TEST_F(obstacle, does_not_hide_a_bad_name)
{
	__u32 id;

	ASSERT_TRUE(mk_write(MK_OBSTACLE, variant->number));
	EXPECT_EQ(EINVAL, mk_create("1" NAME, self->cpu, MK_SMALL, &id));
}

MK_TEST_MAIN(1, MK_SMALL)
