// SPDX-License-Identifier: GPL-2.0
/*
 * Start, stop, destroy: what may follow what, and a start without an answer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME	MK_NAME "life"

FIXTURE(life)
{
	struct mk_snapshot before;
	struct mk_image image;
	__u32 apic_id;
	__u32 id;
	int cpu;
};

FIXTURE_SETUP(life)
{
	struct multikernel_range ranges[MULTIKERNEL_MAX_RANGES];
	struct multikernel_info info;

	mk_begin(&self->before);
	self->cpu = mk_spare_cpu(0);
	self->apic_id = mk_apic_id(self->cpu);
	ASSERT_EQ(0, mk_create(NAME, self->cpu, MK_SMALL, &self->id));
	ASSERT_EQ(0, mk_info(self->id, &info, ranges));
	mk_image_loop(&self->image, &ranges[0]);
}

FIXTURE_TEARDOWN(life)
{
	mk_write(MK_CORRUPT, "N");
	mk_destroy(self->id);
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

TEST_F(life, runs_what_was_loaded_until_it_is_stopped)
{
	if (!mk_loop_readable())
		SKIP(return, "/dev/mem does not show memory");
	ASSERT_EQ(0, mk_load(self->id, &self->image));
	ASSERT_EQ(0, mk_start(self->id));
	EXPECT_TRUE(mk_in_state(NAME, "running"));
	EXPECT_TRUE(mk_loop_counts(&self->image));
	EXPECT_EQ(0, mk_stop(self->id));
	EXPECT_TRUE(mk_in_state(NAME, "stopped"));
	EXPECT_TRUE(mk_loop_stands_still(&self->image));
}

TEST_F(life, runs_again_after_a_stop_and_a_load)
{
	int round;

	for (round = 0; round < 3; round++) {
		ASSERT_EQ(0, mk_load(self->id, &self->image));
		ASSERT_EQ(0, mk_start(self->id));
		ASSERT_EQ(0, mk_stop(self->id));
	}
}

TEST_F(life, of_a_running_instance_ends_by_destroy)
{
	ASSERT_EQ(0, mk_load(self->id, &self->image));
	ASSERT_EQ(0, mk_start(self->id));
	EXPECT_EQ(0, mk_destroy(self->id));
	EXPECT_TRUE(mk_cpu_online(self->cpu));
}

TEST_F(life, has_times_of_each_stage_in_order)
{
	static const char * const stages[] = {
		"timings/real", "timings/protected", "timings/long",
		"timings/leaving",
	};
	unsigned long before = 1, now;
	char text[64];
	size_t i;

	ASSERT_EQ(0, mk_load(self->id, &self->image));
	ASSERT_EQ(0, mk_start(self->id));
	for (i = 0; i < sizeof(stages) / sizeof(*stages); i++) {
		ASSERT_TRUE(mk_instance_read(NAME, stages[i], text,
					     sizeof(text)));
		now = strtoul(text, NULL, 10);
		EXPECT_LE(before, now) TH_LOG("%s", stages[i]);
		EXPECT_GT(60000000000UL, now) TH_LOG("%s", stages[i]);
		before = now;
	}
}

TEST_F(life, cannot_start_before_a_load)
{
	EXPECT_EQ(ENOEXEC, mk_start(self->id));
	EXPECT_TRUE(mk_in_state(NAME, "created"));
}

TEST_F(life, cannot_start_twice)
{
	ASSERT_EQ(0, mk_load(self->id, &self->image));
	ASSERT_EQ(0, mk_start(self->id));
	EXPECT_EQ(EBUSY, mk_start(self->id));
	EXPECT_TRUE(mk_in_state(NAME, "running"));
}

TEST_F(life, cannot_start_after_a_stop_without_a_load)
{
	ASSERT_EQ(0, mk_load(self->id, &self->image));
	ASSERT_EQ(0, mk_start(self->id));
	ASSERT_EQ(0, mk_stop(self->id));
	EXPECT_EQ(ENOEXEC, mk_start(self->id));
}

TEST_F(life, cannot_be_loaded_while_it_runs)
{
	ASSERT_EQ(0, mk_load(self->id, &self->image));
	ASSERT_EQ(0, mk_start(self->id));
	EXPECT_EQ(EBUSY, mk_load(self->id, &self->image));
	EXPECT_EQ(EBUSY, mk_kexec_load(0, 0, NULL, mk_load_flags(self->id)));
	EXPECT_TRUE(mk_in_state(NAME, "running"));
}

TEST_F(life, cannot_stop_unless_it_runs)
{
	EXPECT_EQ(ESRCH, mk_stop(self->id));
	ASSERT_EQ(0, mk_load(self->id, &self->image));
	EXPECT_EQ(ESRCH, mk_stop(self->id));
	ASSERT_EQ(0, mk_start(self->id));
	ASSERT_EQ(0, mk_stop(self->id));
	EXPECT_EQ(ESRCH, mk_stop(self->id));
}

TEST_F(life, ends_once)
{
	EXPECT_EQ(0, mk_destroy(self->id));
	EXPECT_EQ(ENOENT, mk_destroy(self->id));
	EXPECT_EQ(ENOENT, mk_start(self->id));
	EXPECT_EQ(ENOENT, mk_stop(self->id));
}

TEST_F(life, of_nobody_is_ENOENT)
{
	EXPECT_EQ(ENOENT, mk_destroy(MK_NOBODY));
	EXPECT_EQ(ENOENT, mk_destroy(0));
	EXPECT_EQ(ENOENT, mk_start(MK_NOBODY));
	EXPECT_EQ(ENOENT, mk_stop(MK_NOBODY));
}

TEST_F(life, has_an_id_that_no_later_instance_has)
{
	__u32 next, after;

	ASSERT_EQ(0, mk_destroy(self->id));
	ASSERT_EQ(0, mk_create(NAME, self->cpu, MK_SMALL, &next));
	EXPECT_LT(self->id, next);
	ASSERT_EQ(0, mk_destroy(next));
	EXPECT_EQ(ENOENT, mk_destroy(self->id));
	ASSERT_EQ(0, mk_create(NAME, self->cpu, MK_SMALL, &after));
	EXPECT_LT(next, after);
	EXPECT_EQ(0, mk_destroy(after));
}

TEST_F(life, keeps_its_cpu_from_coming_online)
{
	EXPECT_EQ(EPERM, mk_cpu_set_online(self->cpu, true));
	ASSERT_EQ(0, mk_load(self->id, &self->image));
	ASSERT_EQ(0, mk_start(self->id));
	EXPECT_EQ(EPERM, mk_cpu_set_online(self->cpu, true));
	EXPECT_TRUE(mk_in_state(NAME, "running"));
	ASSERT_EQ(0, mk_stop(self->id));
	EXPECT_EQ(EPERM, mk_cpu_set_online(self->cpu, true));
	EXPECT_FALSE(mk_cpu_online(self->cpu));
}

TEST_F(life, leaves_no_trace_of_it_in_memory)
{
	__u64 count;

	if (!mk_loop_readable())
		SKIP(return, "/dev/mem does not show memory");
	ASSERT_EQ(0, mk_load(self->id, &self->image));
	ASSERT_EQ(0, mk_start(self->id));
	ASSERT_TRUE(mk_loop_counts(&self->image));
	ASSERT_EQ(0, mk_stop(self->id));
	count = mk_loop_count(&self->image);
	EXPECT_NE(0, count);
	ASSERT_EQ(0, mk_destroy(self->id));
	EXPECT_NE(count, mk_loop_count(&self->image));
}

/* Starts that get no answer: the trampoline's magic is a wrong one. */

