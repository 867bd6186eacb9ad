/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control block: the contract between a host kernel and the kernels that
 * it spawns, which may be of other versions than the host is.
 *
 * It is memory of the spawned kernel's own, the payload of an item of type
 * SETUP_MULTIKERNEL in the setup data of its zero page
 * (Documentation/arch/x86/boot.rst), so that Linux keeps it out of its
 * allocators and has it in its direct map. A kernel that does not know the type
 * passes over it. The host's part is complete before the spawned kernel starts
 * and never changes after; the spawned kernel's part is its own to write. Both
 * write to the bells and to the console, each its own words.
 *
 *	0x000	struct setup_data: next, type, len
 *	0x010	struct mk_abi_host
 *		  0x00	struct mk_abi_header	magic, version, features, ...
 *		  0x20	where the other part is, and who this is
 *		  0x50	clocks
 *		  0x68	serial port
 *		  0x6c	where the console's bytes are
 *	0x210	struct mk_abi_guest
 *		  0x00	struct mk_abi_header	written last
 *		  0x20	how it has ended
 *		  0x30	why
 *		  0x130	where things are in its memory
 *	0x400	struct mk_abi_bell	the host's, rung by the spawned kernel
 *	0x440	struct mk_abi_bell	the spawned kernel's, rung by the host
 *	0x480	struct mk_abi_console
 *		  0x00	struct mk_abi_ring	what is printed, to the host
 *		  0x80	struct mk_abi_ring	what is typed, from the host
 *		  0x100	the terminal's size
 *	0x1000	bytes of the first ring, then of the second
 *
 * All is little endian, and nothing has an address in it that the other side
 * would follow, but for that of a note: the host looks at that note's sizes if it
 * is in the spawned kernel's memory.
 *
 * Rules for a change:
 *  - No field ever moves, or comes to mean something else.
 *  - What is new comes behind what is there, in its part, and has a feature
 *    bit. MK_ABI_VERSION goes up by one.
 *  - Each side uses the features that both sides have, and leaves all others
 *    alone. Reserved fields and bits are written as zero and not looked at.
 *  - MK_ABI_COMPATIBLE is the oldest version that can still do with what this
 *    one writes. It goes up only when there is no other way: then older kernels
 *    refuse the block, and run as on any other machine.
 */
#ifndef _ASM_X86_MULTIKERNEL_ABI_H
#define _ASM_X86_MULTIKERNEL_ABI_H

#define MK_ABI_VERSION		4
#define MK_ABI_COMPATIBLE	1

/*
 * An image whose kernel looks for the block says so in the variable part of its
 * kernel_info (Documentation/arch/x86/boot.rst), by an entry of four 32-bit
 * words: "MKrn", the entry's size, and the two numbers above.
 */
#define MK_ABI_INFO_MAGIC	0x6e724b4d
#define MK_ABI_INFO_VERSION	0x08
#define MK_ABI_INFO_COMPATIBLE	0x0c
#define MK_ABI_INFO_SIZE	0x10

#ifndef __ASSEMBLY__

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* Upstream counts up from 9, other boot loaders use 32 bits at random: "MK". */
#define SETUP_MULTIKERNEL	0x4d4b

#define MK_ABI_HOST_MAGIC	0x54534f484b4c554dull	/* "MULKHOST" */
#define MK_ABI_GUEST_MAGIC	0x545345474b4c554dull	/* "MULKGEST" */

/* The rates of the clocks and the time of day are in the host's part. */
#define MK_ABI_CLOCKS		0x1
/* The host watches how the spawned kernel says that it has ended. */
#define MK_ABI_ENDINGS		0x2
/* There are bells, and each side looks at its own when it is rung. */
#define MK_ABI_DOORBELL		0x4
/* The spawned kernel ends when it is asked to, or by an NMI that is meant so. */
#define MK_ABI_STOP		0x8
/* The spawned kernel says where to look in its memory, for a core file. */
#define MK_ABI_DUMP		0x10
/* There is a console, which the host looks at by itself. */
#define MK_ABI_CONSOLE		0x20

#define MK_ABI_FEATURES		(MK_ABI_CLOCKS | MK_ABI_ENDINGS | \
				 MK_ABI_DOORBELL | MK_ABI_STOP | \
				 MK_ABI_DUMP | MK_ABI_CONSOLE)

