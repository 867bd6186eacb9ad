/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of mb_kernel.bin share. It has no library.
 */
#ifndef MB_LIB_H
#define MB_LIB_H

#include "mb_kernel.h"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

/* Symbols that are hidden are found from where this is. */
#pragma GCC visibility push(hidden)

/* mb_kernel.S */
extern const u8 mb_second[], mb_second_end[];

/* mb_kernel.c */
void mb_main(u32 at);

/* mb_say.c: what it says */
void say_to(char *text);
void say_char(char c);
void say(const char *text);
void say_hex(u64 number);
void say_value(const char *what, u64 number);
void say_text(const char *what, const char *text);

/* What is kept of that which it was told. */
struct told {
	const char *cmdline;
	u32 low;		/* usable memory below 1 MiB */
	u32 fadt;
	u32 ids[2];
	u32 nr_ids;
};

/* mb_told.c: what it was told, as each of the two specifications has it */
void read_1(struct told *told, const u32 *info);
void read_2(struct told *told, const u8 *info);

#pragma GCC visibility pop

#endif /* MB_LIB_H */
