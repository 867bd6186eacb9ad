#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Host and spawned kernel of different versions, and what each does with a
# control block that it cannot use. debugfs multikernel/abi and multikernel_abi=
# (CONFIG_MULTIKERNEL_DEBUG) say what a kernel writes: 1 is the next version, 2
# the same and incompatible, 3 a wrong magic, 4 a wrong size, 5 a wrong checksum, 6
# the version before, 7 a ring of a wrong size.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-abi
MEMORY=128
KNOB=/sys/kernel/debug/multikernel/abi
require 1 $MEMORY
[ -w $KNOB ] || skip_all "this kernel has no $KNOB (CONFIG_MULTIKERNEL_DEBUG)"
log=$(com_log 2)
before=$(host_state)
cpu=$(spare_cpu 0)
trap 'clean_up $NAME; echo 0 >$KNOB' EXIT
trap 'exit 143' INT TERM

# spawn HOST PARAMETERS
spawn()
{
	echo "$1" >$KNOB
	token=$(new_token)
	mark_start $NAME "$token"
	spawn_into $NAME "$cpu" "$MK_UART" "--append=mk.token=$token $LONG_DELAYS $2"
}

# Of the spawned kernel, before it said its token.
child_says()
{
	boot_log "$log" "$token" | grep -q -F -e "$1" && return
	ktap_print_msg "$(tac "$log" | grep -m 1 'multikernel: .*control block')"
	return 1
}

host_says()
{
	log_since_start $NAME "$token" | grep -q -F -e "multikernel: $NAME: $1"
}

knows()
{
	[ "$(instance $NAME abi_version) $(instance $NAME abi_features)" = "$1" ] && return
	ktap_print_msg "$(instance $NAME abi_version) $(instance $NAME abi_features)"
	return 1
}

begins()
{
	check "$1: it is loaded and started" spawn "$2" "$3"
	check_log 2 "$1: it reaches userspace" wait_for 90 userspace "$log" "$token"
}

stop()
{
	"$KEXEC" --multikernel=$NAME --stop
}

# meet LABEL HOST PARAMETERS VERSION FEATURES: they use what both have.
meet()
{
	begins "$@"
	check "$1: both use what both have" knows "$4 $5"
	check "$1: it is stopped" stop
	check "$1: the version of one that does not run is 0" knows "0 0x0"
}

# Without a console it has all the rest.
lacks_its_console()
{
	begins "a host's wrong ring" 7 ""
	check_log 2 "a host's wrong ring: it says so" child_says \
		"the console is not used: rings of 65537 and 16384 bytes at 0xff0"
	check "a host's wrong ring: the host knows" knows "4 0x1f"
	check "a host's wrong ring: it is stopped" stop
}

# child_refuses LABEL HOST FLAW: and lives like one that knows no control block.
child_refuses()
{
	begins "$1" "$2" "mk.run=\"sleep 3\" mk.end=reboot"
	check_log 2 "$1: it says why" child_says "the control block is not used, it has $3"
	check "$1: the host knows" knows "0 0x0"
	check "$1: its reset by ACPI is seen" ends_so $NAME stopped "reset itself"
}

# host_refuses LABEL PARAMETERS FLAW
host_refuses()
{
	begins "$1" 0 "$2"
	check "$1: the host says why" wait_for 30 host_says \
		"its control block is not used, the spawned kernel's part of it has $3"
	check "$1: it uses nothing" knows "0 0x0"
	check "$1: it is stopped" stop
}

switched_off()
{
	begins "multikernel=off" 0 "multikernel=off mk.run=\"sleep 3\" mk.end=poweroff"
	check_log 2 "multikernel=off: it says so" child_says "not used: multikernel=off"
	check "multikernel=off: the host knows" knows "0 0x0"
	check "multikernel=off: its end by ACPI is seen" ends_so $NAME stopped "powered itself off"
}

ktap_print_header
ktap_set_plan $((4 * 5 + 5 + 4 * 5 + 4 * 5 + 5 + 2))
meet "the same version" 0 "" 4 0x3f
meet "a host of the next version" 1 "" 4 0x3f
meet "a spawned kernel of the next version" 0 "multikernel_abi=1" 5 0x3f
meet "a spawned kernel of the version before" 0 "multikernel_abi=6" 3 0x1f
lacks_its_console
child_refuses "a host that is too new" 2 "a version that is too new"
child_refuses "a host's wrong magic" 3 "no magic"
child_refuses "a host's wrong size" 4 "a wrong size"
child_refuses "a host's wrong checksum" 5 "a wrong checksum"
host_refuses "a spawned kernel that is too new" multikernel_abi=2 "a version that is too new"
host_refuses "a spawned kernel's wrong magic" multikernel_abi=3 "no magic"
host_refuses "a spawned kernel's wrong size" multikernel_abi=4 "a wrong size"
host_refuses "a spawned kernel's wrong checksum" multikernel_abi=5 "a wrong checksum"
switched_off
echo 0 >$KNOB
check "kexec -u destroys the instance" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
ktap_finished
