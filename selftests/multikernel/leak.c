// SPDX-License-Identifier: GPL-2.0
/*
 * Again and again: whole lives, and runs in one life. What the host owns does
 * not shrink. mk_usage.c says how it is measured, and what is noise.
 *
 *   MK_ROUNDS  how many of each (20); some more before do not count
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
#include "mk_usage.h"

#define NAME	MK_NAME "leak"
#define ROUNDS	20
#define WARM_UP	3

/* Whoever runs this has a deadline of his own for the rounds he wants. */
#define SECONDS	7200

static struct mk_usage usage;

/* Some of the way of a kernel's boot, and its end. Where it failed, or NULL. */
static const char *run(struct mk_instance *instance, int *err)
{
	if (mk_image_kernel(&instance->image, &instance->info, instance->ranges,
			    0))
		mk_image_loop(&instance->image, &instance->ranges[0]);
	*err = mk_load(instance->id, &instance->image);
	if (*err)
		return "load";
	*err = mk_start(instance->id);
	if (*err)
		return "start";
	usleep(200000);
	*err = mk_stop(instance->id);
	return *err ? "stop" : NULL;
}

static const char *run_again(__u32 id, int *err)
{
	struct mk_instance instance = { .id = id };

	*err = mk_info(id, &instance.info, instance.ranges);
	return *err ? "info" : run(&instance, err);
}

static const char *live(int cpu, int *err)
{
	struct mk_instance instance;
	const char *where;

	*err = mk_make(&instance, NAME, 1ULL << cpu, MK_LARGE);
	if (*err)
		return "create";
	where = run(&instance, err);
	if (where)
		return where;
	*err = mk_destroy(instance.id);
	return *err ? "destroy" : NULL;
}

/* In a process of its own, whose memory does not count: a life, or a run. */
static int one_round(int cpu, __u32 id)
{
	const char *where;
	int status, err;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (!child) {
		where = id ? run_again(id, &err) : live(cpu, &err);
		if (where)
			fprintf(stderr, "# %s: %s\n", where, strerror(err));
		_exit(!!where);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return status;
}

FIXTURE(leak)
{
	struct mk_snapshot before;
	int rounds;
};

FIXTURE_SETUP(leak)
{
	mk_begin(&self->before);
	self->rounds = mk_setting("MK_ROUNDS", ROUNDS);
	ASSERT_LT(1, self->rounds);
	ASSERT_GE(MK_USAGE_ROUNDS, self->rounds);
}

FIXTURE_TEARDOWN(leak)
{
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

TEST_F_TIMEOUT(leak, is_not_in_lives_from_create_to_destroy, SECONDS)
{
	int cpu = mk_spare_cpu(0), round;

	for (round = -WARM_UP; round < self->rounds; round++) {
		ASSERT_EQ(0, one_round(cpu, 0)) {
			TH_LOG("round %d", round);
		}
		ASSERT_TRUE(mk_snapshot_same(&self->before)) {
			TH_LOG("round %d", round);
		}
		if (round >= 0)
			mk_usage_measure(&usage, round);
	}
	EXPECT_TRUE(mk_usage_does_not_grow(&usage));
}

TEST_F_TIMEOUT(leak, is_not_in_runs_of_one_instance, SECONDS)
{
	struct mk_snapshot during;
	int round;
	__u32 id;

	ASSERT_EQ(0, mk_create(NAME, mk_spare_cpu(0), MK_LARGE, &id));
	mk_snapshot(&during);
	for (round = -WARM_UP; round < self->rounds; round++) {
		ASSERT_EQ(0, one_round(0, id)) {
			TH_LOG("round %d", round);
		}
		ASSERT_TRUE(mk_snapshot_same(&during)) {
			TH_LOG("round %d", round);
		}
		if (round >= 0)
			mk_usage_measure(&usage, round);
	}
	EXPECT_TRUE(mk_usage_does_not_grow(&usage));
	EXPECT_EQ(0, mk_destroy(id));
}

MK_TEST_MAIN(1, MK_LARGE)
