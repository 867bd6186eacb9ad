/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of /dev/multikernel share: the calls, images to load, and
 * what the host owns before and after.
 */
#ifndef MK_LIB_H
#define MK_LIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <asm/multikernel.h>
#include <linux/capability.h>
#include <linux/kexec.h>

#include "mk_loop.h"

#ifndef KEXEC_MULTIKERNEL
#define KEXEC_MULTIKERNEL		0x00000100
#define KEXEC_MULTIKERNEL_ID_SHIFT	32
#endif

#define MK_MIB		(1024UL * 1024)
#define MK_DEVICE	"/dev/multikernel"
#define MK_SYSFS	"/sys/kernel/multikernel"

/* Faults on demand: CONFIG_MULTIKERNEL_DEBUG. */
#define MK_DEBUGFS	"/sys/kernel/debug/multikernel"
#define MK_CORRUPT	MK_DEBUGFS "/corrupt_magic"
#define MK_MUTE		MK_DEBUGFS "/mute"
#define MK_OBSTACLE	MK_DEBUGFS "/obstacle"
#define MK_CLEARED_MSR	MK_DEBUGFS "/msr"
#define MK_MUTE_NOBODY	"4294967295"

/* Names that the tests give begin with this. */
#define MK_NAME		"selftest-"

/* Enough for an image that is a few instructions, and for a kernel with KASAN. */
#define MK_SMALL	(16 * MK_MIB)
#define MK_LARGE	(128 * MK_MIB)

/* An id that no instance will have. */
#define MK_NOBODY	0xdeadbeef

/*
 * Calls. All return 0 or an errno, which is positive.
 */
int mk_ioctl(unsigned int cmd, void *arg);
int mk_create(const char *name, int cpu, unsigned long memory, __u32 *id);
int mk_create_on(const char *name, __u64 cpus, __u32 flags,
		 unsigned long memory, __u32 *id);
int mk_create_with(struct multikernel_create *create);
int mk_destroy(__u32 id);
int mk_info(__u32 id, struct multikernel_info *info,
	    struct multikernel_range *ranges);
int mk_boot(__u32 id, __u64 boot_params, __u32 flags);
int mk_kexec_load(unsigned long entry, unsigned long nr,
		  struct kexec_segment *segments, unsigned long flags);
unsigned long mk_load_flags(__u32 id);
int mk_start(__u32 id);
int mk_stop(__u32 id);
int mk_stop_with(__u32 id, __u32 flags, __u32 timeout_ms, __u32 *rung);

/* Destroy what a test left behind; says how many instances that were. */
int mk_destroy_leftovers(void);
int mk_count_instances(void);

/*
 * Images.
 */

/**
 * struct mk_image - an image in this process, ready for kexec_load()
 * @segments: what goes where
 * @nr: number of segments
 * @entry: address of the first instruction
 * @boot_params: address of the zero page
 * @boot_flags: MULTIKERNEL_BOOT_*
 */
struct mk_image {
	struct kexec_segment segments[KEXEC_SEGMENT_MAX];
	unsigned long nr;
	unsigned long entry;
	__u64 boot_params;
	__u32 boot_flags;
};

/*
 * A bzImage of this machine; NULL, or why there is none. It boots until it
 * finds that there is no root file system, and stays there.
 */
const char *mk_image_kernel(struct mk_image *image,
			    const struct multikernel_info *info,
			    const struct multikernel_range *ranges,
			    unsigned int token);
/* Until a kernel that was given this token is there: its log says so. */
bool mk_wait_for_kernel(const struct multikernel_info *info,
			const struct multikernel_range *ranges,
			unsigned int token, int ms);
/* MULTIKERNEL_BOOT and kexec_load(). */
int mk_load(__u32 id, struct mk_image *image);

/*
 * An image that is not a kernel: steps, then a count in its own page.
 */

/* Segments of an image from mk_image_loop(). */
#define MK_LOOP_CODE		0
#define MK_LOOP_BOOT_PARAMS	1

extern const __u8 mk_loop_text[];
extern const __u8 mk_loop_text_end[];

void mk_image_loop(struct mk_image *image,
		   const struct multikernel_range *range);
void mk_loop_free(struct mk_image *image);
/* Add a step, MK_STEP_*, before a load; says its number. */
unsigned int mk_loop_step(struct mk_image *image, __u32 op, __u32 arg,
			  __u64 value);
void mk_loop_no_steps(struct mk_image *image);
/* Ends MK_STEP_WAIT. */
bool mk_loop_go(const struct mk_image *image);
/* Whether a loop can be watched; its count; what a step has read. */
bool mk_loop_readable(void);
__u64 mk_loop_count(const struct mk_image *image);
__u64 mk_loop_value(const struct mk_image *image, unsigned int step);
bool mk_loop_counts(const struct mk_image *image);
bool mk_loop_stands_still(const struct mk_image *image);

