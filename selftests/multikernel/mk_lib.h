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

#include <asm/multikernel.h>
#include <linux/kexec.h>

#ifndef KEXEC_MULTIKERNEL
#define KEXEC_MULTIKERNEL		0x00000100
#define KEXEC_MULTIKERNEL_ID_SHIFT	32
#endif

#define MK_MIB		(1024UL * 1024)
#define MK_DEVICE	"/dev/multikernel"
#define MK_SYSFS	"/sys/kernel/multikernel"

/* Names that the tests give begin with this. */
#define MK_NAME		"selftest-"

/* Enough for an image that is a few instructions. */
#define MK_SMALL	(16 * MK_MIB)

/*
 * Calls. All return 0 or an errno, which is positive.
 */
int mk_ioctl(unsigned int cmd, void *arg);
int mk_create(const char *name, int cpu, unsigned long memory, __u32 *id);
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

/* Segments of an image from mk_image_loop(). */
#define MK_LOOP_CODE		0
#define MK_LOOP_BOOT_PARAMS	1

/* A loop that counts in its own page, which is not a kernel. */
void mk_image_loop(struct mk_image *image,
		   const struct multikernel_range *range);
/* Whether a loop can be watched, and its count. */
bool mk_loop_readable(void);
__u64 mk_loop_count(const struct mk_image *image);

/* A bzImage of this machine; NULL, or why there is none. */
const char *mk_image_kernel(struct mk_image *image,
			    const struct multikernel_range *range);
/* MULTIKERNEL_BOOT and kexec_load(). */
int mk_load(__u32 id, struct mk_image *image);

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
const char *mk_apic_mode(void);

bool mk_read(const char *path, char *buf, size_t size);
long long mk_read_number(const char *path);
bool mk_write(const char *path, const char *text);
bool mk_instance_read(const char *name, const char *file, char *buf,
		      size_t size);
bool mk_in_state(const char *name, const char *state);
bool mk_wait_for_state(const char *name, const char *state, int ms);
/* The kernel's log from now on. */
int mk_log_open(void);
bool mk_log_contains(int log, const char *first, const char *second);

int mk_drop_boot_capability(void);

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
	return test_harness_run(argc, argv);				\
}

#endif /* MK_LIB_H */
