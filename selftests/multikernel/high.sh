#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# An instance whose memory is all above 4 GiB: our kernel and a stock one
# (MK_STOCK) run there. Needs a NUMA node that is all above 4 GiB.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-high
MEMORY=336
MK_STOCK=${MK_STOCK:-/boot/vmlinuz-6.12}
NODE=1
require 2 $MEMORY
[ -d /sys/devices/system/node/node$NODE ] || skip_all "the machine has no NUMA node $NODE"
log=$(com_log 2)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"
before=$(host_state)
cpus=$(spare_cpu 1),$(spare_cpu 0)
trap 'clean_up $NAME' EXIT
trap 'exit 143' INT TERM

# spawn KERNEL PARAMETERS
spawn()
{
	token=$(new_token)
	parameters="mk.token=$token $LONG_DELAYS $2"
	set -- "$1"
	[ -d "$SYSFS/$NAME" ] || set -- "$1" "--cpus=$cpus" "--memory=${MEMORY}M" \
		"--node=$NODE" "--uart=$MK_UART"
	"$KEXEC" --multikernel=$NAME -l "$@" "--initrd=$MK_INITRD" "--append=$parameters" &&
		"$KEXEC" --multikernel=$NAME -e
}

all_above_4g()
{
	local range

	ktap_print_msg "$(instance $NAME memory_ranges | tr '\n' ' ')"
	for range in $(instance $NAME memory_ranges); do
		[ $((${range%-*})) -ge $((1 << 32)) ] || return 1
	done
}

ktap_print_header
ktap_set_plan 9
check "a kernel is spawned" spawn "$MK_KERNEL" "mk.run=\"echo c >/proc/sysrq-trigger\""
check "its memory is all above 4 GiB" all_above_4g
check "it reaches userspace" wait_for 90 userspace "$log" "$token"
check "it ends by its panic" ends_so $NAME crashed "panic: sysrq triggered crash"
if [ -r "$MK_STOCK" ]; then
	check "a stock kernel is spawned" spawn "$MK_STOCK" mk.end=poweroff
	check "it reaches userspace, too" wait_for 120 userspace "$log" "$token"
	check "it powers itself off" ends_so $NAME stopped "powered itself off"
else
	skip_parts 3 "a stock kernel" "no such file: name one in MK_STOCK"
fi
check "kexec -u destroys the instance" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
ktap_finished
