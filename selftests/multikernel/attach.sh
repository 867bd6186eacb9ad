#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# kexec --console and --log: a kernel's console on the own standard input and
# output, from before its start to after its end, and what is said when there is
# none. console.sh is about what is under it.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-attach
MEMORY=128
DIRECT=/sys/kernel/debug/provoke-crash/DIRECT
require 1 $MEMORY
before=$(host_state)
work=$(mktemp -d)
cpu=$(spare_cpu 0)
attached=''
trap 'exec 8>&-; clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

mk()
{
	"$KEXEC" --multikernel=$NAME "$@"
}

# prepare PARAMETERS: a kernel is loaded, with a shell at its console.
prepare()
{
	token=$(new_token)
	load_into $NAME "$cpu" none "--append=mk.token=$token mk.shell=hvc0 $1"
}

# What is written to file 8 is typed.
attach()
{
	rm -f "$work/keys"
	mkfifo "$work/keys"
	mk --console <"$work/keys" >"$work/out" 2>"$work/says" &
	attached=$!
	exec 8>"$work/keys"
}

type_line()
{
	echo "$*" >&8
}

gave()
{
	tr -d '\r' <"$work/out" | grep -q -e "$1"
}

has_left()
{
	! kill -0 "$attached" 2>/dev/null
}

# leaves STATUS TEXT: by itself, with that status, saying that.
leaves()
{
	local status=0

	wait_for 60 has_left
	wait "$attached" || status=$?
	exec 8>&-
	[ "$status" -eq "$1" ] && grep -q -e "$2" "$work/says" && return
	ktap_print_msg "status $status: $(cat "$work/says")"
	return 1
}

# The same with status 0, and it has nothing to say.
leaves_silently()
{
	wait_for 60 has_left && wait "$attached" && ! [ -s "$work/says" ]
}

# fails_with TEXT COMMAND...
fails_with()
{
	local text="$1" status=0
	shift

	"$@" </dev/null >"$work/none" 2>"$work/says" || status=$?
	[ "$status" -eq 1 ] && grep -q -e "$text" "$work/says" && ! [ -s "$work/none" ] && return
	ktap_print_msg "status $status: $(cat "$work/says")"
	return 1
}

logged()
{
	mk --log >"$work/log" 2>"$work/says" && grep -q -x -e "$1" "$work/log"
}

log_to_full_disk()
{
	! mk --log >/dev/full 2>"$work/says" &&
		grep -q "$NAME: the output could not be written" "$work/says"
}

# A page, then all by somebody else, then the next page.
reads_on()
{
	local file=$SYSFS/$NAME/log

	exec 7<"$file"
	dd bs=4096 count=1 <&7 >"$work/first" 2>/dev/null
	cat "$file" >"$work/log"
	dd bs=4096 count=1 <&7 >"$work/next" 2>"$work/says"
	exec 7<&-
	[ -s "$work/log" ] && [ "$(wc -c <"$work/first")" -eq 4096 ] && ! [ -s "$work/next" ] &&
		grep -q "Stale file handle" "$work/says"
}

has_no_cr()
{
	! grep -q "$(printf '\r')" "$work/log"
}

before_the_start()
{
	check "no instance: there is no console" fails_with "no such instance" mk --console
	check "no instance: there is no log" fails_with "no such instance" mk --log
	check "a kernel is loaded" prepare ""
	check "nothing has run: it is said so" fails_with "nothing has run in it" mk --log
	attach
	check "it is started" mk -e
	check "who attached before sees its first message" wait_for 90 \
		gave "^\[    0.000000\] Linux version"
	check "and its userspace" wait_for 90 gave "^mk: console $token"
}

talks()
{
	type_line "echo \$((6 * 7)) is the answer"
	check "its shell answers" wait_for 30 gave "^42 is the answer"
	printf '\035\035' >&8
	type_line ""
	type_line "echo \$((6 * 8)) is another"
	check "Ctrl-] twice goes on" wait_for 30 gave "^48 is another"
	printf '\035.' >&8
	check "Ctrl-] and a dot leave" leaves_silently
	exec 8>&-
	check "it goes on without anybody" state_is $NAME running
	check "its log has what was said" logged "42 is the answer"
	check "its log has lines as files have them" has_no_cr
	check "its log on a full disk is an error" log_to_full_disk
	check "who reads it while another begins to is told" reads_on
}

ends()
{
	attach
	type_line "poweroff -f"
	check "its end is the end" leaves 0 "stopped: powered itself off"
	check "its last words came through" gave "reboot: Power down"
	check "they are in the log" logged ".*reboot: Power down"
	check "it is loaded again" prepare ""
	check "what ran before is still in the log" logged ".*reboot: Power down"
	attach
	check "it is started again" mk -e
	check "it reaches userspace again" wait_for 90 gave "^mk: console $token"
	type_line "echo PANIC >$DIRECT"
	check "a panic is told of" leaves 1 "crashed: panic: dumptest"
	check "the panic came through" gave "end Kernel panic"
	check "a new start begins a new log" not logged ".*reboot: Power down"
}

pipes()
{
	check "a third one is loaded" prepare ""
	check "it is started, too" mk -e
	echo "echo \$((7 * 7)) is piped; poweroff -f" |
		timeout 120 "$KEXEC" --multikernel=$NAME --console >"$work/out" 2>"$work/says"
	check "a pipe can be typed" gave "^49 is piped"
	check "one that has no more to type waits for the end" \
		grep -q "stopped: powered itself off" "$work/says"
}

has_version()
{
	[ "$(instance $NAME abi_version)" = "$1" ]
}

has_none()
{
	check "a kernel of a version without consoles is loaded" prepare multikernel_abi=6
	check "that one is started" mk -e
	check "it says what it can do" wait_for 60 has_version 3
	check "it has no console here" fails_with "no console" mk --console
	attach
	check "destroyed: kexec -u gives all back" mk -u
	exec 8>&-
	wait "$attached"
}

destroyed()
{
	check "the last one is loaded" prepare ""
	attach
	sleep 1
	check "it is destroyed" mk -u
	check "who is attached is told" leaves 1 "destroyed"
}

ktap_print_header
ktap_set_plan 38
before_the_start
talks
ends
pipes
has_none
destroyed
check "the host has all" same_state "$before"
ktap_finished
