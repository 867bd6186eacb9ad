#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Kernels of Multiboot and Multiboot2, which are not Linux: how they are entered,
# what they are told, and what is refused. The kernel is mb_kernel.c, which
# mk_multiboot puts into files of each kind; what it finds is text in its memory.
#
# Usage: multiboot.sh [pieces]	pieces: only in memory of several pieces, two of which
#	were set aside by multikernel_reserve=8M@1M,16M@512M

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-multiboot
HERE=$(dirname "$0")
MEMORY=32
# Of mb_kernel.h.
SAYS=65536
require 2 128
cpus=$(spare_cpus 2)
ids=$(apic_ids "$cpus")
before=$(host_state)
work=$(mktemp -d)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# make WORD...: the kernel.
make()
{
	"$HERE/mk_multiboot" "$HERE/mb_kernel.bin" "$work/kernel" "$@"
}

# load ARGUMENT...: the kernel, into the instance, which is made if there is none.
load()
{
	[ -d "$SYSFS/$NAME" ] || set -- "$@" "--cpus=$cpus" "--memory=${MEMORY}M"
	"$KEXEC" -d --multikernel=$NAME -l "$work/kernel" "$@" >"$work/load" 2>&1 && return
	print_lines "$work/load"
	return 1
}

# Where the loader says that it is entered, which is where it begins.
entry()
{
	echo $(($(sed -n 's/^kexec: entry //p' "$work/load")))
}

read_says()
{
	dd if=/dev/mem bs=4096 skip=$((($(entry) + SAYS) / 4096)) count=8 2>/dev/null |
		tr -d '\000' >"$work/says"
}

has_said_all()
{
	read_says && grep -q '^end$' "$work/says"
}

# run WORDS ARGUMENT...: a kernel of these words until it has said all. One that
# ran before is stopped.
run()
{
	local words="$1"
	shift

	! state_is $NAME running || "$KEXEC" --multikernel=$NAME --stop >/dev/null || return 1
	# shellcheck disable=SC2086
	make $words && load "$@" && "$KEXEC" --multikernel=$NAME -e && wait_for 30 has_said_all
}

# says REGEX: as a whole line.
says()
{
	grep -q -x -e "$1" "$work/says" && return
	ktap_print_msg "it does not say '$1', but: $(tr '\n' ';' <"$work/says")"
	return 1
}

# value KEY: what comes after it.
value()
{
	sed -n "s/^$1 //p" "$work/says"
}

interrupts_are_off()
{
	[ $(($(value eflags) & 0x20200)) -eq 0 ]
}

segments_are_flat()
{
	local register

	says 'cs 0x0 0xffffffff 0x409a' || return 1
	for register in ds es fs gs ss; do
		says "$register 0x0 0xffffffff 0x4092" || return 1
	done
}

