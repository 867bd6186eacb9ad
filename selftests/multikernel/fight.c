// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that fight over the same instances, each as if it were alone: no
 * call has an outcome that is not documented, and everything comes back.
 *
 *   MK_FIGHT_SECONDS  how long (10)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME		MK_NAME "fight"
#define SECONDS		10
#define FIGHTERS	4
#define INSTANCES	2
#define ERRNOS		4096

/* Whoever runs this has a deadline of his own for the seconds he wants. */
#define DEADLINE	7200

enum call { CREATE, DESTROY, INFO, BOOT, LOAD, UNLOAD, START, STOP, CALLS };

/*
 * What each call may say besides 0. The instance may be another one than the
 * caller thinks at each moment: none at all, one that others have just started,
 * or a new one with other memory.
 */
static const struct {
	const char *name;
	int errnos[8];
} calls[CALLS] = {
	/* EBUSY: somebody has the CPU; ENXIO: it is about to come back. */
	[CREATE]  = { "create", { EEXIST, EBUSY, ENXIO } },
	[DESTROY] = { "destroy", { ENOENT, EBUSY } },
	[INFO]    = { "info", { ENOENT } },
	[BOOT]    = { "boot", { ENOENT } },
	/* EINVAL: a load of somebody else used up what was said of the entry. */
	[LOAD]    = { "load", { ENOENT, EBUSY, EINVAL, EADDRNOTAVAIL } },
	[UNLOAD]  = { "unload", { ENOENT, EBUSY } },
	[START]   = { "start", { ENOENT, EBUSY, ENOEXEC } },
	[STOP]    = { "stop", { ENOENT, EBUSY, ESRCH } },
};

/**
 * struct score - outcomes of all fighters' calls
 * @count: how often each call had each errno
 */
struct score {
	unsigned int count[CALLS][ERRNOS];
};

/**
 * struct fighter - one of the processes
 * @score: where outcomes are counted, of all of them
 * @cpu: of each instance
 * @id: of each instance, the last that this process knows
 * @image: made for the instance that it knew at that time
 * @reset: offset of the reset register in the host's part of the memory
 * @reset_value: what resets
 */
struct fighter {
	struct score *score;
	int cpu[INSTANCES];
	__u32 id[INSTANCES];
	struct mk_image image[INSTANCES];
	__u64 reset;
	__u8 reset_value;
};

static const char * const names[INSTANCES] = { NAME "-1", NAME "-2" };

static int count(struct fighter *fighter, enum call call, int err)
{
	__atomic_fetch_add(&fighter->score->count[call][err % ERRNOS], 1,
			   __ATOMIC_RELAXED);
	return err;
}

/* Who has the name now, or had it when this process last looked. */
static void look(struct fighter *fighter, int nth)
{
	char text[32];

	if (mk_instance_read(names[nth], "id", text, sizeof(text)))
		fighter->id[nth] = strtoul(text, NULL, 0);
}

static void create(struct fighter *fighter, int nth)
{
	/* Sometimes with the CPU that belongs to the other name. */
	int cpu = fighter->cpu[random() % 8 ? nth : !nth];
	__u32 id;

	if (!count(fighter, CREATE, mk_create(names[nth], cpu, 4 * MK_MIB, &id)))
		fighter->id[nth] = id;
}

static void describe(struct fighter *fighter, int nth)
{
	struct multikernel_range ranges[MULTIKERNEL_MAX_RANGES];
	struct mk_image *image = &fighter->image[nth];
	struct multikernel_info info;

	if (count(fighter, INFO, mk_info(fighter->id[nth], &info, ranges)))
		return;
	mk_loop_free(image);
	mk_image_loop(image, &ranges[0]);
	/* Some end by themselves soon, as after a panic or not. */
	if (random() % 2)
		mk_loop_step(image, MK_STEP_STORE_WORD, MK_WARM_RESET,
			     MK_RESET_WORD);
	if (random() % 2)
		mk_loop_step(image, MK_STEP_STORE_BYTE, fighter->reset_value,
			     info.platform.start + fighter->reset);
}

/* Some are to be restarted when they crash. */
static int boot(__u32 id, const struct mk_image *image)
{
	struct multikernel_boot boot = {
		.size = sizeof(boot),
		.id = id,
		.entry = MULTIKERNEL_ENTRY_LINUX64,
		.boot_params = image->boot_params,
	};

	if (random() % 2) {
		boot.on_crash = MULTIKERNEL_ON_CRASH_RESTART;
		boot.max_restarts = 3;
	}
	return mk_ioctl(MULTIKERNEL_BOOT, &boot);
}

static void load(struct fighter *fighter, int nth)
{
	struct mk_image *image = &fighter->image[nth];
	__u32 id = fighter->id[nth];

	if (!count(fighter, BOOT, boot(id, image)) && image->nr)
		count(fighter, LOAD, mk_kexec_load(image->entry, image->nr,
						   image->segments,
						   mk_load_flags(id)));
}

