#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Where an instance's memory may lie: an image across a multiple of 1 GiB, where
# one table of the start's page tables ends, and memory in three pieces. For a
# host with multikernel_cma= that is so large that such a border is within the
# area: instances that never run take what is in the way.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-pieces
LOWER=selftest-lower
UPPER=selftest-upper
CREATE=$(dirname "$0")/mk_create
MIB=1048576
GIB=$((1024 * MIB))
BELOW=16
require 3 512
grep -q 'multikernel_cma=' /proc/cmdline ||
	skip_all "this kernel was booted without multikernel_cma="
log=$(com_log 2)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"
cpus=$(spare_cpus 3)
cpu1=${cpus%%,*}
cpu2=$(echo "$cpus" | cut -d , -f 2)
cpu3=${cpus##*,}
before=$(host_state)
work=$(mktemp -d)
trap 'clean_up $NAME $LOWER $UPPER; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# take NAME CPU MEBIBYTES: out of the way.
take()
{
	"$CREATE" "$@"
}

give_back()
{
	"$KEXEC" "--multikernel=$1" -u
}

# spawn MEBIBYTES [-c]: on the second CPU.
spawn()
{
	token=$(new_token)
	"$KEXEC" -d "${2:--s}" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--cpus=$cpu2" "--memory=${1}M" "--uart=$MK_UART" \
		"--append=$LONG_DELAYS mk.token=$token mk.end=poweroff" >"$work/load" 2>&1 &&
		"$KEXEC" --multikernel=$NAME -e
}

ranges()
{
	instance $NAME memory_ranges
}

# The first address of the area, in MiB: it is taken from the bottom.
area_start()
{
	take $LOWER "$cpu1" 16 >/dev/null && ranges_of_lower=$(instance $LOWER memory_ranges) &&
		give_back $LOWER >/dev/null && echo $((${ranges_of_lower%%-*} / MIB))
}

# The kernel's own segment is the first; kexec_load() puts it into the largest piece.
across_border()
{
	local segment border

	segment=$(sed -n 's/^kexec: segment //p' "$work/load" | head -n 1)
	[ -n "$segment" ] || return 1
	border=$((${segment#*-} / GIB * GIB))
	ktap_print_msg "the kernel is at $segment of $(ranges | tr '\n' ' ')"
	[ $((border)) -gt 0 ] && [ $((${segment%-*})) -lt $border ]
}

in_three_pieces()
{
	ktap_print_msg "its memory is $(ranges | tr '\n' ' ')"
	[ "$(ranges | wc -w)" -ge 3 ]
}

# Each begins where the spawned kernel's memory map says that RAM begins.
knows_all_pieces()
{
	local range

	[ -n "$(ranges)" ] || return 1
	for range in $(ranges); do
		boot_log "$log" "$token" |
			grep "e820: \[mem $(printf 0x%016x $((${range%-*})))-.*usable" || return 1
	done
}

ends()
{
	check "$1: it reaches userspace" wait_for 90 userspace "$log" "$token"
	check "$1: it powers itself off" ends_so $NAME stopped "powered itself off"
	check "$1: its memory map has each piece" knows_all_pieces
	check "$1: it is destroyed" give_back $NAME
}

test_border()
{
	local start border

	start=$(area_start)
	border=$(((${start:-0} / 1024 + 1) * 1024))
	check "border: all below a multiple of 1 GiB is taken but for $BELOW MiB" \
		take $LOWER "$cpu1" $((border - BELOW - ${start:-$border}))
	check "border: a kernel is spawned" spawn $((BELOW + 128)) -c
	check "border: its image is on both sides" across_border
	ends border
	check "border: the rest is given back" give_back $LOWER
}

# Of the area two pieces of 64 MiB are left, at its start and at its end.
test_three()
{
	local size

	size=$(awk '$1 == "CmaTotal:" { print int($2 / 1024) }' /proc/meminfo)
	check "three pieces: the area's start is taken" take $LOWER "$cpu1" 64
	check "three pieces: so is the rest but for 64 MiB" take $UPPER "$cpu3" $((size - 128))
	check "three pieces: the start is given back" give_back $LOWER
	check "three pieces: a kernel is spawned" spawn 192
	check "three pieces: it has three" in_three_pieces
	ends "three pieces"
	check "three pieces: the rest is given back" give_back $UPPER
}

ktap_print_header
ktap_set_plan 19
test_border
test_three
check "the host has all back" same_state "$before"
ktap_finished
