#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Memory at addresses: what multikernel_reserve= has set aside at boot, what an
# instance has of it, and what is refused. The command line of this kernel:
#
#   nokaslr multikernel_reserve=8M@1M,16M@512M multikernel_reserve=...
#
# and of these that there cannot be: 1M@16M, where this kernel is; 16M@640G, where
# no memory is; 1M@8M, which the first one has; 8M, which has no address.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-fixed
OTHER=selftest-other
CREATE=$(dirname "$0")/mk_create
require 2 256
grep -q 'multikernel_reserve=8M@1M,16M@512M' /proc/cmdline ||
	skip_all "this kernel was booted without multikernel_reserve=8M@1M,16M@512M"
dd if=/dev/mem of=/dev/null bs=4096 skip=256 count=1 2>/dev/null ||
	skip_all "needs /dev/mem with all memory: CONFIG_STRICT_DEVMEM is not for tests"
cpu=$(spare_cpu 0)
cpu2=$(spare_cpu 1)
log=$(com_log 2)
before=$(host_state)
work=$(mktemp -d)
trap 'clean_up $NAME $OTHER; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# iomem_has TEXT: as a line.
iomem_has()
{
	grep -q "^ *$1\$" /proc/iomem
}

# is_lost TEXT: this kernel said so at boot.
is_lost()
{
	dmesg | grep -q "multikernel: $1"
}

areas()
{
	check "boot: the first area is set aside" iomem_has "00100000-008fffff : multikernel"
	check "boot: the second area is set aside" iomem_has "20000000-20ffffff : multikernel"
	check "boot: there is no third area" [ "$(grep -c ' : multikernel$' /proc/iomem)" = 2 ]
	check "boot: this kernel keeps where it is" \
		is_lost "0x0*1000000-0x0*10fffff is not set aside: this kernel, "
	check "boot: what is no memory is not set aside" \
		is_lost "0x0*a000000000-0x0*a000ffffff is not set aside: not all of it is memory"
	check "boot: what is set aside is not once more" \
		is_lost "0x0*800000-0x0*8fffff is not set aside: .* another area is there"
	check "boot: a size alone is no area" \
		is_lost "multikernel_reserve=8M is not SIZE@ADDRESS"
}

has_first_area()
{
	[ "$(instance $NAME memory_ranges)" = 0x100000-0x8fffff ] &&
		[ "$(instance $NAME memory)" = 8388608 ] &&
		iomem_has "00100000-008fffff : $NAME"
}

# refused ERRNO REGEX ARGUMENT...: of mk_create; the log has a line, and nothing
# is taken.
refused()
{
	local errno="$1" regex="$2" now count
	shift 2

	now=$(host_state)
	count=$(dmesg | grep -c "multikernel: .*$regex")
	! "$CREATE" "$@" >"$work/out" 2>&1 || return 1
	ktap_print_msg "$(cat "$work/out")"
	grep -q "$errno" "$work/out" &&
		[ "$(dmesg | grep -c "multikernel: .*$regex")" -gt "$count" ] &&
		same_state "$now"
}

has_two_and_more()
{
	local ranges

	ranges=$(instance $OTHER memory_ranges)
	ktap_print_msg "$(echo "$ranges" | tr '\n' ' ')"
	echo "$ranges" | grep -q -x 0x20000000-0x203fffff &&
		echo "$ranges" | grep -q -x 0x20400000-0x207fffff &&
		[ "$(instance $OTHER memory)" = $((72 * 1048576)) ]
}

nobody_has_any()
{
	not grep -q " : selftest-" /proc/iomem && same_state "$before"
}

creations()
{
	check "an instance gets an area" "$CREATE" $NAME "$cpu" 0 8@1
	check "it has that and nothing else" has_first_area
	check "no other gets a part of it" refused "Device or resource busy" \
		"a part of 0x500000-0x8fffff is taken" $OTHER "$cpu2" 0 4@5
	check "another gets two parts of an area, and more" \
		"$CREATE" $OTHER "$cpu2" 64 4@512 4@516
	check "it has them as they are" has_two_and_more
	check "kexec -u destroys the first" "$KEXEC" --multikernel=$NAME -u
	check "kexec -u destroys the other" "$KEXEC" --multikernel=$OTHER -u
	check "nobody has any of it" nobody_has_any
	check "what was not set aside is refused" refused "assign requested address" \
		"boot with multikernel_reserve=8M@16M" $NAME "$cpu" 64 8@16
	check "what was not all set aside is refused" refused "assign requested address" \
		"0x800000-0x9fffff is not set aside" $NAME "$cpu" 0 2@8
	check "nothing of it is refused" refused "Invalid argument" \
		"needs a CPU, a multiple of 2 MiB" $NAME "$cpu" 64 0@1
	check "what was set aside is had with the rest or not at all" \
		refused "assign requested address" "is not set aside" $NAME "$cpu" 0 8@1 8@32
	check "twice the same is refused" refused "Device or resource busy" "is taken" \
		$NAME "$cpu" 0 8@1 8@1
}