/* So that there is an instance most of the time, and it runs now and then. */
static const enum call habits[] = {
	CREATE, CREATE, DESTROY, INFO, INFO, LOAD, LOAD, LOAD, LOAD, LOAD,
	START, START, START, START, START, START, STOP, STOP, STOP, UNLOAD,
};

static void do_something(struct fighter *fighter)
{
	int nth = random() % INSTANCES;
	__u32 id;

	if (random() % 4)
		look(fighter, nth);
	id = fighter->id[nth];
	switch (habits[random() % ARRAY_SIZE(habits)]) {
	case CREATE:
		create(fighter, nth);
		break;
	case DESTROY:
		count(fighter, DESTROY, mk_destroy(id));
		break;
	case INFO:
		describe(fighter, nth);
		break;
	case LOAD:
		load(fighter, nth);
		break;
	case UNLOAD:
		count(fighter, UNLOAD, mk_kexec_load(0, 0, NULL,
						     mk_load_flags(id)));
		break;
	case START:
		count(fighter, START, mk_start(id));
		break;
	default:
		count(fighter, STOP, mk_stop(id));
		break;
	}
	usleep(random() % 2000);
}

FIXTURE(fight)
{
	struct mk_snapshot before;
	struct fighter fighter;
};

/* A first start tells where the reset register is. */
static bool find_reset(struct fighter *fighter)
{
	struct mk_instance instance;
	struct mk_registers registers;
	bool found;

	if (mk_make(&instance, NAME, 1ULL << fighter->cpu[0], MK_SMALL))
		return false;
	found = !mk_run(&instance) &&
		mk_find_registers(&instance.info, &registers);
	fighter->reset = registers.reset - instance.info.platform.start;
	fighter->reset_value = registers.reset_value;
	mk_loop_free(&instance.image);
	return !mk_destroy(instance.id) && found;
}

FIXTURE_SETUP(fight)
{
	struct fighter *fighter = &self->fighter;

	if (mk_spare_cpu(1) < 0)
		SKIP(return, "needs two CPUs beside CPU 0");
	if (!mk_loop_readable())
		SKIP(return, "/dev/mem does not show memory");
	mk_begin(&self->before);
	fighter->cpu[0] = mk_spare_cpu(0);
	fighter->cpu[1] = mk_spare_cpu(1);
	fighter->score = mmap(NULL, sizeof(*fighter->score),
			      PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, fighter->score);
	ASSERT_TRUE(find_reset(fighter));
}

FIXTURE_TEARDOWN(fight)
{
	mk_destroy_leftovers();
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

static bool is_documented(enum call call, int err)
{
	size_t i;

	for (i = 0; err && i < ARRAY_SIZE(calls[call].errnos); i++)
		if (calls[call].errnos[i] == err)
			return true;
	return !err;
}

/* Tells how often what came of a call; says whether all of it may. */
static bool tell(const struct score *score, enum call call)
{
	char text[512];
	bool good = true;
	int err, length;

	length = snprintf(text, sizeof(text), "# figure: %s:",
			  calls[call].name);
	for (err = 0; err < ERRNOS && length < (int)sizeof(text); err++) {
		if (!score->count[call][err])
			continue;
		length += snprintf(text + length, sizeof(text) - length,
				   " %u %s%s,", score->count[call][err],
				   err ? strerrorname_np(err) ?: "?" : "done",
				   is_documented(call, err) ? "" :
				   " (not documented)");
		good &= is_documented(call, err);
	}
	fprintf(stderr, "%s\n", text);
	return good;
}

/* Some calls can seldom be done, and a machine may be slow. */
static bool each_was_done(const struct score *score)
{
	int i;

	for (i = 0; i < CALLS; i++)
		if (!score->count[i][0])
			return false;
	return true;
}

TEST_F_TIMEOUT(fight, has_documented_outcomes_alone_and_loses_nothing, DEADLINE)
{
	long end = mk_now() + mk_setting("MK_FIGHT_SECONDS", SECONDS) * 1000;
	long last = end + 60000;
	struct fighter *fighter = &self->fighter;
	int i, status;

	for (i = 0; i < FIGHTERS; i++) {
		if (fork())
			continue;
		srandom(i);
		while (mk_now() < end ||
		       (mk_now() < last && !each_was_done(fighter->score)))
			do_something(fighter);
		_exit(0);
	}
	for (i = 0; i < FIGHTERS; i++) {
		ASSERT_LT(0, wait(&status));
		EXPECT_EQ(0, status);
	}
	for (i = 0; i < CALLS; i++) {
		EXPECT_TRUE(tell(fighter->score, i));
		EXPECT_NE(0, fighter->score->count[i][0]);
	}
}

MK_TEST_MAIN(1, MK_SMALL)
