// SPDX-License-Identifier: GPL-2.0
/*
 * MULTIKERNEL_STOP: whom it can stop, how long it may take, what it says; and
 * what is left of an instance after MULTIKERNEL_DESTROY.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME		MK_NAME "stop"
#define LIVES		30
#define SOME_NUMBER	0x12345678

/* Instances that do not run */

FIXTURE(idle)
{
	struct mk_snapshot before;
	struct mk_instance instance;
	int log;
};

/*
 * state: which the instance is in
 * exit_reason: what its file says then
 * how_far: 0 made, 1 loaded, 2 stopped after a run
 * panics: its kernel ends as Linux does after a panic
 */
FIXTURE_VARIANT(idle)
{
	const char *state;
	const char *exit_reason;
	int how_far;
	bool panics;
};

FIXTURE_VARIANT_ADD(idle, created) {
	.state = "created", .exit_reason = "",
};

FIXTURE_VARIANT_ADD(idle, loaded) {
	.state = "loaded", .exit_reason = "", .how_far = 1,
};

FIXTURE_VARIANT_ADD(idle, stopped) {
	.state = "stopped", .exit_reason = "stopped by INIT", .how_far = 2,
};

FIXTURE_VARIANT_ADD(idle, crashed) {
	.state = "crashed", .exit_reason = "panic, then reset itself",
	.how_far = 2, .panics = true,
};

/* Stops a run, and has another one end like Linux with a panic. */
static int run_and_end(struct mk_instance *instance, bool panics)
{
	struct mk_registers registers;
	int err = mk_run(instance);

	if (!err)
		err = mk_stop(instance->id);
	if (err || !panics)
		return err;
	if (!mk_find_registers(&instance->info, &registers))
		return -1;
	mk_loop_step(&instance->image, MK_STEP_WAIT, 0, 0);
	mk_loop_step(&instance->image, MK_STEP_STORE_WORD, MK_WARM_RESET,
		     MK_RESET_WORD);
	mk_loop_step(&instance->image, MK_STEP_STORE_BYTE,
		     registers.reset_value, registers.reset);
	err = mk_run(instance);
	return err ?: !mk_loop_go(&instance->image) ||
		      !mk_wait_for_state(NAME, "crashed", 10000);
}

FIXTURE_SETUP(idle)
{
	struct mk_instance *instance = &self->instance;

	if (variant->panics && !mk_loop_readable())
		SKIP(return, "/dev/mem does not show memory");
	mk_begin(&self->before);
	ASSERT_EQ(0, mk_make(instance, NAME, 1ULL << mk_spare_cpu(0), MK_SMALL));
	if (variant->how_far == 1)
		ASSERT_EQ(0, mk_load(instance->id, &instance->image));
	if (variant->how_far == 2)
		ASSERT_EQ(0, run_and_end(instance, variant->panics));
	self->log = mk_log_open();
}