# Usable and other memory is the instance's, and all of it is listed.
map_is_own()
{
	local start size low high bytes=0

	value memory >"$work/map"
	while read -r start size _; do
		within $NAME "$start" $((start + size - 1)) || return 1
		bytes=$((bytes + size))
	done <"$work/map"
	low=$(instance $NAME low)
	high=$(instance $NAME memory)
	low=$((${low#*-} - ${low%-*} + 1))
	[ $bytes -eq $((low + high)) ] && return
	ktap_print_msg "it was told of $bytes bytes, not of $low and $high"
	return 1
}

# One line says what is not to be used.
map_has_the_platform_block()
{
	[ "$(value memory | grep -c ' 0x2$')" -eq 1 ]
}

# ids_are HEX...: of the CPUs that its tables have.
cpus_are_own()
{
	[ "$(value cpu | while read -r id; do echo $((id)); done | sort -n | tr '\n' ' ')" = \
		"$(echo "$ids" | tr ' ' '\n' | sort -n | tr '\n' ' ')" ] && return
	ktap_print_msg "its tables have $(value cpu | tr '\n' ' '), its CPUs are $ids"
	return 1
}

host_mode()
{
	if grep -q -w x2apic /proc/cpuinfo &&
		dmesg | grep -q 'x2apic enabled\|x2apic: enabled'; then
		echo x2apic
	else
		echo xapic
	fi
}

runs_where_the_host_says()
{
	says "$(host_mode) $(printf 0x%x "${ids%% *}")"
}

second_runs()
{
	says "second started $(printf 0x%x "${ids##* }")"
}

# module_is FILE ARGUMENTS
module_is()
{
	local sum size

	sum=$(crc32 <"$1" | cut -d ' ' -f 1)
	size=$(wc -c <"$1")
	says "module $(printf '0x%x 0x%x' "$size" $((0x$sum))) 0x0 $1${2:+ $2}"
}

counts_on()
{
	local first

	first=$(count)
	wait_for 30 has_counted "$first"
}

count()
{
	dd if=/dev/mem bs=4096 skip=$((($(entry) + 0x19000) / 4096)) count=1 2>/dev/null |
		od -An -N 4 -t u4 | tr -d ' '
}

has_counted()
{
	[ "$(count)" != "$1" ]
}

are_zero()
{
	says 'cr4 0x0' && says 'efer 0x0'
}

# What holds for each kernel. state LABEL MAGIC
state()
{
	check "$1: EAX is what it has to be" says "eax $2"
	check "$1: paging is off" says 'cr0 0x1\?1'
	check "$1: CR4 and EFER are zero" are_zero
	check "$1: interrupts are off" interrupts_are_off
	check "$1: segments are flat" segments_are_flat
	check "$1: bit 20 of addresses counts" says 'a20 0x1'
	check "$1: what the file has no bytes for is zero" says 'zero 0x1'
}

test_multiboot2()
{
	check "Multiboot2: it runs" run "multiboot2 elf32 low wants=15 optional=77" \
		"--append=one two=2 second" "--module=$work/first its own" "--module=$work/second"
	state Multiboot2 0x36d76289
	check "Multiboot2: it is where it was told" says "load $(value base)"
	check "Multiboot2: its command line" says "cmdline $work/kernel one two=2 second"
	check "Multiboot2: the host shows that" \
		[ "$(instance $NAME cmdline)" = "$work/kernel one two=2 second" ]
	check "Multiboot2: its loader" says 'loader kexec-tools'
	check "Multiboot2: the first module" module_is "$work/first" "its own"
	check "Multiboot2: the second module" module_is "$work/second"
	check "Multiboot2: its memory map" map_is_own
	check "Multiboot2: what it may not use" map_has_the_platform_block
	check "Multiboot2: no memory at 1 MiB" says 'upper 0x0'
	check "Multiboot2: ACPI tables of version 1" says 'acpi1 0x0 FACP APIC'
	check "Multiboot2: ACPI tables of version 2" says 'acpi2 0x2 FACP APIC'
	check "Multiboot2: its CPUs alone" cpus_are_own
	check "Multiboot2: ELF sections" says 'sections 0x3 0x28 mb_kernel'
	check "Multiboot2: no other tags" not grep -q unknown "$work/says"
	check "Multiboot2: nothing behind the last tag" says 'left 0x0'
	check "Multiboot2: it runs on its first CPU" runs_where_the_host_says
	check "Multiboot2: its second CPU starts from its memory below 1 MiB" second_runs
	check "Multiboot2: it goes on" counts_on
}

start_of_memory()
{
	local ranges

	ranges=$(instance $NAME memory_ranges)
	echo $((${ranges%%-*}))
}

test_kinds()
{
	local at

	at=$(printf 0x%x $(($(start_of_memory) + 0x200000)))
	check "Multiboot2, ELF64: it runs" run "multiboot2 elf64 high"
	check "Multiboot2, ELF64: its sections" says 'sections 0x3 0x40 mb_kernel'
	check "Multiboot2 at an address: it runs" run "multiboot2 elf32 at=$at"
	check "Multiboot2 at an address: there it is" says "base $at"
	check "Multiboot2 with addresses: it runs" run "multiboot2 addresses at=$at"
	check "Multiboot2 with addresses: there it is" says "base $at"
	check "Multiboot: it runs" run "multiboot1 elf32 at=$at" "--append=one two=2" \
		"--module=$work/first its own" "--module=$work/second"
	state Multiboot 0x2badb002
	check "Multiboot: its command line" says "cmdline $work/kernel one two=2"
	check "Multiboot: its first module" module_is "$work/first" "its own"
	check "Multiboot: its memory map" map_is_own
	check "Multiboot: ELF sections" says 'sections 0x3 0x28 mb_kernel'
	check "Multiboot, ELF64: it runs" run "multiboot1 elf64 at=$at"
	check "Multiboot with addresses: it runs" run "multiboot1 addresses at=$at"
	check "Multiboot with addresses: there it is" says "base $at"
}

test_ends()
{
	check "switch-off: it runs" run "multiboot2 elf32 low" --append=off
	check "switch-off: the host sees it" ends_so $NAME stopped "powered itself off"
	check "reset: it runs" run "multiboot2 elf32 low" --append=reset
	check "reset: the host sees it" ends_so $NAME stopped "reset itself"
}

# The kernel is in the first piece, and its module fits into the second alone, whole.
test_pieces()
{
	local kind

	head -c 9437184 /dev/urandom >"$work/large"
	MEMORY=8M@1M,16M@512M,8
	for kind in multiboot2 multiboot1; do
		check "$kind in pieces: it runs" run "$kind elf32 at=0x200000" \
			"--module=$work/large its own"
		check "$kind in pieces: it is in the first" says "base 0x200000"
		check "$kind in pieces: its memory map has all" map_is_own
		check "$kind in pieces: its module is whole" module_is "$work/large" "its own"
	done
	check "pieces: kexec -u gives all back" "$KEXEC" --multikernel=$NAME -u
	check "the host has all" same_state "$before"
}

# refused DESCRIPTION REGEX WORDS ARGUMENT...: by one line, and by status 1.
refused()
{
	local description="$1" regex="$2" words="$3"
	shift 3

	# shellcheck disable=SC2086
	make $words
	check "refused: $description" is_refused "$regex" "$@"
}

is_refused()
{
	local regex="$1"
	shift

	if "$KEXEC" --multikernel=$NAME -l "$work/kernel" "$@" >"$work/load" 2>&1; then
		ktap_print_msg "it is not refused"
		return 1
	fi
	[ "$(wc -l <"$work/load")" -eq 1 ] && grep -q -e "$regex" "$work/load" && return
	print_lines "$work/load"
	return 1
}

test_refused()
{
	refused "a header with a bad checksum" 'checksum of its Multiboot2 header' checksum
	refused "a header beyond 32 KiB" 'must be within the first 32768' header=32768
	refused "a tag that is not known" 'tag of type 77' tag=77
	refused "a wish that cannot be granted" 'tag of type 12' "low wants=12"
	refused "an address that is the host's" '0x100000-.*not in the instance' at=0x100000
	refused "segments that overlap" 'overlap' "overlap at=$(start_of_memory)"
	refused "more than the memory has" 'does not fit' "low large"
	refused "a module that is not there" 'No such file' low "--module=$work/nothing"
	refused "a module that is too large" 'does not fit' low "--module=$work/large"
	refused "an initrd" 'no --initrd' low "--initrd=$work/first"
	refused "a type that there is not" 'no such kind' low --type=a.out
	refused "a type that it is not" 'no Multiboot header' low --type=multiboot-x86
}

if [ "${1:-}" = pieces ]; then
	grep -q 'multikernel_reserve=8M@1M,16M@512M' /proc/cmdline ||
		skip_all "needs multikernel_reserve=8M@1M,16M@512M"
	ktap_print_header
	ktap_set_plan 10
	test_pieces
	ktap_finished
fi

echo "a module" >"$work/first"
head -c 100000 /dev/urandom >"$work/second"
dd if=/dev/zero of="$work/large" bs=1M count=40 2>/dev/null
ktap_print_header
ktap_set_plan 66
test_multiboot2
test_kinds
test_ends
test_refused
check "the host goes on" host_ticks_on
check "it is destroyed" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
ktap_finished
