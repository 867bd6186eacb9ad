#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Spawned kernels that end by themselves and do not use the control block
# (contain.sh has those that do). Those that reset their machine or switch it
# off are noticed, and their instance can be loaded and started again; those
# that halt or hang are not, and can be stopped. This kernel goes on.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-death
MEMORY=${MK_MEMORY:-256}
require 2 "$MEMORY"
log=$(com_log 2)
before=$(host_state)
work=$(mktemp -d)
trap 'clean_up $NAME; kill $pulse; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
pulse "$work/pulse" &
pulse=$!

# Like a kernel that knows no control block.
STOCK="multikernel=off $LONG_DELAYS"

# spawn OPTION...: what the instance is, is said when there is none.
spawn()
{
	load_into $NAME "$cpus" "$MK_UART" "$@" || return 1
	instance $NAME cmdline >"$work/cmdline"
	"$KEXEC" --multikernel=$NAME -e
}

list_says()
{
	"$KEXEC" --multikernel --list >"$work/list"
	grep "^$NAME " "$work/list" | grep -w "$1" | grep -q " $2 *\$" && return
	ktap_print_msg "$(tail -n 1 "$work/list")"
	return 1
}

status_says()
{
	local status=0 text

	text=$("$KEXEC" --multikernel=$NAME --status) || status=$?
	[ "$text" = "$1" ] && [ "$status" -eq "$2" ] && return
	ktap_print_msg "said '$text', exit status $status"
	return 1
}

# end_is LABEL STATE REASON: of what runs now.
end_is()
{
	local label="$1" state="$2" reason="$3"

	check_log 2 "$label: it reaches userspace" wait_for 90 userspace "$log" "$token"
	check "$label: the instance is $state: $reason" ends_so $NAME "$state" "$reason"
	check "$label: the host's log says so" \
		wait_for 30 logs_more_than "$said" "multikernel: $NAME: $reason"
	check "$label: --list shows why" list_says "$state" "$reason"
	check "$label: --status says $state, with exit status 1" status_says "$state" 1
}

# dies LABEL STATE REASON PARAMETERS
dies()
{
	local label="$1" state="$2" reason="$3"

	token=$(new_token)
	said=$(log_count "multikernel: $NAME: $reason")
	check "$label: a kernel is loaded and started" \
		spawn "--append=mk.token=$token $STOCK $4"
	end_is "$label" "$state" "$reason"
}

# With all that kexec would add but "panic_warm", so that nothing tells a panic's
# reset from another.
dies_cold()
{
	local label="a panic without panic_warm"

	additions=$(sed -e 's/ *mk\.token=.*//' -e 's/reboot=[^ ]*/reboot=a/' "$work/cmdline")
	token=$(new_token)
	said=$(log_count "multikernel: $NAME: reset itself")
	check "$label: a kernel is loaded and started" spawn --no-default-append \
		"--append=$additions panic=-1 mk.token=$token $STOCK mk.run=\"$CRASH\""
	end_is "$label" stopped "reset itself"
}

stays_running()
{
	sleep 5
	state_is $NAME running
}

# stays LABEL REGEX PARAMETERS: after it has said that.
stays()
{
	local label="$1"

	token=$(new_token)
	check "$label: a kernel is loaded and started" \
		spawn "--append=mk.token=$token $STOCK $3"
	check_log 2 "$label: it says so" wait_for 90 said "$log" "$token" "$2"
	check "$label: the instance stays running" stays_running
	check "$label: --status says running, with exit status 0" status_says running 0
	check "$label: kexec --stop stops it" "$KEXEC" --multikernel=$NAME --stop
	check "$label: that is why it is stopped" has_ended $NAME stopped "stopped by INIT"
}

destroy()
{
	check "kexec -u destroys the instance" "$KEXEC" --multikernel=$NAME -u
	check "the host has all back" same_state "$before"
}

CRASH="echo c >/proc/sysrq-trigger"

with_one_cpu()
{
	cpus=$(spare_cpu 0)
	dies "poweroff" stopped "powered itself off" "mk.end=poweroff"
	dies "reboot" stopped "reset itself" "mk.end=reboot"
	dies "panic=1" crashed "panic, then reset itself" "panic=1 mk.run=\"$CRASH\""
	dies "panic=-1" crashed "panic, then reset itself" "panic=-1 mk.run=\"$CRASH\""
	stays "halt" "reboot: System halted" "mk.end=halt"
	stays "a panic without panic=" "end Kernel panic" "mk.run=\"$CRASH\""
	dies_cold
	destroy
}

with_two_cpus()
{
	cpus=$(spare_cpu 1),$(spare_cpu 0)
	dies "poweroff of two CPUs" stopped "powered itself off" "mk.end=poweroff"
	dies "reboot of two CPUs" stopped "reset itself" "mk.end=reboot"
	dies "panic of two CPUs" crashed "panic, then reset itself" "panic=-1 mk.run=\"$CRASH\""
	destroy
}

ktap_print_header
ktap_set_plan 65
with_one_cpu
with_two_cpus
check "the host ticked on all the time" pulse_went_on "$work/pulse"
ktap_finished
