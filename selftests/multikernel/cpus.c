// SPDX-License-Identifier: GPL-2.0
/*
 * CPUs that come back: they are this kernel's as they were, whatever was done
 * on them meanwhile.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME		MK_NAME "cpus"
#define MAX_CPUS	16
#define BOOT_MS		60000

/* What a foreign image leaves in registers that this kernel sets once. */
#define FOREIGN_PAT	0x0606060606060606
#define FOREIGN_LSTAR	0xffffffff80abcdef
#define FOREIGN_AUX	0xabc
#define MSR_SYSENTER	0x176

FIXTURE(cpus)
{
	struct mk_snapshot before;
	struct mk_instance instance;
	int cpu[MAX_CPUS];
	struct mk_cpu record[MAX_CPUS];
	int nr;
};

/* kernel: a kernel runs on all CPUs, else an image on one after the other */
FIXTURE_VARIANT(cpus)
{
	bool kernel;
};

FIXTURE_VARIANT_ADD(cpus, after_an_image) {
	.kernel = false,
};

FIXTURE_VARIANT_ADD(cpus, after_a_kernel) {
	.kernel = true,
};

FIXTURE_SETUP(cpus)
{
	__u64 value;

	if (!mk_loop_readable())
		SKIP(return, "/dev/mem does not show memory");
	mk_begin(&self->before);
	while (self->nr < MAX_CPUS && mk_spare_cpu(self->nr) > 0) {
		self->cpu[self->nr] = mk_spare_cpu(self->nr);
		mk_cpu_record(&self->record[self->nr], self->cpu[self->nr]);
		self->nr++;
	}
	if (!mk_cpu_has(&self->record[0], MK_MSR_EFER, &value))
		SKIP(return, "needs /dev/cpu/N/msr (CONFIG_X86_MSR)");
	ASSERT_TRUE(mk_cpu_has(&self->record[0], MK_MSR_PAT, &value));
	ASSERT_TRUE(mk_cpu_has(&self->record[0], MK_MSR_LSTAR, &value));
}

FIXTURE_TEARDOWN(cpus)
{
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

/* What an image does on a CPU */

static const struct {
	__u32 msr;
	__u64 value;
} foreign[] = {
	{ MK_MSR_PAT, FOREIGN_PAT },
	{ MK_MSR_LSTAR, FOREIGN_LSTAR },
	{ MK_MSR_TSC_AUX, FOREIGN_AUX },
	{ MSR_SYSENTER, FOREIGN_LSTAR },
};

/* Registers that are not there must not be written: nobody handles the fault. */
static void add_foreign(struct mk_image *image, const struct mk_cpu *record)
{
	size_t i;
	__u64 value;

	for (i = 0; i < ARRAY_SIZE(foreign); i++) {
		if (!mk_cpu_has(record, foreign[i].msr, &value))
			continue;
		mk_loop_step(image, MK_STEP_WRITE_MSR, foreign[i].msr,
			     foreign[i].value);
		mk_loop_step(image, MK_STEP_READ_MSR, foreign[i].msr, 0);
	}
}

/* Whether each register had the foreign value, and another one before. */
static bool was_foreign(const struct mk_image *image,
			const struct mk_cpu *record)
{
	unsigned int step = 1;
	__u64 value, read;
	bool was = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(foreign); i++) {
		if (!mk_cpu_has(record, foreign[i].msr, &value))
			continue;
		read = mk_loop_value(image, step);
		step += 2;
		if (value != foreign[i].value && read == foreign[i].value)
			continue;
		fprintf(stderr, "# MSR %#x: %#llx before, %#llx in the image\n",
			foreign[i].msr, value, read);
		was = false;
	}
	return was && step > 1;
}

