#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Kernels that know nothing of multikernel: those of a distribution, as they
# are, on one, two and three CPUs. MK_STOCK lists their bzImages.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-stock
MK_STOCK=${MK_STOCK:-/boot/vmlinuz-6.1 /boot/vmlinuz-6.12}
require 3 256
log=$(com_log 2)
boot_id=$(cat /proc/sys/kernel/random/boot_id)
trap 'clean_up $NAME' EXIT
trap 'exit 143' INT TERM

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
		"--append=mk.token=$token mk.tick" "--cpus=$cpus" --memory=256M "--uart=$MK_UART" &&
		"$KEXEC" --multikernel=$NAME -e
}

release_is()
{
	said "$log" "$token" "mk: uname Linux $1 "
}

# has_cpus COUNT: those given, and no other.
has_cpus()
{
	[ "$(said_value "$log" "$token" cpus)" = "$1 ($(seq -s ' ' 0 $(($1 - 1))))" ] &&
		[ "$(said_value "$log" "$token" apicids)" = "$apics" ]
}

host_lives()
{
	host_ticks_on && [ "$(cat /proc/sys/kernel/random/boot_id)" = "$boot_id" ]
}

# test_kernel FILE COUNT
test_kernel()
{
	local kernel="$1" count="$2" release name before

	release=$(release "$kernel")
	name="$release on $count"
	before=$(host_state)
	token=$(new_token)
	cpus=$(spare_cpus "$count")
	apics=$(apic_ids "$cpus")
	check "$name: it is loaded and started" spawn "$kernel"
	check_log 2 "$name: it reaches userspace and says the token" \
		wait_for 90 userspace "$log" "$token"
	check_log 2 "$name: it is what runs there" release_is "$release"
	check_log 2 "$name: it has the CPUs given alone" has_cpus "$count"
	check_log 2 "$name: it ticks" goes_on_ticking "$log" "$token"
	check "$name: the host ticks on beside it" host_lives
	check "$name: it is destroyed" "$KEXEC" --multikernel=$NAME -u
	check "$name: the host has all back" same_state "$before"
}

ktap_print_header
# shellcheck disable=SC2086
set -- $MK_STOCK
ktap_set_plan $(($# * 3 * 8))
for kernel in "$@"; do
	for count in 1 2 3; do
		if [ -r "$kernel" ]; then
			test_kernel "$kernel" "$count"
			continue
		fi
		skip_parts 8 "$kernel on $count" "no such file: name kernels in MK_STOCK"
	done
done
ktap_finished
