#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# The console of a spawned kernel in screen(1) (MK_SCREEN), which opens it as it
# does any serial line.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-screen
MEMORY=128
MK_SCREEN=${MK_SCREEN:-screen}
command -v "$MK_SCREEN" >/dev/null || skip_all "no $MK_SCREEN here"
require 1 $MEMORY
before=$(host_state)
work=$(mktemp -d)
cpu=$(spare_cpu 0)
trap 'screen_do quit; clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
# Where screen(1) has its socket, and whose it is.
mkdir -m 700 "$work/sockets"
export SCREENDIR="$work/sockets" TERM=vt100 HOME=/ SHELL=/bin/sh
[ -e /etc/passwd ] || echo "root:x:0:0:root:/:/bin/sh" >/etc/passwd

screen_do()
{
	"$MK_SCREEN" -S $NAME -X "$@" >/dev/null 2>&1
}

spawn()
{
	token=$(new_token)
	spawn_into $NAME "$cpu" none "--append=mk.token=$token mk.shell=hvc0" &&
		wait_for 90 has_printed $NAME "^mk: console $token"
}

# Its output goes to a file every second.
open_screen()
{
	printf 'logfile %s\nlogfile flush 1\n' "$work/log" >"$work/rc"
	"$MK_SCREEN" -c "$work/rc" -d -m -S $NAME -L "/dev/$(instance $NAME console)" &&
		wait_for 30 has_terminal
}

# Some process has the terminal open.
has_terminal()
{
	local fd

	for fd in /proc/[0-9]*/fd/*; do
		[ "$(readlink "$fd")" != "/dev/$(instance $NAME console)" ] || return 0
	done
	return 1
}

shows()
{
	tr -d '\r' <"$work/log" 2>/dev/null | grep -q -e "$1"
}

# answers TEXT REGEX: what is typed in screen.
answers()
{
	screen_do stuff "$1
" && wait_for 30 shows "$2"
}

is_gone()
{
	"$MK_SCREEN" -ls >"$work/list" 2>&1
	! grep -q "\.$NAME" "$work/list"
}

ktap_print_header
ktap_set_plan 7
check "a kernel is spawned with a shell at its console" spawn
check "screen opens its terminal" open_screen
# shellcheck disable=SC2016
check "what is typed in screen gets an answer" answers 'echo $((6 * 7)) by screen' '^42 by screen$'
check "and so does the next line" answers 'tty' '^/dev/hvc0$'
check "kexec -u destroys it" "$KEXEC" --multikernel=$NAME -u
check "screen ends with the terminal" wait_for 30 is_gone
check "the host has all back" same_state "$before"
ktap_finished
