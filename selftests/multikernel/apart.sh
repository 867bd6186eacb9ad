#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# What one kernel sends to all of its CPUs reaches those of no other: a host and
# two spawned kernels of two CPUs each, with NMIs by software and by a machine's
# button, a backtrace of all CPUs, and a panic.

. "$(dirname "$0")/mk_pair.sh"

SYSRQ=/proc/sysrq-trigger

NMI='NMI backtrace\|Uhhuh\|NMI received\|Dazed'

no_nmi()
{
	! sed -n "/mk: userspace $2/,\$p" "$1" | grep "$NMI"
}

backtraces()
{
	sed -n "/mk: userspace $2/,\$p" "$1" | grep -c "NMI backtrace for cpu"
}

host_backtraces()
{
	log_count "NMI backtrace for cpu"
}

# All host CPUs but the one that asks are sent an NMI.
host_backtraces_itself()
{
	local count

	count=$(host_backtraces)
	echo l >$SYSRQ
	wait_for 60 more_backtraces_than "$count"
}

more_backtraces_than()
{
	[ "$(host_backtraces)" -gt "$1" ]
}

press_nmi_button()
{
	echo "<6>mk-test: an NMI is wanted" >/dev/kmsg
	vm-monitor nmi >/dev/null && sleep 2
}

# When it is asked to power off.
child_backtraces_itself()
{
	"$KEXEC" --multikernel=$ONE --stop --timeout=100 >/dev/null
	[ "$(backtraces "$log1" "$token1")" -ge 1 ]
}

host_has_no_more_than()
{
	[ "$(host_backtraces)" -eq "$1" ]
}

ktap_print_header
ktap_set_plan 19
# Without kexec's options, of which some keep NMIs and broadcasts away, too.
run="mk.self=\"trap 'echo l >$SYSRQ; echo c >$SYSRQ' USR2\""
check "a kernel is spawned on two CPUs" spawn $ONE "$cpus1" COM2 \
	"console=ttyS1,115200 mk.token=$token1 mk.tick $run" --no-default-append
check "another is spawned on two" spawn $TWO "$cpus2" COM3 \
	"console=ttyS2,115200 mk.token=$token2 mk.tick" --no-default-append
check "the first reaches userspace" wait_for 60 userspace "$log1" "$token1"
check "the other reaches userspace" wait_for 60 userspace "$log2" "$token2"

check "the host asks all its CPUs for a backtrace" host_backtraces_itself
if command -v vm-monitor >/dev/null; then
	check "the machine's NMI button is pressed" press_nmi_button
else
	skip "the machine's NMI button is pressed" "not a machine of scripts/vm"
fi
check "the first had no NMI of these" no_nmi "$log1" "$token1"
check "the other had none" no_nmi "$log2" "$token2"
check "the first ticks on" goes_on_ticking "$log1" "$token1"
check "the other ticks on" goes_on_ticking "$log2" "$token2"

count=$(host_backtraces)
check "the first asks all its CPUs for a backtrace" child_backtraces_itself
check "the first has a panic" ends_so $ONE crashed "panic: sysrq triggered crash"
check "the host had no NMI of it" host_has_no_more_than "$count"
check "the other had none of it" no_nmi "$log2" "$token2"
check "the other ticks on after that" goes_on_ticking "$log2" "$token2"
check "the host ticks on" host_ticks_on
check "kexec -u destroys the first" "$KEXEC" --multikernel=$ONE -u
check "kexec -u destroys the other" "$KEXEC" --multikernel=$TWO -u
check "the host has all back" same_state "$before"
ktap_finished
