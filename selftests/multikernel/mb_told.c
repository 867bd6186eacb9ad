// SPDX-License-Identifier: GPL-2.0
/*
 * What mb_kernel.bin was told: the boot information of Multiboot and Multiboot2,
 * and the ACPI tables.
 */
#include "mb_lib.h"

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

void read_2(struct told *told, const u8 *info)
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

void read_1(struct told *told, const u32 *info)
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
