#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# A spawned kernel refuses to be replaced by kexec, which the same program can
# do to its host. It has no memory below 1 MiB to spawn kernels of its own.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-nested
MEMORY=128
TOOL=$(dirname "$0")/mk_kexec
require 1 $MEMORY
log=$(com_log 2)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"
before=$(host_state)
work=$(mktemp -d)
cpu=$(spare_cpu 0)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

spawn()
{
	local run="mk.run=\"/mk_kexec; cat /sys/kernel/multikernel/low_slots_total\""

	token=$(new_token)
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$work/initrd" "--cpus=$cpu" \
		"--memory=${MEMORY}M" "--uart=$MK_UART" \
		"--append=mk.token=$token $run" &&
		"$KEXEC" --multikernel=$NAME -e
}

host_loads()
{
	[ "$("$TOOL" | sed -n 's/normal //p')" = 0 ]
}

# EOPNOTSUPP
says()
{
	wait_for 60 said "$log" "$token" "mk: run: exit status 0" &&
		said "$log" "$token" "mk: run: $1\$"
}

ktap_print_header
ktap_set_plan 9
check "the host can load a kernel to be replaced by" host_loads
check "an initramfs is made" initrd_with "$work/initrd" "$TOOL"
check "a kernel is spawned" spawn
check "it reaches userspace" wait_for 60 userspace "$log" "$token"
check "it refuses to load a kernel to be replaced by" says "normal 95"
check "it has no crash kernel either" says "crash [1-9][0-9]*"
check "it cannot spawn kernels" says 0
check "kexec -u destroys it" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
ktap_finished
