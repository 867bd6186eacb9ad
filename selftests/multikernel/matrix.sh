#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Spawned kernels of one, two and four CPUs, with and without KASLR, x2APIC and
# five levels of page tables, on whatever host this is: each comes up with all of
# its CPUs, in the modes that it should, and ends. "few" as an argument is for
# hosts that differ in little.

. "$(dirname "$0")/mk_lib.sh"

# The mode of local APICs by a kernel's log on standard input.
mode()
{
	if grep -q "APIC routing to: .*x2apic"; then
		echo x2APIC
	else
		echo xAPIC
	fi
}

NAME=selftest-matrix
MEMORY=192
require 4 $MEMORY
log=$(com_log 2)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"
before=$(host_state)
host=$(dmesg | mode)
trap 'clean_up $NAME' EXIT
trap 'exit 143' INT TERM

# spawn PARAMETERS
spawn()
{
	local run="mk.run=\"grep -c la57 /proc/cpuinfo\""

	token=$(new_token)
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" "--cpus=$cpus" \
		"--memory=${MEMORY}M" "--uart=$MK_UART" \
		"--append=mk.token=$token mk.end=poweroff $1 $run" &&
		"$KEXEC" --multikernel=$NAME -e
}

has_all_cpus()
{
	[ "$(said_value "$log" "$token" apicids)" = "$apics" ]
}

in_mode()
{
	local mode

	mode=$(boot_log "$log" "$token" | mode)
	[ "$mode" = "$1" ] && return
	ktap_print_msg "it is in $mode"
	return 1
}

# levels WANTED: the flag is there when the CPU has five levels and they are used.
levels()
{
	local count

	count=$(said_value "$log" "$token" run:)
	if [ "$1" = 5 ] && grep -q la57 /proc/cpuinfo; then
		[ "$count" -gt 0 ]
	elif [ "$1" = 4 ]; then
		[ "$count" -eq 0 ]
	fi
}

# comes_up COUNT PARAMETERS MODE LEVELS
comes_up()
{
	local label="$1 CPUs${2:+, $2}"

	cpus=$(spare_cpus "$1")
	apics=$(apic_ids "$cpus")
	check "$label: a kernel is spawned" spawn "$2"
	check "$label: it reaches userspace" wait_for 90 userspace "$log" "$token"
	check "$label: it has all its CPUs" has_all_cpus
	check "$label: its APICs are in $3 mode" in_mode "$3"
	check "$label: it powers itself off" ends_so $NAME stopped "powered itself off"
	check "$label: it has $4 levels of page tables if the CPUs have" levels "$4"
	check "$label: kexec -u gives all back" "$KEXEC" --multikernel=$NAME -u
}

few()
{
	comes_up 2 nokaslr "$host" 5
	comes_up 4 "" "$host" 5
}

all()
{
	comes_up 1 "" "$host" 5
	comes_up 2 "" "$host" 5
	comes_up 2 nox2apic xAPIC 5
	comes_up 2 no5lvl "$host" 4
	few
}

ktap_print_header
if [ "$1" = few ]; then
	ktap_set_plan $((2 * 7 + 1))
	few
else
	ktap_set_plan $((6 * 7 + 1))
	all
fi
check "the host has all back" same_state "$before"
ktap_finished