/* Where it failed, or "". */
static const char *run_image(int cpu, const struct mk_cpu *record)
{
	struct mk_instance instance;

	if (mk_make(&instance, NAME, 1ULL << cpu, MK_SMALL))
		return "create";
	add_foreign(&instance.image, record);
	if (mk_run(&instance))
		return "run";
	if (!mk_loop_counts(&instance.image))
		return "loop";
	if (!was_foreign(&instance.image, record))
		return "registers";
	mk_loop_free(&instance.image);
	return mk_destroy(instance.id) ? "destroy" : "";
}

static const char *run_kernel(const int *cpus, int nr)
{
	struct mk_instance instance;
	__u64 mask = 0;

	while (nr--)
		mask |= 1ULL << cpus[nr];
	if (mk_make(&instance, NAME, mask, MK_LARGE))
		return "create";
	if (mk_image_kernel(&instance.image, &instance.info, instance.ranges, 1))
		return "no kernel";
	if (mk_run(&instance))
		return "run";
	if (!mk_wait_for_kernel(&instance.info, instance.ranges, 1, BOOT_MS))
		return "boot";
	return mk_destroy(instance.id) ? "destroy" : "";
}

/* Takes all spare CPUs away for a while. */
static const char *let_others_run(const int *cpus, const struct mk_cpu *records,
				  int nr, bool kernel)
{
	const char *where = "";
	int nth;

	if (kernel)
		return run_kernel(cpus, nr);
	for (nth = 0; !*where && nth < nr; nth++)
		where = run_image(cpus[nth], &records[nth]);
	return where;
}

#define LET_OTHERS_RUN()						\
	ASSERT_STREQ("", let_others_run(self->cpu, self->record,	\
					self->nr, variant->kernel))

/* What comes back */

TEST_F_TIMEOUT(cpus, have_their_ids_and_registers, 2 * BOOT_MS / 1000)
{
	int nth;

	LET_OTHERS_RUN();
	fprintf(stderr, "# figure: %u registers of each CPU can be read\n",
		self->record[0].nr);
	for (nth = 0; nth < self->nr; nth++) {
		EXPECT_TRUE(mk_cpu_online(self->cpu[nth]));
		EXPECT_TRUE(mk_cpu_same(&self->record[nth], self->cpu[nth]));
	}
}

/**
 * struct work - what a thread does on a CPU
 * @cpu: the CPU
 * @apic_id: what CPUID said there
 * @sum: what came of it
 * @strayed: it was not on that CPU all the time
 */
struct work {
	int cpu;
	__u32 apic_id;
	__u64 sum;
	bool strayed;
};

static void *work(void *arg)
{
	struct work *work = arg;
	__u64 sum = 0xcbf29ce484222325;
	int i;

	work->strayed = !mk_pin(work->cpu);
	work->apic_id = mk_cpuid_apic_id();
	for (i = 0; i < 20000000; i++) {
		sum = (sum ^ (i & 0xff)) * 0x100000001b3;
		if (!(i & 0xffff))
			work->strayed |= sched_getcpu() != work->cpu;
	}
	work->sum = sum;
	return NULL;
}

static bool work_on(struct work *result, int cpu)
{
	pthread_t thread;

	*result = (struct work) { .cpu = cpu };
	return !pthread_create(&thread, NULL, work, result) &&
	       !pthread_join(thread, NULL) && !result->strayed;
}

TEST_F_TIMEOUT(cpus, do_work, 2 * BOOT_MS / 1000)
{
	struct work first, other;
	int nth;

	LET_OTHERS_RUN();
	ASSERT_TRUE(work_on(&first, 0));
	for (nth = 0; nth < self->nr; nth++) {
		EXPECT_TRUE(work_on(&other, self->cpu[nth]));
		EXPECT_EQ(first.sum, other.sum);
		EXPECT_EQ(self->record[nth].apic_id, other.apic_id);
	}
}

/* Time stamps that two CPUs show each other in turn never go back. */

#define TURNS		1000
#define TURNS_MS	60000

/**
 * struct game - between two threads
 * @turn: whose turn it is, counted up
 * @tsc: the stamp of the one before
 * @back: times that a stamp was below the one before
 * @aux: what is in TSC_AUX of the second player's CPU
 * @late: it took too long
 */
