#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# kexec is killed at any moment while it loads, starts or destroys, or interrupted
# as it loads: what it leaves can be destroyed, and nothing else is left. MK_KILLS
# says how often, 30 times each unless told, at moments that are spread over the
# time that it needs.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-kill
MEMORY=${MK_MEMORY:-128}
KILLS=${MK_KILLS:-30}
KILL=$(dirname "$0")/mk_kill
LONG=100000000
require 1 "$MEMORY"
[ -x "$KILL" ] || skip_all "needs $KILL"
cpu=$(spare_cpu 0)
before=$(host_state)
work=$(mktemp -d)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# for_at_most MICROSECONDS load|interrupted|start|destroy: succeeds when it had to
# be killed, or was interrupted.
for_at_most()
{
	local time="$1" how=''

	[ "$2" != interrupted ] || how=-i
	case $2 in
	load | interrupted) set -- -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--cpus=$cpu" "--memory=${MEMORY}M" "--uart=$MK_UART" ;;
	start) set -- -e ;;
	destroy) set -- -u ;;
	esac
	"$KILL" ${how:+"$how"} "$time" "$KEXEC" --multikernel=$NAME "$@" \
		>"$work/time" 2>"$work/says"
}

# undisturbed load|start|destroy STATE
undisturbed()
{
	! for_at_most $LONG "$1" && [ "$(now)" = "$2" ] && return
	ktap_print_msg "$1: $(head -n 1 "$work/says")"
	return 1
}

destroy()
{
	[ ! -d "$SYSFS/$NAME" ] || "$KEXEC" --multikernel=$NAME -u
}

# Its state, if it is there.
now()
{
	if [ -d "$SYSFS/$NAME" ]; then
		instance $NAME state
	else
		echo nothing
	fi
}

# Microseconds that an undisturbed load, start and destroy take.
measure()
{
	undisturbed load loaded || return 1
	load_time=$(cat "$work/time")
	undisturbed start running || return 1
	start_time=$(cat "$work/time")
	destroy && undisturbed load loaded && undisturbed destroy nothing || return 1
	destroy_time=$(cat "$work/time")
	ktap_print_msg "a load takes $load_time us, a start $start_time us," \
		"a destroy $destroy_time us"
}

is_as_before()
{
	[ "$(host_state)" = "$before" ]
}

# A load that is interrupted takes away what it has made. It says why, unless that
# was before it began.
is_whole()
{
	case $1 in
	loaded) ;;
	nothing) [ ! -s "$work/says" ] || grep -q "interrupted by Interrupt" "$work/says" ;;
	*) return 1 ;;
	esac
}

# one_kill load|interrupted|start|destroy MICROSECONDS
one_kill()
{
	case $1 in
	start | destroy) undisturbed load loaded || return 1 ;;
	esac
	if for_at_most "$2" "$1"; then
		hits=$((hits + 1))
	else
		takes=$(cat "$work/time")
	fi
	left=$(now)
	echo "$left" >>"$work/left"
	[ "$1" != interrupted ] || is_whole "$left" || return 1
	destroy || return 1
	# Whoever cleans up after it may be a little later.
	wait_for 10 is_as_before || same_state "$before"
}

# kills load|interrupted|start|destroy TIME: from no delay to a fifth beyond the TIME
# that it takes, or that it took when it was last left alone.
kills()
{
	local number=0 delay

	hits=0
	takes=$2
	: >"$work/left"
	while [ $number -lt "$KILLS" ]; do
		delay=$((takes * 6 * number / KILLS / 5))
		one_kill "$1" $delay || {
			ktap_print_msg "after $delay us: $(tail -n 1 "$work/left")," \
				"$(head -n 1 "$work/says")"
			return 1
		}
		number=$((number + 1))
	done
	ktap_print_msg "$hits of $number were killed; what was left:" \
		"$(sort "$work/left" | uniq -c | tr -s ' \n' ' ')"
	[ $((hits * 3)) -ge $number ]
}

still_works()
{
	undisturbed load loaded && undisturbed start running && destroy
}

ktap_print_header
ktap_set_plan 8
check "kexec -l, -e and -u work undisturbed" measure
check "the host has all back" same_state "$before"
check "kexec -l can be killed at any of $KILLS moments" kills load "$load_time"
check "kexec -e can be killed at any of $KILLS moments" kills start "$start_time"
check "kexec -u can be killed at any of $KILLS moments" kills destroy "$destroy_time"
check "kexec -l can be interrupted at any of $KILLS moments" kills interrupted "$load_time"
check "a kernel can be loaded and started after all that" still_works
check "the host has all back at the end" same_state "$before"
ktap_finished