/* What a block has at least, and always has had: all but bytes of rings. */
#define MK_ABI_BLOCK_SIZE	0xff0
/* What it has at most: a spawned kernel looks at no more, and maps that early. */
#define MK_ABI_BLOCK_SIZE_MAX	0x20000
/* What the host's part had in version 1, and always has. */
#define MK_ABI_HOST_SIZE_1	0x70
#define MK_ABI_GUEST_OFFSET	0x200
#define MK_ABI_HOST_BELL	0x3f0
#define MK_ABI_GUEST_BELL	0x430
#define MK_ABI_CONSOLE_OFFSET	0x470
#define MK_ABI_NAME_SIZE	32
#define MK_ABI_TEXT_SIZE	256

/**
 * struct mk_abi_header - what either part begins with
 * @magic: MK_ABI_HOST_MAGIC or MK_ABI_GUEST_MAGIC
 * @version: MK_ABI_VERSION of the kernel that wrote it
 * @compatible: MK_ABI_COMPATIBLE of the kernel that wrote it
 * @features: what it can do
 * @size: bytes of this part that do not change any more, this header included,
 *	a multiple of four. In the guest's part, sizeof(struct mk_abi_header)
 * @checksum: what makes the sum of the 32-bit words of @size bytes zero
 */
struct mk_abi_header {
	u64 magic;
	u32 version;
	u32 compatible;
	u64 features;
	u32 size;
	u32 checksum;
};

/**
 * struct mk_abi_host - the host's part, constant while the spawned kernel runs
 * @header: what it begins with
 * @block_size: bytes of the block from here on, MK_ABI_BLOCK_SIZE_MAX at most
 * @guest_offset: where struct mk_abi_guest is, from here on
 * @id: the instance, for programs
 * @reserved: zero
 * @name: the instance, for people, with a zero at the end
 * @wallclock_ns: nanoseconds since 1970 UTC, when the time stamp counter was
 *	@wallclock_tsc
 * @wallclock_tsc: see above
 * @tsc_khz: rate of the time stamp counter, or zero when the host does not know
 * @apic_timer_khz: rate of the local APIC's timer with its divider at 1, or
 *	zero when the host does not know
 * @uart_port: first I/O port of the serial port that it owns, or zero
 * @console_bytes: with MK_ABI_CONSOLE, where the bytes of its rings are, from here
 *	on: first of what is printed, then of what is typed
 * @console_printed: bytes of the first ring, a power of two, 256 or more
 * @console_typed: bytes of the second one, likewise
 */
struct mk_abi_host {
	struct mk_abi_header header;
	u32 block_size;
	u32 guest_offset;
	u32 id;
	u32 reserved;
	char name[MK_ABI_NAME_SIZE];
	u64 wallclock_ns;
	u64 wallclock_tsc;
	u32 tsc_khz;
	u32 apic_timer_khz;
	u32 uart_port;
	u32 console_bytes;
	u32 console_printed;
	u32 console_typed;
};

/**
 * enum mk_abi_ending - how a spawned kernel has ended
 * @MK_ABI_RUNNING: it has not
 * @MK_ABI_RESTART: it wants to start again from nothing
 * @MK_ABI_POWER_OFF: it was switched off
 * @MK_ABI_HALT: it was halted
 * @MK_ABI_PANIC: it cannot go on
 * @MK_ABI_PARKED: its CPUs were stopped by an NMI of the host's
 */
enum mk_abi_ending {
	MK_ABI_RUNNING,
	MK_ABI_RESTART,
	MK_ABI_POWER_OFF,
	MK_ABI_HALT,
	MK_ABI_PANIC,
	MK_ABI_PARKED,
};

/**
 * struct mk_abi_dump - what somebody needs who reads the spawned kernel's memory
 * @page_offset: virtual address at which it has physical address 0, and all of
 *	its memory behind that
 * @text: virtual address of the kernel itself, its code and static data
 * @text_phys: physical address of that
 * @text_size: bytes of that
 * @note: physical address of an ELF note of the name "VMCOREINFO", or zero;
 *	written after all else, when the note is complete
 */
struct mk_abi_dump {
	u64 page_offset;
	u64 text;
	u64 text_phys;
	u64 text_size;
	u64 note;
};

/**
 * struct mk_abi_guest - the spawned kernel's part, which the host does not trust
 * @header: what it begins with; its magic is written after all else of it
 * @ending: enum mk_abi_ending; written after @ending_ns and @text, and by a CPU
 *	that does nothing any more. The host takes all CPUs then
 * @reserved: zero
 * @ending_ns: when, or when it had its panic, in nanoseconds since the spawned
 *	kernel's start. While @ending is MK_ABI_RUNNING, there is a panic if this
 *	and @text are there
 * @text: why, for people, with a zero at the end unless all of it is used: of a
 *	panic, or, with MK_ABI_PARKED, where its CPUs were
 * @dump: where things are in its memory
 */
