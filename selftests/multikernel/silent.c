// SPDX-License-Identifier: GPL-2.0
/*
 * A CPU that does not answer when it is to be parked: what it may use stays the
 * instance's until it does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME		MK_NAME "silent"
#define REASON		"a CPU does not answer"

/* How long a CPU is waited for when nobody says. */
#define DEADLINE_MS	3000

FIXTURE(silent)
{
	struct mk_snapshot before;
	struct mk_snapshot during;
	struct mk_instance instance;
	__u32 apic_id;
	__u32 rung;
	int cpu;
	int other;
	int log;
};

/*
 * two: the instance has two CPUs
 * first: the silent one is the first of them, which runs the image
 */
FIXTURE_VARIANT(silent)
{
	bool two;
	bool first;
};

FIXTURE_VARIANT_ADD(silent, only_cpu) {
	.two = false, .first = true,
};

FIXTURE_VARIANT_ADD(silent, first_of_two) {
	.two = true, .first = true,
};

FIXTURE_VARIANT_ADD(silent, second_of_two) {
	.two = true, .first = false,
};

FIXTURE_SETUP(silent)
{
	int high = mk_spare_cpu(0), low = mk_spare_cpu(1);
	__u64 cpus = 1ULL << high;

	if (!mk_write(MK_MUTE, MK_MUTE_NOBODY))
		SKIP(return, "needs CONFIG_MULTIKERNEL_DEBUG and debugfs");
	if (variant->two && low < 0)
		SKIP(return, "needs two CPUs beside CPU 0");
	/* The first CPU of an instance is that with the lowest number. */
	self->cpu = variant->two && variant->first ? low : high;
	self->other = variant->first ? high : low;
	if (variant->two)
		cpus |= 1ULL << low;

	mk_begin(&self->before);
	self->apic_id = mk_apic_id(self->cpu);
	ASSERT_EQ(0, mk_make(&self->instance, NAME, cpus, MK_SMALL));
	ASSERT_EQ(0, mk_run(&self->instance));
	mk_snapshot(&self->during);
	self->log = mk_log_open();
	ASSERT_TRUE(mk_mute(self->apic_id));
}

