#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# kexec --stop of kernels that know their host: they are asked, then sent an NMI,
# then INIT, and exit_reason says which of these they needed.
#
# Usage: ask.sh [few]	few: one kernel for each of these

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-ask
MEMORY=128
DEBUGFS=/sys/kernel/debug/multikernel
DIRECT=/sys/kernel/debug/provoke-crash/DIRECT
require 2 $MEMORY
log=$(com_log 2)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"
before=$(host_state)
cpus=$(spare_cpus 2)
trap 'obstacle 0; clean_up $NAME' EXIT
trap 'exit 143' INT TERM

# One CPU and where it was.
AT="CPU [01] at [^ ]*\( (interrupts off)\)\?"

obstacle()
{
	[ ! -w $DEBUGFS/obstacle ] || echo "$1" >$DEBUGFS/obstacle
}

mk()
{
	"$KEXEC" --multikernel=$NAME "$@"
}

# start PARAMETERS
start()
{
	token=$(new_token)
	mark_start $NAME "$token"
	spawn_into $NAME "$cpus" "$MK_UART" \
		"--append=console=ttyS1,115200 mk.token=$token mk.fault $1"
}

# spawn LABEL PARAMETERS [LAST-LINE]: up to the line that comes last.
spawn()
{
	check "$1: a kernel is loaded and started" start "$2"
	check "$1: it gets as far as it shall" \
		wait_for 90 said "$log" "$token" "${3:-mk: end stay}"
}

# What the host said since this kernel was started.
host_said()
{
	log_since_start $NAME "$token" | grep -q -e "multikernel: $NAME: $1"
}

asked()
{
	spawn "asked" ''
	check "asked: it stops when it was asked" stops $NAME "stopped when it was asked"
	check "asked: its init was told" said "$log" "$token" "mk: told to power off"
	check "asked: exit_reason says so" \
		has_ended $NAME stopped "powered itself off when it was asked"
}

# busybox's init, which does this for users.
busybox_init()
{
	if ! busybox --list | grep -q -x init; then
		skip_parts 4 busybox "this busybox has no init"
		return
	fi
	spawn "busybox" 'mk.self="exec init"' "activate this"
	check "busybox: it stops when it was asked" stops $NAME "stopped when it was asked"
	check "busybox: exit_reason says so" \
		has_ended $NAME stopped "powered itself off when it was asked"
}

no_userspace()
{
	spawn "no program to ask" 'mk.self="rm /sbin/poweroff"'
	check "no program to ask: the kernel powers off by itself" \
		stops $NAME "stopped when it was asked"
	check "no program to ask: exit_reason says so" \
		has_ended $NAME stopped "powered itself off when it was asked"
}

refuses()
{
	spawn "refuses" "mk.self=\"trap '' USR2\""
	check "refuses: it stops by NMI" stops $NAME "stopped by NMI" --timeout=12
	check "refuses: the host says that it was asked" \
		host_said "it was asked to power off and did not end"
	check "refuses: exit_reason says where its CPUs were" has_ended_like $NAME stopped \
		"stopped by NMI: $AT, $AT"
}

one_cpu_offline()
{
	spawn "a CPU offline" \
		"mk.self=\"trap '' USR2; echo 0 >/sys/devices/system/cpu/cpu1/online\""
	check "a CPU offline: it stops by NMI" stops $NAME "stopped by NMI" --timeout=12
	check "a CPU offline: exit_reason says where the other was" \
		has_ended_like $NAME stopped "stopped by NMI: $AT"
}

# The other waits for SIPI as it came from the host: an NMI would lead it astray.
one_cpu_never_up()
{
	spawn "a CPU never up" "maxcpus=1 mk.self=\"trap '' USR2\""
	check "a CPU never up: it stops by NMI" stops $NAME "stopped by NMI" --timeout=12
	check "a CPU never up: exit_reason says where the other was" \
		has_ended_like $NAME stopped "stopped by NMI: $AT"
}

