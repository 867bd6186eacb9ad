// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel for Multiboot and Multiboot2 that says what it finds at its entry and
 * what it was told, in lines of text at MB_SAYS of its memory. Words on its
 * command line have it do more:
 *
 *	second	start its second CPU
 *	off	switch its machine off
 *	reset	reset its machine
 *
 * Whatever it does, it counts at MB_COUNT in the end.
 */
#include "mb_lib.h"

#define MAGIC_1		0x2badb002
#define MAGIC_2		0x36d76289

#define MSR_APIC_BASE	0x1b
#define MSR_X2APIC	0x800
#define MSR_EFER	0xc0000080
#define APIC_ID		0x20
#define APIC_SPURIOUS	0xf0
#define APIC_COMMAND	0x300
#define APIC_TARGET	0x310

/* Of the time stamp counter: longer than 10 ms and 200 us need. */
#define LONG_WHILE	40000000
#define SHORT_WHILE	2000000
#define VERY_LONG	4000000000ull

struct state {
	u32 eax, ebx, eflags, cr0, cr4;
	u16 selector[6];
	u16 gdt_limit;
	u32 gdt_base;
} __attribute__((packed));

static u64 read_msr(u32 msr)
{
	u64 value;

	asm volatile("rdmsr" : "=A" (value) : "c" (msr));
	return value;
}

static void write_msr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c" (msr), "A" (value));
}

static u64 clock(void)
{
	u64 value;

	asm volatile("rdtsc" : "=A" (value));
	return value;
}

static void wait(u64 cycles)
{
	u64 start = clock();

	while (clock() - start < cycles)
		asm volatile("pause");
}

/* Whether a word is on the command line. */
static int has_word(const char *line, const char *word)
{
	const char *a, *b;

	while (*line) {
		for (a = line, b = word; *b && *a == *b; a++, b++)
			;
		if (!*b && (!*a || *a == ' '))
			return 1;
		while (*line && *line != ' ')
			line++;
		while (*line == ' ')
			line++;
	}
	return 0;
}

/* A segment register: the descriptor that was loaded, as SDM vol. 3 has it. */
static void say_segment(const struct state *state, const char *name, u16 selector)
{
	const u8 *entry = (u8 *)state->gdt_base + (selector & ~7);
	u32 start = entry[2] | entry[3] << 8 | entry[4] << 16 |
		    (u32)entry[7] << 24;
	u32 limit = entry[0] | entry[1] << 8 | (entry[6] & 15) << 16;

	say(name);
	say_hex(start);
	say_hex(entry[6] & 0x80 ? limit << 12 | 0xfff : limit);
	/* Without "accessed": default size, present, ring 0, kind. */
	say_hex((entry[6] & 0x60) << 8 | (entry[5] & 0xfe));
	say_char('\n');
}

/* Bit 20 of addresses counts: a word does not change with one 1 MiB away. */
static int a20_is_on(u32 base)
{
	volatile u32 *here = (u32 *)(base + MB_COUNT);
	volatile u32 *there = (u32 *)((base + MB_COUNT) ^ 0x100000);
	u32 before = *there;

	*here = ~before;
	return *there == before;
}

static int is_zero(const u8 *data, u32 size)
{
	while (size--)
		if (*data++)
			return 0;
	return 1;
}

static void say_state(const struct state *state, u32 base)
{
	static const char names[6][3] = { "cs", "ds", "es", "fs", "gs", "ss" };
	int i;

	say_value("base", base);
	say_value("eax", state->eax);
	say_value("ebx", state->ebx);
	say_value("eflags", state->eflags);
	say_value("cr0", state->cr0);
	say_value("cr4", state->cr4);
	say_value("efer", read_msr(MSR_EFER));
	for (i = 0; i < 6; i++)
		say_segment(state, names[i], state->selector[i]);
	say_value("a20", a20_is_on(base));
}

/* Local APIC registers, in either mode. */
static int is_x2apic(void)
{
	return read_msr(MSR_APIC_BASE) >> 10 & 1;
}

static volatile u32 *apic(u32 reg)
{
	return (u32 *)((u32)(read_msr(MSR_APIC_BASE) & 0xfffff000) + reg);
}

static u32 own_id(void)
{
	return is_x2apic() ? read_msr(MSR_X2APIC + (APIC_ID >> 4)) :
			     *apic(APIC_ID) >> 24;
}

static void send(u32 id, u32 command)
{
	if (is_x2apic()) {
		write_msr(MSR_X2APIC + (APIC_COMMAND >> 4),
			  (u64)id << 32 | command);
		return;
	}
	*apic(APIC_TARGET) = id << 24;
	*apic(APIC_COMMAND) = command;
	while (*apic(APIC_COMMAND) & 0x1000)
		;
}

/* By INIT and two SIPIs, from a page of its memory below 1 MiB. */
static void start_second(const struct told *told)
{
	u32 id = told->ids[0] == own_id() ? told->ids[1] : told->ids[0];
	u8 *page = (u8 *)((told->low + 0xfff) & ~0xfffu);
	volatile u32 *there = (u32 *)(page + MB_SECOND_THERE);
	u64 start = clock();
	u32 i;

	if (told->nr_ids != 2 || !told->low) {
		say("second missing\n");
		return;
	}
	for (i = 0; i < (u32)(mb_second_end - mb_second); i++)
		page[i] = mb_second[i];
	*there = 0;
	if (is_x2apic())
		write_msr(MSR_X2APIC + (APIC_SPURIOUS >> 4), 0x1ff);
	else
		*apic(APIC_SPURIOUS) = 0x1ff;
	send(id, 0x4500);
	wait(LONG_WHILE);
	send(id, 0x4600 | (u32)page >> 12);
	wait(SHORT_WHILE);
	if (!*there)
		send(id, 0x4600 | (u32)page >> 12);
	while (*there != MB_SECOND_MAGIC && clock() - start < VERY_LONG)
		asm volatile("pause");
	say_value("second sent", id);
	if (*there == MB_SECOND_MAGIC)
		say_value("second started", *(u32 *)(page + MB_SECOND_ID));
}

/* ACPI specification, sections 4.8.3.6 and 4.8.3.7. */
static void end_machine(const struct told *told)
{
	const u8 *fadt = (u8 *)told->fadt;

	if (has_word(told->cmdline, "off"))
		**(volatile u8 **)(fadt + 248) = 5 << 2 | 0x20;
	if (has_word(told->cmdline, "reset"))
		**(volatile u8 **)(fadt + 120) = fadt[128];
}

void mb_main(u32 at)
{
	const struct state *state = (struct state *)(at + MB_STATE);
	struct told told = { .cmdline = "" };
	int zero = is_zero((u8 *)at + MB_SAYS, MB_SAYS_SIZE);

	say_to((char *)at + MB_SAYS);
	say("begin\n");
	say_value("zero", zero);
	say_state(state, at);
	if (state->eax == MAGIC_2)
		read_2(&told, (u8 *)state->ebx);
	else if (state->eax == MAGIC_1)
		read_1(&told, (u32 *)state->ebx);
	say_text("cmdline", told.cmdline);
	say_value(is_x2apic() ? "x2apic" : "xapic", own_id());
	if (has_word(told.cmdline, "second"))
		start_second(&told);
	say("end\n");
	if (told.fadt)
		end_machine(&told);
	for (;;)
		++*(volatile u32 *)(at + MB_COUNT);
}
