// SPDX-License-Identifier: GPL-2.0
/*
 * Many callers at once, and callers that are killed: whatever each of them is
 * told, nothing is half made and nothing is lost.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME		MK_NAME "race"
#define SECONDS		6
#define KILLS		20
#define IDS_AHEAD	64

FIXTURE(race)
{
	struct mk_snapshot before;
	time_t end;
};

FIXTURE_SETUP(race)
{
	mk_begin(&self->before);
	self->end = time(NULL) + SECONDS;
}

FIXTURE_TEARDOWN(race)
{
	mk_destroy_leftovers();
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

/* Makes, loads, starts and destroys instances of one name with one CPU. */
static int live_and_die(const char *name, int cpu, time_t end)
{
	struct multikernel_range ranges[MULTIKERNEL_MAX_RANGES];
	struct multikernel_info info;
	struct mk_image image;
	int lives = 0;
	__u32 id;

	while (time(NULL) < end) {
		if (mk_create(name, cpu, 4 * MK_MIB, &id)) {
			usleep(5000);
			continue;
		}
		if (!mk_info(id, &info, ranges)) {
			mk_image_loop(&image, &ranges[0]);
			mk_load(id, &image);
			mk_start(id);
		}
		lives += !mk_destroy(id);
	}
	return lives;
}

/* Calls for ids that may or may not be somebody's at the moment. */
static void meddle(__u32 first, time_t end)
{
	__u32 id = first;

	while (time(NULL) < end) {
		mk_start(id);
		mk_kexec_load(0, 0, NULL, mk_load_flags(id));
		mk_stop(id);
		mk_boot(id, 0, 0);
		mk_destroy(id);
		usleep(1000);
		id = id == first + IDS_AHEAD ? first : id + 1;
	}
}

/* Reads each file of each instance. */
static void look(time_t end)
{
	static const char * const files[] = {
		"id", "state", "exit_reason", "cpus", "memory", "memory_ranges",
		"cmdline", "uptime", "last_crash", "timings/long",
	};
	struct dirent *entry;
	char text[4096];
	size_t i;
	DIR *dir;

	while (time(NULL) < end) {
		dir = opendir(MK_SYSFS);
		while (dir && (entry = readdir(dir)))
			for (i = 0; i < sizeof(files) / sizeof(*files); i++)
				mk_instance_read(entry->d_name, files[i], text,
						 sizeof(text));
		if (dir)
			closedir(dir);
	}
}

static __u32 next_id(void)
{
	__u32 id = 0;

	if (!mk_create(NAME "-id", mk_spare_cpu(0), 2 * MK_MIB, &id))
		mk_destroy(id);
	return id + 1;
}

TEST_F_TIMEOUT(race, of_many_callers_loses_nothing, 60)
{
	int cpus[] = { mk_spare_cpu(0), mk_spare_cpu(1) };
	__u32 first = next_id();
	int i, status, lived = 0;

	if (cpus[1] < 0)
		SKIP(return, "needs two CPUs beside CPU 0");
	for (i = 0; i < 5; i++) {
		if (fork())
			continue;
		if (i < 3)
			_exit(!live_and_die(i ? NAME : NAME "-other",
					    cpus[i > 1], self->end));
		if (i == 3)
			look(self->end);
		else
			meddle(first, self->end);
		_exit(1);
	}
	for (i = 0; i < 5; i++) {
		ASSERT_LT(0, wait(&status));
		EXPECT_TRUE(WIFEXITED(status));
		lived += WIFEXITED(status) && !WEXITSTATUS(status);
	}
	EXPECT_LT(0, lived);
}

TEST_F_TIMEOUT(race, with_a_signal_leaves_nothing_half_made, 60)
{
	int cpu = mk_spare_cpu(0), round, status;
	struct mk_snapshot now;
	char state[32];
	__u32 id;
	pid_t child;

	for (round = 0; round < KILLS; round++) {
		child = fork();
		if (!child)
			_exit(mk_create(NAME, cpu, 64 * MK_MIB, &id));
		usleep(round * 5000);
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		mk_snapshot(&now);
		if (now.instances > self->before.instances) {
			ASSERT_TRUE(mk_instance_read(NAME, "state", state,
						     sizeof(state)));
			EXPECT_STREQ("created", state);
			EXPECT_EQ(1, mk_destroy_leftovers());
		}
		ASSERT_TRUE(mk_snapshot_same(&self->before))
			TH_LOG("round %d", round);
	}
}

MK_TEST_MAIN(1, 64 * MK_MIB)
