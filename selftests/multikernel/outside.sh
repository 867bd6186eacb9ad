#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Seen from outside: the spawned kernel runs on a CPU of this very machine, in
# memory of the instance. Needs a virtual machine whose monitor "vm-monitor
# COMMAND" asks (QEMU's).

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-outside
command -v vm-monitor >/dev/null || skip_all "needs vm-monitor: QEMU's monitor from inside"
require 1 256
cpu=$(spare_cpu 0)
token=$(new_token)
log=$(com_log 2)
before=$(host_state)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"

spawn()
{
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--append=mk.token=$token" "--cpus=$cpu" --memory=256M --uart=COM2 &&
		"$KEXEC" --multikernel=$NAME -e &&
		wait_for 60 said "$log" "$token" "mk: end stay"
}

# QEMU numbers CPUs like the host, whose APIC ids count up as well.
registers_of()
{
	vm-monitor info registers -a | tr -d '\r' | sed -n "/^CPU#$1\$/,/^CPU#$(($1 + 1))\$/p"
}

# The value of a register in $registers, as 0x...
register()
{
	echo "$registers" | tr ' ' '\n' | sed -n "s/^$1=\([0-9a-f]*\)\$/0x\1/p" | head -n 1
}

# One 64-bit word of physical memory.
word_at()
{
	vm-monitor "xp /1gx $(printf 0x%x "$1")" | tr -d '\r' |
		sed -n 's/.*: \(0x[0-9a-f]*\).*/\1/p'
}

# physical CR3 CR4 ADDRESS: walk the page tables, four or five levels of them.
physical()
{
	local table=$(($1 & 0xffffffffff000)) address="$3" shift=39 entry

	[ $(($2 & 0x1000)) -eq 0 ] || shift=48
	while [ "$shift" -ge 12 ]; do
		entry=$(word_at $((table + ((address >> shift) & 511) * 8)))
		[ $((entry & 1)) -eq 1 ] || return 1
		table=$((entry & 0xffffffffff000))
		if [ "$shift" -eq 12 ] ||
		   { [ $((entry & 0x80)) -ne 0 ] && [ "$shift" -lt 39 ]; }; then
			echo $(((table & ~((1 << shift) - 1)) | (address & ((1 << shift) - 1))))
			return
		fi
		shift=$((shift - 9))
	done
}

cr3_is_inside()
{
	registers=$(registers_of "$cpu")
	ktap_print_msg "CPU $cpu: CR3=$(register CR3) RIP=$(register RIP)"
	within $NAME "$(register CR3)" "$(register CR3)"
}

rip_is_inside()
{
	local address

	registers=$(registers_of "$cpu")
	address=$(physical "$(register CR3)" "$(register CR4)" "$(register RIP)") || return 1
	ktap_print_msg "CPU $cpu: RIP=$(register RIP), in physical memory $(printf 0x%x "$address")"
	within $NAME "$address" "$address"
}

# The same look at a CPU of the host's must not find the instance's memory.
boot_cpu_is_outside()
{
	registers=$(registers_of 0)
	not within $NAME "$(register CR3)" "$(register CR3)"
}

ktap_print_header
ktap_set_plan 6
check "a kernel is spawned to userspace" spawn
check "the CPU's page tables are in the instance's memory" cr3_is_inside
check "the CPU's instruction pointer is in the instance's memory" rip_is_inside
check "CPU 0's page tables are not" boot_cpu_is_outside
check "kexec -u destroys it" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
ktap_finished
