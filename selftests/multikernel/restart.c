// SPDX-License-Identifier: GPL-2.0
/*
 * Load and start again what was stopped or has ended, without destroy: it is
 * like the first time, and nothing of the time before is left to be seen.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME		MK_NAME "restart"
#define ROUNDS		4

/* For a kernel to boot. */
#define BOOT_MS		60000

/* A loop */

FIXTURE(loop)
{
	struct mk_snapshot before;
	struct mk_snapshot during;
	struct mk_instance instance;
};

FIXTURE_SETUP(loop)
{
	mk_begin(&self->before);
	ASSERT_EQ(0, mk_make(&self->instance, NAME, 1ULL << mk_spare_cpu(0),
			     MK_SMALL));
	mk_snapshot(&self->during);
}

FIXTURE_TEARDOWN(loop)
{
	EXPECT_EQ(0, mk_destroy(self->instance.id));
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

TEST_F(loop, starts_from_zero_each_time)
{
	struct mk_image *image = &self->instance.image;
	int round;

	if (!mk_loop_readable())
		SKIP(return, "/dev/mem does not show memory");
	for (round = 0; round < ROUNDS; round++) {
		ASSERT_EQ(0, mk_load(self->instance.id, image));
		EXPECT_EQ(0, mk_loop_count(image));
		EXPECT_TRUE(mk_loop_stands_still(image));
		ASSERT_EQ(0, mk_start(self->instance.id));
		EXPECT_TRUE(mk_loop_counts(image)) TH_LOG("round %d", round);
		ASSERT_EQ(0, mk_stop(self->instance.id));
		EXPECT_TRUE(mk_loop_stands_still(image));
		EXPECT_TRUE(mk_snapshot_same(&self->during));
	}
}

TEST_F(loop, runs_the_image_that_was_loaded_last)
{
	struct mk_instance *instance = &self->instance;
	struct multikernel_range higher = instance->ranges[0];
	struct mk_image first = instance->image;

	if (!mk_loop_readable())
		SKIP(return, "/dev/mem does not show memory");
	ASSERT_EQ(0, mk_run(instance));
	EXPECT_TRUE(mk_loop_counts(&first));
	ASSERT_EQ(0, mk_stop(instance->id));

	higher.start += 2 * MK_MIB;
	mk_image_loop(&instance->image, &higher);
	ASSERT_EQ(0, mk_run(instance));
	EXPECT_TRUE(mk_loop_counts(&instance->image));
	EXPECT_TRUE(mk_loop_stands_still(&first));
}

TEST_F(loop, shows_the_time_since_the_last_start)
{
	char text[32];
	long began;

	ASSERT_EQ(0, mk_run(&self->instance));
	sleep(3);
	ASSERT_TRUE(mk_instance_read(NAME, "uptime", text, sizeof(text)));
	EXPECT_LE(3, atoi(text));
	ASSERT_EQ(0, mk_stop(self->instance.id));
	ASSERT_TRUE(mk_instance_read(NAME, "uptime", text, sizeof(text)));
	EXPECT_STREQ("0", text);

	began = mk_now();
	ASSERT_EQ(0, mk_run(&self->instance));
	ASSERT_TRUE(mk_instance_read(NAME, "uptime", text, sizeof(text)));
	EXPECT_GE((mk_now() - began) / 1000 + 1, atoi(text));
}

/* A whole kernel */

FIXTURE(kernel)
{
	struct mk_snapshot before;
	struct mk_snapshot during;
	struct mk_instance instance;
};

FIXTURE_VARIANT(kernel)
{
	int cpus;
};

FIXTURE_VARIANT_ADD(kernel, on_one_cpu) {
	.cpus = 1,
};

FIXTURE_VARIANT_ADD(kernel, on_two_cpus) {
	.cpus = 2,
};

/* Each kernel has a token of its own, by which its log is known. */
static const char *make_kernel(struct mk_instance *instance, unsigned int token)
{
	return mk_image_kernel(&instance->image, &instance->info,
			       instance->ranges, token);
}

static bool boots(struct mk_instance *instance, unsigned int token)
{
	return mk_wait_for_kernel(&instance->info, instance->ranges, token,
				  BOOT_MS);
}

FIXTURE_SETUP(kernel)
{
	__u64 cpus = 1ULL << mk_spare_cpu(0);
	const char *why;

	if (variant->cpus == 2 && mk_spare_cpu(1) < 0)
		SKIP(return, "needs two CPUs beside CPU 0");
	if (variant->cpus == 2)
		cpus |= 1ULL << mk_spare_cpu(1);
	mk_begin(&self->before);
	ASSERT_EQ(0, mk_make(&self->instance, NAME, cpus, MK_LARGE));
	mk_snapshot(&self->during);
	why = make_kernel(&self->instance, 1);
	if (why) {
		mk_destroy(self->instance.id);
		SKIP(return, "%s", why);
	}
}

FIXTURE_TEARDOWN(kernel)
{
	EXPECT_EQ(0, mk_destroy(self->instance.id));
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

TEST_F_TIMEOUT(kernel, can_be_stopped_and_started_again_wherever_it_is, 120)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		ASSERT_EQ(0, mk_run(&self->instance)) TH_LOG("round %d", round);
		usleep(round * 300000);
		EXPECT_TRUE(mk_in_state(NAME, "running"));
		ASSERT_EQ(0, mk_stop(self->instance.id));
		EXPECT_TRUE(mk_ended_by(NAME, "stopped by INIT"));
		EXPECT_TRUE(mk_snapshot_same(&self->during));
	}
}