struct mk_abi_guest {
	struct mk_abi_header header;
	u32 ending;
	u32 reserved;
	u64 ending_ns;
	char text[MK_ABI_TEXT_SIZE];
	struct mk_abi_dump dump;
};

/**
 * enum mk_abi_reason - what a bell is rung for, as a bit of its reasons
 * @MK_ABI_RING_ENDED: to the host: there is an ending
 * @MK_ABI_RING_POWER_OFF: to the spawned kernel: shut down, as if somebody had
 *	pressed the machine's button
 * @MK_ABI_RING_ECHO: to the spawned kernel: copy this bell's @echo to the
 *	host's and ring that with MK_ABI_RING_ECHOED
 * @MK_ABI_RING_ECHOED: to the host: it has been done
 * @MK_ABI_RING_CONSOLE: to the spawned kernel: look at the console, something was
 *	typed, or there is room for what is printed, or the terminal's size changed
 *
 * Those that the other side does not know it counts, and does nothing.
 */
enum mk_abi_reason {
	MK_ABI_RING_ENDED,
	MK_ABI_RING_POWER_OFF,
	MK_ABI_RING_ECHO,
	MK_ABI_RING_ECHOED,
	MK_ABI_RING_CONSOLE,
};

/*
 * What an NMI that a spawned kernel gets is for, when it is the host's. It comes to
 * the CPU that the bell names, which passes it on to the others.
 */
#define MK_ABI_NMI_PARK		1

/**
 * struct mk_abi_bell - how to get the attention of one side, its owner
 * @target: the owner's: the interrupt to send, its vector in the upper half and
 *	the local APIC's id in the lower one. With zero it wants none, now or ever
 * @reasons: enum mk_abi_reason, a bit each. Who rings sets one, after what it is
 *	about is written, and sends the interrupt if the bit was not set. The
 *	owner takes them all at once, before it looks at what they are about; and
 *	also once after it has changed @target
 * @echo: the ringer's: see MK_ABI_RING_ECHO
 * @nmi: the ringer's: MK_ABI_NMI_PARK, or zero when an NMI is not the host's
 * @reserved: zero
 *
 * A bit that is set and not taken means that an interrupt is on its way, or that
 * the owner will look by itself.
 */
struct mk_abi_bell {
	u64 target;
	u64 reasons;
	u32 echo;
	u32 nmi;
	u64 reserved[5];
};

#define MK_ABI_BELL_VECTOR	32

/**
 * struct mk_abi_ring - bytes on their way from the producer to the consumer
 * @head: the producer's: how many it has ever written; byte N is at N modulo the
 *	ring's size. What is behind it, up to 64 bytes, it may be writing
 * @reserved: zero
 * @tail: the consumer's: how many it has ever read. Only the producer can write
 *	over what was not read, and then the consumer has lost that
 * @reserved2: zero
 */
struct mk_abi_ring {
	u64 head;
	u64 reserved[7];
	u64 tail;
	u64 reserved2[7];
};

/**
 * struct mk_abi_console - a terminal's line between both kernels
 * @printed: what the spawned kernel prints
 * @typed: what somebody types for it
 * @size: the host's: the terminal's rows in the upper half and columns in the
 *	lower one, or zero
 * @reserved: zero
 */
struct mk_abi_console {
	struct mk_abi_ring printed;
	struct mk_abi_ring typed;
	u32 size;
	u32 reserved;
};

#define MK_ABI_ASSERT(type, member, at) \
	static_assert(offsetof(struct type, member) == (at))

MK_ABI_ASSERT(mk_abi_header, magic, 0x00);
MK_ABI_ASSERT(mk_abi_header, version, 0x08);
MK_ABI_ASSERT(mk_abi_header, compatible, 0x0c);
MK_ABI_ASSERT(mk_abi_header, features, 0x10);
MK_ABI_ASSERT(mk_abi_header, size, 0x18);
MK_ABI_ASSERT(mk_abi_header, checksum, 0x1c);
static_assert(sizeof(struct mk_abi_header) == 0x20);

