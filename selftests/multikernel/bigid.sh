#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# A CPU whose local APIC id does not fit into eight bits, which is to be reached
# in x2APIC mode only: a kernel that knows the control block runs on it, and no
# other kernel is loaded.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-bigid
MEMORY=192
MK_STOCK=${MK_STOCK:-/boot/vmlinuz-6.12}
require 1 $MEMORY
cpu=$(spare_cpu 0)
id=$(apic_id "$cpu")
[ "$id" -gt 255 ] || skip_all "the last CPU's APIC id is $id, not above 255"
log=$(com_log 2)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"
before=$(host_state)
trap 'clean_up $NAME' EXIT
trap 'exit 143' INT TERM

# spawn PARAMETERS
spawn()
{
	token=$(new_token)
	spawn_into $NAME "$cpu" "$MK_UART" "--append=mk.token=$token $1"
}

has_that_id()
{
	[ "$(said_value "$log" "$token" apicids)" = "$id" ]
}

stock_is_refused()
{
	local said

	said=$("$KEXEC" --multikernel=$NAME -l "$MK_STOCK" "--initrd=$MK_INITRD" \
		"--cpus=$cpu" "--memory=${MEMORY}M" 2>&1) && return 1
	ktap_print_msg "$said"
	echo "$said" | grep -q "the kernel refuses the image" && [ ! -e "$SYSFS/$NAME" ] &&
		dmesg | tail -n 20 | grep "multikernel: $NAME: APIC id $id is above 254"
}

ktap_print_header
ktap_set_plan 13
check "a kernel is spawned on the CPU with APIC id $id" spawn mk.tick
check "it reaches userspace" wait_for 60 userspace "$log" "$token"
check "its CPU has that id" has_that_id
check "it ticks" goes_on_ticking "$log" "$token"
check "the host ticks on" host_ticks_on
check "kexec --stop stops it" "$KEXEC" --multikernel=$NAME --stop
check "another is spawned there" spawn "mk.run=\"echo c >/proc/sysrq-trigger\""
check "it reaches userspace, too" wait_for 60 userspace "$log" "$token"
check "it ends by its panic" ends_so $NAME crashed "panic: sysrq triggered crash"
check "kexec -u destroys the instance" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
if [ -r "$MK_STOCK" ]; then
	check "a kernel that does not know the control block is refused" stock_is_refused
	check "the host has all back then as well" same_state "$before"
else
	skip_parts 2 "a stock kernel" "no such file: name one in MK_STOCK"
fi
ktap_finished
