#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Memtest86+ (Debian's memtest86+x64.bin, MK_MEMTEST) tests memory on a spare CPU
# while this kernel works: an image of the Linux protocol that is not Linux and runs
# at 1 MiB alone. And iPXE (MK_IPXE), which is another and has no 64-bit entry.
# Needs a kernel that was booted with multikernel_reserve=8M@1M.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-memtest
MK_MEMTEST=${MK_MEMTEST:-/boot/memtest86+x64.bin}
MK_IPXE=${MK_IPXE:-/boot/ipxe.lkrn}
require 1 128
grep -q multikernel_reserve=8M@1M /proc/cmdline ||
	skip_all "this kernel was booted without multikernel_reserve=8M@1M"
cpu=$(spare_cpu 0)
log=$(com_log 2)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"
before=$(host_state)
boot_id=$(cat /proc/sys/kernel/random/boot_id)
work=$(mktemp -d)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# load FILE OPTION...
load()
{
	local file="$1"
	shift

	"$KEXEC" --multikernel=$NAME -l "$file" "$@" >"$work/out" 2>&1 && return
	ktap_print_msg "$(head -n 1 "$work/out")"
	return 1
}

# refused REGEX FILE OPTION...: in one line, and nothing is taken.
refused()
{
	local regex="$1"
	shift

	! load "$@" && [ "$(wc -l <"$work/out")" = 1 ] &&
		grep -q -e "$regex" "$work/out" && same_state "$before"
}

# What it has on its screen comes out of the port bit by bit, with sequences that
# move the cursor between.
screen()
{
	tail -c +"$mark" "$log" | tr -d '\000' | sed 's/\x1b\[[0-9;?]*[A-Za-z]/\n/g'
}

shows()
{
	screen | grep -q -e "$1"
}

# It was in front of its last test, which waits for minutes, without an error.
has_tested()
{
	shows '#10 *\[Bit fade test' && shows 'Errors: 0 '
}

no_error()
{
	! screen | grep -e 'Errors: ' | grep -v -q 'Errors: 0 '
}

off_other_cpus()
{
	tr ' ' '\n' <"$SYSFS/$NAME/cmdline" | grep -q -x nosmp && shows 'SMP: Disabled'
}

host_lives()
{
	host_ticks_on && [ "$(cat /proc/sys/kernel/random/boot_id)" = "$boot_id" ]
}

test_ipxe()
{
	if [ -r "$MK_IPXE" ]; then
		check "iPXE is refused: it has no 64-bit entry" refused "64-bit entry" \
			"$MK_IPXE" --cpus="$cpu" --memory=64M
	else
		skip "iPXE is refused: it has no 64-bit entry" "no $MK_IPXE"
	fi
}

test_memtest()
{
	local where="must be loaded at 0x100000-0x[0-9a-f]*, .* multikernel_reserve=[0-9]*M@1M"

	mark=$(($(wc -c <"$log") + 1))
	check "it is refused without its address" \
		refused "$where" "$MK_MEMTEST" --cpus="$cpu" --memory=64M
	check "it is loaded at its address" load "$MK_MEMTEST" --cpus="$cpu" --uart=COM2 \
		--memory=8M@1M
	check "it is started" "$KEXEC" --multikernel=$NAME -e
	check "it says so" wait_for 30 shows "Memtest86+ v"
	check "its command line keeps it off other CPUs" wait_for 30 off_other_cpus
	check "it tests the instance's memory" wait_for 30 shows "of 7\.[0-9]*MB"
	check "this kernel works meanwhile" host_lives
	check "it gets through all tests but the last" wait_for 200 has_tested
	check "it finds no error" no_error
	check "this kernel still works" host_lives
	check "it runs on" state_is $NAME running
	check "kexec -u destroys it" "$KEXEC" --multikernel=$NAME -u
}

ktap_print_header
ktap_set_plan 14
test_ipxe
if [ -r "$MK_MEMTEST" ]; then
	test_memtest
else
	skip_parts 12 "Memtest86+" "no $MK_MEMTEST"
fi
check "the host has all back" same_state "$before"
ktap_finished
