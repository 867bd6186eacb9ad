// SPDX-License-Identifier: GPL-2.0
/*
 * What mb_kernel.bin says: text in its memory, MB_SAYS_SIZE bytes and no more.
 */
#include "mb_lib.h"

static char *out, *end;

void say_to(char *text)
{
	out = text;
	end = text + MB_SAYS_SIZE - 1;
}

void say_char(char c)
{
	if (out < end)
		*out++ = c;
}

void say(const char *text)
{
	while (*text)
		say_char(*text++);
}

void say_hex(u64 number)
{
	int shift = 60;

	say(" 0x");
	while (shift && !(number >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		say_char("0123456789abcdef"[number >> shift & 15]);
}

void say_value(const char *what, u64 number)
{
	say(what);
	say_hex(number);
	say_char('\n');
}

void say_text(const char *what, const char *text)
{
	say(what);
	say_char(' ');
	say(text);
	say_char('\n');
}
