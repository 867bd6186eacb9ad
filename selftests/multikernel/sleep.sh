#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# What concerns all CPUs of the machine is refused while CPUs run other kernels,
# with a line in the log, and they run on: suspend, hibernation, late loading of
# microcode, a change of SMT. Without an instance all of that is as it ever was.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-sleep
MEMORY=${MK_MEMORY:-256}
POWER=/sys/power
RELOAD=$CPUS/microcode/reload
SMT=$CPUS/smt/control
require 1 "$MEMORY"
cpu=$(spare_cpu 0)
log=$(com_log 2)
before=$(host_state)
work=$(mktemp -d)
trap 'end_pm_test; clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

spawn()
{
	token=$(new_token)
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--append=mk.token=$token mk.tick" \
		"--cpus=$cpu" "--memory=${MEMORY}M" "--uart=$MK_UART" &&
		"$KEXEC" --multikernel=$NAME -e
}

# What is tried, by a word; it says what went wrong.
try()
{
	case $1 in
	mem|freeze|disk) sh -c "echo $1 >$POWER/state" 2>&1 ;;
	microcode) sh -c "echo 1 >$RELOAD" 2>&1 ;;
	smt) sh -c "echo $smt >$SMT" 2>&1 ;;
	esac
}

# Why it cannot be tried on this machine, or nothing.
obstacle()
{
	case $1 in
	mem|freeze|disk)
		grep -q -w "$1" $POWER/state 2>/dev/null || echo "$POWER/state has no $1 here" ;;
	microcode)
		[ -w "$RELOAD" ] ||
			echo "no $RELOAD: CONFIG_MICROCODE_LATE_LOADING, a CPU that takes any" ;;
	smt)
		grep -q -x -e on -e off "$SMT" 2>/dev/null ||
			echo "this machine has no SMT to set" ;;
	esac
}

# The line says why.
line_about()
{
	case $1 in
	mem|freeze|disk) echo "CPUs $cpu belong to instances: no suspend or hibernation" ;;
	microcode) echo "CPUs $cpu belong to instances: no late microcode loading" ;;
	smt) echo "CPUs $cpu belong to instances: no change of SMT" ;;
	esac
}

is_refused()
{
	local count

	count=$(log_count "multikernel: $(line_about "$1")")
	if try "$1" >"$work/try"; then
		ktap_print_msg "it was done"
		return 1
	fi
	ktap_print_msg "$(cat "$work/try")"
	grep -q -i "busy" "$work/try" &&
		logs_more_than "$count" "multikernel: $(line_about "$1")"
}

# The instance after that.
lives_on()
{
	state_is $NAME running || return 1
	[ -z "$log" ] || goes_on_ticking "$log" "$token"
}

refused()
{
	local why

	why=$(obstacle "$1")
	if [ -n "$why" ]; then
		skip "$2 is refused" "$why"
		skip "the instance lives on" "$why"
		return
	fi
	check "$2 is refused" is_refused "$1"
	check "the instance lives on" lives_on
}

# Sleep only as far as the freezing of processes, and for a second.
begin_pm_test()
{
	[ -w $POWER/pm_test ] && echo freezer >$POWER/pm_test || return 1
	[ ! -w /sys/module/suspend/parameters/pm_test_delay ] ||
		echo 1 >/sys/module/suspend/parameters/pm_test_delay
	[ ! -w /sys/module/hibernate/parameters/pm_test_delay ] ||
		echo 1 >/sys/module/hibernate/parameters/pm_test_delay
}

end_pm_test()
{
	[ ! -w $POWER/pm_test ] || echo none >$POWER/pm_test
}

is_done()
{
	local status=0

	try "$1" >"$work/try" || status=1
	ktap_print_msg "$(cat "$work/try")"
	return $status
}

# What a kernel without instances says to it depends on firmware's files.
is_not_busy()
{
	is_done "$1" || ! grep -q -i "busy" "$work/try"
}

# done_now WORD DESCRIPTION COMMAND
done_now()
{
	local why

	why=$(obstacle "$1")
	case $1 in
	mem|freeze|disk)
		begin_pm_test || why="needs $POWER/pm_test: CONFIG_PM_DEBUG" ;;
	esac
	if [ -n "$why" ]; then
		skip "$2" "$why"
	else
		check "$2" "$3" "$1"
	fi
	end_pm_test
}

smt=$(cat "$SMT" 2>/dev/null)
ktap_print_header
ktap_set_plan 20
check "a kernel is spawned" spawn
check_log 2 "it reaches userspace" wait_for 90 userspace "$log" "$token"
beside=$(host_state)
refused freeze "suspend to idle"
refused mem "suspend to memory"
refused disk "hibernation"
refused microcode "late loading of microcode"
refused smt "a change of SMT"
check "the host has what it had beside the instance" same_state "$beside"
check "kexec -u destroys the instance" "$KEXEC" --multikernel=$NAME -u
done_now freeze "without an instance suspend to idle begins" is_done
done_now mem "so does suspend to memory" is_done
done_now disk "so does hibernation" is_done
done_now microcode "late loading of microcode is not refused by that" is_not_busy
done_now smt "SMT is set to what it is" is_done
check "the host has all" same_state "$before"
ktap_finished
