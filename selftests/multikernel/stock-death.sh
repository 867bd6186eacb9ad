#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Kernels of a distribution, which know nothing of multikernel, end by
# themselves: the host notices, and their instance can be loaded again. MK_STOCK
# lists their bzImages; an argument names one in /boot instead.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-stock
MK_STOCK=${1:+/boot/$1}
MK_STOCK=${MK_STOCK:-/boot/vmlinuz-6.1 /boot/vmlinuz-6.12}
MEMORY=256
require 1 $MEMORY
cpu=$(spare_cpu 0)
log=$(com_log 2)
before=$(host_state)
work=$(mktemp -d)
trap 'clean_up $NAME; kill $pulse; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
pulse "$work/pulse" &
pulse=$!

# spawn KERNEL PARAMETERS
spawn()
{
	local kernel="$1" parameters="$2"
	shift 2

	[ -d "$SYSFS/$NAME" ] || set -- "--cpus=$cpu" "--memory=${MEMORY}M" "--uart=$MK_UART"
	token=$(new_token)
	"$KEXEC" --multikernel=$NAME -l "$kernel" "--initrd=$MK_INITRD" "$@" \
		"--append=mk.token=$token $LONG_DELAYS $parameters" &&
		"$KEXEC" --multikernel=$NAME -e
}

# dies LABEL KERNEL STATE REASON PARAMETERS
dies()
{
	check "$1: it is loaded and started" spawn "$2" "$5"
	check_log 2 "$1: it reaches userspace" wait_for 120 userspace "$log" "$token"
	check "$1: the instance is $3: $4" ends_so $NAME "$3" "$4"
}

test_kernel()
{
	local name

	name=$(basename "$1")
	dies "poweroff of $name" "$1" stopped "powered itself off" mk.end=poweroff
	dies "reboot of $name" "$1" stopped "reset itself" mk.end=reboot
	dies "panic of $name" "$1" crashed "panic, then reset itself" \
		'panic=1 mk.run="echo c >/proc/sysrq-trigger"'
	check "kexec -u destroys the instance of $name" "$KEXEC" --multikernel=$NAME -u
	check "the host has all back from $name" same_state "$before"
}

ktap_print_header
# shellcheck disable=SC2086
set -- $MK_STOCK
ktap_set_plan $(($# * 11 + 1))
for kernel in "$@"; do
	if [ -r "$kernel" ]; then
		test_kernel "$kernel"
		continue
	fi
	skip_parts 11 "$kernel" "no such file: name kernels in MK_STOCK"
done
check "the host ticked on all the time" pulse_went_on "$work/pulse"
ktap_finished
