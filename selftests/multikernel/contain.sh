#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Kernels with a control block end by themselves in every way that Linux has:
# the host sees it and the reason, and the machine stays up.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-contain
MEMORY=128
require 2 $MEMORY
log=$(com_log 2)
before=$(host_state)
work=$(mktemp -d)
cpus=$(spare_cpu 1),$(spare_cpu 0)
trap 'clean_up $NAME; kill $pulse; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
pulse "$work/pulse" &
pulse=$!

SYSRQ=/proc/sysrq-trigger
DIRECT=/sys/kernel/debug/provoke-crash/DIRECT

# spawn PARAMETERS: with none of the options that a kernel without a control
# block needs to end well.
spawn()
{
	token=$(new_token)
	mark_start $NAME "$token"
	spawn_into $NAME "$cpus" "$MK_UART" --no-default-append \
		"--append=mk.token=$token $ports $1"
}

ends_like()
{
	runs_no_more $NAME && has_ended_like $NAME "$@"
}

log_has()
{
	log_since_start $NAME "$token" | grep -q -F -e "$1"
}

host_told()
{
	wait_for 30 log_has "multikernel: $NAME: $(instance $NAME exit_reason)"
}

# ends LABEL STATE REGEX PARAMETERS
ends()
{
	check "$1: a kernel is loaded and started" spawn "$4"
	check_log 2 "$1: it reaches userspace" wait_for 90 userspace "$log" "$token"
	check "$1: the instance is $2: $3" ends_like "$2" "$3"
	check "$1: the host's log says so" host_told
}

# Each waits for the end of this kernel's own; the reboot= modes would go to
# registers of the machine.
ends_by_will()
{
	local mode

	ends "poweroff -f" stopped "powered itself off" mk.end=poweroff
	ends "halt -f" stopped "halted itself" mk.end=halt
	ends "sysrq-b" stopped "reset itself" "mk.run=\"echo b >$SYSRQ\""
	ends "sysrq-o" stopped "powered itself off" "mk.run=\"echo o >$SYSRQ; sleep 60\""
	for mode in acpi kbd pci efi triple bios; do
		ends "reboot -f with reboot=$mode" stopped "reset itself" \
			"reboot=$mode mk.end=reboot"
	done
	ends "reboot -f with reboot=force" stopped "reset itself" "reboot=force mk.end=reboot"
	ends "reboot -f with a CPU offline" stopped "reset itself" \
		"mk.run=\"echo 0 >/sys/devices/system/cpu/cpu1/online\" mk.end=reboot"
}

ends_by_panic()
{
	local crash="sysrq triggered crash" timeout

	for timeout in 0 1 -1; do
		ends "sysrq-c with panic=$timeout" crashed "panic: $crash" \
			"panic=$timeout mk.run=\"echo c >$SYSRQ\""
	done
	ends "sysrq-c with reboot=triple" crashed "panic: $crash" \
		"panic=-1 reboot=triple mk.run=\"echo c >$SYSRQ\""
	ends "sysrq-c with a CPU offline" crashed "panic: $crash" \
		"mk.run=\"echo 0 >/sys/devices/system/cpu/cpu1/online; echo c >$SYSRQ\""
	ends "a BUG in an interrupt" crashed "panic: Fatal exception in interrupt" \
		"mk.fault mk.run=\"echo 1 >/sys/kernel/debug/multikernel_guest/bug_in_interrupt\""
	ends "a stack overflow" crashed "panic: .*" \
		"mk.fault mk.run=\"echo EXHAUST_STACK >$DIRECT\""
	ends "an oops in init" crashed "panic: Attempted to kill init! exitcode=.*" \
		"mk.fault mk.self=\"echo BUG >$DIRECT\""
}

ktap_print_header
ports=$([ -z "$log" ] || echo console=ttyS1,115200)
ktap_set_plan $((12 * 4 + 8 * 4 + 3))
ends_by_will
ends_by_panic
check "kexec -u destroys the instance" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
check "the host ticked on all the time" pulse_went_on "$work/pulse"
ktap_finished
