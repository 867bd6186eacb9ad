#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# kexec --stop, --wait and --status in every state that an instance can be kept
# in, and what they refuse.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-stop
MEMORY=${MK_MEMORY:-256}
HERE=$(dirname "$0")
MUTE=/sys/kernel/debug/multikernel/mute
NOBODY=4294967295
require 1 "$MEMORY"
cpu=$(spare_cpu 0)
log=$(com_log 2)
before=$(host_state)
work=$(mktemp -d)
trap 'speak; clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

speak()
{
	[ ! -w $MUTE ] || echo $NOBODY >$MUTE
}

mk()
{
	"$KEXEC" --multikernel=$NAME "$@"
}

# A match in the first of at most two lines.
first_line_is()
{
	[ "$(wc -l <"$1")" -le 2 ] && head -n 1 "$1" | grep -q -e "$2"
}

# says STATUS REGEX ARGUMENT...: kexec does.
says()
{
	local status="$1" regex="$2" found=0
	shift 2

	mk "$@" >"$work/says" 2>&1 || found=$?
	[ "$found" -eq "$status" ] && first_line_is "$work/says" "$regex" && return
	ktap_print_msg "kexec $*: exit status $found: $(tr '\n' ';' <"$work/says")"
	return 1
}

# The same, and it takes from MIN to MAX seconds.
says_after()
{
	local min="$1" max="$2" from took
	shift 2

	from=$(clock)
	says "$@" || return 1
	took=$(($(clock) - from))
	ktap_print_msg "took $took hundredths of a second"
	[ "$took" -ge $((min * 100)) ] && [ "$took" -le $((max * 100)) ]
}

# Somebody has the file open that says when the state changes.
waits()
{
	# shellcheck disable=SC2010
	ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q " $SYSFS/$NAME/state\$"
}

# Begin to wait, in the background.
begin_wait()
{
	(
		status=0
		mk "$@" >"$work/wait" 2>&1 || status=$?
		echo $status >"$work/waited"
	) &
	waiter=$!
	wait_for 20 waits
	! [ -e "$work/waited" ]
}

# The wait ends by itself now, with this exit status.
wait_ends()
{
	wait_for 60 test -e "$work/waited" || {
		kill "$waiter"
		return 1
	}
	ktap_print_msg "$(cat "$work/wait") exit status $(cat "$work/waited")"
	[ "$(cat "$work/waited")" -eq "$1" ]
}

end_wait()
{
	local status=0

	wait_ends "$@" || status=1
	rm -f "$work/waited"
	return $status
}

load()
{
	token=$(new_token)
	load_into $NAME "$cpu" "$MK_UART" "--append=mk.token=$token $LONG_DELAYS $APPEND"
}

spawn()
{
	load && mk -e && wait_for 90 comes_to_life
}

comes_to_life()
{
	[ -z "$log" ] || userspace "$log" "$token"
}

bad_usage()
{
	local value

	for value in 0 -1 601 99999999999999999999 1.5 soon ''; do
		check "--stop --timeout='$value' is refused" \
			says 2 "--timeout" --stop "--timeout=$value"
		check "--wait --timeout='$value' is refused" \
			says 2 "--timeout" --wait "--timeout=$value"
	done
	check "--wait for a state that is none is refused, with those there are" \
		says 2 "created.*crashed.*failed" --wait=dead
	check "--timeout without --stop or --wait is refused" \
		says 2 "--timeout" --status --timeout=1
	check "--wait for an instance that is not there is refused" \
		says 1 "no such instance" --wait
	check "the host has all" same_state "$before"
}

created()
{
	check "an instance is made" "$HERE/mk_create" $NAME "$cpu" "$MEMORY"
	check "created: --status says so, with exit status 1" says 1 '^created$' --status
	check "created: --stop is refused" \
		says 1 "$NAME: it is created: there is nothing to stop" --stop
	check "created: --wait is over at once" \
		says_after 0 50 0 '^created$' --wait --timeout=100
	check "created: it is destroyed" mk -u
}

loaded()
{
	check "a kernel is loaded" load
	check "loaded: --status says so, with exit status 1" says 1 '^loaded$' --status
	check "loaded: --stop is refused" \
		says 1 "$NAME: it is loaded: there is nothing to stop" --stop
	check "loaded: so is --stop --force" \
		says 1 "$NAME: it is loaded: there is nothing to stop" --stop --force
	check "loaded: --wait=loaded is over at once" \
		says_after 0 50 0 '^loaded$' --wait=loaded --timeout=100
	check "loaded: --wait=running waits" begin_wait --wait=running
	check "-e starts it" mk -e
	check "and ends the wait" end_wait 0
}

running()
{
	check "running: --status says so, with exit status 0" says 0 '^running$' --status
	check "running: --wait=stopped --timeout=2 gives up after that" \
		says_after 2 60 1 "$NAME: .*running" --wait=stopped --timeout=2
	check "running: --wait waits" begin_wait --wait
	check "running: it comes to where it can be asked" wait_for 90 comes_to_life
	check "running: --stop --timeout=30 says what stopped it" \
		says 0 "^$NAME: stopped when it was asked\$" --stop --timeout=30
	check "that ends the wait" end_wait 0
}

stopped()
{
	check "stopped: --status says so, with exit status 1" says 1 '^stopped$' --status
	check "stopped: --stop is refused" \
		says 1 "$NAME: it is stopped: there is nothing to stop" --stop
	check "stopped: --wait=stopped is over at once" \
		says_after 0 50 0 '^stopped$' --wait=stopped --timeout=100
	check "it runs again" spawn
	check "running: --stop --force says what stopped it" \
		says 0 "^$NAME: stopped by INIT\$" --stop --force
}

crashed()
{
	APPEND='panic=-1 mk.run="sleep 5; echo c >/proc/sysrq-trigger"'
	check "it runs, to panic" spawn
	check "--wait=crashed ends when it does" \
		says_after 0 90 0 '^crashed$' --wait=crashed --timeout=80
	check "crashed: --status says so, with exit status 1" says 1 '^crashed$' --status
	check "crashed: --stop is refused" \
		says 1 "$NAME: it is crashed: there is nothing to stop" --stop
	APPEND=''
}

failed()
{
	if ! [ -w $MUTE ]; then
		skip_parts 6 failed "no fault can be injected: CONFIG_MULTIKERNEL_DEBUG"
		return
	fi
	check "it runs again after that" spawn
	apic_ids=$(instance $NAME apic_ids)
	echo "$apic_ids" >$MUTE
	check "--stop of a CPU that does not answer fails" \
		says 1 "$NAME: a CPU does not answer" --stop
	check "failed: --status says so, with exit status 1" says 1 '^failed$' --status
	check "failed: --wait is over at once" \
		says_after 0 50 0 '^failed$' --wait --timeout=100
	speak
	check "failed: --stop tries again" says 0 "^$NAME: stopped by INIT\$" --stop
	check "failed: it is stopped then" state_is $NAME stopped
}

APPEND=''
ktap_print_header
ktap_set_plan 58
bad_usage
created
loaded
running
stopped
crashed
failed
check "--wait=running waits" begin_wait --wait=running
check "-u destroys the instance" mk -u
check "which ends the wait with exit status 1" end_wait 1
check "and it says so" grep -q -e destroyed -e gone "$work/wait"
check "--stop of an instance that is not there is refused" says 1 "no such instance" --stop
check "the host has all back" same_state "$before"
ktap_finished
