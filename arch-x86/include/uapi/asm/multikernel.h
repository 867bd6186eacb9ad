/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/multikernel: control of the kernels spawned by this one.
 *
 * Every structure starts with its size, which the caller sets to sizeof() of
 * the structure that it was compiled with.  A kernel that knows less refuses
 * fields beyond its own that are not zero (-E2BIG), a kernel that knows more
 * takes missing ones as zero.  Unknown flags are refused (-EINVAL).
 */
#ifndef _UAPI_ASM_X86_MULTIKERNEL_H
#define _UAPI_ASM_X86_MULTIKERNEL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define MULTIKERNEL_IOCTL_TYPE	0xB9

/* Bytes of an instance's name with the closing NUL. */
#define MULTIKERNEL_NAME_SIZE	32

/* The most pieces that an instance's memory may have. */
#define MULTIKERNEL_MAX_RANGES	32

/* The most of them that may be asked for by their address. */
#define MULTIKERNEL_MAX_FIXED	8

/* No NUMA node asked for. */
#define MULTIKERNEL_NODE_ANY	(-1)

/**
 * struct multikernel_range - one piece of physical memory
 * @start: address of its first byte
 * @size: its size in bytes
 */
struct multikernel_range {
	__u64 start;
	__u64 size;
};

/* A serial port of the PC, owned by the instance for its whole life. */
#define MULTIKERNEL_UART_NONE	0
#define MULTIKERNEL_UART_COM1	1
#define MULTIKERNEL_UART_COM2	2
#define MULTIKERNEL_UART_COM3	3
#define MULTIKERNEL_UART_COM4	4

/* Refuse CPUs that share a core with a CPU that is not the instance's. */
#define MULTIKERNEL_CREATE_WHOLE_CORES	0x1

/**
 * struct multikernel_create - MULTIKERNEL_CREATE: make an instance
 * @size: sizeof(struct multikernel_create)
 * @flags: MULTIKERNEL_CREATE_*
 * @name: the instance's name: a letter, then letters, digits, '.', '_' or '-',
 *	and a NUL
 * @cpus: address of a bit mask of the host's CPU numbers, which go offline in
 *	the host and belong to the instance; bit N % 64 of word N / 64 is CPU N
 * @cpus_size: bytes in @cpus, a multiple of 8
 * @node: NUMA node of the memory, or MULTIKERNEL_NODE_ANY
 * @memory: bytes of memory beside @fixed, a multiple of 2 MiB
 * @uart: MULTIKERNEL_UART_*
 * @id: out: the instance's id, unique for the uptime of this kernel
 * @fixed: address of an array of struct multikernel_range: memory that was set
 *	aside at boot with multikernel_reserve=, in multiples of 1 MiB
 * @nr_fixed: elements in @fixed, up to MULTIKERNEL_MAX_FIXED
 * @reserved: must be zero
 *
 * All or nothing: after an error nothing is taken.
 */
struct multikernel_create {
	__u32 size;
	__u32 flags;
	char name[MULTIKERNEL_NAME_SIZE];
	__aligned_u64 cpus;
	__u32 cpus_size;
	__s32 node;
	__aligned_u64 memory;
	__u32 uart;
	__u32 id;
	__aligned_u64 fixed;
	__u32 nr_fixed;
	__u32 reserved;
};

/**
 * struct multikernel_info - MULTIKERNEL_INFO: what a loader must know
 * @size: sizeof(struct multikernel_info)
 * @flags: must be zero
 * @id: in: the instance
 * @uart: out: MULTIKERNEL_UART_*
 * @low: out: the instance's memory below 1 MiB
 * @platform: out: what the host keeps for itself in the instance's memory;
 *	no segment may touch it
 * @ranges: in: address of an array of struct multikernel_range, which is
 *	filled with the instance's memory in ascending order, @platform included
 * @nr_ranges: in: elements in @ranges; out: pieces there are. No error when
 *	that is more than there was room for
 * @tsc_khz: out: rate of the time stamp counter, zero when it is not known
 * @rsdp: out: address that the ACPI root pointer will have
 */
struct multikernel_info {
	__u32 size;
	__u32 flags;
	__u32 id;
	__u32 uart;
	struct multikernel_range low;
	struct multikernel_range platform;
	__aligned_u64 ranges;
	__u32 nr_ranges;
	__u32 tsc_khz;
	__aligned_u64 rsdp;
};

/* The 64-bit boot protocol of Linux, Documentation/arch/x86/boot.rst. */
#define MULTIKERNEL_ENTRY_LINUX64	0
/*
 * 32-bit protected mode without paging, flat segments, interrupts off: what the
 * Multiboot and Multiboot2 specifications, and Xen's PVH, say.
 */
#define MULTIKERNEL_ENTRY_FLAT32	1

/* List the host's boot CPU first in the MADT: for Linux 6.9 and later only. */
#define MULTIKERNEL_BOOT_DECOY_BSP	0x1
/* List an IOAPIC that is not there: else Linux looks for the real one. */
#define MULTIKERNEL_BOOT_DECOY_IOAPIC	0x2
/* Give it no setup data: the kernel knows nothing of them, and uses all RAM. */
#define MULTIKERNEL_BOOT_NO_SETUP_DATA	0x4