# load OPTION...: into an instance, or to make it.
load()
{
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" "$@" \
		>"$work/out" 2>&1 && return
	ktap_print_msg "$(head -n 1 "$work/out")"
	return 1
}

load_at()
{
	load "--append=mk.token=$token console=ttyS1,115200" --cpus="$cpu" \
		"--uart=$MK_UART" --memory=16M@512M --memory=128M
}

# refused_load STATUS REGEX OPTION...
refused_load()
{
	local status="$1" regex="$2" found=0
	shift 2

	load "$@" || found=$?
	[ "$found" -ne 0 ] || return 1
	found=0
	"$KEXEC" --multikernel=$NAME -l "${KERNEL:-$MK_KERNEL}" "$@" >/dev/null 2>&1 || found=$?
	[ "$found" = "$status" ] && grep -q -e "$regex" "$work/out"
}

# Bytes of the second area that are not zero.
filled()
{
	dd if=/dev/mem bs=1048576 skip=512 count=16 2>/dev/null | tr -d '\0' | wc -c
}

in_its_map()
{
	boot_log "$log" "$token" | grep -q "BIOS-e820: .*0x0*20000000-0x0*20f[0-9a-f]*. usable" &&
		within $NAME 0x20000000 0x20ffffff
}

kernels()
{
	token=$(new_token)
	check "a kernel is loaded with an area and other memory" load_at
	check "it is loaded again" load_at
	check "another address is refused" refused_load 1 "exists with memory 144M" \
		--memory=16M@528M
	check "less memory is refused" refused_load 1 "exists with memory 144M" --memory=16M@512M
	check "it is started" "$KEXEC" --multikernel=$NAME -e
	check_log 2 "it reaches userspace" wait_for 90 userspace "$log" "$token"
	check_log 2 "its memory map has the area" in_its_map
	check "something is in the area" [ "$(filled)" != 0 ]
	check "kexec -u destroys it" "$KEXEC" --multikernel=$NAME -u
	check "nothing is in the area any more" [ "$(filled)" = 0 ]
	check "the area is nobody's" nobody_has_any
}

# A kernel that cannot be moved: its byte relocatable_kernel is zero.
make_immovable()
{
	cp "$MK_KERNEL" "$work/immovable" &&
		printf '\0' | dd of="$work/immovable" bs=1 seek=564 conv=notrunc 2>/dev/null
}

immovable()
{
	local where="must be loaded at 0x1000000-0x[0-9a-f]*, .* multikernel_reserve=[0-9]*M@16M"

	MK_KERNEL=$work/immovable
	check "an image with an address is refused without it" \
		refused_load 1 "$where" --cpus="$cpu" --memory=256M
	check "with memory elsewhere it is refused" \
		refused_load 1 "$where" --cpus="$cpu" --memory=16M@512M --memory=128M
	check "an instance is made" "$CREATE" $NAME "$cpu" 64
	check "in an instance without its address it is refused" refused_load 1 "$where"
	check "kexec -u destroys the instance" "$KEXEC" --multikernel=$NAME -u
}

# Options for as many addresses.
addresses()
{
	local i

	for i in $(seq "$1"); do
		echo "--memory=1M@${i}M"
	done
}

values()
{
	local value

	for value in 8M@ 8M@0 1K@1M 8M@1536K 8M@1M@1M; do
		check "--memory=$value is refused" refused_load 2 "memory=$value: " \
			--cpus="$cpu" "--memory=$value"
	done
	# shellcheck disable=SC2046
	check "nine addresses are refused" refused_load 2 "are the most" --cpus="$cpu" \
		$(addresses 9)
	check "what was not set aside is refused by name" \
		refused_load 1 "boot this kernel with multikernel_reserve=" \
		--cpus="$cpu" --memory=1M@16M --memory=128M
}

ktap_print_header
make_immovable
ktap_set_plan 44
areas
creations
kernels
values
immovable
check "the host has all back" same_state "$before"
ktap_finished
