/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the files of arch/x86/multikernel, in the order of its layers: a
 * part uses those above it and none below.
 */
#ifndef _X86_MULTIKERNEL_INTERNAL_H
#define _X86_MULTIKERNEL_INTERNAL_H

#include <linux/cpumask.h>
#include <linux/kexec.h>
#include <linux/kobject.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <asm/bootparam.h>
#include <asm/multikernel.h>
#include <asm/multikernel_abi.h>
#include <uapi/asm/multikernel.h>

#include "rm/trampoline.h"

/* host/low.c: memory below 1 MiB */

#define MK_LOW_SLOTS		16
#define MK_LOW_SLOT_SIZE	SZ_32K

extern phys_addr_t mk_trampoline_phys;

int mk_low_take(struct multikernel_range *low);
void mk_low_give_back(const struct multikernel_range *low);
unsigned int mk_low_total(void);
unsigned int mk_low_free(void);

/* host/pagetable.c: identity mappings of a start */

/**
 * struct mk_pagetable - page tables under construction
 * @root: the root table, one page
 * @pool: pages for the tables below it
 * @pool_pages: number of them
 * @pool_used: number in use
 * @encryption_mask: bit that is set in each entry on a SEV guest, or zero
 */
struct mk_pagetable {
	u64 *root;
	u64 *pool;
	unsigned int pool_pages;
	unsigned int pool_used;
	u64 encryption_mask;
};

void mk_pagetable_init(struct mk_pagetable *table, u64 *root, void *pool,
		       unsigned int pool_pages, u64 encryption_mask);
int mk_pagetable_map(struct mk_pagetable *table, u64 start, u64 size,
		     u64 flags);

/* host/debug.c: fault injection */

/* Numbers in debugfs multikernel/obstacle above those of mk_ipi_obstacle(). */
#define MK_OBSTACLE_HYPERV	5
#define MK_OBSTACLE_CALLBACK	6

#ifdef CONFIG_MULTIKERNEL_DEBUG
bool mk_debug_corrupt_magic(void);
bool mk_debug_is_mute(u32 apic_id);
bool mk_debug_obstacle(unsigned int nr);
u32 mk_debug_abi(void);
u32 mk_debug_msr(void);
#else
static inline bool mk_debug_corrupt_magic(void) { return false; }
static inline bool mk_debug_is_mute(u32 apic_id) { return false; }
static inline bool mk_debug_obstacle(unsigned int nr) { return false; }
static inline u32 mk_debug_abi(void) { return 0; }
static inline u32 mk_debug_msr(void) { return 0; }
#endif

/* host/ipi.c: INIT, SIPI and NMI */

const char *mk_ipi_obstacle(void);
const char *mk_ipi_mode(void);
void mk_ipi_init(u32 apic_id);
void mk_ipi_init_all(const u32 *apic_ids, unsigned int nr);
void mk_ipi_startup(u32 apic_id, phys_addr_t page);
void mk_ipi_nmi(u32 apic_id);
void mk_ipi_forbid_startup(void);

/* host/trampoline.c: one CPU at a time through the low pages */

/* How long a CPU may take. It needs microseconds; an emulated one may wait. */
#define MK_TRAMPOLINE_DEADLINE_MS	3000

/**
 * struct mk_entry - where a CPU goes from the trampoline
 * @mode: MK_MODE_LINUX64 or MK_MODE_FLAT32
 * @root_table: its page tables, below 4 GiB, for 64-bit mode
 * @address: the kernel's entry
 * @boot_params: the zero page, in RSI at an entry in 64-bit mode
 * @eax: in EAX at an entry in 32-bit mode
 * @ebx: in EBX there
 */
struct mk_entry {
	u32 mode;
	phys_addr_t root_table;
	u64 address;
	u64 boot_params;
	u32 eax;
	u32 ebx;
};

/**
 * struct mk_timings - the last start in the time stamp counter's cycles
 * @stage: from the SIPI to MK_STAGE_REAL, PROTECTED, LONG and LEAVING, or zero
 *	for one that there was not
 */
struct mk_timings {
	u64 stage[MK_STAGE_STAMPS];
};

