#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# What kexec refuses: exit status 1 (2 for a wrong command line), one line that
# says what was wrong, and nothing is taken.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-bad
require 2 256
cpu=$(spare_cpu 0)
other=$(spare_cpu 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# refused DESCRIPTION STATUS REGEX ARGUMENT...: by kexec
refused()
{
	local description="$1" status="$2" regex="$3"
	shift 3

	check "$description" is_refused "$status" "$regex" "$@"
}

is_refused()
{
	local status="$1" regex="$2" found=0 before
	shift 2

	before=$(host_state)
	"$KEXEC" "$@" >"$work/out" 2>"$work/err" || found=$?
	if [ "$found" -ne "$status" ]; then
		ktap_print_msg "exit status $found, not $status: $(head -n 3 "$work/err")"
		return 1
	fi
	if [ "$(cat "$work/out" "$work/err" | wc -l)" -ne 1 ]; then
		ktap_print_msg "not one line: $(cat "$work/out" "$work/err" | tr '\n' ';')"
		return 1
	fi
	if ! grep -q -i -e "$regex" "$work/err"; then
		ktap_print_msg "does not say '$regex': $(head -n 3 "$work/err")"
		return 1
	fi
	ktap_print_msg "$(head -n 1 "$work/err")"
	same_state "$before"
}

# Bytes of a file with those at an offset replaced: patch FILE OFFSET BYTES
patch()
{
	# shellcheck disable=SC2059
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

make_images()
{
	local flags

	head -c 600 "$MK_KERNEL" >"$work/header"
	head -c 1000000 "$MK_KERNEL" >"$work/short"
	head -c 100000 /dev/urandom >"$work/noise"
	: >"$work/empty"
	cp "$MK_KERNEL" "$work/32bit"
	flags=$(od -An -t u1 -j 566 -N 1 "$work/32bit")
	patch "$work/32bit" 566 "\\$(printf %o $((flags & ~1)))"
	dd if=/dev/zero of="$work/big" bs=1M count=160 2>/dev/null
}

bad_images()
{
	local image where="--cpus=$cpu --memory=128M"

	# shellcheck disable=SC2086
	for image in header short noise empty 32bit missing; do
		case $image in
		header) set -- "a bzImage cut short in its header" 'cut short\|not a bzImage' ;;
		short) set -- "a bzImage cut short" 'cut short' ;;
		noise) set -- "a file that is not a bzImage" 'bzImage' ;;
		empty) set -- "an empty file" 'is empty' ;;
		32bit) set -- "a bzImage without a 64-bit entry" '64' ;;
		missing) set -- "a file that is not there" 'no such file' ;;
		esac
		refused "$1 is refused" 1 "$2" --multikernel=$NAME -l "$work/$image" $where
	done
	# shellcheck disable=SC2086
	refused "an initrd that is not there is refused" 1 'no such file' \
		--multikernel=$NAME -l "$MK_KERNEL" "--initrd=$work/missing" $where
	# shellcheck disable=SC2086
	refused "an initrd that does not fit is refused" 1 'initrd does not fit' \
		--multikernel=$NAME -l "$MK_KERNEL" "--initrd=$work/big" $where
}

# creation DESCRIPTION STATUS REGEX NAME ARGUMENT...
creation()
{
	local description="$1" status="$2" regex="$3" name="$4"
	shift 4

	refused "$description" "$status" "$regex" "--multikernel=$name" -l "$MK_KERNEL" \
		"--initrd=$MK_INITRD" "$@"
}

bad_creations()
{
	local long=abcdefghijklmnopqrstuvwxyz0123456789

	creation "CPU 0 is refused" 1 'boot processor' $NAME --cpus=0 --memory=128M
	creation "an absent CPU is refused" 1 'no CPU 63' $NAME --cpus=63 --memory=128M
	creation "a list of CPUs that is none is refused" 2 cpus $NAME --cpus=x --memory=128M
	creation "more memory than the machine has is refused" 1 'more than this kernel can give' \
		$NAME --cpus="$cpu" --memory=1024G
	creation "no memory is refused" 2 memory $NAME --cpus="$cpu" --memory=0
	creation "a size that is none is refused" 2 memory $NAME --cpus="$cpu" --memory=lots
	creation "a name with a slash is refused" 2 name a/b --cpus="$cpu" --memory=128M
	creation "a name that begins with a digit is refused" 2 name 1a --cpus="$cpu" --memory=128M
	creation "a name that is too long is refused" 2 name $long --cpus="$cpu" --memory=128M
	creation "a UART that there is not is refused" 2 uart $NAME \
		--cpus="$cpu" --memory=128M --uart=COM9
	creation "a new name without --cpus is refused" 2 cpus $NAME --memory=128M
	creation "a new name without --memory is refused" 2 memory $NAME --cpus="$cpu"
	echo 0 >"$CPUS/cpu$cpu/online"
	creation "an offline CPU is refused" 1 offline $NAME --cpus="$cpu" --memory=128M
	echo 1 >"$CPUS/cpu$cpu/online"
}

nobody()
{
	local what

	for what in -e -u --stop --status; do
		refused "$what of a name that is nobody's is refused" 1 'no such instance' \
			--multikernel=$NAME $what
	done
}

load()
{
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" "$@"
}

state_of_an_instance()
{
	check "an instance is made" load "--cpus=$cpu" --memory=128M
	creation "an owned CPU is refused to another name" 1 \
		"belongs to instance $NAME" $NAME-other \
		--cpus="$cpu" --memory=128M
	creation "another --cpus for a name that is taken is refused" 1 "exists with cpus" $NAME \
		--cpus="$other" --memory=128M
	creation "another --memory for a name that is taken is refused" 1 \
		"exists with memory" $NAME \
		--cpus="$cpu" --memory=192M
	refused "--stop before -e is refused" 1 'nothing to stop' --multikernel=$NAME --stop
	check "-l loads again" load
	check "-e starts it" "$KEXEC" --multikernel=$NAME -e
	refused "-e twice is refused" 1 running --multikernel=$NAME -e
	creation "-l while it runs is refused" 1 running $NAME
	check "--stop stops it" "$KEXEC" --multikernel=$NAME --stop
	refused "-e before -l is refused" 1 'nothing is loaded' --multikernel=$NAME -e
	check "-l loads it after a stop" load
	check "-u destroys it" "$KEXEC" --multikernel=$NAME -u
}

before=$(host_state)
make_images
ktap_print_header
ktap_set_plan 39
bad_images
bad_creations
nobody
state_of_an_instance
check "the host has all back" same_state "$before"
ktap_finished
