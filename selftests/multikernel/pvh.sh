#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# A Linux that is entered by PVH: this kernel's vmlinux (MK_VMLINUX), built with
# CONFIG_PVH, in memory below 1 GiB, of which this kernel's command line has set
# some aside: multikernel_reserve=160M@256M,8M. It ends with what is no area.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-pvh
AREA=160M@256M
MK_KERNEL=${MK_VMLINUX:-/boot/vmlinux}
[ -r "$MK_KERNEL" ] || skip_all "no $MK_KERNEL: name one in MK_VMLINUX"
grep -q "multikernel_reserve=$AREA" /proc/cmdline ||
	skip_all "this kernel was booted without multikernel_reserve=$AREA"
require 2 64
cpus=$(spare_cpus 2)
log=$(com_log 2)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"
before=$(host_state)
work=$(mktemp -d)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# This kernel has all pages of the area set aside: KPF_RESERVED, bit 32.
is_set_aside()
{
	local at="${AREA#*@}" pages=$((${AREA%M@*} * 256))

	dd if=/proc/kpageflags bs=8 skip=$((${at%M} * 256)) count=$pages 2>/dev/null |
		od -A n -v -t u4 -w8 | awk -v pages=$pages '
			$2 % 2 { aside++ }
			END { exit aside != pages }'
}

# load KERNEL OPTION...: and make the instance if there is none.
load()
{
	local kernel="$1"
	shift

	[ -d "$SYSFS/$NAME" ] ||
		set -- "$@" "--cpus=$cpus" "--memory=$AREA" --uart=COM2
	"$KEXEC" --multikernel=$NAME -l "$kernel" "--initrd=$MK_INITRD" "$@"
}

# What it says of who loaded it: 0xb0, other loaders by PVH; kexec is 0xd0.
load_pvh()
{
	token=$(new_token)
	load "$MK_KERNEL" --type=pvh "--append=$LONG_DELAYS mk.token=$token \
mk.run=\"cat /proc/sys/kernel/bootloader_type\" $1"
}

# plan_is REGEX OPTION...: what it takes the file for.
plan_is()
{
	local regex="$1"
	shift

	load "$MK_KERNEL" --dry-run "$@" >"$work/plan" 2>&1 &&
		grep -q "^Kernel: .*, $regex" "$work/plan" && return
	ktap_print_msg "$(tail -n 1 "$work/plan")"
	return 1
}

started()
{
	"$KEXEC" --multikernel=$NAME -e && wait_for 90 userspace "$log" "$token"
}

# Two CPUs, and no control block in its hands.
is_at_home()
{
	said "$log" "$token" "mk: cpus 2 (0 1)" &&
		[ "$(instance $NAME abi_version)" = 0 ]
}

entered_by_pvh()
{
	said "$log" "$token" "mk: run: 176"
}

# refuses REGEX KERNEL OPTION...
refuses()
{
	local regex="$1" status=0
	shift

	load "$@" >"$work/out" 2>&1 || status=$?
	ktap_print_msg "$(head -n 1 "$work/out")"
	[ "$status" = 1 ] && [ "$(wc -l <"$work/out")" = 1 ] &&
		grep -q -e "$regex" "$work/out" && same_state "$before"
}

refusals()
{
	check "a program without the note is refused" \
		refuses "no note in it tells a PVH entry" "$(command -v "$KEXEC")" --type=pvh
	check "a bzImage is refused" refuses "it is not an ELF file" /boot/bzImage --type=pvh
	check "kexec_file_load() is refused" refuses "does not know such a kernel" \
		"$MK_KERNEL" --type=pvh -s
}

ktap_print_header
ktap_set_plan 17
check "boot: an area before what is none is set aside" is_set_aside
check "it is a vmlinux of itself" plan_is vmlinux
check "and a PVH kernel if told so" plan_is PVH --type=pvh
check "whose initrd is in the plan" grep -q "^Initrd: .*$MK_INITRD, " "$work/plan"
refusals
check "it is loaded" load_pvh ""
check "it is spawned to userspace" started
check "it was entered by PVH" wait_for 30 entered_by_pvh
check "it has its two CPUs, and no control block" is_at_home
check "it is stopped" "$KEXEC" --multikernel=$NAME --stop
check "it is loaded again, to power itself off" load_pvh mk.end=poweroff
check "it is started" started
check "it powers itself off" ends_so $NAME stopped "powered itself off"
check "kexec -u destroys it" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
ktap_finished