bool mk_trampoline_ready(void);
int mk_trampoline_enter(const char *name, u32 apic_id,
			const struct mk_entry *entry,
			struct mk_timings *timings);
int mk_trampoline_park(const char *name, u32 apic_id, ktime_t deadline);

/* host/cpu.c: CPUs of this kernel that belong to an instance */

bool mk_cpus_ready(void);
int mk_cpus_check(const char *name, const struct cpumask *cpus);
int mk_cpus_check_cores(const char *name, const struct cpumask *cpus,
			bool whole);
int mk_cpus_take(const char *name, const struct cpumask *cpus);
void mk_cpus_give_back(const char *name, const struct cpumask *cpus);
u32 mk_cpu_apic_id(unsigned int cpu);
void mk_cpus_tell(void);
void mk_cpus_silence(void);
const struct cpumask *mk_cpus_owned(void);

/* host/cma.c: memory that is set aside at boot */

bool mk_cma_contains(u64 address);
u64 mk_cma_take(u64 size, int node);
void mk_cma_give_back(u64 start, u64 size);

/* host/fixed.c: memory that is set aside at boot by its address */

/* Addresses and sizes of it are multiples of this. */
#define MK_FIXED_UNIT		SZ_1M

bool mk_fixed_is_valid(const struct multikernel_range *range);
const char *mk_fixed_parse(const char *text, struct multikernel_range *range);
bool mk_fixed_contains(u64 address);
int mk_fixed_take(const char *name, const struct multikernel_range *range);
void mk_fixed_give_back(const struct multikernel_range *range);

/* host/memory.c: memory of this kernel that belongs to an instance */

/**
 * struct mk_memory - an instance's memory
 * @range: its pieces in ascending order
 * @nr: number of pieces
 */
struct mk_memory {
	struct multikernel_range range[MULTIKERNEL_MAX_RANGES];
	unsigned int nr;
};

int mk_memory_take_fixed(const char *name, struct mk_memory *memory,
			 const struct multikernel_range *ranges,
			 unsigned int nr);
int mk_memory_take(const char *name, struct mk_memory *memory, u64 size,
		   int node);
void mk_memory_give_back(struct mk_memory *memory);
bool mk_memory_contains(const struct mk_memory *memory, u64 start, u64 size);
u64 mk_memory_size(const struct mk_memory *memory);
u64 mk_memory_total(void);

/* host/uart.c: a serial port of the PC */

int mk_uart_take(const char *name, u32 uart);
void mk_uart_give_back(u32 uart);
unsigned int mk_uart_port(u32 uart);

#include "machine.h"

#include "instance.h"

/* host/heartbeat.c: spawned kernels that hang */

void mk_heartbeat_begin(struct mk_instance *instance);
u32 mk_heartbeat_ask(struct mk_instance *instance);
bool mk_heartbeat_look(struct mk_instance *instance);
bool mk_instance_hangs(const struct mk_instance *instance);
void mk_heartbeat_tell(struct mk_instance *instance);

/* host/timers.c: two timers on two CPUs that look at spawned kernels */

void mk_timers_init(bool (*look_now)(void));
void mk_timers_run(void);

/* host/watch.c: spawned kernels that end by themselves */

void mk_watch_init(struct mk_instance *instance);
void mk_watch_begin(struct mk_instance *instance,
		    void (*ended)(struct mk_instance *instance));
void mk_watch_end(struct mk_instance *instance);
u32 mk_watch_ask(struct mk_instance *instance);
u64 mk_watch_stray_rings(void);

/* host/vmcore.c: an instance's memory as a core file */

/* Bytes before the memory: a page of headers, and two are enough for a note. */
#define MK_VMCORE_HEADER	(3 * PAGE_SIZE)

void mk_vmcore_describe(const struct mk_machine *machine,
			const struct mk_abi_dump *dump, void *header);
u64 mk_vmcore_size(const struct mk_machine *machine);
int mk_may_look(struct file *file);
int mk_vmcore_add(struct mk_instance *instance);

/* host/console.c: a terminal's line to a spawned kernel */

