#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Where an instance's memory comes from: from the NUMA node that is asked for, and
# first of all from the area that multikernel_cma= sets aside at boot.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-memory
OTHER=selftest-other
CREATE=$(dirname "$0")/mk_create
MEMORY=128
require 2 256
cpu=$(spare_cpu 0)
cpu2=$(spare_cpu 1)
before=$(host_state)
work=$(mktemp -d)
trap 'empty; clean_up $NAME $OTHER; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# load MEBIBYTES OPTION...
load()
{
	local mib="$1"
	shift

	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--cpus=$cpu" "--memory=${mib}M" "$@" >"$work/load" 2>&1 && return
	ktap_print_msg "$(head -n 1 "$work/load")"
	return 1
}

destroy()
{
	"$KEXEC" --multikernel=$NAME -u
}

# "START END" of each zone of a node, with memory or not.
zones()
{
	awk -v node="$1," '
		$1 == "Node" { mine = $2 == node }
		mine && $1 == "spanned" { spanned = $2 }
		mine && $1 == "start_pfn:" && spanned {
			printf "%.0f %.0f\n", $2 * 4096, ($2 + spanned) * 4096 - 1
		}
		' /proc/zoneinfo
}

in_node()
{
	local range start end

	for range in $(instance $NAME memory_ranges); do
		zones "$1" >"$work/zones"
		while read -r start end; do
			if [ $((${range%-*})) -ge "$start" ] &&
			   [ $((${range#*-})) -le "$end" ]; then
				continue 2
			fi
		done <"$work/zones"
		ktap_print_msg "$range is not of node $1: $(tr '\n' ';' <"$work/zones")"
		return 1
	done
	ktap_print_msg "$(instance $NAME memory_ranges | tr '\n' ' ')of node $1"
}

# refused_node STATUS REGEX NODE
refused_node()
{
	local status=0

	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--cpus=$cpu" "--memory=${MEMORY}M" "--node=$3" >"$work/load" 2>&1 || status=$?
	ktap_print_msg "$(head -n 1 "$work/load"), exit status $status"
	[ "$status" -eq "$1" ] && grep -q -i -e "$2" "$work/load" && same_state "$before"
}

# Each node gives memory to an instance whose CPU is the same all the time.
nodes()
{
	local node why=""

	grep -q -e - -e , /sys/devices/system/node/online || why="this machine has one NUMA node"
	for node in 0 1; do
		if [ -n "$why" ]; then
			skip "--node=$node makes an instance" "$why"
			skip "its memory is of node $node" "$why"
			skip "it is destroyed" "$why"
			continue
		fi
		check "--node=$node makes an instance" load $MEMORY --node=$node
		check "its memory is of node $node" in_node $node
		check "it is destroyed" destroy
	done
	check "a node that is not there is refused" refused_node 1 "node 9" 9
	check "a node that is no number is refused" refused_node 2 "--node" near
	check "so is one below zero" refused_node 2 "--node" -1
}

# "MEBIBYTES ADDRESS" of the area.
area()
{
	grep -q 'multikernel_cma=' /proc/cmdline &&
		dmesg | head -n 1000 |
			sed -n 's/.*cma: Reserved \([0-9]*\) MiB at \(0x[0-9a-f]*\).*/\1 \2/p'
}

in_area()
{
	local range

	for range in $(instance "$1" memory_ranges); do
		if [ $((${range%-*})) -lt $((base)) ] ||
				[ $((${range#*-})) -ge $((base + size * 1048576)) ]; then
			ktap_print_msg "$range is not in the $size MiB at $base"
			return 1
		fi
	done
	ktap_print_msg "$(instance "$1" memory_ranges | tr '\n' ' ')in $size MiB at $base"
}

meminfo()
{
	awk -v key="$1:" '$1 == key { print int($2 / 1024) }' /proc/meminfo
}

# cma_free_within MEBIBYTES MEBIBYTES. This kernel's movable pages come and go
# there.
cma_free_within()
{
	local now

	now=$(meminfo CmaFree)
	ktap_print_msg "CmaFree $now MiB, expected $1 to $2 MiB"
	[ "$now" -ge "$1" ] && [ "$now" -le "$2" ]
}

# fill MEBIBYTES: until no more than that is available.
fill()
{
	local number=0

	mkdir -p "$work/full"
	grep -q " $work/full " /proc/mounts ||
		mount -t tmpfs -o size=99% full "$work/full" || return 1
	number=$(find "$work/full" -type f | wc -l)
	while [ "$(meminfo MemAvailable)" -gt "$1" ]; do
		number=$((number + 1))
		dd if=/dev/zero of="$work/full/$number" bs=1M count=8 2>/dev/null || return 1
	done
	ktap_print_msg "$(meminfo MemAvailable) MiB are available," \
		"$(meminfo CmaFree) MiB of the area are free"
}

empty()
{
	umount "$work/full" 2>/dev/null
}

# What this kernel keeps for itself of the rest, and less than that.
KEEP=64

from_area()
{
	local free

	free=$(meminfo CmaFree)
	check "an instance of the area's size is made" load "$size"
	check "its memory is in the area" in_area $NAME
	check "the area is empty then" cma_free_within 0 16
	check "it is destroyed" destroy
	check "the area is free again" cma_free_within $((free - 32)) "$size"
}

when_memory_is_short()
{
	check "an instance takes the whole area" "$CREATE" $OTHER "$cpu2" "$size"
	check "the rest is filled but for $((MEMORY + KEEP)) MiB" fill $((MEMORY + KEEP))
	check "an instance of $MEMORY MiB from the rest is refused" not load $MEMORY
	check "the first is destroyed" "$KEXEC" --multikernel=$OTHER -u
	check "all is filled but for $((size + KEEP)) MiB" fill $((size + KEEP))
	check "an instance of the area's size is made all the same" load "$size"
	check "its memory is in the area" in_area $NAME
	check "it is destroyed" destroy
	empty
}

cma()
{
	local i=0

	# shellcheck disable=SC2046
	set -- $(area)
	size=${1:-}
	base=${2:-}
	if [ -n "$size" ]; then
		from_area
		when_memory_is_short
		return
	fi
	while [ $i -lt 13 ]; do
		i=$((i + 1))
		skip "memory from the area: part $i" \
			"this kernel was booted without multikernel_cma="
	done
}

ktap_print_header
ktap_set_plan 23
nodes
cma
check "the host has all back" same_state "$before"
ktap_finished
