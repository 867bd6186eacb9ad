#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# What a dead kernel leaves: its log, and its memory as a core file. Of one that
# runs, had a panic, hangs with its interrupts off, was stopped by INIT, and says
# nothing of its memory.
#
# With the argument "lockdown": this kernel locks itself down, which cannot be
# undone, and shows nothing more.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-vmcore
MEMORY=128
CORE=$SYSFS/$NAME/vmcore
DIRECT=/sys/kernel/debug/provoke-crash/DIRECT
LOCKDOWN=/sys/kernel/security/lockdown
require 2 $MEMORY
log=$(com_log 2)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"
before=$(host_state)
work=$(mktemp -d)
cpus=$(spare_cpus 2)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

mk()
{
	"$KEXEC" --multikernel=$NAME "$@"
}

load()
{
	token=$(new_token)
	load_into $NAME "$cpus" "$MK_UART" \
		"--append=mk.token=$token mk.fault nmi_watchdog=0 $1"
}

# spawn LABEL PARAMETERS: up to userspace, as its log says.
spawn()
{
	check "$1: a kernel is loaded and started" load_and_start "$2"
	check "$1: its log can be read while it runs" wait_for 90 has_in_log "mk: cmdline .*$token"
}

load_and_start()
{
	load "$1" && mk -e
}

# What comes before that is of another kernel, or it is none.
has_in_log()
{
	mk --dmesg >"$work/dmesg" 2>"$work/says" &&
		head -n 1 "$work/dmesg" | grep -q "Linux version" &&
		grep -q "mk: userspace $token" "$work/dmesg" &&
		grep -q -e "$1" "$work/dmesg"
}

# refuses REGEX: to show a log.
refuses()
{
	! mk --dmesg >"$work/dmesg" 2>"$work/says" && ! [ -s "$work/dmesg" ] &&
		grep -q -e "^kexec: $NAME: $1" "$work/says" && return
	ktap_print_msg "$(cat "$work/says")"
	return 1
}

cannot_be_read()
{
	[ -e "$CORE" ] && ! cat "$CORE" >"$work/core" 2>/dev/null && ! [ -s "$work/core" ]
}

has_not_run()
{
	check "not started: a kernel is loaded" load ""
	check "not started: there is no log" refuses "it is loaded: nothing has run in it"
	check "not started: there is no core file" cannot_be_read
}

running()
{
	spawn "runs" ""
	check "runs: only root may read its memory" test "$(stat -c '%a %u' "$CORE")" = "400 0"
	check "runs: only root may read its log" \
		test "$(stat -c '%a %u' "$SYSFS/$NAME/log")" = "400 0"
	check "runs: it is stopped" mk --stop
	check "runs: its last line is there when it has powered off" has_in_log "Power down"
}

# The memory below 1 MiB as well, and three pages before all of it.
whole()
{
	local low size

	low=$(instance $NAME low)
	size=$((12288 + ${low#*-} - ${low%-*} + 1 + $(instance $NAME memory)))
	[ "$(stat -c %s "$CORE")" -eq $size ] && [ "$(wc -c <"$CORE")" -eq $size ] && return
	ktap_print_msg "$(stat -c %s "$CORE") bytes, of $size"
	return 1
}

same_as_of_vmcore_dmesg()
{
	"$VMCORE_DMESG" "$CORE" >"$work/other" && cmp "$work/dmesg" "$work/other"
}

panicked()
{
	spawn "has a panic" "oops=panic mk.run=\"sleep 1; echo BUG >$DIRECT\""
	check "has a panic: it is crashed" ends_so $NAME crashed "panic: Fatal exception"
	check "has a panic: its log says so" has_in_log "not syncing: Fatal exception"
	check "has a panic: its registers are in there" has_in_log "RIP: .*lkdtm_BUG"
	VMCORE_DMESG=$(command -v vmcore-dmesg)
	if [ -n "$VMCORE_DMESG" ]; then
		check "has a panic: vmcore-dmesg shows the same" same_as_of_vmcore_dmesg
	else
		skip "has a panic: vmcore-dmesg shows the same" "there is no vmcore-dmesg"
	fi
	check "has a panic: all of its memory is in the core file" whole
	check "has a panic: the core file can be copied" cp "$CORE" "$MK_LOGS/core"
}

hung()
{
	spawn "hangs" "mk.run=\"taskset 1 sh -c 'echo HARDLOCKUP >$DIRECT'\""
	check "hangs: its log says why while it does" wait_for 60 \
		has_in_log "Performing direct entry HARDLOCKUP"
	check "hangs: it is stopped by INIT" mk --stop --force
	check "hangs: its log is there then" has_in_log "Performing direct entry HARDLOCKUP"
}

# A stock kernel is like that, too.
silent()
{
	check "says nothing: a kernel is loaded and started" load_and_start multikernel=off
	check "says nothing: it reaches userspace" wait_for 90 userspace "$log" "$token"
	check "says nothing: kexec says what it would need" \
		refuses "it has not said where its log is"
	check "says nothing: its memory is there all the same" whole
	check "says nothing: it is stopped" mk --stop
	check "is not understood: a kernel is loaded and started" load_and_start multikernel_abi=5
	check "is not understood: it reaches userspace" wait_for 90 userspace "$log" "$token"
	check "is not understood: what it says of its memory is not used" \
		refuses "it has not said where its log is"
}

open_file_is_gone()
{
	dd bs=4096 count=1 of="$work/core" <&9 2>&1 | grep -q "No such device"
}

gone()
{
	exec 9<"$CORE"
	check "destroyed: kexec -u gives all back" mk -u
	check "destroyed: a core file that is open says so" open_file_is_gone
	check "destroyed: there is no log" refuses "there is no such instance"
	exec 9<&-
}

# There is no way back.
lock_down()
{
	mount -t securityfs none /sys/kernel/security 2>/dev/null
	echo confidentiality >$LOCKDOWN
}

shows_nothing_printed()
{
	! mk --log >"$work/log" 2>&1 && ! grep -q "Linux version" "$work/log" &&
		! cat "$SYSFS/$NAME/log" 2>/dev/null
}

if [ "${1:-}" = lockdown ]; then
	ktap_print_header
	ktap_set_plan 7
	spawn "locked down" ""
	check "locked down: this kernel locks itself down" lock_down
	check "locked down: it shows no log" refuses "its memory may not be read"
	check "locked down: it shows no memory" cannot_be_read
	check "locked down: it shows nothing that was printed" shows_nothing_printed
	check "locked down: kexec -u gives all back" mk -u
	ktap_finished
fi

ktap_print_header
ktap_set_plan 34
has_not_run
running
panicked
hung
silent
gone
check "the host has all" same_state "$before"
ktap_finished
