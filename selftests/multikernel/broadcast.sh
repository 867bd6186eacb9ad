#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# While an instance exists, the host sends no interrupt to "all but me", since
# the instance's CPUs would get it: every write to the interrupt command
# register is looked at from outside. Needs a virtual machine whose monitor
# "vm-monitor COMMAND" asks (QEMU's), and its log.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-broadcast
STORM=$(dirname "$0")/mk_storm
TRACE=$MK_LOGS/qemu.log

# The command register is 0x30 of the local APIC; bits 18 and 19 are the
# shorthand: 2 is all, 3 is all but self.
WRITES='register 0x30 = '
SHORTHAND='register 0x30 = 0x[0-9a-f]*[89a-f][0-9a-f]\{4\}$'

command -v vm-monitor >/dev/null || skip_all "needs vm-monitor: QEMU's monitor from inside"
[ -f "$TRACE" ] || skip_all "needs QEMU's log"
require 1 256
cpu=$(spare_cpu 0)
before=$(host_state)

# record FILE: what this kernel's CPUs write to their command registers.
record()
{
	local start

	start=$(wc -c <"$TRACE")
	vm-monitor trace-event apic_register_write on >/dev/null
	"$STORM"
	vm-monitor trace-event apic_register_write off >/dev/null
	tail -c +$((start + 1)) "$TRACE" | grep "$WRITES" >"$1"
	ktap_print_msg "$(wc -l <"$1") writes, $(grep -c "$SHORTHAND" "$1") of them broadcasts"
}

broadcasts()
{
	record /tmp/$NAME && grep -q "$SHORTHAND" /tmp/$NAME
}

# There must be writes, or nothing was seen.
no_broadcasts()
{
	record /tmp/$NAME && ! grep -q "$SHORTHAND" /tmp/$NAME
}

spawn()
{
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--cpus=$cpu" --memory=256M && "$KEXEC" --multikernel=$NAME -e
}

ktap_print_header
ktap_set_plan 6
check "without an instance the host broadcasts" broadcasts
check "a kernel is spawned" spawn
check "with an instance the host broadcasts nothing" no_broadcasts
check "kexec -u destroys it" "$KEXEC" --multikernel=$NAME -u
check "the host broadcasts again" broadcasts
check "the host has all back" same_state "$before"
rm -f /tmp/$NAME
ktap_finished
