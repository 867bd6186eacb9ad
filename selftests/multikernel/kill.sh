#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# kexec is killed at any moment while it loads or starts: what it leaves can be
# destroyed, and nothing else is left. MK_KILLS says how often, 30 times each
# unless told, at moments that are spread over the time that it needs.

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

# for_at_most MICROSECONDS load|start: succeeds when it had to be killed.
for_at_most()
{
	local time="$1"

	case $2 in
	load) set -- -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--cpus=$cpu" "--memory=${MEMORY}M" "--uart=$MK_UART" ;;
	start) set -- -e ;;
	esac
	"$KILL" "$time" "$KEXEC" --multikernel=$NAME "$@" >"$work/time" 2>"$work/says"
}

# undisturbed load|start STATE
undisturbed()
{
	! for_at_most $LONG "$1" && state_is $NAME "$2" && return
	ktap_print_msg "$1: $(head -n 1 "$work/says")"
	return 1
}

destroy()
{
	[ ! -d "$SYSFS/$NAME" ] || "$KEXEC" --multikernel=$NAME -u
}

# Microseconds that an undisturbed load and start take.
measure()
{
	undisturbed load loaded || return 1
	load_time=$(cat "$work/time")
	undisturbed start running || return 1
	start_time=$(cat "$work/time")
	ktap_print_msg "a load takes $load_time us, a start $start_time us"
	destroy
}

# What is there after a kill.
remember()
{
	if [ -d "$SYSFS/$NAME" ]; then
		instance $NAME state >>"$work/left"
	else
		echo nothing >>"$work/left"
	fi
}

is_as_before()
{
	[ "$(host_state)" = "$before" ]
}

# one_kill load|start MICROSECONDS
one_kill()
{
	[ "$1" = load ] || undisturbed load loaded || return 1
	if for_at_most "$2" "$1"; then
		hits=$((hits + 1))
	fi
	remember
	destroy || return 1
	# Whoever cleans up after it may be a little later.
	wait_for 10 is_as_before || same_state "$before"
}

# kills load|start TIME: from no delay to a fifth beyond TIME.
kills()
{
	local number=0 delay

	hits=0
	: >"$work/left"
	while [ $number -lt "$KILLS" ]; do
		delay=$(($2 * 6 * number / KILLS / 5))
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
ktap_set_plan 6
check "kexec -l, -e and -u work undisturbed" measure
check "the host has all back" same_state "$before"
check "kexec -l can be killed at any of $KILLS moments" kills load "$load_time"
check "kexec -e can be killed at any of $KILLS moments" kills start "$start_time"
check "a kernel can be loaded and started after all that" still_works
check "the host has all back at the end" same_state "$before"
ktap_finished
