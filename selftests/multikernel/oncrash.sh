#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# What follows a crash with --on-crash: a kernel that has a panic is started
# again, as often as was said and no more; one that ends otherwise is not; and
# whoever does something with it before that has precedence.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-oncrash
MEMORY=128
require 1 $MEMORY
log=$(com_log 2)
before=$(host_state)
work=$(mktemp -d)
cpu=$(spare_cpu 0)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

SYSRQ=/proc/sysrq-trigger
CRASH="sysrq triggered crash"
# After so many restarts the next one is seconds away.
ENOUGH=5

mk()
{
	"$KEXEC" --multikernel=$NAME "$@"
}

# load ON_CRASH PARAMETERS
load()
{
	token=$(new_token)
	load_into $NAME "$cpu" "$MK_UART" ${1:+"--on-crash=$1"} --no-default-append \
		"--append=mk.token=$token $ports $2"
}

load_and_start()
{
	load "$@" && mark_start $NAME "$token" && mk -e
}

is()
{
	[ "$(instance $NAME "$1")" = "$2" ] && return
	ktap_print_msg "$1 is '$(instance $NAME "$1")'"
	return 1
}

# has_become STATE RESTARTS: quietly, for wait_for. A restart is counted when the
# state is no longer that of the crash before it.
has_become()
{
	[ "$(instance $NAME restarts)" = "$2" ] && state_is $NAME "$1"
}

log_has()
{
	log_since_start $NAME "$token" | grep -q -F -e "multikernel: $NAME: $1"
}

# stays STATE SECONDS
stays()
{
	sleep "$2"
	is state "$1"
}

# How many kernels with the token have reached userspace.
lives()
{
	grep -c "mk: userspace $token" "$log"
}

has_lives()
{
	[ "$(lives)" -eq "$1" ]
}

# refuses REGEX OPTION...: as bad usage, and makes nothing.
refuses()
{
	local regex="$1"
	shift

	mk "$@" 2>"$work/says"
	[ $? -eq 2 ] && grep -q -e "$regex" "$work/says" && ! [ -d "$SYSFS/$NAME" ] && return
	ktap_print_msg "$(cat "$work/says")"
	return 1
}

bad_values()
{
	local value

	for value in restart:0 restart:1001 restart:x restart: restart:-1 restart:1x foo ''; do
		check "--on-crash=$value is refused" refuses "--on-crash=$value: " \
			-l "$MK_KERNEL" "--cpus=$cpu" --memory=64M "--on-crash=$value"
	done
	check "--on-crash without -l is refused" refuses "makes no sense" -e --on-crash=restart
}

keeps_nothing()
{
	is on_crash stop && is image_copy 0 && is restarts 0 && is last_crash ""
}

# What the files have but for the setup code, and little more.
keeps_the_files()
{
	local files copy

	files=$(($(stat -L -c %s "$MK_KERNEL") + $(stat -L -c %s "$MK_INITRD")))
	copy=$(instance $NAME image_copy)
	ktap_print_msg "the files have $files bytes, the copy $copy"
	"$KEXEC" --multikernel --list -v | grep -q "image copy *$copy$" || return 1
	[ "$copy" -ge $((files - 131072)) ] && [ "$copy" -le $((files + 131072)) ]
}

available()
{
	awk '$1 == "MemAvailable:" { print $2 * 1024 }' /proc/meminfo
}

# Ten loads with a copy, each in the place of the one before.
loses_no_memory()
{
	local had copy round lost

	load restart "" || return 1
	copy=$(instance $NAME image_copy)
	had=$(available)
	for round in $(seq 10); do
		load restart "" || return 1
	done
	lost=$((had - $(available)))
	ktap_print_msg "$lost bytes less after $round loads with copies of $copy"
	[ "$lost" -lt $((3 * copy)) ]
}

copies()
{
	check "without --on-crash: a kernel is loaded" load "" ""
	check "without --on-crash: nothing is kept" keeps_nothing
	check "restart: a kernel is loaded" load restart ""
	check "restart: three restarts are the default" is on_crash "restart 3"
	check "restart: the image is kept" keeps_the_files
	check "stop: a kernel is loaded" load stop ""
	check "stop: nothing is kept" keeps_nothing
	check "copies of earlier images are freed" loses_no_memory
}

