#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# A Multiboot kernel by others: the example of the Multiboot Specification, which
# Debian has in its package multiboot (MK_EXAMPLE). It prints all that it is told
# to VGA's text memory, which is this kernel's, and halts. It must be at 1 MiB: this
# kernel's command line has multikernel_reserve=8M@1M.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-example
EXAMPLE=${MK_EXAMPLE:-/boot/multiboot-example}
[ -r "$EXAMPLE" ] || skip_all "no $EXAMPLE: name one in MK_EXAMPLE"
grep -q 'multikernel_reserve=8M@1M' /proc/cmdline ||
	skip_all "this kernel was booted without multikernel_reserve=8M@1M"
require 1 0
cpu=$(spare_cpu 0)
before=$(host_state)
work=$(mktemp -d)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# The screen, of 25 lines with a character and its colour in each two bytes.
read_screen()
{
	dd if=/dev/mem bs=4000 count=1 skip=753664 iflag=skip_bytes 2>/dev/null |
		od -A n -v -t u1 -w160 | awk '
		{
			line = ""
			for (i = 1; i < NF; i += 2)
				line = line sprintf("%c", $i ? $i : 32)
			sub(/ +$/, "", line)
			print line
		}' >"$work/screen"
}

# Not there without a screen adapter.
has_screen()
{
	local old

	old=$(dd if=/dev/mem bs=1 count=1 skip=753664 2>/dev/null | od -A n -t x1)
	[ "$old" != " ff" ]
}

says()
{
	read_screen && grep -q -e "$1" "$work/screen"
}

screen_says()
{
	wait_for 30 says "$1" && return
	print_lines "$work/screen"
	return 1
}

# The files' names are short, as a line has 80 characters.
load()
{
	cd "$work" && "$KEXEC" --multikernel=$NAME -l "$EXAMPLE" "$@" >"$work/load" 2>&1 && return
	print_lines "$work/load"
	return 1
}

# The area, of which the platform block takes the end, and the low memory.
map_is_own()
{
	local low

	low=$(instance $NAME low)
	screen_says "base_addr = 0x0*$(printf %x $((${low%-*}))), length = 0x0*8000, type = 0x1" &&
		screen_says 'base_addr = 0x0*100000, length = 0x[0-9a-f]*, type = 0x1'
}

has_screen || skip_all "there is no screen at 0xb8000"
echo "a module" >"$work/m"
ktap_print_header
ktap_set_plan 11
check "it is loaded at its address" load "--cpus=$cpu" --memory=8M@1M \
	"--append=and its arguments" "--module=m of its own"
check "it is started" "$KEXEC" --multikernel=$NAME -e
check "it sees that a Multiboot loader has loaded it" screen_says "^flags = 0x"
check "it has its command line" screen_says "^cmdline = $EXAMPLE and its arguments$"
check "it has its module" screen_says "cmdline = m of its own$"
check "it has a map of its own memory" map_is_own
check "it halts" screen_says "^Halted\."
check "this kernel ticks on" host_ticks_on
check "it is stopped" "$KEXEC" --multikernel=$NAME --stop
check "kexec -u destroys it" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
ktap_finished
