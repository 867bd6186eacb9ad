// SPDX-License-Identifier: GPL-2.0
/*
 * Spawned kernels that end by themselves: an image that is not a kernel stores
 * what Linux stores, where its ACPI tables say.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME		MK_NAME "ending"

/* SLP_EN, and the type of S5 that the DSDT of an instance has. */
#define SLEEP_ENABLE	0x20
#define SLEEP_S5	(5 << 2 | SLEEP_ENABLE)

/* Much longer than it takes to notice an ending. */
#define A_WHILE_MS	300
#define LONG_MS		20000

/* The fixtures of this file have the same: an instance that ran once. */
struct subject {
	struct mk_snapshot before;
	struct mk_instance instance;
	struct mk_registers registers;
	int cpu;
	int log;
};

/* Its tables are there since the first start: they say where to store what. */
static const char *set_up(struct subject *subject)
{
	struct mk_instance *instance = &subject->instance;

	mk_begin(&subject->before);
	subject->cpu = mk_spare_cpu(0);
	if (mk_make(instance, NAME, 1ULL << subject->cpu, MK_SMALL))
		return "create";
	if (mk_run(instance))
		return "run";
	if (!mk_find_registers(&instance->info, &subject->registers))
		return "registers";
	if (mk_stop(instance->id))
		return "stop";
	subject->log = mk_log_open();
	return NULL;
}

static bool tear_down(struct subject *subject)
{
	mk_destroy(subject->instance.id);
	return !mk_destroy_leftovers() && mk_snapshot_same(&subject->before);
}

/*
 * Next time it stores these, a word at 0x472 first unless that is zero. It waits
 * until it is known to run: no kernel ends as soon as it has begun.
 */
static void will_store(struct subject *subject, __u32 word, int sleep,
		       int reset)
{
	struct mk_image *image = &subject->instance.image;

	mk_loop_no_steps(image);
	mk_loop_step(image, MK_STEP_WAIT, 0, 0);
	if (word)
		mk_loop_step(image, MK_STEP_STORE_WORD, word, MK_RESET_WORD);
	if (sleep >= 0)
		mk_loop_step(image, MK_STEP_STORE_BYTE, sleep,
			     subject->registers.sleep);
	if (reset >= 0)
		mk_loop_step(image, MK_STEP_STORE_BYTE, reset,
			     subject->registers.reset);
}

static int run(struct subject *subject)
{
	int err = mk_run(&subject->instance);

	return err ?: !mk_loop_go(&subject->instance.image);
}

/* Kinds of endings */

FIXTURE(ending)
{
	struct subject subject;
};

/*
 * word: stored in the BIOS data area
 * sleep, resets: whether the sleep and the reset register are written
 */
FIXTURE_VARIANT(ending)
{
	const char *state;
	const char *reason;
	__u32 word;
	bool sleeps;
	bool resets;
};

FIXTURE_VARIANT_ADD(ending, by_reset) {
	.state = "stopped", .reason = "reset itself", .resets = true,
};

FIXTURE_VARIANT_ADD(ending, by_cold_reset) {
	.state = "stopped", .reason = "reset itself", .resets = true,
	.word = MK_WARM_RESET + 1,
};

FIXTURE_VARIANT_ADD(ending, by_panic) {
	.state = "crashed", .reason = "panic, then reset itself",
	.resets = true, .word = MK_WARM_RESET,
};

FIXTURE_VARIANT_ADD(ending, by_power_off) {
	.state = "stopped", .reason = "powered itself off", .sleeps = true,
};

FIXTURE_SETUP(ending)
{
	if (!mk_loop_readable())
		SKIP(return, "/dev/mem does not show memory");
	ASSERT_EQ(NULL, set_up(&self->subject));
}

FIXTURE_TEARDOWN(ending)
{
	EXPECT_TRUE(tear_down(&self->subject));
}

TEST_F(ending, is_told_and_its_cpu_is_parked)
{
	struct subject *subject = &self->subject;
	struct mk_instance *instance = &subject->instance;

	will_store(subject, variant->word, variant->sleeps ? SLEEP_S5 : -1,
		   variant->resets ? subject->registers.reset_value : -1);
	ASSERT_EQ(0, run(subject));
	ASSERT_TRUE(mk_wait_for_state(NAME, variant->state, LONG_MS));
	EXPECT_TRUE(mk_ended_by(NAME, variant->reason));
	EXPECT_TRUE(mk_log_contains(subject->log, NAME ": ", variant->reason));
	EXPECT_TRUE(mk_loop_stands_still(&instance->image));
	EXPECT_FALSE(mk_cpu_online(subject->cpu));
	EXPECT_EQ(EPERM, mk_cpu_set_online(subject->cpu, true));
	EXPECT_EQ(ENOEXEC, mk_start(instance->id));
}