MK_ABI_ASSERT(mk_abi_host, header, 0x00);
MK_ABI_ASSERT(mk_abi_host, block_size, 0x20);
MK_ABI_ASSERT(mk_abi_host, guest_offset, 0x24);
MK_ABI_ASSERT(mk_abi_host, id, 0x28);
MK_ABI_ASSERT(mk_abi_host, name, 0x30);
MK_ABI_ASSERT(mk_abi_host, wallclock_ns, 0x50);
MK_ABI_ASSERT(mk_abi_host, wallclock_tsc, 0x58);
MK_ABI_ASSERT(mk_abi_host, tsc_khz, 0x60);
MK_ABI_ASSERT(mk_abi_host, apic_timer_khz, 0x64);
MK_ABI_ASSERT(mk_abi_host, uart_port, 0x68);
MK_ABI_ASSERT(mk_abi_host, console_bytes, 0x6c);
MK_ABI_ASSERT(mk_abi_host, console_printed, 0x70);
MK_ABI_ASSERT(mk_abi_host, console_typed, 0x74);
static_assert(sizeof(struct mk_abi_host) >= MK_ABI_HOST_SIZE_1);
static_assert(sizeof(struct mk_abi_host) <= MK_ABI_GUEST_OFFSET);

MK_ABI_ASSERT(mk_abi_guest, header, 0x00);
MK_ABI_ASSERT(mk_abi_guest, ending, 0x20);
MK_ABI_ASSERT(mk_abi_guest, ending_ns, 0x28);
MK_ABI_ASSERT(mk_abi_guest, text, 0x30);
MK_ABI_ASSERT(mk_abi_guest, dump, 0x130);
static_assert(sizeof(struct mk_abi_guest) == 0x158);
static_assert(MK_ABI_GUEST_OFFSET + sizeof(struct mk_abi_guest) <=
	      MK_ABI_HOST_BELL);

MK_ABI_ASSERT(mk_abi_dump, page_offset, 0x00);
MK_ABI_ASSERT(mk_abi_dump, text, 0x08);
MK_ABI_ASSERT(mk_abi_dump, text_phys, 0x10);
MK_ABI_ASSERT(mk_abi_dump, text_size, 0x18);
MK_ABI_ASSERT(mk_abi_dump, note, 0x20);

MK_ABI_ASSERT(mk_abi_bell, target, 0x00);
MK_ABI_ASSERT(mk_abi_bell, reasons, 0x08);
MK_ABI_ASSERT(mk_abi_bell, echo, 0x10);
MK_ABI_ASSERT(mk_abi_bell, nmi, 0x14);
static_assert(sizeof(struct mk_abi_bell) == 0x40);
static_assert(MK_ABI_HOST_BELL + sizeof(struct mk_abi_bell) ==
	      MK_ABI_GUEST_BELL);
static_assert(MK_ABI_GUEST_BELL + sizeof(struct mk_abi_bell) ==
	      MK_ABI_CONSOLE_OFFSET);

MK_ABI_ASSERT(mk_abi_ring, head, 0x00);
MK_ABI_ASSERT(mk_abi_ring, tail, 0x40);
static_assert(sizeof(struct mk_abi_ring) == 0x80);

MK_ABI_ASSERT(mk_abi_console, printed, 0x00);
MK_ABI_ASSERT(mk_abi_console, typed, 0x80);
MK_ABI_ASSERT(mk_abi_console, size, 0x100);
static_assert(MK_ABI_CONSOLE_OFFSET + sizeof(struct mk_abi_console) <=
	      MK_ABI_BLOCK_SIZE);

void mk_abi_seal(struct mk_abi_header *header, u64 magic, u32 size);
const char *mk_abi_flaw(const struct mk_abi_header *header, u64 magic,
			u32 at_least, u32 at_most);

u64 mk_bell_target(u32 vector, u32 apic_id);
bool mk_bell_pull(struct mk_abi_bell *bell, enum mk_abi_reason reason);
u64 mk_bell_take(struct mk_abi_bell *bell);
void mk_bell_send(u64 target);

/**
 * struct mk_ring - one side's view of a ring
 * @shared: the words that both sides look at
 * @bytes: what is in it
 * @size: bytes there, a power of two
 * @position: this side's own count, which nobody else can change: its head or tail
 */
struct mk_ring {
	struct mk_abi_ring *shared;
	u8 *bytes;
	u32 size;
	u64 position;
};

void mk_ring_init(struct mk_ring *ring, struct mk_abi_ring *shared, void *bytes,
		  u32 size);
u32 mk_ring_room(const struct mk_ring *ring);
size_t mk_ring_write(struct mk_ring *ring, const u8 *from, size_t count,
		     bool over);
u64 mk_ring_unread(const struct mk_ring *ring);
size_t mk_ring_read(struct mk_ring *ring, u8 *to, size_t count, u64 *lost);
void mk_ring_release(struct mk_ring *ring);
void mk_ring_skip(struct mk_ring *ring);
void mk_ring_rewind(struct mk_ring *ring);

#endif /* __ASSEMBLY__ */
#endif /* _ASM_X86_MULTIKERNEL_ABI_H */