FIXTURE_TEARDOWN(silent)
{
	mk_write(MK_CORRUPT, "N");
	EXPECT_TRUE(mk_write(MK_MUTE, MK_MUTE_NOBODY));
	mk_destroy(self->instance.id);
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

/* The line that names the CPU, by the host's number of it. */
static bool log_names_the_cpu(int log, int cpu)
{
	char text[64];

	snprintf(text, sizeof(text),
		 "CPU %d does not answer and stays the instance's", cpu);
	return mk_log_contains(log, NAME ": ", text);
}

TEST_F(silent, fails_a_stop_and_keeps_all_it_may_use)
{
	__u32 id = self->instance.id;

	EXPECT_EQ(ETIMEDOUT, mk_stop_with(id, 0, 0, &self->rung));
	EXPECT_EQ(0, self->rung);
	EXPECT_TRUE(mk_in_state(NAME, "failed"));
	EXPECT_TRUE(mk_ended_by(NAME, REASON));
	EXPECT_TRUE(log_names_the_cpu(self->log, self->cpu));
	EXPECT_TRUE(mk_snapshot_same(&self->during));
	EXPECT_EQ(EPERM, mk_cpu_set_online(self->cpu, true));
	EXPECT_EQ(EPERM, mk_cpu_set_online(self->other, true));
}

TEST_F(silent, keeps_a_failed_instance_from_all_but_stop_and_destroy)
{
	__u32 id = self->instance.id;
	struct multikernel_info info;

	ASSERT_EQ(ETIMEDOUT, mk_stop(id));
	EXPECT_EQ(EBUSY, mk_load(id, &self->instance.image));
	EXPECT_EQ(EBUSY, mk_kexec_load(0, 0, NULL, mk_load_flags(id)));
	EXPECT_EQ(EBUSY, mk_start(id));
	EXPECT_EQ(0, mk_info(id, &info, self->instance.ranges));
	EXPECT_TRUE(mk_in_state(NAME, "failed"));
	EXPECT_EQ(ETIMEDOUT, mk_stop(id));
	EXPECT_TRUE(mk_in_state(NAME, "failed"));
}

TEST_F(silent, can_be_stopped_and_used_again_once_it_answers)
{
	__u32 id = self->instance.id;

	ASSERT_EQ(ETIMEDOUT, mk_stop(id));
	ASSERT_TRUE(mk_write(MK_MUTE, MK_MUTE_NOBODY));
	EXPECT_EQ(0, mk_stop_with(id, 0, 0, &self->rung));
	EXPECT_EQ(MULTIKERNEL_RUNG_INIT, self->rung);
	EXPECT_TRUE(mk_in_state(NAME, "stopped"));
	EXPECT_TRUE(mk_ended_by(NAME, "stopped by INIT"));
	EXPECT_EQ(0, mk_run(&self->instance));
	EXPECT_TRUE(mk_in_state(NAME, "running"));
}

/* What must be the instance's still, and what the host's again. */
#define EXPECT_ALL_BUT_THE_SILENT_CPU_IS_BACK()				\
do {									\
	struct mk_snapshot now;						\
	char cpus[16], text[16];					\
									\
	mk_snapshot(&now);						\
	EXPECT_TRUE(mk_in_state(NAME, "failed"));			\
	EXPECT_TRUE(mk_ended_by(NAME, REASON));				\
	EXPECT_EQ(self->during.memory_total, now.memory_total);		\
	EXPECT_EQ(self->during.low_slots_free, now.low_slots_free);	\
	EXPECT_EQ(self->during.instances, now.instances);		\
	EXPECT_FALSE(mk_cpu_online(self->cpu));				\
	EXPECT_EQ(EPERM, mk_cpu_set_online(self->cpu, true));		\
	EXPECT_TRUE(!variant->two || mk_cpu_online(self->other));	\
	snprintf(cpus, sizeof(cpus), "%d", self->cpu);			\
	ASSERT_TRUE(mk_instance_read(NAME, "cpus", text, sizeof(text)));	\
	EXPECT_STREQ(cpus, text);					\
} while (0)

TEST_F(silent, keeps_destroy_from_all_but_the_cpus_that_answer)
{
	__u32 id = self->instance.id;

	EXPECT_EQ(ETIMEDOUT, mk_destroy(id));
	EXPECT_TRUE(log_names_the_cpu(self->log, self->cpu));
	EXPECT_ALL_BUT_THE_SILENT_CPU_IS_BACK();

	/* Again, with no CPU left that answers. */
	EXPECT_EQ(ETIMEDOUT, mk_destroy(id));
	EXPECT_ALL_BUT_THE_SILENT_CPU_IS_BACK();

	EXPECT_TRUE(mk_write(MK_MUTE, MK_MUTE_NOBODY));
	EXPECT_EQ(0, mk_destroy(id));
	EXPECT_TRUE(mk_cpu_online(self->cpu));
	EXPECT_EQ(ENOENT, mk_destroy(id));
}

TEST_F(silent, is_given_back_by_destroy_after_a_stop_that_failed)
{
	__u32 id = self->instance.id;

	EXPECT_EQ(ETIMEDOUT, mk_stop(id));
	EXPECT_EQ(ETIMEDOUT, mk_destroy(id));
	EXPECT_ALL_BUT_THE_SILENT_CPU_IS_BACK();
	EXPECT_TRUE(mk_write(MK_MUTE, MK_MUTE_NOBODY));
	EXPECT_EQ(0, mk_destroy(id));
	EXPECT_TRUE(mk_cpu_online(self->cpu));
}

/* It has lost CPUs, when there were others. */
TEST_F(silent, leaves_nothing_but_destroy_once_that_was_tried)
{
	__u32 id = self->instance.id;

	EXPECT_EQ(ETIMEDOUT, mk_destroy(id));
	EXPECT_TRUE(mk_write(MK_MUTE, MK_MUTE_NOBODY));
	EXPECT_EQ(0, mk_stop(id));
	EXPECT_EQ(EBUSY, mk_load(id, &self->instance.image));
	EXPECT_TRUE(mk_log_contains(self->log, NAME ": ",
				    "was to be destroyed and has lost CPUs"));
	EXPECT_EQ(ENOEXEC, mk_start(id));
	EXPECT_TRUE(mk_in_state(NAME, "stopped"));
	EXPECT_EQ(0, mk_destroy(id));
	EXPECT_TRUE(mk_cpu_online(self->cpu));
}

/*
 * The fastest of some tries, as this machine may be slow at times: it must be
 * less than what a CPU is waited for when nobody says.
 */
TEST_F(silent, is_waited_for_no_longer_than_the_caller_wants)
{
	long ms, fastest = LONG_MAX;
	int tries;

	for (tries = 0; tries < 5; tries++) {
		ms = mk_now();
		EXPECT_EQ(ETIMEDOUT, mk_stop_with(self->instance.id, 0, 100,
						  &self->rung));
		ms = mk_now() - ms;
		if (ms < fastest)
			fastest = ms;
	}
	/* Whole milliseconds are counted on both sides. */
	EXPECT_LE(100 - 2, fastest);
	EXPECT_GT(DEADLINE_MS, fastest);
	EXPECT_TRUE(mk_in_state(NAME, "failed"));
}

TEST_F(silent, keeps_others_away_while_it_is_waited_for)
{
	__u32 id = self->instance.id;
	int status = -1;
	pid_t child = fork();

	if (!child)
		_exit(mk_stop(id));
	ASSERT_LT(0, child);
	ASSERT_TRUE(mk_wait_for_state(NAME, "stopping", 5000));
	EXPECT_EQ(EBUSY, mk_stop(id));
	EXPECT_EQ(EBUSY, mk_start(id));
	EXPECT_EQ(EBUSY, mk_destroy(id));
	EXPECT_EQ(EBUSY, mk_load(id, &self->instance.image));
	EXPECT_EQ(EPERM, mk_cpu_set_online(self->cpu, true));
	EXPECT_TRUE(mk_in_state(NAME, "stopping"));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(ETIMEDOUT, WEXITSTATUS(status));
	EXPECT_TRUE(mk_in_state(NAME, "failed"));
}

/* Its number is in the host's mask of owned CPUs, so nobody can have it. */
TEST_F(silent, cannot_be_taken_by_another_instance)
{
	__u32 id;

	ASSERT_EQ(ETIMEDOUT, mk_destroy(self->instance.id));
	EXPECT_EQ(EBUSY, mk_create(NAME "-2", self->cpu, MK_SMALL, &id));
	if (!variant->two)
		return;
	EXPECT_EQ(0, mk_create(NAME "-2", self->other, MK_SMALL, &id));
	EXPECT_EQ(0, mk_destroy(id));
}

/*
 * A start that gets no answer from the first CPU. All are parked then, as that
 * one may have been as far as to start the others.
 */
TEST_F(silent, leaves_a_start_that_timed_out_failed)
{
	__u32 id = self->instance.id;

	ASSERT_TRUE(mk_write(MK_MUTE, MK_MUTE_NOBODY));
	ASSERT_EQ(0, mk_stop(id));
	ASSERT_EQ(0, mk_load(id, &self->instance.image));
	ASSERT_TRUE(mk_mute(self->apic_id));
	ASSERT_TRUE(mk_write(MK_CORRUPT, "Y"));
	EXPECT_EQ(ETIMEDOUT, mk_start(id));
	EXPECT_TRUE(mk_write(MK_CORRUPT, "N"));
	EXPECT_TRUE(mk_in_state(NAME, "failed"));
	EXPECT_TRUE(mk_ended_by(NAME, REASON));
	EXPECT_EQ(ETIMEDOUT, mk_destroy(id));
	EXPECT_ALL_BUT_THE_SILENT_CPU_IS_BACK();
}

MK_TEST_MAIN(1, MK_SMALL)
