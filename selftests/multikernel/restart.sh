#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# One instance, in which one kernel after the other is loaded, started and
# stopped. MK_ROUNDS says how often, 5 unless told; more than 20 rounds see each
# tenth kernel come to life, and stop the others wherever they are.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-restart
MEMORY=${MK_MEMORY:-256}
ROUNDS=${MK_ROUNDS:-5}
require 1 "$MEMORY"
cpu=$(spare_cpu 0)
log=$(com_log 2)
before=$(host_state)
work=$(mktemp -d)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# load PARAMETERS
load()
{
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--append=mk.token=$token $1"
}

make_instance()
{
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--cpus=$cpu" "--memory=${MEMORY}M" "--uart=$MK_UART"
}

start()
{
	"$KEXEC" --multikernel=$NAME -e
}

stop()
{
	"$KEXEC" --multikernel=$NAME --stop >"$work/stop" || {
		ktap_print_msg "$(cat "$work/stop")"
		return 1
	}
}

# What is an instance's for its whole life.
belongings()
{
	local file

	for file in id cpus apic_ids memory memory_ranges low uart; do
		echo "$file $(instance $NAME $file | tr '\n' ' ')"
	done
}

has_its_belongings()
{
	[ "$(belongings)" = "$(cat "$work/belongings")" ] && return
	ktap_print_msg "before: $(tr '\n' ';' <"$work/belongings")"
	ktap_print_msg "now: $(belongings | tr '\n' ';')"
	return 1
}

cmdline_is()
{
	grep -q "mk.token=$token mk.which=$1" "$SYSFS/$NAME/cmdline"
}

reload_and_restart()
{
	check "an instance is made and a kernel is loaded" make_instance
	belongings >"$work/belongings"
	token=$(new_token)
	check "another command line is loaded before it was ever started" load "mk.which=first"
	check "the instance has it" cmdline_is first
	check "the kernel is started" start
	check_log 2 "it reaches userspace and says that command line" \
		wait_for 90 said "$log" "$token" "mk: cmdline .*mk.which=first"
	check "it is stopped" stop
	check "nothing is left of what was loaded" not start
	token=$(new_token)
	check "a kernel with another command line is loaded" load "mk.which=second mk.tick"
	check "the instance has that" cmdline_is second
	check "there is no exit reason any more" has_ended $NAME loaded ""
	check "it is started" start
	check_log 2 "it reaches userspace and says that command line" \
		wait_for 90 said "$log" "$token" "mk: cmdline .*mk.which=second"
	check_log 2 "it ticks" goes_on_ticking "$log" "$token"
	check "it is stopped as well" stop
}

# Whether the kernel of this round is given the time to reach userspace.
is_looked_at()
{
	[ -n "$log" ] && { [ "$ROUNDS" -le 20 ] || [ $(($1 % 10)) -eq 1 ]; }
}

# It is asked when it has come that far.
was_stopped()
{
	has_ended $NAME stopped "powered itself off when it was asked" ||
		has_ended $NAME stopped "stopped by INIT"
}

one_round()
{
	token=$(new_token)
	load "mk.round=$1" && start || return 1
	if is_looked_at "$1"; then
		wait_for 90 userspace "$log" "$token" || return 1
		alive=$((alive + 1))
	fi
	stop && was_stopped && has_its_belongings
}

all_rounds()
{
	local round=0

	alive=0
	while [ "$round" -lt "$ROUNDS" ]; do
		round=$((round + 1))
		one_round $round || {
			ktap_print_msg "in round $round of $ROUNDS"
			return 1
		}
	done
	ktap_print_msg "$ROUNDS rounds, $alive of them to userspace"
	[ -z "$log" ] || [ "$alive" -gt 0 ]
}

# Slots, CPUs and memory come and go with a whole life.
whole_life()
{
	token=$(new_token)
	make_instance && start && stop && "$KEXEC" --multikernel=$NAME -u
}

all_lives()
{
	local round=0

	while [ "$round" -lt "$ROUNDS" ]; do
		round=$((round + 1))
		{ whole_life && same_state "$before"; } || {
			ktap_print_msg "in life $round of $ROUNDS"
			return 1
		}
	done
}

ktap_print_header
ktap_set_plan 20
reload_and_restart
check "CPUs, memory and slot are those it was made with" has_its_belongings
check "$ROUNDS rounds of load, start and stop" all_rounds
check "kexec -u destroys the instance" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
check "$ROUNDS rounds of create, load, start, stop and destroy" all_lives
check "the host has all back from those" same_state "$before"
ktap_finished
