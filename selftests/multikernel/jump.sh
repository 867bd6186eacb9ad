#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# A jump to another kernel and back (kexec with KEXEC_PRESERVE_CONTEXT) puts all
# of the machine to sleep on the way. It is refused while CPUs run other kernels,
# and they run on; without an instance it goes there and back.
#
# Devices are suspended before it is refused. Those of a virtual machine may not
# survive it: virtio's 9p does not, so this asks for a machine without, whose
# scripts talk to the console (initcall_blacklist=virtio_pci_driver_init).

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-jump
MEMORY=${MK_MEMORY:-128}
JUMP=$(dirname "$0")/mk_jump
LINE="multikernel: CPUs $(spare_cpu 0) belong to instances: no sleep of this kernel"
require 1 "$MEMORY"
[ -x "$JUMP" ] || skip_all "needs $JUMP"
[ -e /sys/kernel/kexec_loaded ] || skip_all "this kernel has no kexec"
! grep -q " 9p " /proc/mounts || skip_all "would cut off what is mounted by 9p"
cpu=$(spare_cpu 0)
before=$(host_state)
level=$(cut -f 1 /proc/sys/kernel/printk)
work=$(mktemp -d)
trap 'dmesg -n "$level"; clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# It writes memory all the time, which is how its life is seen.
spawn()
{
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--append=mk.run=\"while :; do cat /proc/uptime >/tmp/now; done\"" \
		"--cpus=$cpu" "--memory=${MEMORY}M" --uart=none &&
		"$KEXEC" --multikernel=$NAME -e
}

# Of all its memory.
sum()
{
	local range

	for range in $(instance $NAME memory_ranges); do
		dd if=/dev/mem bs=65536 skip=$((${range%-*} / 65536)) \
			count=$(((${range#*-} + 1 - ${range%-*}) / 65536)) 2>/dev/null
	done | md5sum
}

# Whatever it was at once, within some seconds.
lives()
{
	sum >"$work/sum"
	sleep 1
	state_is $NAME running && ! sum | cmp -s - "$work/sum"
}

is_refused()
{
	local count status=0

	count=$(log_count "$LINE")
	"$JUMP" >"$work/jump" 2>&1 || status=$?
	ktap_print_msg "$(cat "$work/jump")"
	[ $status -eq 1 ] && grep -q -i busy "$work/jump" && logs_more_than "$count" "$LINE"
}

goes_there_and_back()
{
	"$JUMP" >"$work/jump" 2>&1
	ktap_print_msg "$(cat "$work/jump")"
	grep -q -x back "$work/jump"
}

ktap_print_header
ktap_set_plan 10
# The lines of this and of the kernel are not to be mixed.
dmesg -n 1
check "a kernel is spawned" spawn
check "it lives" wait_for 60 lives
beside=$(host_state)
check "a jump to another kernel is refused" is_refused
check "the spawned kernel lives on" wait_for 20 lives
check "the host has what it had beside it" same_state "$beside"
check "the host ticks on" host_ticks_on
check "kexec -u destroys the instance" "$KEXEC" --multikernel=$NAME -u
check "the jump goes there and back then" goes_there_and_back
check "the host ticks on after that" host_ticks_on
check "the host has all" same_state "$before"
ktap_finished