/* What is done when the kernel crashes: nothing, or it is started again. */
#define MULTIKERNEL_ON_CRASH_STOP	0
#define MULTIKERNEL_ON_CRASH_RESTART	1

/* The most restarts that may be asked for. */
#define MULTIKERNEL_MAX_RESTARTS	1000

/**
 * struct multikernel_boot - MULTIKERNEL_BOOT: how the next image is entered
 * @size: sizeof(struct multikernel_boot)
 * @flags: MULTIKERNEL_BOOT_*
 * @id: the instance
 * @entry: MULTIKERNEL_ENTRY_*
 * @boot_params: address of the zero page within the segments; zero before
 *	kexec_file_load(), which makes one. Setup header, initrd and command line
 *	are the loader's; memory map, ACPI root pointer and the like are written
 *	by the host at the start
 * @on_crash: MULTIKERNEL_ON_CRASH_*, for the image that is loaded next
 * @max_restarts: how often it is started again, from 1 up to
 *	MULTIKERNEL_MAX_RESTARTS; zero with MULTIKERNEL_ON_CRASH_STOP
 * @eax: value of EAX at the entry
 * @ebx: value of EBX there
 * @cmdline: address of the command line within the segments, for people, or
 *	zero. The host shows what it was when it was loaded
 * @rsdp_v1: address within the segments to which the host copies the ACPI root
 *	pointer at each start, as ACPI 1.0 has it, 20 bytes; or zero. For
 *	instances whose @rsdp of MULTIKERNEL_INFO is below 4 GiB
 * @rsdp_v2: the same as ACPI 2.0 and later have it, 36 bytes
 *
 * @boot_params is for MULTIKERNEL_ENTRY_LINUX64 alone, @eax to @rsdp_v2 are for
 * MULTIKERNEL_ENTRY_FLAT32: else they are zero.
 *
 * Said before kexec_load() or kexec_file_load(), which takes and checks it.
 */
struct multikernel_boot {
	__u32 size;
	__u32 flags;
	__u32 id;
	__u32 entry;
	__aligned_u64 boot_params;
	__u32 on_crash;
	__u32 max_restarts;
	__u32 eax;
	__u32 ebx;
	__aligned_u64 cmdline;
	__aligned_u64 rsdp_v1;
	__aligned_u64 rsdp_v2;
};

/**
 * struct multikernel_start - MULTIKERNEL_START: start the loaded image
 * @size: sizeof(struct multikernel_start)
 * @flags: must be zero
 * @id: the instance
 * @reserved: must be zero
 */
struct multikernel_start {
	__u32 size;
	__u32 flags;
	__u32 id;
	__u32 reserved;
};

/* Do not ask the spawned kernel, take its CPUs. */
#define MULTIKERNEL_STOP_FORCE		0x1

/*
 * The rungs of the ladder that a stop climbs. The first two need a spawned
 * kernel that knows its host. None is needed when there is but a restart to be
 * called off.
 */
#define MULTIKERNEL_RUNG_NONE		0
#define MULTIKERNEL_RUNG_ASK		1
#define MULTIKERNEL_RUNG_NMI		2
#define MULTIKERNEL_RUNG_INIT		3

/**
 * struct multikernel_stop - MULTIKERNEL_STOP: stop a running instance
 * @size: sizeof(struct multikernel_stop)
 * @flags: MULTIKERNEL_STOP_*
 * @id: the instance
 * @timeout_ms: how long it may take, up to ten minutes; zero for thirty seconds
 * @rung: out: MULTIKERNEL_RUNG_*, what it took
 * @reserved: must be zero
 */
struct multikernel_stop {
	__u32 size;
	__u32 flags;
	__u32 id;
	__u32 timeout_ms;
	__u32 rung;
	__u32 reserved;
};

/**
 * struct multikernel_destroy - MULTIKERNEL_DESTROY: give everything back
 * @size: sizeof(struct multikernel_destroy)
 * @flags: must be zero
 * @id: the instance, which is stopped first when it runs
 * @reserved: must be zero
 */
struct multikernel_destroy {
	__u32 size;
	__u32 flags;
	__u32 id;
	__u32 reserved;
};

#define MULTIKERNEL_CREATE	_IO(MULTIKERNEL_IOCTL_TYPE, 0x00)
#define MULTIKERNEL_DESTROY	_IO(MULTIKERNEL_IOCTL_TYPE, 0x01)
#define MULTIKERNEL_INFO	_IO(MULTIKERNEL_IOCTL_TYPE, 0x02)
#define MULTIKERNEL_BOOT	_IO(MULTIKERNEL_IOCTL_TYPE, 0x03)
#define MULTIKERNEL_START	_IO(MULTIKERNEL_IOCTL_TYPE, 0x04)
#define MULTIKERNEL_STOP	_IO(MULTIKERNEL_IOCTL_TYPE, 0x05)

#endif /* _UAPI_ASM_X86_MULTIKERNEL_H */