/* Whether a text is in memory that a loop's count could be read from. */
bool mk_memory_has(const struct multikernel_range *ranges, __u32 nr,
		   const char *text);

/**
 * struct mk_registers - by which a spawned kernel ends its machine
 * @reset: address of the ACPI reset register
 * @sleep: address of the ACPI sleep control register
 * @reset_value: what resets
 */
struct mk_registers {
	__u64 reset;
	__u64 sleep;
	__u8 reset_value;
};

/* The BIOS data area says so of a warm reset: what Linux has after a panic. */
#define MK_RESET_WORD	0x472
#define MK_WARM_RESET	0x1234

/* As its ACPI tables say, which are there since its first start. */
bool mk_find_registers(const struct multikernel_info *info,
		       struct mk_registers *registers);

/**
 * struct mk_instance - an instance with a loop to load
 * @id: its id
 * @info: what MULTIKERNEL_INFO said
 * @ranges: its memory
 * @image: an image that fits into it
 */
struct mk_instance {
	__u32 id;
	struct multikernel_info info;
	struct multikernel_range ranges[MULTIKERNEL_MAX_RANGES];
	struct mk_image image;
};

/* MULTIKERNEL_CREATE and mk_image_loop(). */
int mk_make(struct mk_instance *instance, const char *name, __u64 cpus,
	    unsigned long memory);
/* mk_load() and mk_start(). */
int mk_run(struct mk_instance *instance);

/*
 * The machine.
 */

/* Why tests that need this much cannot run here, or NULL. */
const char *mk_obstacle(int cpus, unsigned long memory);
/* The nth online CPU from the last down, which a test may take. */
int mk_spare_cpu(int nth);
int mk_cpu_set_online(int cpu, bool online);
bool mk_cpu_online(int cpu);
__u32 mk_apic_id(int cpu);
/* Run this thread on that CPU alone. */
bool mk_pin(int cpu);
/* Milliseconds of a clock that goes on. */
long mk_now(void);
/* A number in the environment, or else. */
int mk_setting(const char *name, int otherwise);
const char *mk_apic_mode(void);

bool mk_read(const char *path, char *buf, size_t size);
long long mk_read_number(const char *path);
bool mk_write(const char *path, const char *text);
bool mk_instance_read(const char *name, const char *file, char *buf,
		      size_t size);
bool mk_in_state(const char *name, const char *state);
bool mk_ended_by(const char *name, const char *exit_reason);
bool mk_wait_for_state(const char *name, const char *state, int ms);
/* The kernel's log from now on. */
int mk_log_open(void);
bool mk_log_contains(int log, const char *first, const char *second);

bool mk_mute(__u32 apic_id);
int mk_drop_capability(int capability);

/* Most MSRs that are looked at, and some of them. */
#define MK_CPU_MSRS	128
#define MK_MSR_PAT	0x277
#define MK_MSR_EFER	0xc0000080
#define MK_MSR_LSTAR	0xc0000082
#define MK_MSR_TSC_AUX	0xc0000103

/**
 * struct mk_cpu - a CPU of this machine
 * @apic_id: as /proc/cpuinfo has it
 * @msr: registers that could be read
 * @value: what was in them
 * @nr: number of them
 */
struct mk_cpu {
	__u32 apic_id;
	__u32 msr[MK_CPU_MSRS];
	__u64 value[MK_CPU_MSRS];
	unsigned int nr;
};

bool mk_msr_read(int cpu, __u32 msr, __u64 *value);
void mk_cpu_record(struct mk_cpu *record, int cpu);
bool mk_cpu_has(const struct mk_cpu *record, __u32 msr, __u64 *value);
/* Says on standard error what differs. */
bool mk_cpu_same(const struct mk_cpu *before, int cpu);
__u32 mk_cpuid_apic_id(void);

/**
 * struct mk_snapshot - what the host owns
 * @online: CPUs
 * @memory_total: bytes of all instances
 * @low_slots_free: free slots of low memory
 * @instances: number of instances
 */
struct mk_snapshot {
	char online[256];
	long long memory_total;
	long long low_slots_free;
	int instances;
};

void mk_snapshot(struct mk_snapshot *snapshot);
/*
 * The first thing that a fixture does: no harm comes from a test before it that
 * was broken off, whose teardown may have been left out.
 */
void mk_begin(struct mk_snapshot *snapshot);
void mk_reset_knobs(void);
/* Says on standard error what differs. */
bool mk_snapshot_same(const struct mk_snapshot *before);

/* The main function of a test program that needs that much. */
#define MK_TEST_MAIN(cpus, memory)					\
int main(int argc, char **argv)					\
{									\
	const char *why = mk_obstacle(cpus, memory);			\
									\
	if (why)							\
		ksft_exit_skip("%s\n", why);				\
	atexit(mk_reset_knobs);						\
	return test_harness_run(argc, argv);				\
}

#endif /* MK_LIB_H */