interrupts_off()
{
	hang="taskset 1 sh -c 'echo HARDLOCKUP >$DIRECT'"
	spawn "interrupts off" "nmi_watchdog=0 mk.run=\"$hang\"" \
		"Performing direct entry HARDLOCKUP"
	check "interrupts off: it stops by NMI" stops $NAME "stopped by NMI" --timeout=12
	check "interrupts off: exit_reason says where" has_ended_like $NAME stopped \
		"stopped by NMI: .*CPU 0 at lkdtm_HARDLOCKUP+[^ ]* (interrupts off).*"
}

deaf()
{
	spawn "deaf" "mk.self=\"trap '' USR2; echo Y >/sys/kernel/debug/multikernel_guest/deaf\""
	check "deaf: it stops by INIT" stops $NAME "stopped by INIT" --timeout=12
	check "deaf: the host says that it was sent an NMI" \
		host_said "it was sent an NMI and did not end"
	check "deaf: exit_reason says so" has_ended $NAME stopped "stopped by INIT"
}

panics()
{
	spawn "panics" "panic=1 mk.self=\"trap 'echo c >/proc/sysrq-trigger' USR2\""
	check "panics: it stops when it was asked" stops $NAME "stopped when it was asked"
	check "panics: it is crashed, and why" \
		has_ended $NAME crashed "panic: sysrq triggered crash"
}

by_force()
{
	spawn "by force" ''
	check "by force: it stops by INIT" stops $NAME "stopped by INIT" --force
	check "by force: it was not asked" not said "$log" "$token" "mk: told to power off"
	check "by force: exit_reason says so" has_ended $NAME stopped "stopped by INIT"
}

# As it may run virtual machines, in which case INIT alone would not do.
destroyed()
{
	spawn "destroyed" ''
	check "destroyed: kexec -u does it" mk -u
	check "destroyed: its CPUs had the NMI" host_said "stopped by NMI: $AT, $AT"
	check "destroyed: it was not asked" \
		not said "$log" "$token" "mk: told to power off"
}

# Nothing hears yet, or it is asked while it boots.
at_once()
{
	check "at once: a kernel is loaded and started" start ''
	check "at once: it stops" stops $NAME "stopped .*"
	check "at once: its state says so" state_is $NAME stopped
}

# The kernel that is asked outlives the program that has it asked: not for long.
killed()
{
	spawn "killed" "mk.self=\"trap '' USR2\""
	"$KEXEC" --multikernel=$NAME --stop --timeout=300 >/dev/null 2>&1 &
	check "killed: it is being stopped" wait_for 60 state_is $NAME stopping
	kill -9 $!
	check "killed: it is stopped soon" wait_for 60 state_is $NAME stopped
	check "killed: by NMI" has_ended_like $NAME stopped "stopped by NMI: $AT, $AT"
}

# without NUMBER REASON: a machine that has no doorbell.
without()
{
	obstacle "$1"
	spawn "$2" ''
	obstacle 0
	check "$2: the host says why there is no doorbell" host_said "it has no doorbell: .*$2.*"
	check "$2: it stops all the same" stops $NAME "stopped when it was asked"
}

# somewhere TARGET: its bell is said to be at a CPU or has a vector that is none.
elsewhere()
{
	spawn "a bell that is elsewhere" \
		"mk.self=\"echo $((0xf7 << 32)) >/sys/kernel/debug/multikernel_guest/target\""
	check "a bell that is elsewhere: it stops by INIT" \
		stops $NAME "stopped by INIT" --timeout=12
	check "a bell that is elsewhere: the host says so" \
		host_said "its doorbell is not at one of its CPUs"
}

debug_parts()
{
	if ! [ -w $DEBUGFS/obstacle ]; then
		skip_parts 17 debug "no fault can be injected: CONFIG_MULTIKERNEL_DEBUG"
		return
	fi
	deaf
	without 5 Hyper-V
	without 6 "a driver"
	elsewhere
}

few()
{
	asked
	refuses
	by_force
	destroyed
	check "the host has all" same_state "$before"
	ktap_finished
}

ktap_print_header
if [ "${1:-}" = few ]; then
	ktap_set_plan 21
	few
fi
ktap_set_plan 70
asked
busybox_init
no_userspace
refuses
one_cpu_offline
one_cpu_never_up
interrupts_off
panics
by_force
at_once
killed
debug_parts
destroyed
check "the host has all" same_state "$before"
ktap_finished
