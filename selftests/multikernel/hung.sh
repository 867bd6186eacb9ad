#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Spawned kernels that hang are told from those that are idle or busy.
# MK_IDLE_SECONDS says how long one is idle, 30 unless told.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-hung
MEMORY=128
SECONDS_HUNG=/sys/module/multikernel/parameters/hung_seconds
IDLE=${MK_IDLE_SECONDS:-30}
GUEST=/sys/kernel/debug/multikernel_guest
require 2 $MEMORY
log=$(com_log 2)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"
before=$(host_state)
cpus=$(spare_cpus 2)
patience=${MK_PATIENCE:-1}
usual=$(cat $SECONDS_HUNG)
trap 'echo $usual >$SECONDS_HUNG; clean_up $NAME' EXIT
trap 'exit 143' INT TERM

# spawn LABEL PARAMETERS
spawn()
{
	check "$1: a kernel is loaded and started" start "$2"
	check "$1: it reaches userspace" wait_for 90 userspace "$log" "$token"
}

start()
{
	token=$(new_token)
	mark_start $NAME "$token"
	spawn_into $NAME "$cpus" "$MK_UART" \
		"--append=console=ttyS1,115200 nmi_watchdog=0 mk.token=$token $1"
}

host_said()
{
	log_since_start $NAME "$token" | grep -q -F -e "multikernel: $NAME: $1"
}

hangs()
{
	[ "$(instance $NAME hung)" = 1 ]
}

# Nor did it in between.
hangs_not()
{
	! hangs && ! host_said "it hangs"
}

kexec_says_that_it_hangs()
{
	[ "$("$KEXEC" --multikernel=$NAME --status)" = "running, hung" ] &&
		"$KEXEC" --multikernel --list | grep -q "^$NAME .* running, hung " &&
		"$KEXEC" --multikernel --list --json | grep -q '"hung": 1,'
}

stays_well()
{
	spawn "$1" "$2"
	sleep "$3"
	check "$1: it is not said to hang" hangs_not
	check "$1: its state is running" state_is $NAME running
	check "$1: it is stopped" "$KEXEC" --multikernel=$NAME --stop --timeout=100
}

ktap_print_header
ktap_set_plan 33
check "how long it takes can be read" test "$usual" -gt 0
# A CPU of a busy machine may have to wait.
echo $((12 * patience)) >$SECONDS_HUNG
stays_well "idle" '' "$IDLE"
stays_well "busy" 'mk.run="(while :; do :; done) & (while :; do :; done) & sleep 1000"' 30
spawn "no control block" 'multikernel=off'
sleep 30
check "no control block: it is not said to hang" hangs_not
"$KEXEC" --multikernel=$NAME --stop >/dev/null

echo $((4 * patience)) >$SECONDS_HUNG
stall="sleep 2; taskset 1 sh -c 'echo"
spawn "for a while" "mk.fault mk.run=\"$stall $((30 * patience)) >$GUEST/stall'\""
check "for a while: it hangs" wait_for 120 hangs
check "for a while: the host says so" host_said "it hangs, its first CPU takes no interrupts"
check "for a while: it runs all the same" state_is $NAME running
check "for a while: kexec says so" kexec_says_that_it_hangs
check "for a while: it hangs no more" wait_for 120 not hangs
check "for a while: the host says that, too" host_said "it hangs no more"
"$KEXEC" --multikernel=$NAME --stop >/dev/null

spawn "for ever" "mk.fault mk.run=\"$stall 100000 >$GUEST/stall'\""
check "for ever: it hangs" wait_for 120 hangs
check "for ever: it is stopped" "$KEXEC" --multikernel=$NAME --stop --timeout=12
check "for ever: it hangs no more when it is stopped" not hangs
check "for ever: exit_reason says where it hung" sh -c \
	"grep -q 'stopped by NMI: .*CPU 0 at .*(interrupts off)' $SYSFS/$NAME/exit_reason"

echo 0 >$SECONDS_HUNG
spawn "nobody asks" "mk.fault mk.run=\"$stall 100000 >$GUEST/stall'\""
sleep $((12 * patience))
check "nobody asks: it is not said to hang" hangs_not
check "it is destroyed" "$KEXEC" --multikernel=$NAME -u
check "the host has all" same_state "$before"
ktap_finished
