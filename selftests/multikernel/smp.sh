#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# A spawned kernel with two CPUs starts the second one itself, and both are the
# host's again afterwards.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-smp
require 2 256
cpu1=$(spare_cpu 1)
cpu2=$(spare_cpu 0)
apics="$(apic_id "$cpu1") $(apic_id "$cpu2")"
token=$(new_token)
log=$(com_log 2)
before=$(host_state)

spawn()
{
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--append=mk.token=$token mk.tick" "--cpus=$cpu1,$cpu2" --memory=256M \
		"--uart=$MK_UART" &&
		"$KEXEC" --multikernel=$NAME -e
}

has_both_cpus()
{
	[ "$(said_value "$log" "$token" cpus)" = "2 (0 1)" ] &&
		[ "$(said_value "$log" "$token" apicids)" = "$apics" ]
}

run_on_both()
{
	taskset "$(printf %x $((1 << cpu1)))" true && taskset "$(printf %x $((1 << cpu2)))" true
}

ktap_print_header
ktap_set_plan 8
check "a kernel is spawned with two CPUs" spawn
check_log 2 "it reaches userspace" wait_for 60 userspace "$log" "$token"
check_log 2 "it has the two CPUs given" has_both_cpus
check_log 2 "it ticks" goes_on_ticking "$log" "$token"
check "the host ticks on" host_ticks_on
check "kexec -u destroys it while both run" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
check "the host runs tasks on both CPUs again" run_on_both
ktap_finished
