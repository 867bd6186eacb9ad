#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# kexec -l by kexec_file_load() and by kexec_load(): which is taken, and that
# there is no difference in what is loaded and runs.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-file
MEMORY=128
require 1 $MEMORY
log=$(com_log 2)
before=$(host_state)
work=$(mktemp -d)
cpu=$(spare_cpu 0)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# Of the zero page: where initrd and command line are.
POINTERS="ext_ramdisk_image 192 4
ext_cmd_line_ptr 200 4
ramdisk_image 536 4
cmd_line_ptr 552 4"

mk()
{
	"$KEXEC" --multikernel=$NAME "$@"
}

# load OPTION PARAMETERS: with all that is said of it in $work/says.
load()
{
	load_into $NAME "$cpu" "$MK_UART" ${1:+"$1"} --debug "--append=$2" \
		>"$work/says" 2>&1 && return
	print_lines "$work/says"
	return 1
}

# Each load says in this kernel's log where it puts things, if it does so itself.
loads_by_file()
{
	local count

	count=$(log_count "Loaded 64bit kernel at")
	load "$@" && logs_more_than "$count" "Loaded 64bit kernel at" &&
		not grep -q "^kexec: segment" "$work/says" &&
		state_is $NAME loaded
}

loads_by_segments()
{
	local count

	count=$(log_count "Loaded 64bit kernel at")
	load "$@" && not logs_more_than "$count" "Loaded 64bit kernel at" &&
		grep -q "^kexec: segment" "$work/says" &&
		state_is $NAME loaded
}

# Addresses of the zero page, as either says them.
zero_page_by_file()
{
	dmesg | sed -n 's/.*Loaded boot_param, command line and misc at \(0x[0-9a-f]*\) .*/\1/p' |
		tail -n 1
}

zero_page_by_segments()
{
	sed -n 's/^kexec: segment \(0x[0-9a-f]*\)-.*/\1/p' "$work/says" | sed -n 2p
}

# page ADDRESS FILE: out of this kernel's memory.
page()
{
	dd if=/dev/mem of="$2" bs=4096 count=1 skip=$(($1 / 4096)) 2>/dev/null &&
		[ "$(dd if="$2" bs=1 skip=514 count=4 2>/dev/null)" = HdrS ]
}

# without_pointers FILE
without_pointers()
{
	local offset size

	cp "$1" "$1.rest"
	echo "$POINTERS" | while read -r _ offset size; do
		dd if=/dev/zero of="$1.rest" bs=1 seek="$offset" count="$size" conv=notrunc \
			2>/dev/null
	done
}

same_zero_pages()
{
	without_pointers "$work/by-file"
	without_pointers "$work/by-segments"
	cmp "$work/by-file.rest" "$work/by-segments.rest" && return
	cmp -l "$work/by-file.rest" "$work/by-segments.rest" >"$work/differences"
	print_lines "$work/differences"
	return 1
}

# The two loads differ in nothing but places.
compare()
{
	check "-s loads it by kexec_file_load()" loads_by_file -s foo=1
	check "-s: its zero page can be read" page "$(zero_page_by_file)" "$work/by-file"
	instance $NAME cmdline >"$work/cmdline"
	check "-c loads it by kexec_load()" loads_by_segments -c foo=1
	check "-c: its zero page can be read" page "$(zero_page_by_segments)" \
		"$work/by-segments"
	check "both have the same zero page but for addresses" same_zero_pages
	check "both have the same command line" \
		test "$(cat "$work/cmdline")" = "$(instance $NAME cmdline)"
	check "by default kexec_file_load() loads" loads_by_file "" ""
	check "-a loads by kexec_file_load() as well" loads_by_file -a ""
}


runs()
{
	token=$(new_token)
	load "$1" "mk.token=$token" && mk -e
}

# Started and stopped, twice: by what was loaded, and by what was loaded again.
lives()
{
	local round

	for round in first second; do
		check "the $round by kexec_file_load() is started" runs -s
		check_log 2 "the $round reaches userspace" wait_for 90 userspace "$log" "$token"
		check "the $round is stopped" mk --stop
	done
	check "one by kexec_load() is started" runs -c
	check_log 2 "it reaches userspace" wait_for 90 userspace "$log" "$token"
	check "it is stopped" mk --stop
}

# From the copy that was kept, after a panic.
is_restarted()
{
	token=$(new_token)
	mark_start $NAME "$token"
	load_into $NAME "$cpu" "$MK_UART" -s --on-crash=restart:1 \
		"--append=mk.token=$token mk.run=\"sleep 2; echo c >/proc/sysrq-trigger\"" &&
		mk -e && wait_for 90 has_crashed_twice
}

has_crashed_twice()
{
	log_since_start $NAME "$token" | grep -q -F "crashed 2 times, not restarted again"
}

# patched BYTE MASK: a copy of the kernel with bits of a byte cleared.
patched()
{
	local byte

	cp "$MK_KERNEL" "$work/kernel"
	byte=$(od -An -t u1 -j "$1" -N 1 "$work/kernel")
	# shellcheck disable=SC2059
	printf "\\$(printf %o $((byte & ~$2)))" |
		dd of="$work/kernel" bs=1 seek="$1" conv=notrunc 2>/dev/null
}

# A kernel that wants to be below 4 GiB is not for the loader in the kernel.
unknown()
{
	local MK_KERNEL=$MK_KERNEL

	patched 566 2
	MK_KERNEL=$work/kernel
	check "a kernel that only kexec_load() can load is refused with -s" refused -s \
		"kexec_file_load() does not know such a kernel: leave out -s"
	check "by default kexec_load() loads it" loads_by_segments "" ""
	check "and that is said" grep -q "note: loaded by kexec_load()" "$work/says"
	check "-a loads it by kexec_load()" loads_by_segments -a ""
	check "and says nothing" not grep -q "note:" "$work/says"
	check "-c loads it" loads_by_segments -c ""
}

# refused OPTION REGEX [PARAMETERS]
refused()
{
	not load_into $NAME "$cpu" "$MK_UART" "$1" "--append=$3" 2>"$work/says" &&
		grep -q -e "^kexec: $NAME: .*$2" "$work/says" && return
	print_lines "$work/says"
	return 1
}

# characters COUNT
characters()
{
	head -c "$1" /dev/zero | tr '\0' x
}

# The loader in the kernel keeps 30 characters for elfcorehdr=.
long_lines()
{
	local max

	max=$(od -An -t u4 -j 568 -N 4 "$MK_KERNEL" | tr -d ' ')
	check "one character too many for kexec_file_load() is refused" \
		refused -s "this kernel takes $((max - 31)): make it shorter" \
		"$(characters $((max - 30)))"
	check "-a goes on to kexec_load()" load_long -a $((max - 30))
	check "as many as it takes are loaded" load_long -s $((max - 31))
}

load_long()
{
	mk -l "$MK_KERNEL" "--initrd=$MK_INITRD" "$1" --no-default-append \
		"--append=$(characters "$2")" && state_is $NAME loaded
}

ktap_print_header
ktap_set_plan $((8 + 9 + 1 + 6 + 3 + 2))
compare
lives
check "after a crash one by kexec_file_load() is restarted" is_restarted
unknown
long_lines
check "kexec -u destroys it" mk -u
check "the host has all back" same_state "$before"
ktap_finished
