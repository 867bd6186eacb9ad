// SPDX-License-Identifier: GPL-2.0
/*
 * Restarts after a crash of an image that is not a kernel: it crashes when it is
 * told to, within microseconds. So there are many of them, and others that do
 * something with the instance come at any moment.
 *
 *   MK_FIGHT_SECONDS  how long these do (10)
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME		MK_NAME "again"
#define CRASH		"panic, then reset itself"
#define SECONDS		10

/* Much longer than what is waited for takes. */
#define LONG_MS		20000

/* Whoever runs this has a deadline of his own for the seconds he wants. */
#define DEADLINE	7200

FIXTURE(again)
{
	struct mk_snapshot before;
	struct mk_instance instance;
	int log;
};

/* Its tables are there since a first start: they say where to store what. */
FIXTURE_SETUP(again)
{
	struct mk_instance *instance = &self->instance;
	struct mk_registers registers;

	if (!mk_loop_readable())
		SKIP(return, "/dev/mem does not show memory");
	mk_begin(&self->before);
	ASSERT_EQ(0, mk_make(instance, NAME, 1ULL << mk_spare_cpu(0), MK_SMALL));
	ASSERT_EQ(0, mk_run(instance));
	ASSERT_TRUE(mk_find_registers(&instance->info, &registers));
	ASSERT_EQ(0, mk_stop(instance->id));
	mk_loop_step(&instance->image, MK_STEP_WAIT, 0, 0);
	mk_loop_step(&instance->image, MK_STEP_STORE_WORD, MK_WARM_RESET,
		     MK_RESET_WORD);
	mk_loop_step(&instance->image, MK_STEP_STORE_BYTE,
		     registers.reset_value, registers.reset);
	self->log = mk_log_open();
}

FIXTURE_TEARDOWN(again)
{
	mk_destroy_leftovers();
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

/* What a program does that is to have its kernel restarted. */
static int load(const struct mk_instance *instance, __u32 max_restarts)
{
	const struct mk_image *image = &instance->image;
	struct multikernel_boot boot = {
		.size = sizeof(boot),
		.id = instance->id,
		.entry = MULTIKERNEL_ENTRY_LINUX64,
		.boot_params = image->boot_params,
		.on_crash = MULTIKERNEL_ON_CRASH_RESTART,
		.max_restarts = max_restarts,
	};
	int err = mk_ioctl(MULTIKERNEL_BOOT, &boot);

	return err ?: mk_kexec_load(image->entry, image->nr,
				    (void *)image->segments,
				    mk_load_flags(instance->id));
}

static bool says(const char *file, const char *text)
{
	char now[512] = "";

	if (mk_instance_read(NAME, file, now, sizeof(now)) &&
	    !strcmp(now, text))
		return true;
	fprintf(stderr, "# %s is \"%s\"\n", file, now);
	return false;
}

/* A restart is counted when the state is no longer that of the crash. */
static bool is_restarted(int restarts)
{
	long last = mk_now() + LONG_MS;
	char now[32];

	while (mk_now() < last) {
		if (mk_instance_read(NAME, "restarts", now, sizeof(now)) &&
		    atoi(now) == restarts && mk_in_state(NAME, "running"))
			return true;
		usleep(1000);
	}
	return false;
}

TEST_F(again, and_again_until_the_limit)
{
	long started;

	ASSERT_EQ(0, load(&self->instance, 2));
	ASSERT_TRUE(says("image_copy", "8192"));
	ASSERT_EQ(0, mk_start(self->instance.id));
	started = mk_now();
	ASSERT_TRUE(mk_loop_go(&self->instance.image));
	ASSERT_TRUE(is_restarted(1));
	EXPECT_LE(100, mk_now() - started);
	EXPECT_TRUE(says("last_crash", CRASH));
	EXPECT_TRUE(says("exit_reason", ""));

	started = mk_now();
	ASSERT_TRUE(mk_loop_go(&self->instance.image));
	ASSERT_TRUE(is_restarted(2));
	EXPECT_LE(200, mk_now() - started);

	ASSERT_TRUE(mk_loop_go(&self->instance.image));
	EXPECT_TRUE(mk_wait_for_state(NAME, "crashed", LONG_MS));
	EXPECT_TRUE(mk_log_contains(self->log, NAME,
				    "crashed 3 times, not restarted again"));
	EXPECT_TRUE(says("exit_reason", CRASH));
	EXPECT_TRUE(says("image_copy", "0"));
	usleep(600000);
	EXPECT_TRUE(says("state", "crashed"));
	EXPECT_TRUE(says("restarts", "2"));
}

/* Each does what it does, whatever the instance's state is. */
static void meddle(const struct mk_instance *instance, int who)
{
	switch (who) {
	case 0:
		load(instance, 1000);
		usleep(random() % 500000);
		break;
	case 1:
		mk_start(instance->id);
		usleep(random() % 20000);
		break;
	case 2:
		mk_stop(instance->id);
		usleep(random() % 200000);
		break;
	default:
		mk_loop_go(&instance->image);
		usleep(random() % 20000);
	}
}

/* And in the end it is destroyed, whatever it is about to do. */
TEST_F_TIMEOUT(again, while_others_do_what_they_like, DEADLINE)
{
	long end = mk_now() + mk_setting("MK_FIGHT_SECONDS", SECONDS) * 1000;
	long last = end + LONG_MS;
	int who, status;

	for (who = 0; who < 4; who++) {
		if (fork())
			continue;
		srandom(who);
		while (mk_now() < end)
			meddle(&self->instance, who);
		_exit(0);
	}
	for (who = 0; who < 4; who++) {
		ASSERT_LT(0, wait(&status));
		EXPECT_EQ(0, status);
	}
	EXPECT_TRUE(mk_log_contains(self->log, NAME,
				    "restarting it after a crash"));

	while (load(&self->instance, 1000) && mk_now() < last)
		mk_stop(self->instance.id);
	EXPECT_EQ(0, mk_start(self->instance.id));
	EXPECT_TRUE(mk_loop_go(&self->instance.image));
	usleep(30000);
	while (mk_destroy(self->instance.id) && mk_now() < last)
		usleep(1000);
	usleep(300000);
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

MK_TEST_MAIN(1, MK_SMALL)
