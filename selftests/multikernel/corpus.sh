#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Damaged images of each format, made from a seed: each is refused for a reason that
# is told, or loaded when the damage is where nobody looks, and this kernel loses
# nothing by it. None is started. MK_CORPUS says how many there are of each format,
# MK_SEED which ones; mk_corpus.c says what must become of each.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-corpus
HERE=$(dirname "$0")
MEMORY=32
COUNT=${MK_CORPUS:-200}
SEED=${MK_SEED:-1}
# KiB that may come and go by themselves: of objects, and of all memory. An object
# of a kilobyte or a page for each image that the kernel sees is more.
NOISE_OBJECTS=768
NOISE=2048
require 1 $MEMORY
before=$(host_state)
cpu=$(spare_cpu 0)
work=$(mktemp -d)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# In its memory, with room before for a header.
address()
{
	local ranges

	ranges=$(instance $NAME memory_ranges)
	echo $((${ranges%%-*} + 1048576))
}

# multiboot IMAGE WORD...
multiboot()
{
	local image="$1"
	shift

	"$HERE/mk_multiboot" "$HERE/mb_kernel.bin" "$work/$image" "$@"
}

# Multiboot kernels of version 1 cannot be moved.
make_images()
{
	"$HERE/mk_small" bzimage "$work/bzimage" &&
		"$HERE/mk_small" vmlinux "$work/vmlinux" &&
		multiboot multiboot1 multiboot1 "at=$(address)" &&
		multiboot addresses multiboot1 addresses "at=$(address)" &&
		multiboot multiboot2-32 elf32 low && multiboot multiboot2-64 elf64 low
}

# damaged COUNT [-k] IMAGE COMMAND...: variants of that image through a loader.
damaged()
{
	local count="$1" blind='' image status=0
	shift

	[ "$1" != -k ] || { blind=-k && shift; }
	image="$work/$1"
	shift
	# shellcheck disable=SC2086
	"$HERE/mk_corpus" $blind -s "$SYSFS/$NAME/state" "$SEED" "$count" $NAME "$image" \
		"$work/damaged" "$@" >"$work/out" 2>&1 || status=$?
	print_lines "$work/out"
	return $status
}

# COUNT images of each format.
by_segments()
{
	damaged "$1" "$2" "$KEXEC" --multikernel=$NAME -l -c
}

by_file()
{
	damaged "$1" "$2" "$KEXEC" --multikernel=$NAME -l -s
}

by_kernel_alone()
{
	damaged "$1" -k "$2" "$HERE/mk_load_file" $NAME
}

# What the first of each need is needed once.
warm_up()
{
	by_segments 5 bzimage && by_segments 5 vmlinux && by_segments 5 multiboot2-32 &&
		by_file 5 bzimage && by_kernel_alone 5 bzimage
}

# field NAME...: of /proc/meminfo, in KiB, their sum.
field()
{
	awk -v names=" $* " 'index(names, " " $1 " ") { sum += $2 } END { print sum }' \
		/proc/meminfo
}

# KiB that CPUs have at hand and that are free, though not counted so.
kept_by_cpus()
{
	awk '$1 == "count:" { pages += $2 } END { print pages * 4 }' /proc/zoneinfo
}

# Of objects, and what is neither free nor accounted for: see mk_usage.c.
measure()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	echo 1 >/proc/sys/vm/stat_refresh
	objects=$(field SUnreclaim: Percpu:)
	vmalloc=$(field VmallocUsed:)
	lost=$(($(field MemTotal:) - $(kept_by_cpus) - $(field MemFree: Slab: AnonPages: Cached: \
		Buffers: PageTables: SecPageTables: Percpu: VmallocUsed:)))
}

# Where freed memory is kept for long, as by KASAN, this says nothing.
has_lost_nothing()
{
	local objects_before="$objects" vmalloc_before="$vmalloc" lost_before="$lost"

	measure
	ktap_print_msg "$((objects - objects_before)) KiB more of objects," \
		"$((vmalloc - vmalloc_before)) KiB by vmalloc()," \
		"$((lost - lost_before)) KiB more not accounted for"
	[ -e /sys/kernel/debug/kmemleak ] ||
		{ [ $((objects - objects_before)) -le $NOISE_OBJECTS ] &&
			[ $((vmalloc - vmalloc_before)) -le $NOISE ] &&
			[ $((lost - lost_before)) -le $NOISE ]; }
}

# As it was, with the sound image.
is_as_it_was()
{
	"$KEXEC" --multikernel=$NAME -l -s "$work/bzimage" && state_is $NAME loaded
}

ktap_print_header
ktap_set_plan 15
check "an instance is made" "$HERE/mk_create" $NAME "$cpu" $MEMORY
check "there is a small image of each format" make_images
check "some of each are read" warm_up
measure
check "bzImage by kexec_load(): refused or loaded" by_segments "$COUNT" bzimage
check "bzImage by kexec_file_load(): refused or loaded" by_file "$COUNT" bzimage
check "bzImage that only the kernel looks at: refused or loaded" \
	by_kernel_alone "$COUNT" bzimage
check "vmlinux: refused or loaded" by_segments "$COUNT" vmlinux
check "Multiboot: refused or loaded" by_segments "$COUNT" multiboot1
check "Multiboot with addresses: refused or loaded" by_segments "$COUNT" addresses
check "Multiboot2, ELF of 32 bits: refused or loaded" by_segments "$COUNT" multiboot2-32
check "Multiboot2, ELF of 64 bits: refused or loaded" by_segments "$COUNT" multiboot2-64
check "the sound image is loaded then" is_as_it_was
check "the host has lost no memory" has_lost_nothing
check "kexec -u destroys it" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
ktap_finished
