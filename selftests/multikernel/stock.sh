#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Kernels that know nothing of multikernel: those of a distribution, as they
# are. MK_STOCK lists their bzImages.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-stock
MK_STOCK=${MK_STOCK:-/boot/vmlinuz-6.1 /boot/vmlinuz-6.12}
require 1 256
cpu=$(spare_cpu 0)
apic=$(apic_id "$cpu")
log=$(com_log 2)
boot_id=$(cat /proc/sys/kernel/random/boot_id)

# The release in the setup header.
release()
{
	local offset

	offset=$(od -An -t u2 -j 526 -N 2 "$1")
	tail -c +$((offset + 513)) "$1" | head -c 64 | tr '\0' ' ' | cut -d ' ' -f 1
}

spawn()
{
	"$KEXEC" --multikernel=$NAME -l "$1" "--initrd=$MK_INITRD" \
		"--append=mk.token=$token mk.tick" "--cpus=$cpu" --memory=256M "--uart=$MK_UART" &&
		"$KEXEC" --multikernel=$NAME -e
}

release_is()
{
	said "$log" "$token" "mk: uname Linux $1 "
}

cpu_is()
{
	[ "$(said_value "$log" "$token" cpus)" = "1 (0)" ] &&
		[ "$(said_value "$log" "$token" apicids)" = "$apic" ]
}

host_lives()
{
	host_ticks_on && [ "$(cat /proc/sys/kernel/random/boot_id)" = "$boot_id" ]
}

test_kernel()
{
	local kernel="$1" name before

	name=$(release "$kernel")
	before=$(host_state)
	token=$(new_token)
	check "$name is loaded and started" spawn "$kernel"
	check_log 2 "$name reaches userspace and says the token" \
		wait_for 90 userspace "$log" "$token"
	check_log 2 "$name is what runs there" release_is "$name"
	check_log 2 "$name has the CPU given alone" cpu_is
	check_log 2 "$name ticks" goes_on_ticking "$log" "$token"
	check "the host ticks on beside $name" host_lives
	check "$name is destroyed" "$KEXEC" --multikernel=$NAME -u
	check "the host has all back from $name" same_state "$before"
}

ktap_print_header
# shellcheck disable=SC2086
set -- $MK_STOCK
ktap_set_plan $(($# * 8))
for kernel in "$@"; do
	if [ -r "$kernel" ]; then
		test_kernel "$kernel"
		continue
	fi
	for i in 1 2 3 4 5 6 7 8; do
		skip "$kernel: part $i" "no such file: name kernels in MK_STOCK"
	done
done
ktap_finished
