#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# A serial port belongs to one kernel at a time: the host's driver lets go of it
# for as long as an instance has it.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-uart
TTY=/dev/ttyS1
require 2 128
cpu=$(spare_cpu 0)
log=$(com_log 2)
before=$(host_state)

# Held by the driver of 8250s, which has the ports while it knows a type.
grep -q '02f8-02ff : serial' /proc/ioports || skip_all "COM2 is not a port of the host's"

create()
{
	"$KEXEC" "--multikernel=$1" -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--cpus=$2" --memory=128M "--uart=$3"
}

host_writes()
{
	echo "$1" >$TTY
} 2>/dev/null

arrives()
{
	local token

	token=$(new_token)
	host_writes "$token" && wait_for 30 grep -q "$token" "$log"
}

uart_is()
{
	[ "$(instance $NAME uart)" = "$1" ]
}

ktap_print_header
ktap_set_plan 11
check_log 2 "the host can write to COM2" arrives
check "an instance is given COM2" create $NAME "$cpu" COM2
check "its file in sysfs says COM2" uart_is COM2
check "the I/O ports are multikernel's" grep -q '02f8-02ff : multikernel' /proc/ioports
check "the host's driver has let go of them" not grep -q '02f8-02ff : serial' /proc/ioports
check "the host cannot write to COM2" not host_writes text
check "no other instance gets COM2" not create $NAME-other "$(spare_cpu 0)" COM2 2>/dev/null
check "kexec -u destroys it" "$KEXEC" --multikernel=$NAME -u
check "the host's driver has COM2 again" grep -q '02f8-02ff : serial' /proc/ioports
check_log 2 "the host can write to COM2 again" arrives
check "the host has all back" same_state "$before"
ktap_finished