# The same command line in each life, so there is a while before each crash.
is_restarted()
{
	check "crash: a kernel is loaded and started" load_and_start restart:2 \
		"mk.tick mk.run=\"sleep 10; echo c >$SYSRQ\""
	check_log 2 "crash: it reaches userspace" wait_for 90 has_lives 1
	check "crash: it is restarted" wait_for 90 has_become running 1
	check_log 2 "crash: it reaches userspace again" wait_for 90 has_lives 2
	check "crash: it runs" is state running
	check "crash: that was one restart" is restarts 1
	check "crash: it is known why" is last_crash "panic: $CRASH"
	check "crash: that is not why it ended now" is exit_reason ""
	check "crash: the host's log says so" log_has "restarting it after a crash, 1 of 2"
	check "stop: it is stopped" mk --stop
	check "stop: it is not restarted" stays stopped 2
	check "stop: nothing is kept" is image_copy 0
	check "stop: it is still known why it crashed" is last_crash "panic: $CRASH"
}

reaches_its_limit()
{
	check "limit: a kernel is loaded and started" load_and_start restart:2 \
		"mk.run=\"echo c >$SYSRQ\""
	check "limit: it crashes and is restarted twice" wait_for 180 \
		log_has "crashed 3 times, not restarted again"
	check "limit: each restart was told" log_has "restarting it after a crash, 2 of 2"
	check "limit: it stays crashed" stays crashed 2
	check "limit: those were two restarts" is restarts 2
	check "limit: the reason is that of its last end" is exit_reason "panic: $CRASH"
	check "limit: nothing is kept" is image_copy 0
	check_log 2 "limit: it reached userspace three times" has_lives 3
	check "limit: it cannot be started" not mk -e
}

# ends LABEL PARAMETERS REASON
ends()
{
	check "$1: a kernel is loaded and started" load_and_start restart "$2"
	check "$1: it ends" ends_so $NAME stopped "$3"
	check "$1: it is not restarted" stays stopped 2
	check "$1: there was no restart" is restarts 0
	check "$1: there was no crash" is last_crash ""
}

# A kernel without an init crashes as soon as it can. It is mute, or its panics
# would be taken for faults of its own.
crashes_often()
{
	local ports=''

	load_and_start restart:20 "rdinit=/none init=/none" &&
		wait_for 180 has_become crashed $ENOUGH
}

starts_at_once()
{
	mk -e && [ "$(instance $NAME restarts)" -eq $((ENOUGH + 1)) ]
}

stops_it()
{
	mk --stop >"$work/says" && grep -q "had crashed and is not restarted" "$work/says"
}

before_its_time()
{
	check "pending: a kernel crashes again and again" crashes_often
	check "pending: -e restarts it at once" starts_at_once
	check "pending: it crashes again" wait_for 60 has_become crashed $((ENOUGH + 1))
	check "pending: --stop has it not restarted" stops_it
	check "pending: it stays crashed" stays crashed 5
	check "pending: nothing is kept" is image_copy 0
	check "pending: there is nothing to stop any more" not mk --stop
	check "load: a kernel crashes again and again" crashes_often
	check "load: another is loaded" load restart:5 ""
	check "load: it is not started" stays loaded 3
	check "load: restarts are counted anew" is restarts 0
	check "load: nothing is known of a crash" is last_crash ""
	check "destroy: a kernel crashes again and again" crashes_often
	check "destroy: kexec -u destroys it" mk -u
	check "destroy: the host has all back" same_state "$before"
	check "destroy: nothing comes of it" still_gone
}

still_gone()
{
	sleep 3
	same_state "$before"
}

ktap_print_header
ports=$([ -z "$log" ] || echo console=ttyS1,115200)
ktap_set_plan $((9 + 8 + 13 + 9 + 2 * 5 + 16))
bad_values
copies
is_restarted
reaches_its_limit
ends "power-off" "mk.end=poweroff" "powered itself off"
ends "reboot" "mk.end=reboot" "reset itself"
before_its_time
ktap_finished
