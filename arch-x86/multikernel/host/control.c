// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's side of the control block: asm/multikernel_abi.h. The spawned
 * kernel's part is read a word at a time into memory of this kernel's own and
 * judged there: it may change at any moment, and may be anything.
 */
#include <linux/compiler.h>
#include <linux/ctype.h>
#include <linux/irqflags.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include <asm/apic.h>
#include <asm/barrier.h>
#include <asm/multikernel_abi.h>
#include <asm/setup_data.h>
#include <asm/tsc.h>

#include "../abi_debug.h"
#include "../internal.h"

static_assert(sizeof(struct setup_data) + MK_ABI_BLOCK_SIZE +
	      MK_CONSOLE_PRINTED + MK_CONSOLE_TYPED == MK_PLATFORM_BLOCK_SIZE);
static_assert(MK_PLATFORM_BLOCK + MK_PLATFORM_BLOCK_SIZE == MK_PLATFORM_SPARE);
static_assert(MK_PLATFORM_TABLES + MK_PLATFORM_TABLE_PAGES * PAGE_SIZE ==
	      MK_PLATFORM_BLOCK);
static_assert(MULTIKERNEL_NAME_SIZE <= MK_ABI_NAME_SIZE);

static struct setup_data *block_of(u64 platform)
{
	return __va(platform + MK_PLATFORM_BLOCK);
}

/**
 * mk_control_part - find a part of the control block
 * @platform: address of a platform block
 * @offset: of the part in the block
 *
 * Context: any.
 * Return: where it is.
 */
void *mk_control_part(u64 platform, unsigned int offset)
{
	return (void *)block_of(platform)->data + offset;
}

static struct mk_abi_guest *guest_of(u64 platform)
{
	return mk_control_part(platform, MK_ABI_GUEST_OFFSET);
}

/*
 * Rates as this kernel knows them, and the time of day at one moment. A counter
 * that this kernel does not trust has no rate.
 */
static void describe_clocks(struct mk_abi_host *host)
{
	unsigned long flags;

	host->header.features |= MK_ABI_CLOCKS;
	host->tsc_khz = check_tsc_unstable() ? 0 : tsc_khz;
	host->apic_timer_khz = mul_u64_u32_div(lapic_timer_period, HZ, 1000);
	local_irq_save(flags);
	host->wallclock_tsc = rdtsc_ordered();
	host->wallclock_ns = ktime_get_real_ns();
	local_irq_restore(flags);
}

/**
 * mk_control_build - write the control block of an instance
 * @machine: its machine
 * @id: the instance, for programs
 * @name: the instance, for people
 *
 * Context: process; no CPU of the instance runs.
 */
void mk_control_build(const struct mk_machine *machine, u32 id,
		      const char *name)
{
	struct setup_data *data = block_of(machine->platform);
	struct mk_abi_host *host = (void *)data->data;

	memset(data, 0, MK_PLATFORM_BLOCK_SIZE);
	data->type = SETUP_MULTIKERNEL;
	data->len = MK_PLATFORM_BLOCK_SIZE - sizeof(*data);

	host->header.features = MK_ABI_ENDINGS | MK_ABI_DOORBELL | MK_ABI_STOP |
				MK_ABI_DUMP | MK_ABI_CONSOLE;
	host->block_size = data->len;
	host->guest_offset = MK_ABI_GUEST_OFFSET;
	host->id = id;
	strscpy(host->name, name, sizeof(host->name));
	host->uart_port = mk_uart_port(machine->uart);
	host->console_bytes = MK_ABI_BLOCK_SIZE;
	host->console_printed = MK_CONSOLE_PRINTED;
	host->console_typed = MK_CONSOLE_TYPED;
	describe_clocks(host);
	mk_abi_seal(&host->header, MK_ABI_HOST_MAGIC, sizeof(*host));
	mk_abi_spoil(&host->header, mk_debug_abi());
}

/**
 * mk_control_setup_data - find the control block
 * @platform: address of a platform block
 *
 * Return: address of the setup data that it is.
 */
u64 mk_control_setup_data(u64 platform)
{
	return platform + MK_PLATFORM_BLOCK;
}

