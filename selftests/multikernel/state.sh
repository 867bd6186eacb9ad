#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# The devices that the machine has one of are set the same after the whole life
# of a spawned kernel as before, with a control block and without, and the host
# loses no interrupt meanwhile.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-state
MEMORY=256
STATE=$(dirname "$0")/mk_state
MK_STOCK=${MK_STOCK:-/boot/vmlinuz-6.12}
require 2 $MEMORY
"$STATE" >/dev/null || skip_all "the machine's devices cannot be read"
before=$(host_state)
work=$(mktemp -d)
cpus=$(spare_cpu 1),$(spare_cpu 0)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# The CPUs are taken and given back in the life of an instance, which moves
# interrupts. So compare while it has them.
load()
{
	"$KEXEC" --multikernel=$NAME -l "$1" "--initrd=$MK_INITRD" "--cpus=$cpus" \
		"--memory=${MEMORY}M" "--append=$LONG_DELAYS $2"
}

# Start it and wait for its end.
live()
{
	"$STATE" >"$work/before" &&
		"$KEXEC" --multikernel=$NAME -e &&
		runs_no_more $NAME &&
		"$STATE" >"$work/after"
}

nothing_changed()
{
	[ "$(wc -l <"$work/before")" -gt 20 ] || return 1
	diff "$work/before" "$work/after" >"$work/diff" && return
	print_lines "$work/diff"
	return 1
}

# life LABEL KERNEL PARAMETERS
life()
{
	check "$1: it is loaded" load "$2" "$3"
	check "$1: it lives and ends" live
	check "$1: no device is set otherwise" nothing_changed
	check "$1: the host ticks on" host_ticks_on
	check "$1: kexec -u gives all back" "$KEXEC" --multikernel=$NAME -u
}

busy="i=0; while [ \$i -lt 20000 ]; do i=\$((i + 1)); done"

ktap_print_header
ktap_set_plan 21
life "a busy kernel" "$MK_KERNEL" "mk.run=\"$busy\" mk.end=poweroff"
life "a panic" "$MK_KERNEL" "panic=1 mk.run=\"echo c >/proc/sysrq-trigger\""
life "no control block" "$MK_KERNEL" "multikernel=off mk.run=\"$busy\" mk.end=poweroff"
if [ -r "$MK_STOCK" ]; then
	life "a stock kernel" "$MK_STOCK" "mk.tick=3 mk.end=poweroff"
else
	skip_parts 5 "a stock kernel" "no such file: name one in MK_STOCK"
fi
check "the host has all back" same_state "$before"
ktap_finished