void mk_console_open(struct mk_instance *instance);
void mk_console_connect(struct mk_console *console);
void mk_console_look(struct mk_console *console);
void mk_console_disconnect(struct mk_console *console);
void mk_console_close(struct mk_console *console);
void mk_console_use(struct mk_console *console, bool open);
void mk_console_hold(struct mk_console *console, bool full);
size_t mk_console_type(struct mk_console *console, const u8 *text,
		       size_t count);
u32 mk_console_room(struct mk_console *console);
void mk_console_resize(struct mk_console *console, u32 size);
void mk_console_init(struct mk_console *console);

/* host/terminal.c: the terminals that consoles are */

#define MK_TERMINAL_NAME	"ttyMK"

void mk_terminal_add(struct mk_instance *instance);
void mk_terminal_remove(struct mk_instance *instance);

/* host/log.c: what a console printed last */

int mk_log_add(struct mk_instance *instance);

/* host/attributes.c: the files of an instance */

extern const struct attribute_group *mk_instance_groups[];

/* host/sysfs.c: what there is to be seen */

bool mk_sysfs_ready(void);
bool mk_sysfs_has(const char *name);
int mk_sysfs_add(struct mk_instance *instance);
void mk_sysfs_remove(struct mk_instance *instance);

/* host/request.c: what an instance is to be */

/**
 * struct mk_request - what an instance is to be
 * @name: its name, NUL within MULTIKERNEL_NAME_SIZE bytes or refused
 * @cpus: its CPUs
 * @size: bytes of memory beside @fixed
 * @fixed: memory that it is to have at addresses
 * @nr_fixed: number of ranges in @fixed
 * @node: NUMA node of the memory, or MULTIKERNEL_NODE_ANY
 * @uart: MULTIKERNEL_UART_*
 * @flags: MULTIKERNEL_CREATE_*
 */
struct mk_request {
	const char *name;
	const struct cpumask *cpus;
	u64 size;
	const struct multikernel_range *fixed;
	u32 nr_fixed;
	int node;
	u32 uart;
	u32 flags;
};

int mk_request_check(const struct mk_request *request);

/* host/instance.c: the instances there are */

int mk_instance_create(const struct mk_request *request, u32 *id);
void mk_instance_release_resources(struct mk_instance *instance);
void mk_instance_release_cpu(struct mk_instance *instance, unsigned int cpu);
void mk_instance_remove(struct mk_instance *instance);
struct mk_instance *mk_instance_next(u32 id);
struct mk_instance *mk_instance_lock(u32 id);
void mk_instance_unlock(struct mk_instance *instance);

/* host/flat.c: images that are entered in 32-bit mode */

int mk_flat_describe(const char *name, const struct multikernel_boot *boot);
int mk_flat_check(const char *name, const struct mk_image *image, u64 rsdp);
void mk_flat_complete(const struct mk_image *image, u64 rsdp);

/* host/info.c: what an image tells about itself */

bool mk_info_has_abi(const void *kernel, u64 size, u32 offset);

/* host/image.c: loading */

int mk_image_describe(struct mk_instance *instance,
		      const struct multikernel_boot *boot);
void mk_image_forget(struct mk_image *image);

/* host/place.c: where the loader of kexec_file_load() may put things */

int mk_place_walk(const struct mk_machine *machine, struct kexec_buf *kbuf,
		  int (*func)(struct resource *resource, void *kbuf));

/* host/ladder.c: ways to stop a spawned kernel */

int mk_instance_park(struct mk_instance *instance, ktime_t deadline);
u32 mk_instance_climb(struct mk_instance *instance, u32 first,
		      unsigned int timeout_ms);

/* host/stop.c: stopping and destroying */

void mk_instance_ended(struct mk_instance *instance);
int mk_instance_stop(u32 id, u32 flags, u32 timeout_ms, u32 *rung);
int mk_instance_destroy(u32 id);
void mk_instances_stop_all(void);

/* host/start.c: starting */

int mk_instance_start(u32 id);
void mk_start_forbid(void);

#endif /* _X86_MULTIKERNEL_INTERNAL_H */
