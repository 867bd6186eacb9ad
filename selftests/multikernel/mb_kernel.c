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
#include "mb_kernel.h"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

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

/* What is kept of that which it was told. */
struct told {
	const char *cmdline;
	u32 low;		/* usable memory below 1 MiB */
	u32 fadt;
	u32 ids[2];
	u32 nr_ids;
};

/* Hidden symbols are found from where this is. */
extern const u8 mb_second[] __attribute__((visibility("hidden")));
extern const u8 mb_second_end[] __attribute__((visibility("hidden")));

/* Where it is, and the end of what it says. */
static u32 base;
static char *out;

static void say_char(char c)
{
	if (out < (char *)base + MB_SAYS + MB_SAYS_SIZE - 1)
		*out++ = c;
}

static void say(const char *text)
{
	while (*text)
		say_char(*text++);
}

static void say_hex(u64 number)
{
	int shift = 60;

	say(" 0x");
	while (shift && !(number >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		say_char("0123456789abcdef"[number >> shift & 15]);
}

static void say_value(const char *what, u64 number)
{
	say(what);
	say_hex(number);
	say_char('\n');
}

static void say_text(const char *what, const char *text)
{
	say(what);
	say_char(' ');
	say(text);
	say_char('\n');
}

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

/* As the program crc32 does it. */
static u32 checksum(const u8 *data, u32 size)
{
	u32 crc = ~0u;
	int bit;

	while (size--) {
		crc ^= *data++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static u8 add_up(const u8 *data, u32 size)
{
	u8 sum = 0;

	while (size--)
		sum += *data++;
	return sum;
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
static int a20_is_on(void)
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

static void say_state(const struct state *state)
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
	say_value("a20", a20_is_on());
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

static void say_madt(struct told *told, const u8 *table)
{
	u32 size = *(u32 *)(table + 4), at;

	for (at = 44; at + 2 <= size && table[at + 1]; at += table[at + 1]) {
		u32 id;

		if (table[at] == 0)
			id = table[at + 3];
		else if (table[at] == 9)
			id = *(u32 *)(table + at + 4);
		else
			continue;
		say_value("cpu", id);
		if (told->nr_ids < 2)
			told->ids[told->nr_ids] = id;
		told->nr_ids++;
	}
}

/* A table of tables, whose addresses have @width bytes. */
static void say_tables(struct told *told, const u8 *list, u32 width, int details)
{
	u32 size = *(u32 *)(list + 4), at, i;

	for (at = 36; at + width <= size; at += width) {
		const u8 *table = (u8 *)*(u32 *)(list + at);

		say_char(' ');
		for (i = 0; i < 4; i++)
			say_char(table[i]);
		if (add_up(table, *(u32 *)(table + 4)))
			say("(bad)");
		if (table[0] == 'F')
			told->fadt = (u32)table;
	}
	say_char('\n');
	for (at = 36; details && at + width <= size; at += width)
		if (*(u8 *)*(u32 *)(list + at) == 'A')
			say_madt(told, (u8 *)*(u32 *)(list + at));
}

/* A copy of the root pointer, of either version. */
static void say_acpi(struct told *told, const u8 *rsdp, u32 size)
{
	say(size == 20 ? "acpi1" : "acpi2");
	say_hex(rsdp[15]);
	if (add_up(rsdp, 20) || (size > 20 && add_up(rsdp, 36)))
		say(" (bad)");
	if (size == 20)
		say_tables(told, (u8 *)*(u32 *)(rsdp + 16), 4, 0);
	else
		say_tables(told, (u8 *)*(u32 *)(rsdp + 24), 8, 1);
}

static void say_module(u32 start, u32 end, const char *text)
{
	say("module");
	say_hex(end - start);
	say_hex(checksum((u8 *)start, end - start));
	say_hex(start & 0xfff);
	say_text("", text);
}

static void say_memory(struct told *told, u64 start, u64 size, u32 type)
{
	say("memory");
	say_hex(start);
	say_hex(size);
	say_hex(type);
	say_char('\n');
	if (type == 1 && start < 0x100000 && !told->low)
		told->low = start;
}

/* The name of the first section that is one, if what names them is there. */
static void say_sections(const u8 *headers, u32 nr, u32 size, u32 names)
{
	const u8 *header = headers + names * size;
	const char *text = (char *)*(u32 *)(header + (size == 64 ? 16 : 12));

	say("sections");
	say_hex(nr);
	say_hex(size);
	say_text("", nr > 1 && text ? text + *(u32 *)(headers + size) : "none");
}

static void read_2(struct told *told, const u8 *info)
{
	u32 end = *(u32 *)info, at = 8, type, size, i;

	say_value("size", end);
	for (; at + 8 <= end; at += (size + 7) & ~7u) {
		const u8 *tag = info + at;

		type = *(u32 *)tag;
		size = *(u32 *)(tag + 4);
		if (type == 1)
			told->cmdline = (char *)tag + 8;
		else if (type == 2)
			say_text("loader", (char *)tag + 8);
		else if (type == 3)
			say_module(*(u32 *)(tag + 8), *(u32 *)(tag + 12),
				   (char *)tag + 16);
		else if (type == 4)
			say_value("upper", *(u32 *)(tag + 12));
		else if (type == 6)
			for (i = 16; i < size; i += *(u32 *)(tag + 8))
				say_memory(told, *(u64 *)(tag + i),
					   *(u64 *)(tag + i + 8),
					   *(u32 *)(tag + i + 16));
		else if (type == 9)
			say_sections(tag + 20, *(u32 *)(tag + 8),
				     *(u32 *)(tag + 12), *(u32 *)(tag + 16));
		else if (type == 14 || type == 15)
			say_acpi(told, tag + 8, size - 8);
		else if (type == 21)
			say_value("load", *(u32 *)(tag + 8));
		else if (type)
			say_value("unknown", type);
		if (!type || size < 8)
			break;
	}
	say_value("left", end - at - 8);
}

static void read_1(struct told *told, const u32 *info)
{
	const u32 *module = (u32 *)info[6];
	const u8 *entry = (u8 *)info[12];
	u32 i;

	say_value("flags", info[0]);
	told->cmdline = (char *)info[4];
	say_text("loader", (char *)info[16]);
	for (i = 0; i < info[5]; i++, module += 4)
		say_module(module[0], module[1], (char *)module[2]);
	say_value("upper", info[2]);
	while (entry < (u8 *)info[12] + info[11]) {
		say_memory(told, *(u64 *)(entry + 4), *(u64 *)(entry + 12),
			   *(u32 *)(entry + 20));
		entry += *(u32 *)entry + 4;
	}
	if (info[0] & 0x20)
		say_sections((u8 *)info[9], info[7], info[8], info[10]);
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

void mb_main(u32 at);

void mb_main(u32 at)
{
	const struct state *state = (struct state *)(at + MB_STATE);
	struct told told = { .cmdline = "" };
	int zero = is_zero((u8 *)at + MB_SAYS, MB_SAYS_SIZE);

	base = at;
	out = (char *)at + MB_SAYS;
	say("begin\n");
	say_value("zero", zero);
	say_state(state);
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