FIXTURE(dead_start)
{
	struct mk_snapshot before;
	struct mk_image image;
	__u32 apic_id;
	__u32 id;
	int cpu;
};

FIXTURE_SETUP(dead_start)
{
	struct multikernel_range ranges[MULTIKERNEL_MAX_RANGES];
	struct multikernel_info info;

	if (!mk_write(MK_CORRUPT, "N"))
		SKIP(return, "needs CONFIG_MULTIKERNEL_DEBUG and debugfs");
	mk_begin(&self->before);
	self->cpu = mk_spare_cpu(0);
	self->apic_id = mk_apic_id(self->cpu);
	ASSERT_EQ(0, mk_create(NAME, self->cpu, MK_SMALL, &self->id));
	ASSERT_EQ(0, mk_info(self->id, &info, ranges));
	mk_image_loop(&self->image, &ranges[0]);
	ASSERT_EQ(0, mk_load(self->id, &self->image));
	ASSERT_TRUE(mk_write(MK_CORRUPT, "Y"));
}

FIXTURE_TEARDOWN(dead_start)
{
	mk_write(MK_CORRUPT, "N");
	mk_destroy(self->id);
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

TEST_F(dead_start, times_out_and_says_mode_id_and_stage)
{
	const char *mode = mk_apic_mode();
	int log = mk_log_open();
	long ms = mk_now();
	char text[64];

	ASSERT_LE(0, log);
	EXPECT_EQ(ETIMEDOUT, mk_start(self->id));
	ms = mk_now() - ms;
	fprintf(stderr, "# figure: a start without an answer was given up after %ld ms\n",
		ms);
	EXPECT_LE(2900, ms);
	EXPECT_GE(60000, ms);
	snprintf(text, sizeof(text), "%s id %u ", mode ?: "APIC",
		 self->apic_id);
	EXPECT_TRUE(mk_log_contains(log, text, "last stage: "));
}

TEST_F(dead_start, gives_the_cpu_back_to_the_host)
{
	EXPECT_EQ(ETIMEDOUT, mk_start(self->id));
	EXPECT_EQ(0, mk_destroy(self->id));
	EXPECT_TRUE(mk_cpu_online(self->cpu));
	EXPECT_EQ(0, mk_cpu_set_online(self->cpu, false));
	EXPECT_EQ(0, mk_cpu_set_online(self->cpu, true));
}

TEST_F(dead_start, can_be_tried_again)
{
	EXPECT_EQ(ETIMEDOUT, mk_start(self->id));
	EXPECT_TRUE(mk_in_state(NAME, "loaded"));
	ASSERT_TRUE(mk_write(MK_CORRUPT, "N"));
	EXPECT_EQ(0, mk_start(self->id));
	EXPECT_TRUE(mk_in_state(NAME, "running"));
}

TEST_F(dead_start, keeps_others_away_while_it_waits)
{
	int status = -1;
	pid_t child = fork();

	if (!child)
		_exit(mk_start(self->id));
	ASSERT_LT(0, child);
	ASSERT_TRUE(mk_wait_for_state(NAME, "starting", 5000));
	EXPECT_EQ(EBUSY, mk_destroy(self->id));
	EXPECT_EQ(EBUSY, mk_start(self->id));
	EXPECT_EQ(EBUSY, mk_stop(self->id));
	EXPECT_EQ(EBUSY, mk_load(self->id, &self->image));
	EXPECT_EQ(EPERM, mk_cpu_set_online(self->cpu, true));
	EXPECT_TRUE(mk_in_state(NAME, "starting"));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(ETIMEDOUT, WEXITSTATUS(status));
	EXPECT_EQ(0, mk_destroy(self->id));
}

MK_TEST_MAIN(1, MK_SMALL)