TEST_F_TIMEOUT(kernel, boots_as_far_the_second_time_as_the_first, 3 * BOOT_MS / 1000)
{
	unsigned int round;

	if (!mk_loop_readable())
		SKIP(return, "/dev/mem does not show memory");
	for (round = 1; round <= 2; round++) {
		ASSERT_EQ(NULL, make_kernel(&self->instance, 10 * round));
		ASSERT_EQ(0, mk_run(&self->instance)) TH_LOG("round %d", round);
		EXPECT_TRUE(boots(&self->instance, 10 * round));
		EXPECT_TRUE(mk_in_state(NAME, "running"));
		EXPECT_EQ(0, mk_stop(self->instance.id));
		EXPECT_TRUE(mk_snapshot_same(&self->during));
	}
}

TEST_F_TIMEOUT(kernel, boots_after_another_was_stopped_on_its_way, 2 * BOOT_MS / 1000)
{
	if (!mk_loop_readable())
		SKIP(return, "/dev/mem does not show memory");
	ASSERT_EQ(0, mk_run(&self->instance));
	usleep(500000);
	ASSERT_EQ(0, mk_stop(self->instance.id));
	ASSERT_EQ(NULL, make_kernel(&self->instance, 2));
	ASSERT_EQ(0, mk_run(&self->instance));
	EXPECT_TRUE(boots(&self->instance, 2));
}

TEST_F(kernel, has_the_command_line_of_the_last_load)
{
	char text[4096];

	ASSERT_EQ(0, mk_run(&self->instance));
	ASSERT_TRUE(mk_instance_read(NAME, "cmdline", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "root=mk1 "));
	ASSERT_EQ(0, mk_stop(self->instance.id));
	ASSERT_TRUE(mk_instance_read(NAME, "cmdline", text, sizeof(text)));
	EXPECT_STREQ("", text);

	ASSERT_EQ(NULL, make_kernel(&self->instance, 3));
	ASSERT_EQ(0, mk_load(self->instance.id, &self->instance.image));
	ASSERT_TRUE(mk_instance_read(NAME, "cmdline", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "root=mk3 "));
}

MK_TEST_MAIN(1, MK_LARGE)