FIXTURE_TEARDOWN(idle)
{
	EXPECT_EQ(0, mk_destroy(self->instance.id));
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

TEST_F(idle, cannot_be_stopped)
{
	__u32 flags, rung = SOME_NUMBER;
	char text[64];

	snprintf(text, sizeof(text), "it is %s and cannot be stopped",
		 variant->state);
	for (flags = 0; flags <= MULTIKERNEL_STOP_FORCE; flags++) {
		EXPECT_EQ(ESRCH, mk_stop_with(self->instance.id, flags, 0,
					      &rung));
		EXPECT_TRUE(mk_log_contains(self->log, NAME, text));
		EXPECT_EQ(SOME_NUMBER, rung);
	}
	EXPECT_TRUE(mk_in_state(NAME, variant->state));
	EXPECT_TRUE(mk_ended_by(NAME, variant->exit_reason));
}

/* An instance that runs */

FIXTURE(stop)
{
	struct mk_snapshot before;
	struct mk_instance instance;
	int log;
};

FIXTURE_SETUP(stop)
{
	mk_begin(&self->before);
	ASSERT_EQ(0, mk_make(&self->instance, NAME, 1ULL << mk_spare_cpu(0),
			     MK_SMALL));
	ASSERT_EQ(0, mk_run(&self->instance));
	self->log = mk_log_open();
}

FIXTURE_TEARDOWN(stop)
{
	mk_destroy(self->instance.id);
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

TEST_F(stop, says_that_it_took_INIT_and_that_nobody_was_asked)
{
	__u32 rung = SOME_NUMBER;

	EXPECT_EQ(0, mk_stop_with(self->instance.id, 0, 0, &rung));
	EXPECT_EQ(MULTIKERNEL_RUNG_INIT, rung);
	EXPECT_TRUE(mk_log_contains(self->log, NAME ": ",
				    "it has no doorbell and is not asked\n"));
	EXPECT_TRUE(mk_log_contains(self->log, NAME ": ", "stopped by INIT\n"));
	EXPECT_TRUE(mk_in_state(NAME, "stopped"));
	EXPECT_TRUE(mk_ended_by(NAME, "stopped by INIT"));
}

TEST_F(stop, by_force_says_that_it_took_INIT)
{
	__u32 rung = SOME_NUMBER;

	EXPECT_EQ(0, mk_stop_with(self->instance.id, MULTIKERNEL_STOP_FORCE, 0,
				  &rung));
	EXPECT_EQ(MULTIKERNEL_RUNG_INIT, rung);
	EXPECT_TRUE(mk_log_contains(self->log, NAME ": ", "stopped by INIT\n"));
	EXPECT_TRUE(mk_in_state(NAME, "stopped"));
}

TEST_F(stop, that_is_refused_leaves_it_running)
{
	struct multikernel_stop stop = {
		.size = sizeof(stop), .id = self->instance.id,
	};
	__u32 flag;

	stop.reserved = 1;
	EXPECT_EQ(EINVAL, mk_ioctl(MULTIKERNEL_STOP, &stop));
	stop.reserved = UINT_MAX;
	EXPECT_EQ(EINVAL, mk_ioctl(MULTIKERNEL_STOP, &stop));
	stop.reserved = 0;
	for (flag = MULTIKERNEL_STOP_FORCE << 1; flag; flag <<= 1) {
		stop.flags = flag;
		EXPECT_EQ(EINVAL, mk_ioctl(MULTIKERNEL_STOP, &stop))
			TH_LOG("flag %#x", flag);
	}
	EXPECT_TRUE(mk_in_state(NAME, "running"));
	EXPECT_TRUE(mk_ended_by(NAME, ""));
	if (mk_loop_readable())
		EXPECT_TRUE(mk_loop_counts(&self->instance.image));
}

TEST_F(stop, may_take_ten_minutes_at_most)
{
	static const __u32 too_long[] = { 600001, INT_MAX, UINT_MAX };
	__u32 rung = SOME_NUMBER;
	char text[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(too_long); i++) {
		EXPECT_EQ(EINVAL, mk_stop_with(self->instance.id, 0,
					       too_long[i], &rung));
		snprintf(text, sizeof(text), "not %u\n", too_long[i]);
		EXPECT_TRUE(mk_log_contains(self->log, "multikernel: ", text));
	}
	EXPECT_TRUE(mk_in_state(NAME, "running"));
	EXPECT_EQ(SOME_NUMBER, rung);
	EXPECT_EQ(0, mk_stop_with(self->instance.id, 0, 600000, &rung));
	EXPECT_EQ(MULTIKERNEL_RUNG_INIT, rung);
}

TEST_F(stop, has_its_reason_forgotten_by_the_next_load)
{
	EXPECT_EQ(0, mk_stop(self->instance.id));
	EXPECT_TRUE(mk_ended_by(NAME, "stopped by INIT"));
	EXPECT_EQ(0, mk_load(self->instance.id, &self->instance.image));
	EXPECT_TRUE(mk_ended_by(NAME, ""));
	EXPECT_EQ(0, mk_start(self->instance.id));
	EXPECT_TRUE(mk_ended_by(NAME, ""));
}

/* Ids of instances that there were */

static int calls_for(__u32 id, struct mk_instance *instance, int expected)
{
	struct multikernel_info info;
	const char *wrong = NULL;

	if (mk_info(id, &info, instance->ranges) != expected)
		wrong = "MULTIKERNEL_INFO";
	if (mk_boot(id, instance->image.boot_params, 0) != expected)
		wrong = "MULTIKERNEL_BOOT";
	if (mk_kexec_load(instance->image.entry, instance->image.nr,
			  instance->image.segments,
			  mk_load_flags(id)) != expected)
		wrong = "kexec_load";
	if (mk_kexec_load(0, 0, NULL, mk_load_flags(id)) != expected)
		wrong = "kexec_load without segments";
	if (mk_start(id) != expected)
		wrong = "MULTIKERNEL_START";
	if (mk_stop(id) != expected)
		wrong = "MULTIKERNEL_STOP";
	if (mk_destroy(id) != expected)
		wrong = "MULTIKERNEL_DESTROY";
	if (wrong)
		fprintf(stderr, "# %s of id %u\n", wrong, id);
	return wrong ? -1 : 0;
}

TEST_F(stop, and_all_else_of_a_destroyed_instance_is_ENOENT)
{
	__u32 id = self->instance.id;

	ASSERT_EQ(0, mk_destroy(id));
	EXPECT_EQ(0, calls_for(id, &self->instance, ENOENT));
	EXPECT_TRUE(mk_log_contains(self->log, "multikernel: ",
				    "there is no instance with id"));
}

/* The name is somebody else's now, and the old id is nobody's. */
TEST_F(stop, does_not_find_who_has_the_name_now_by_the_old_id)
{
	__u32 id = self->instance.id, next;

	ASSERT_EQ(0, mk_destroy(id));
	ASSERT_EQ(0, mk_create(NAME, mk_spare_cpu(0), MK_SMALL, &next));
	EXPECT_EQ(0, calls_for(id, &self->instance, ENOENT));
	EXPECT_TRUE(mk_in_state(NAME, "created"));
	EXPECT_EQ(0, mk_destroy(next));
}

TEST_F_TIMEOUT(stop, of_ids_of_many_lives_finds_none_of_them, 120)
{
	int cpu, round;
	__u32 id, last;

	last = self->instance.id;
	ASSERT_EQ(0, mk_destroy(last));
	cpu = mk_spare_cpu(0);
	for (round = 0; round < LIVES; round++) {
		ASSERT_EQ(0, mk_create(NAME, cpu, 2 * MK_MIB, &id));
		ASSERT_LT(last, id) TH_LOG("round %d", round);
		ASSERT_EQ(0, mk_destroy(id));
		last = id;
	}
	for (id = self->instance.id; id <= last; id++)
		EXPECT_EQ(ENOENT, mk_stop(id));
}

MK_TEST_MAIN(1, MK_SMALL)
