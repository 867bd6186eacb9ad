#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# What this kernel has written is nowhere in the memory that it gives to another,
# and what that has written is nowhere in the memory that it gives back. That
# pattern is made in the spawned kernel: here it is only known in rot13, or copies
# of this kernel's own would be found.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-scrub
MEMORY=${MK_MEMORY:-256}
FILL=48 # MiB
PART=32 # MiB
SEARCH=$(dirname "$0")/mk_search
require 1 "$MEMORY"
[ -x "$SEARCH" ] || skip_all "needs $SEARCH"
dd if=/dev/mem of=/dev/null bs=4096 skip=4096 count=1 2>/dev/null ||
	skip_all "needs /dev/mem with all memory: CONFIG_STRICT_DEVMEM is not for tests"
cpu=$(spare_cpu 0)
log=$(com_log 2)
[ -n "$log" ] || skip_all "when the spawned kernel has written cannot be seen here"
before=$(host_state)

new_pattern()
{
	tr -d -c "[:lower:]" </dev/urandom | head -c 63
}

here=$(mktemp -d)
trap 'clean_up $NAME; umount "$here" 2>/dev/null; rmdir "$here"' EXIT
trap 'exit 143' INT TERM
token=$(new_token)
turned=$(new_pattern)
ours=$(new_pattern)

# fill_memory PATTERN: most of what is free here has it afterwards.
fill_memory()
{
	local mib part=0

	mib=$(($(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo) / 1024 - 384))
	mount -t tmpfs -o size=100% multikernel "$here" || return 1
	# shellcheck disable=SC2018,SC2019
	yes "$(echo "$1" | tr a-z n-za-m)" | head -c $((PART * 1048576)) >"$here/part"
	while part=$((part + 1)) && [ $((part * PART)) -lt $mib ]; do
		cat "$here/part" >"$here/$part" || return 1
	done
	ktap_print_msg "wrote $((part * PART)) MiB"
	umount "$here"
}

# Lines of 64 bytes with the newline, so that they lie alike in each page.
load()
{
	local fill="yes \$(echo $turned | tr a-z n-za-m) | head -c $((FILL * 1048576)) >/tmp/fill"

	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--append=mk.token=$token mk.run=\"$fill; wc -c /tmp/fill; echo filled\"" \
		"--cpus=$cpu" "--memory=${MEMORY}M" "--uart=$MK_UART"
}

# All lines of the file, and hardly more.
is_found()
{
	local count lines=$((FILL * 16384))

	# shellcheck disable=SC2046
	count=$("$SEARCH" "$turned" $(instance $NAME memory_ranges)) || return 1
	ktap_print_msg "found $count times, written $lines times"
	[ "$count" -ge "$lines" ]
}

# is_found_nowhere PATTERN RANGES
is_found_nowhere()
{
	local count

	# shellcheck disable=SC2086
	count=$("$SEARCH" "$1" $2) || return 1
	ktap_print_msg "found $count times in $(echo "$2" | tr '\n' ' ')"
	[ "$count" = 0 ]
}

# A kernel that looks for its own use of free pages does not have them mapped.
can_be_searched()
{
	# shellcheck disable=SC2086
	! "$SEARCH" "$turned" $1 2>&1 | grep -q "Bad address"
}

# Bytes of the slot that are not zero.
bytes_in_slot()
{
	dd if=/dev/mem bs=4096 skip=$((${low%-*} / 4096)) \
		count=$(((${low#*-} + 1 - ${low%-*}) / 4096)) 2>/dev/null | tr -d '\0' | wc -c
}

slot_is_used()
{
	ktap_print_msg "$(bytes_in_slot) bytes in $low"
	[ "$(bytes_in_slot)" -gt 1000 ]
}

slot_is_clean()
{
	[ "$(bytes_in_slot)" -eq 0 ]
}

ktap_print_header
ktap_set_plan 13
check "this kernel writes a pattern into its free memory" fill_memory "$ours"
check "a kernel is loaded" load
check "the pattern is nowhere in the instance's memory" \
	is_found_nowhere "$ours" "$(instance $NAME memory_ranges)"
check "the kernel is started" "$KEXEC" --multikernel=$NAME -e
check "it writes a pattern into $FILL MiB" wait_for 120 said "$log" "$token" "mk: run: filled"
ranges=$(instance $NAME memory_ranges)
low=$(instance $NAME low)
check "it is stopped" "$KEXEC" --multikernel=$NAME --stop
check "the pattern is in the instance's memory" is_found
check "the spawned kernel has used its low memory" slot_is_used
check "kexec -u destroys the instance" "$KEXEC" --multikernel=$NAME -u
searched="the pattern is nowhere in the memory that was given back"
if can_be_searched "$ranges"; then
	check "$searched" is_found_nowhere "$turned" "$ranges"
else
	skip "$searched" "free pages cannot be read here (CONFIG_DEBUG_PAGEALLOC)"
fi
check "nor is it in the low memory" is_found_nowhere "$turned" "$low"
check "where nothing is left at all" slot_is_clean
check "the host has all back" same_state "$before"
ktap_finished
