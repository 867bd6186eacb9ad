#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# The two timers that look at spawned kernels are on two CPUs of this kernel,
# whatever CPUs go offline and come online: one CPU may have interrupts off for
# longer than a stock kernel waits for its reset.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-timers
MEMORY=128
require 3 $MEMORY
[ -r /proc/timer_list ] || skip_all "there is no /proc/timer_list"
before=$(host_state)
own=$(spare_cpu 0)
one=$(spare_cpu 1)
other=$(spare_cpu 2)
trap 'clean_up $NAME; switch "$one" 1; switch "$other" 1' EXIT
trap 'exit 143' INT TERM

switch()
{
	echo "$2" >"$CPUS/cpu$1/online"
}

# CPUs that have one of the timers.
timers()
{
	awk '/^cpu: / { cpu = $2 } /, look_at_spawned, / { print cpu }' /proc/timer_list
}

are_apart()
{
	[ "$(timers | sort | uniq -d)" = "" ] && [ "$(timers | wc -l)" -eq 2 ]
}

are_together()
{
	[ "$(timers | sort -u)" = 0 ]
}

are_gone()
{
	[ -z "$(timers)" ]
}

# goes_offline CPU: with the timer that is there.
goes_offline()
{
	switch "$1" 0 && wait_for 10 are_apart
}

start_from()
{
	token=$(new_token)
	load_into $NAME "$own" none "--append=mk.token=$token" &&
		taskset $((1 << $1)) "$KEXEC" --multikernel=$NAME -e
}

ktap_print_header
ktap_set_plan 10
check "no timer runs without a spawned kernel" wait_for 10 are_gone
check "one is started, from CPU $other" start_from "$other"
check "the timers are on two CPUs" wait_for 10 are_apart
ktap_print_msg "CPUs $(timers | tr '\n' ' ')"
check "so they are when CPU $other goes offline" goes_offline "$other"
ktap_print_msg "CPUs $(timers | tr '\n' ' ')"
switch "$one" 0
check "on CPU 0 alone, both are there" wait_for 10 are_together
check "the spawned kernel goes on" state_is $NAME running
switch "$one" 1
check "when another comes online, they are apart again" wait_for 10 are_apart
switch "$other" 1
check "it is stopped" "$KEXEC" --multikernel=$NAME --stop
check "no timer runs then" wait_for 10 are_gone
"$KEXEC" --multikernel=$NAME -u
check "the host has all" same_state "$before"
ktap_finished