TEST_F(ending, can_be_followed_by_another_start)
{
	struct subject *subject = &self->subject;
	struct mk_instance *instance = &subject->instance;

	will_store(subject, variant->word, variant->sleeps ? SLEEP_S5 : -1,
		   variant->resets ? subject->registers.reset_value : -1);
	ASSERT_EQ(0, run(subject));
	ASSERT_TRUE(mk_wait_for_state(NAME, variant->state, LONG_MS));
	will_store(subject, 0, -1, -1);
	ASSERT_EQ(0, run(subject));
	EXPECT_TRUE(mk_loop_counts(&instance->image));
	usleep(A_WHILE_MS * 1000);
	EXPECT_TRUE(mk_in_state(NAME, "running"));
	EXPECT_TRUE(mk_ended_by(NAME, ""));
	EXPECT_EQ(0, mk_stop(instance->id));
	EXPECT_TRUE(mk_ended_by(NAME, "stopped by INIT"));
}

TEST_F(ending, gives_everything_back_by_destroy)
{
	struct subject *subject = &self->subject;
	struct mk_instance *instance = &subject->instance;

	will_store(subject, variant->word, variant->sleeps ? SLEEP_S5 : -1,
		   variant->resets ? subject->registers.reset_value : -1);
	ASSERT_EQ(0, run(subject));
	ASSERT_TRUE(mk_wait_for_state(NAME, variant->state, LONG_MS));
	EXPECT_EQ(0, mk_destroy(instance->id));
	EXPECT_TRUE(mk_cpu_online(subject->cpu));
}

/* Somebody may destroy it at the moment at which it ends. */
TEST_F_TIMEOUT(ending, does_not_disturb_a_destroy_that_comes_at_once, 60)
{
	struct subject *subject = &self->subject;
	struct mk_instance *instance = &subject->instance;
	int round, err;

	for (round = 0; round < 12; round++) {
		will_store(subject, variant->word,
			   variant->sleeps ? SLEEP_S5 : -1, variant->resets ?
			   subject->registers.reset_value : -1);
		ASSERT_EQ(0, run(subject));
		usleep(round * 500);
		err = mk_destroy(instance->id);
		if (err == EBUSY && mk_wait_for_state(NAME, variant->state,
						      LONG_MS))
			err = mk_destroy(instance->id);
		ASSERT_EQ(0, err) TH_LOG("round %d", round);
		mk_loop_free(&instance->image);
		ASSERT_EQ(NULL, set_up(subject));
	}
}

/* What is no ending */

FIXTURE(no_ending)
{
	struct subject subject;
};

FIXTURE_SETUP(no_ending)
{
	if (!mk_loop_readable())
		SKIP(return, "/dev/mem does not show memory");
	ASSERT_EQ(NULL, set_up(&self->subject));
}

FIXTURE_TEARDOWN(no_ending)
{
	EXPECT_TRUE(tear_down(&self->subject));
}

/* Run it with what will_store() said. */
static bool runs_on(struct subject *subject)
{
	if (run(subject))
		return false;
	usleep(A_WHILE_MS * 1000);
	return mk_in_state(NAME, "running") &&
	       mk_loop_counts(&subject->instance.image) &&
	       !mk_stop(subject->instance.id);
}

TEST_F(no_ending, is_another_value_in_the_reset_register)
{
	struct subject *subject = &self->subject;

	will_store(subject, 0, -1, 0xff);
	EXPECT_TRUE(runs_on(subject));
	will_store(subject, 0, -1, subject->registers.reset_value ^ 1);
	EXPECT_TRUE(runs_on(subject));
}

TEST_F(no_ending, is_another_sleep_than_the_power_off)
{
	struct subject *subject = &self->subject;

	will_store(subject, 0, SLEEP_S5 & ~SLEEP_ENABLE, -1);
	EXPECT_TRUE(runs_on(subject));
	will_store(subject, 0, 3 << 2 | SLEEP_ENABLE, -1);
	EXPECT_TRUE(runs_on(subject));
}

TEST_F(no_ending, is_the_word_of_a_warm_reset_alone)
{
	will_store(&self->subject, MK_WARM_RESET, -1, -1);
	EXPECT_TRUE(runs_on(&self->subject));

	/* Leave another one behind. */
	will_store(&self->subject, MK_WARM_RESET + 1, -1, -1);
	EXPECT_TRUE(runs_on(&self->subject));
}

/* The word is the machine's, one for all instances and all their lives. */
TEST_F(no_ending, of_one_life_makes_a_panic_of_the_next_reset)
{
	struct subject *subject = &self->subject;
	__u32 reset = subject->registers.reset_value;

	will_store(subject, MK_WARM_RESET, -1, reset);
	ASSERT_EQ(0, run(subject));
	ASSERT_TRUE(mk_wait_for_state(NAME, "crashed", LONG_MS));
	will_store(subject, 0, -1, reset);
	ASSERT_EQ(0, run(subject));
	EXPECT_TRUE(mk_wait_for_state(NAME, "stopped", LONG_MS));
	EXPECT_TRUE(mk_ended_by(NAME, "reset itself"));
}

MK_TEST_MAIN(1, MK_SMALL)
