#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# CPUs look after each other, by the buddy detector of hard lockups, within one
# kernel only. A host, a spawned kernel one of whose two CPUs stops with
# interrupts off, and another one.

. "$(dirname "$0")/mk_pair.sh"

DIRECT=/sys/kernel/debug/provoke-crash/DIRECT
[ "$(cat /proc/sys/kernel/nmi_watchdog 2>/dev/null)" = 1 ] ||
	skip_all "this kernel does not look for lockups (CONFIG_HARDLOCKUP_DETECTOR)"
[ -z "$(ls /sys/bus/event_source/devices/cpu 2>/dev/null)" ] ||
	skip_all "NMIs are the detector's: this is for a machine without performance counters"
thresh=$(cat /proc/sys/kernel/watchdog_thresh)

# Of CPU 0, which stays the host's and is the first in the list.
nmis()
{
	awk '$1 == "NMI:" { print $2 }' /proc/interrupts
}

same_nmis()
{
	[ "$(nmis)" -eq "$1" ]
}

finds_it()
{
	said "$log1" "$token1" "detected hard LOCKUP on cpu"
}

# The host's own detector looks every 1.2 thresholds, and may need two looks before
# it sees that a CPU stands still.
host_finds_none()
{
	sleep $((thresh * 4))
	[ "$(log_count "hard LOCKUP")" -eq 0 ]
}

stop="mk.run=\"echo HARDLOCKUP >$DIRECT\""

ktap_print_header
ktap_set_plan 13
check "a kernel is spawned on two CPUs" spawn $TWO "$cpus2" COM3 \
	"console=ttyS2,115200 mk.token=$token2 mk.tick"
check "it reaches userspace" wait_for 60 userspace "$log2" "$token2"
count=$(nmis)
check "another is spawned, with a CPU that stops" spawn $ONE "$cpus1" COM2 \
	"console=ttyS1,115200 watchdog_thresh=10 nmi_watchdog=panic mk.token=$token1 mk.fault $stop"
check "it reaches userspace, too" wait_for 60 userspace "$log1" "$token1"
check "its other CPU finds the lockup" wait_for 120 finds_it
check "it has a panic for that" ends_so $ONE crashed "panic: Hard LOCKUP"
check "the first had no NMI" not said "$log2" "$token2" 'NMI backtrace\|Uhhuh\|hard LOCKUP'
check "the first ticks on" goes_on_ticking "$log2" "$token2"
check "the host had no NMI" same_nmis "$count"
check "the host takes no CPU of theirs for one of its own" host_finds_none
check "kexec -u destroys the one" "$KEXEC" --multikernel=$ONE -u
check "kexec -u destroys the other" "$KEXEC" --multikernel=$TWO -u
check "the host has all back" same_state "$before"
ktap_finished
