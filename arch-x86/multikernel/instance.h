/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An instance, as the host has it: what it is, what is loaded, what it does. Part
 * of internal.h.
 */
#ifndef _X86_MULTIKERNEL_INSTANCE_H
#define _X86_MULTIKERNEL_INSTANCE_H

#include <linux/spinlock.h>
#include <linux/tty_port.h>

/* host/state.c: what an instance does */

/**
 * enum mk_state - states of an instance
 * @MK_CREATED: it owns its CPUs and memory, nothing is loaded
 * @MK_LOADED: an image is ready to start
 * @MK_STARTING: its CPU is on the way through the trampoline
 * @MK_RUNNING: its CPU has left the trampoline
 * @MK_STOPPING: its CPUs are being parked
 * @MK_STOPPED: its CPUs are parked, nothing is loaded
 * @MK_CRASHED: the same, as the spawned kernel could not go on or was not let
 * @MK_FAILED: a CPU did not answer, so that nothing of it can be freed
 * @MK_NR_STATES: number of states
 */
enum mk_state {
	MK_CREATED,
	MK_LOADED,
	MK_STARTING,
	MK_RUNNING,
	MK_STOPPING,
	MK_STOPPED,
	MK_CRASHED,
	MK_FAILED,
	MK_NR_STATES,
};

#include "image.h"

/**
 * struct mk_heartbeat - whether a spawned kernel answers
 * @asked_ns: when it was asked last
 * @echo: what it had answered when it was looked at last
 * @missed: how often it was asked since
 * @hung: so often that it hangs
 * @told: what was said of that; by the instance's lock
 */
struct mk_heartbeat {
	u64 asked_ns;
	u32 echo;
	unsigned int missed;
	bool hung;
	bool told;
};

/**
 * struct mk_console - this kernel's end of an instance's console
 * @port: the terminal, which may be open for longer than there is an instance
 * @index: of the terminal, or negative when there is none
 * @work: carries what was printed to the terminal
 * @lock: of all that follows, and of who uses the rings here
 * @there: the rings can be looked at
 * @connected: the spawned kernel runs, and may have the other end
 * @printed: ring of what the spawned kernel prints
 * @typed: ring of what is typed for it
 * @open: somebody has the terminal open
 * @full: the terminal takes no more
 * @waiting: somebody waits for room in @typed
 * @lost: bytes that were overwritten before they could be carried
 * @size: of the terminal, as in struct mk_abi_console
 */
struct mk_console {
	struct tty_port port;
	int index;
	struct delayed_work work;
	spinlock_t lock; /* of who uses the rings here */
	bool there;
	bool connected;
	struct mk_ring printed;
	struct mk_ring typed;
	bool open;
	bool full;
	bool waiting;
	u64 lost;
	u32 size;
};

/**
 * struct mk_instance - a machine within this machine
 * @kobj: its directory in sysfs and its reference count
 * @node: in the list of instances, by the list's lock
 * @lock: of @state and of what an operation changes; in MK_STARTING and
 *	MK_STOPPING the operation goes on without it. Who is on the list but
 *	@gone is its maker's or its destroyer's alone
 * @name: for people
 * @id: for programs, never used again
 * @state: what it does
 * @gone: it is being destroyed or was
 * @exit_reason: why it does not run any more, or NULL
 * @exit_text: storage for @exit_reason; who reads it as it changes may get
 *	parts of two
 * @cpus: its CPUs by the host's numbers
 * @machine: what it consists of
 * @apic_ids: storage of @machine.apic_ids
 * @root_table: the root page table of a start, host memory below 4 GiB
 * @ioapic: the decoy of an IOAPIC, host memory below 4 GiB
 * @image: what is loaded
 * @restart: whether it is started again when it has crashed
 * @timings: how long the last start took
 * @started: CLOCK_BOOTTIME of the last start in ns
 * @ending: how the spawned kernel ended by itself; written while it is watched
 * @answer: what the spawned kernel said of itself first; written while it is
 *	watched
 * @answered: it has said that
 * @flaw_told: what is wrong with it was told
 * @doorbell: how it rings and is rung; by watch.c's lock while it is watched
 * @too_loud: it rings without end; as above
 * @heartbeat: whether it answers; as above
 * @ended: called when it has, with the instance locked
 * @ended_work: calls @ended
 * @silent: CPUs that did not answer when they were to be parked
 * @condemned: it was to be destroyed and has lost CPUs already
 * @state_file: its file "state"
 * @vmcore: its file "vmcore"
 * @console: its console
 * @log: its file "log"
 * @log_text: what was in that file when somebody began to read it, or NULL
 * @log_size: bytes of that
 * @log_reader: who did, or NULL; an opened file, and may be another one by now
 */
struct mk_instance {
	struct kobject kobj;
	struct list_head node;
	struct mutex lock; /* of what an operation changes */
	char name[MULTIKERNEL_NAME_SIZE];
	u32 id;
	enum mk_state state;
	bool gone;
	const char *exit_reason;
	char exit_text[MK_ABI_TEXT_SIZE + 16];
	struct cpumask cpus;
	struct mk_machine machine;
	u32 *apic_ids;
	struct page *root_table;
	struct page *ioapic;
	struct mk_image image;
	struct mk_restart restart;
	struct mk_timings timings;
	u64 started;
	enum mk_ending ending;
	struct mk_answer answer;
	bool answered;
	bool flaw_told;
	struct mk_doorbell doorbell;
	bool too_loud;
	struct mk_heartbeat heartbeat;
	void (*ended)(struct mk_instance *instance);
	struct work_struct ended_work;
	struct cpumask silent;
	bool condemned;
	struct kernfs_node *state_file;
	struct bin_attribute vmcore;
	struct mk_console console;
	struct bin_attribute log;
	u8 *log_text;
	size_t log_size;
	const struct file *log_reader;
};

/**
 * mk_instance_answer - look up what a spawned kernel has said of itself
 * @instance: the instance
 *
 * Context: any.
 * Return: its answer, which stays what it is until the next start; or NULL when it
 * has not answered yet.
 */
static inline const struct mk_answer *
mk_instance_answer(const struct mk_instance *instance)
{
	/* Pairs with the release in take_answer(), watch.c. */
	return smp_load_acquire(&instance->answered) ? &instance->answer : NULL;
}

extern const char * const mk_state_names[MK_NR_STATES];

unsigned int mk_instances_live(void);
bool mk_state_may_follow(enum mk_state from, enum mk_state to);
void mk_instance_set_state(struct mk_instance *instance, enum mk_state state,
			   const char *exit_reason);

#endif /* _X86_MULTIKERNEL_INSTANCE_H */