/* The spawned kernel's header, or false when there is none yet. */
static bool read_header(u64 platform, struct mk_abi_header *header)
{
	const u64 *from = (const u64 *)&guest_of(platform)->header;
	u64 *to = (u64 *)header;
	unsigned int i;

	/* Pairs with the release in answer(), guest/control.c. */
	if (!smp_load_acquire(from))
		return false;
	for (i = 0; i < sizeof(*header) / sizeof(*to); i++)
		to[i] = READ_ONCE(from[i]);
	return true;
}

/**
 * mk_control_answer - read what a spawned kernel says of itself
 * @platform: address of its platform block
 * @answer: set to what it says, or to zeroes when it says nothing yet
 *
 * It is to be judged once: it may say something else the next time.
 *
 * Context: any.
 * Return: true when it says something, be it flawed.
 */
bool mk_control_answer(u64 platform, struct mk_answer *answer)
{
	struct mk_abi_header header;

	memset(answer, 0, sizeof(*answer));
	if (!read_header(platform, &header))
		return false;
	answer->flaw = mk_abi_flaw(&header, MK_ABI_GUEST_MAGIC, sizeof(header),
				   sizeof(header));
	if (!answer->flaw) {
		answer->version = header.version;
		answer->features = header.features & MK_ABI_FEATURES;
	}
	return true;
}

/**
 * mk_control_ending - look whether a spawned kernel says that it has ended
 * @platform: address of its platform block; it and this kernel both have
 *	MK_ABI_ENDINGS
 *
 * Context: any.
 * Return: how it has ended, or MK_ENDING_NONE.
 */
enum mk_ending mk_control_ending(u64 platform)
{
	/* Pairs with the cmpxchg in end(), guest/power.c. */
	switch (smp_load_acquire(&guest_of(platform)->ending)) {
	case MK_ABI_RESTART:
		return MK_ENDING_RESET;
	case MK_ABI_POWER_OFF:
		return MK_ENDING_POWER_OFF;
	case MK_ABI_HALT:
		return MK_ENDING_HALT;
	case MK_ABI_PANIC:
		return MK_ENDING_CONTAINED_PANIC;
	case MK_ABI_PARKED:
		return MK_ENDING_PARKED;
	default:
		return MK_ENDING_NONE;
	}
}

/**
 * mk_control_panicked - look whether a spawned kernel has a panic
 * @platform: as above
 *
 * It may hang or wait afterwards, and never come to its end.
 *
 * Context: any.
 * Return: true when it says why it has one.
 */
bool mk_control_panicked(u64 platform)
{
	const struct mk_abi_guest *guest = guest_of(platform);

	return READ_ONCE(guest->text[0]) && READ_ONCE(guest->ending_ns);
}

/**
 * mk_control_text - read why a spawned kernel has ended
 * @platform: address of its platform block
 * @text: set to what it says, on one line, all of it printable
 * @size: bytes that @text has
 * @ms: set to when it was, in milliseconds since its start
 *
 * Context: any; none of its CPUs runs any more, or the text may be of two.
 */
void mk_control_text(u64 platform, char *text, size_t size, u64 *ms)
{
	const struct mk_abi_guest *guest = guest_of(platform);
	size_t i;
	char c;

	*ms = div_u64(READ_ONCE(guest->ending_ns), NSEC_PER_MSEC);
	for (i = 0; i < min(size - 1, sizeof(guest->text)); i++) {
		c = READ_ONCE(guest->text[i]);
		if (!c || c == '\n')
			break;
		text[i] = isascii(c) && isprint(c) ? c : '?';
	}
	text[i] = '\0';
}

/**
 * mk_control_dump - read where things are in a spawned kernel's memory
 * @platform: address of its platform block
 * @dump: set to what it says, or to zeroes when it says nothing, or not to this
 *	kernel
 *
 * Context: any.
 */
void mk_control_dump(u64 platform, struct mk_abi_dump *dump)
{
	const struct mk_abi_dump *from = &guest_of(platform)->dump;
	struct mk_answer answer;

	memset(dump, 0, sizeof(*dump));
	mk_control_answer(platform, &answer);
	if (!(answer.features & MK_ABI_DUMP))
		return;
	/* Pairs with the release in say_where(), guest/dump.c. */
	dump->note = smp_load_acquire(&from->note);
	dump->page_offset = READ_ONCE(from->page_offset);
	dump->text = READ_ONCE(from->text);
	dump->text_phys = READ_ONCE(from->text_phys);
	dump->text_size = READ_ONCE(from->text_size);
}