struct game {
	atomic_int turn;
	__u64 tsc;
	int back;
	__u32 aux;
	atomic_bool late;
};

static void play(struct game *game, int me)
{
	long end = mk_now() + TURNS_MS;
	unsigned int aux, spins;
	__u64 now;
	int turn;

	for (turn = me; turn < 2 * TURNS && !game->late; turn += 2) {
		for (spins = 0; game->turn != turn && !game->late; spins++)
			if (!(spins % 4096) && mk_now() > end)
				game->late = true;
		now = __builtin_ia32_rdtscp(&aux);
		game->back += now < game->tsc;
		game->tsc = now;
		if (me)
			game->aux = aux;
		game->turn = turn + 1;
	}
}

static void *play_second(void *game)
{
	play(game, 1);
	return NULL;
}

static const char *play_on(struct game *game, int cpu)
{
	pthread_attr_t attributes;
	pthread_t thread;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (!mk_pin(0) || pthread_attr_init(&attributes) ||
	    pthread_attr_setaffinity_np(&attributes, sizeof(set), &set) ||
	    pthread_create(&thread, &attributes, play_second, game))
		return "no thread";
	play(game, 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	return game->late ? "late" : "";
}

TEST_F_TIMEOUT(cpus, have_clocks_in_step, 4 * BOOT_MS / 1000)
{
	int nth;

	LET_OTHERS_RUN();
	for (nth = 0; nth < self->nr; nth++) {
		struct game game = { .turn = 0 };

		ASSERT_STREQ("", play_on(&game, self->cpu[nth]));
		EXPECT_EQ(2 * TURNS, game.turn);
		EXPECT_EQ(0, game.back) TH_LOG("CPU %d", self->cpu[nth]);
		EXPECT_EQ(self->cpu[nth], game.aux & 0xfff);
	}
}

/* What a CPU clears before it is parked */

FIXTURE(parked)
{
	struct mk_snapshot before;
	struct mk_instance instance;
};

FIXTURE_SETUP(parked)
{
	if (!mk_loop_readable())
		SKIP(return, "/dev/mem does not show memory");
	if (!mk_write(MK_CLEARED_MSR, "0"))
		SKIP(return, "needs CONFIG_MULTIKERNEL_DEBUG and debugfs");
	mk_begin(&self->before);
	ASSERT_EQ(0, mk_make(&self->instance, NAME, 1ULL << mk_spare_cpu(0),
			     MK_SMALL));
}

FIXTURE_TEARDOWN(parked)
{
	EXPECT_TRUE(mk_write(MK_CLEARED_MSR, "0"));
	EXPECT_EQ(0, mk_destroy(self->instance.id));
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

/* Has an image read a register, and then write to it; what it has read. */
static __u64 read_and_write(struct mk_instance *instance)
{
	struct mk_image *image = &instance->image;
	unsigned int step;

	mk_loop_no_steps(image);
	step = mk_loop_step(image, MK_STEP_READ_MSR, MSR_SYSENTER, 1);
	mk_loop_step(image, MK_STEP_WRITE_MSR, MSR_SYSENTER, FOREIGN_LSTAR);
	if (mk_run(instance) || !mk_loop_counts(image) || mk_stop(instance->id))
		return 1;
	return mk_loop_value(image, step);
}

TEST_F(parked, has_cleared_the_registers_that_it_was_to_clear)
{
	char msr[16];

	snprintf(msr, sizeof(msr), "%#x", MSR_SYSENTER);
	read_and_write(&self->instance);
	EXPECT_EQ(FOREIGN_LSTAR, read_and_write(&self->instance));
	ASSERT_TRUE(mk_write(MK_CLEARED_MSR, msr));
	read_and_write(&self->instance);
	EXPECT_EQ(0, read_and_write(&self->instance));
}

MK_TEST_MAIN(1, MK_LARGE)
