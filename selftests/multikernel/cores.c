// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that share a core: MULTIKERNEL_CREATE_WHOLE_CORES refuses a part of
 * a core, without it there is a warning.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME	MK_NAME "cores"
#define WHOLE	MULTIKERNEL_CREATE_WHOLE_CORES
#define SHARES	"shares its core with CPU"

/*
 * core: the threads of two cores without CPU 0, as masks
 * half: one thread of each
 */
FIXTURE(cores)
{
	struct mk_snapshot before;
	__u64 core[2];
	__u64 half[2];
	__u32 id;
	int log;
};

/* The threads of a CPU's core as a mask, from "2-3" or "1,5". */
static __u64 siblings(int cpu)
{
	char path[128], text[128], *at = text;
	__u64 mask = 0;
	long from, to;

	snprintf(path, sizeof(path),
		 "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
		 cpu);
	if (!mk_read(path, text, sizeof(text)))
		return 0;
	while (*at) {
		from = strtol(at, &at, 10);
		to = from;
		if (*at == '-')
			to = strtol(at + 1, &at, 10);
		for (; from <= to && from < 64; from++)
			mask |= 1ULL << from;
		if (*at)
			at++;
	}
	return mask;
}

/* Finds cores with two threads or more; says how many, two at most. */
static int find_cores(__u64 *core, __u64 *half)
{
	int cpu, nth, found = 0;
	__u64 mask;

	for (nth = 0; found < 2 && (cpu = mk_spare_cpu(nth)) > 0; nth++) {
		mask = siblings(cpu);
		if (mask & 1 || mask == 1ULL << cpu ||
		    (found && mask == core[0]))
			continue;
		core[found] = mask;
		half[found++] = 1ULL << cpu;
	}
	return found;
}

static int first_cpu(__u64 mask)
{
	return __builtin_ctzll(mask);
}

FIXTURE_SETUP(cores)
{
	if (find_cores(self->core, self->half) < 2)
		SKIP(return, "needs two cores of two threads beside CPU 0's");
	mk_begin(&self->before);
	self->log = mk_log_open();
}

FIXTURE_TEARDOWN(cores)
{
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

static int create(__u64 cpus, __u32 flags, __u32 *id)
{
	return mk_create_on(NAME, cpus, flags, MK_SMALL, id);
}

TEST_F(cores, that_are_whole_are_taken_without_a_warning)
{
	EXPECT_EQ(0, create(self->core[0], WHOLE, &self->id));
	EXPECT_EQ(0, mk_destroy(self->id));
	EXPECT_EQ(0, create(self->core[0] | self->core[1], WHOLE, &self->id));
	EXPECT_EQ(0, mk_destroy(self->id));
	EXPECT_EQ(0, create(self->core[0], 0, &self->id));
	EXPECT_EQ(0, mk_destroy(self->id));
	EXPECT_FALSE(mk_log_contains(self->log, "multikernel: ", SHARES));
}

TEST_F(cores, that_are_split_are_refused_with_the_flag)
{
	EXPECT_EQ(EINVAL, create(self->half[0], WHOLE, &self->id));
	EXPECT_TRUE(mk_log_contains(self->log, NAME ": ", SHARES));
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

TEST_F(cores, that_are_split_are_taken_with_a_warning_without_the_flag)
{
	EXPECT_EQ(0, create(self->half[0], 0, &self->id));
	EXPECT_TRUE(mk_log_contains(self->log, NAME ": ", SHARES));
	EXPECT_EQ(0, mk_destroy(self->id));
}

TEST_F(cores, of_which_one_is_whole_and_one_is_not_are_refused)
{
	EXPECT_EQ(EINVAL, create(self->core[0] | self->half[1], WHOLE,
				 &self->id));
	EXPECT_TRUE(mk_log_contains(self->log, NAME ": ", SHARES));
	EXPECT_EQ(EINVAL, create(self->half[0] | self->core[1], WHOLE,
				 &self->id));
	EXPECT_EQ(EINVAL, create(self->half[0] | self->half[1], WHOLE,
				 &self->id));
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

TEST_F(cores, whose_other_thread_is_another_instances_are_refused)
{
	__u64 other = self->core[0] & ~self->half[0];

	ASSERT_EQ(0, mk_create_on(NAME "-2", other, 0, MK_SMALL, &self->id));
	EXPECT_EQ(EINVAL, create(self->half[0], WHOLE, &self->id));
	EXPECT_TRUE(mk_cpu_online(first_cpu(self->half[0])));
	EXPECT_EQ(1, mk_destroy_leftovers());
}

/* Nobody uses it now, but the host may at any time. */
TEST_F(cores, whose_other_thread_is_offline_are_refused)
{
	int other = first_cpu(self->core[0] & ~self->half[0]);

	ASSERT_EQ(0, mk_cpu_set_online(other, false));
	EXPECT_EQ(EINVAL, create(self->half[0], WHOLE, &self->id));
	EXPECT_EQ(0, mk_cpu_set_online(other, true));
}

TEST_F(cores, with_the_boot_processor_are_refused_for_that)
{
	__u64 core = siblings(0);

	EXPECT_EQ(EOPNOTSUPP, create(core, WHOLE, &self->id));
	EXPECT_EQ(EOPNOTSUPP, create(core | self->core[0], WHOLE, &self->id));
}

TEST_F(cores, that_were_taken_can_be_taken_again)
{
	int round;

	for (round = 0; round < 3; round++) {
		ASSERT_EQ(0, create(self->core[0], WHOLE, &self->id));
		EXPECT_EQ(EBUSY, mk_create_on(NAME "-2", self->core[0], WHOLE,
					      MK_SMALL, &self->id));
		EXPECT_EQ(1, mk_destroy_leftovers());
	}
}

MK_TEST_MAIN(1, MK_SMALL)
