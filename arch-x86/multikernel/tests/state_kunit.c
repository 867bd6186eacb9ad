// SPDX-License-Identifier: GPL-2.0-only
/*
 * host/state.c: the states of an instance and what may follow each.
 */
#include <kunit/test.h>

#include <linux/mutex.h>

#include "../internal.h"

/*
 * The transitions once more: a row is a state, 'x' what may follow it, in the
 * same order. Creating, loading and unloading go to and fro; a start succeeds,
 * is refused by the CPU, or fails; only a stop ends a run, and says how it
 * ended; only a stop that succeeds ends a failure.
 */
static const char * const transitions[MK_NR_STATES] = {
	/*		   C L S R S S C F */
	[MK_CREATED]	= "x x . . . . . .",
	[MK_LOADED]	= "x x x . . . . .",
	[MK_STARTING]	= "x x . x . . . x",
	[MK_RUNNING]	= ". . . . x . . .",
	[MK_STOPPING]	= ". . . . . x x x",
	[MK_STOPPED]	= "x x . . . . . .",
	[MK_CRASHED]	= "x x . . . . . .",
	[MK_FAILED]	= ". . . . x . . .",
};

static void state_transitions(struct kunit *test)
{
	int from, to;

	for (from = 0; from < MK_NR_STATES; from++)
		for (to = 0; to < MK_NR_STATES; to++)
			KUNIT_EXPECT_EQ_MSG(test,
					    mk_state_may_follow(from, to),
					    transitions[from][2 * to] == 'x',
					    "%s -> %s", mk_state_names[from],
					    mk_state_names[to]);
}

/* The file "state" is part of the ABI. */
static void state_names(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, MK_NR_STATES, 8);
	KUNIT_EXPECT_STREQ(test, mk_state_names[MK_CREATED], "created");
	KUNIT_EXPECT_STREQ(test, mk_state_names[MK_LOADED], "loaded");
	KUNIT_EXPECT_STREQ(test, mk_state_names[MK_STARTING], "starting");
	KUNIT_EXPECT_STREQ(test, mk_state_names[MK_RUNNING], "running");
	KUNIT_EXPECT_STREQ(test, mk_state_names[MK_STOPPING], "stopping");
	KUNIT_EXPECT_STREQ(test, mk_state_names[MK_STOPPED], "stopped");
	KUNIT_EXPECT_STREQ(test, mk_state_names[MK_CRASHED], "crashed");
	KUNIT_EXPECT_STREQ(test, mk_state_names[MK_FAILED], "failed");
}

/* A new instance is zeroed memory. */
static void state_starts_as_created(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, MK_CREATED, 0);
}

static void go(struct kunit *test, struct mk_instance *instance,
	       enum mk_state state, const char *exit_reason)
{
	mutex_lock(&instance->lock);
	mk_instance_set_state(instance, state, exit_reason);
	mutex_unlock(&instance->lock);
	KUNIT_EXPECT_EQ(test, instance->state, state);
	KUNIT_EXPECT_PTR_EQ(test, instance->exit_reason, exit_reason);
}

static void state_set_through_a_life(struct kunit *test)
{
	static const char reason[] = "a reason";
	struct mk_instance *instance;

	instance = kunit_kzalloc(test, sizeof(*instance), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, instance);
	mutex_init(&instance->lock);

	go(test, instance, MK_LOADED, NULL);
	go(test, instance, MK_STARTING, NULL);
	go(test, instance, MK_RUNNING, NULL);
	go(test, instance, MK_STOPPING, NULL);
	go(test, instance, MK_STOPPED, reason);
	go(test, instance, MK_LOADED, NULL);
	go(test, instance, MK_STARTING, NULL);
	go(test, instance, MK_RUNNING, NULL);
	go(test, instance, MK_STOPPING, NULL);
	go(test, instance, MK_CRASHED, reason);
	go(test, instance, MK_LOADED, NULL);
}

static struct kunit_case state_cases[] = {
	KUNIT_CASE(state_transitions),
	KUNIT_CASE(state_names),
	KUNIT_CASE(state_starts_as_created),
	KUNIT_CASE(state_set_through_a_life),
	{}
};

static struct kunit_suite state_suite = {
	.name = "multikernel_state",
	.test_cases = state_cases,
};

kunit_test_suite(state_suite);
