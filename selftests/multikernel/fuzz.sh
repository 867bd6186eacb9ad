#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# A spawned kernel writes nonsense into every word that this kernel looks at, while
# it rings, is asked for echoes, and its memory, log and console are read: it goes
# on or is ended, and neither this kernel nor another instance feels it.
# MK_FUZZ_SECONDS says for how long in each of three lives, 5 unless told.

. "$(dirname "$0")/mk_lib.sh"

ONE=selftest-one
TWO=selftest-two
MEMORY=128
SECONDS_EACH=${MK_FUZZ_SECONDS:-5}
SECONDS_HUNG=/sys/module/multikernel/parameters/hung_seconds
require 2 $((2 * MEMORY))
log1=$(com_log 2)
log2=$(com_log 3)
[ -n "$log1" ] || skip_all "what comes out of serial ports cannot be seen here"
before=$(host_state)
work=$(mktemp -d)
cpu1=$(spare_cpu 1)
cpu2=$(spare_cpu 0)
usual=$(cat $SECONDS_HUNG)
trap 'echo $usual >$SECONDS_HUNG; clean_up $ONE $TWO; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# All that this kernel reads for its users. Whether that can be had is open.
look()
{
	local file

	for file in abi_version abi_features exit_reason hung rings state console_lost; do
		instance $ONE $file
	done
	"$KEXEC" --multikernel --list -v
	"$KEXEC" --multikernel=$ONE --dmesg
	dd if="$SYSFS/$ONE/vmcore" bs=4096 count=3 2>/dev/null
	cat "$SYSFS/$ONE/log"
	timeout 1 sh -c "echo typed >/dev/$(instance $ONE console)"
} >"$work/looked" 2>&1

# It looks as long as the other writes, and some more.
looks_on()
{
	local end=$(($(clock) + (SECONDS_EACH + 3) * 100)) count=0

	while [ "$(clock)" -lt $end ] || [ $count -lt 3 ]; do
		look
		count=$((count + 1))
	done
	ktap_print_msg "looked $count times: $(instance $ONE state)," \
		"'$(instance $ONE exit_reason)', $(instance $ONE rings) rings"
}

# What an instance may do that writes nonsense: all but be lost.
has_a_state()
{
	case $(instance $ONE state) in
	running | stopped | crashed) ;;
	*) return 1 ;;
	esac
}

is_stopped()
{
	! state_is $ONE running || "$KEXEC" --multikernel=$ONE --stop --force
}

# live NUMBER
live()
{
	local reader

	check "life $1: a kernel is spawned" spawn_to_userspace $ONE "$cpu1" COM2 "mk.fault \
mk.run=\"sleep 2; echo $SECONDS_EACH >/sys/kernel/debug/multikernel_guest/fuzz\""
	cat "/dev/$(instance $ONE console)" >/dev/null &
	reader=$!
	check "life $1: all that is to be seen can be looked at" looks_on
	kill $reader
	check "life $1: it runs or was ended" has_a_state
	check "life $1: another kernel goes on" goes_on_ticking "$log2" "$token2"
	check "life $1: it is stopped" is_stopped
}

ktap_print_header
ktap_set_plan 19
echo 4 >$SECONDS_HUNG
check "another kernel is spawned" spawn_to_userspace $TWO "$cpu2" COM3 mk.tick
token2=$token
live 1
live 2
live 3
check "the other is destroyed" "$KEXEC" --multikernel=$TWO -u
check "it is destroyed" "$KEXEC" --multikernel=$ONE -u
check "the host has all" same_state "$before"
ktap_finished
