#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# A vmlinux (MK_VMLINUX), the ELF file of this kernel: it runs as its bzImage does,
# and damaged ones are refused.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-vmlinux
MEMORY=128
MK_KERNEL=${MK_VMLINUX:-/boot/vmlinux}
[ -r "$MK_KERNEL" ] || skip_all "no $MK_KERNEL: name one in MK_VMLINUX"
require 2 $MEMORY
cpus=$(spare_cpus 2)
log=$(com_log 2)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"
before=$(host_state)
work=$(mktemp -d)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# Its two CPUs, and memory where it was given.
is_at_home()
{
	said "$log" "$token" "mk: cpus 2 (0 1)" &&
		[ "$(instance $NAME abi_version)" -ge 1 ]
}

# Nothing has moved it: there is no KASLR.
is_not_moved()
{
	said "$log" "$token" "mk: run: f*81000000 T _text"
}

spawned()
{
	spawn_to_userspace $NAME "$cpus" COM2 \
		"$LONG_DELAYS mk.run=\"grep ' _text\$' /proc/kallsyms\" $1"
}

runs()
{
	check "it is spawned to userspace" spawned ""
	check "it has its CPUs and the control block" is_at_home
	check "it is where it was linked" wait_for 30 is_not_moved
	check "it stops when it is asked" "$KEXEC" --multikernel=$NAME --stop
	check "as a stock kernel it is spawned to userspace" spawned \
		"multikernel=off mk.end=poweroff"
	check "it powers itself off" ends_so $NAME stopped "powered itself off"
	check "kexec -u destroys it" "$KEXEC" --multikernel=$NAME -u
}

# damaged REGEX COMMAND...: of a copy, which the command changes.
damaged()
{
	local regex="$1" found=0
	shift

	cp "$MK_KERNEL" "$work/vmlinux" && "$@" &&
		"$KEXEC" --multikernel=$NAME -l "$work/vmlinux" "--cpus=$(spare_cpu 0)" \
			--memory=${MEMORY}M >"$work/out" 2>&1 || found=$?
	ktap_print_msg "$(head -n 1 "$work/out")"
	[ "$found" = 1 ] && [ "$(wc -l <"$work/out")" = 1 ] &&
		grep -q -e "$regex" "$work/out" && same_state "$before"
}

# patch OFFSET BYTES
patch()
{
	# shellcheck disable=SC2059
	printf "$2" | dd of="$work/vmlinux" bs=1 seek="$1" conv=notrunc 2>/dev/null
}

cut()
{
	head -c "$1" "$MK_KERNEL" >"$work/vmlinux"
}

refusals()
{
	check "cut short in its header: refused" damaged "damaged ELF file" cut 40
	check "cut short: refused" damaged "damaged ELF file, .*cut short" cut 1000000
	check "of another machine: refused" damaged "for other machines" patch 18 '\267\000'
	check "of 32 bits: refused" damaged "for other machines" patch 4 '\001'
	check "an object file: refused" damaged "no program" patch 16 '\001'
	check "its entry elsewhere: refused" damaged "its entry" patch 24 '\000\000\000\000'
	check "headers far away: refused" damaged "damaged ELF file" \
		patch 32 '\377\377\377\377\377\377\377\377'
	check "a segment far away: refused" damaged "damaged\|spread" \
		patch 88 '\377\377\377\377\377\377\377\177'
}

ktap_print_header
ktap_set_plan 16
runs
refusals
check "the host has all back" same_state "$before"
ktap_finished
