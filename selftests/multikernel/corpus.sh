#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Damaged images: each is refused with one line, or loaded when the damage is
# where nobody looks, and this kernel loses nothing. None is started. MK_CORPUS says how
# many there are of each format, MK_SEED which ones.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-corpus
MEMORY=64
COUNT=${MK_CORPUS:-40}
SEED=${MK_SEED:-1}
DAMAGE=$(dirname "$0")/mk_damage
# KiB of unreclaimable kernel memory that may come and go by itself.
NOISE=1024
require 1 $MEMORY
before=$(host_state)
cpus=$(spare_cpu 0)
work=$(mktemp -d)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# Little-endian bytes of a file: put FILE OFFSET BYTES NUMBER
put()
{
	local i octal=''

	for i in $(seq 0 $(($3 - 1))); do
		octal="$octal\\0$(printf %o $((($4 >> (8 * i)) & 255)))"
	done
	printf %b "$octal" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# The headers of a bzImage and the begin of what follows: it loads as fast as the
# others. Its sizes are put right.
small_bzimage()
{
	local setup

	setup=$((($(od -An -t u1 -j 497 -N 1 "$MK_KERNEL") + 1) * 512))
	head -c $((setup + 65536)) "$MK_KERNEL" >"$1"
	put "$1" 500 4 $((65536 / 16))
	put "$1" 584 4 1024
	put "$1" 588 4 32768
	put "$1" 608 4 $((1024 * 1024))
}

load()
{
	"$KEXEC" --multikernel=$NAME -l "$@" >"$work/out" 2>"$work/err"
}

# One line that names the instance, and a state that goes with the exit status.
is_well_said()
{
	local status="$1" state="$2"

	case $status in
	0) [ "$state" = loaded ] && ! [ -s "$work/err" ] ;;
	1) [ "$state" != starting ] && [ "$(wc -l <"$work/err")" -eq 1 ] &&
		grep -q "^kexec: $NAME: " "$work/err" ;;
	*) false ;;
	esac
}

# damaged IMAGE ARGUMENT...: load each variant of it.
damaged()
{
	local image="$1" number=0 loaded=0 status
	shift

	while [ $number -lt "$COUNT" ]; do
		number=$((number + 1))
		"$DAMAGE" "$SEED" $number "$image" >"$work/damaged" || return 1
		status=0
		load "$work/damaged" "$@" || status=$?
		if ! is_well_said $status "$(instance $NAME state)"; then
			ktap_print_msg "mk_damage $SEED $number: status $status," \
				"$(instance $NAME state): $(head -n 3 "$work/err")"
			return 1
		fi
		[ $status -ne 0 ] || loaded=$((loaded + 1))
		cat "$work/err" >>"$work/reasons"
	done
	ktap_print_msg "$loaded of $COUNT loaded, the others for" \
		"$(sed 's/[0-9].*//' "$work/reasons" | sort -u | wc -l) reasons"
	[ $loaded -lt "$COUNT" ]
}

unreclaimable()
{
	awk '$1 == "SUnreclaim:" || $1 == "Percpu:" || $1 == "KernelStack:" { sum += $2 }
		END { print sum }' /proc/meminfo
}

# grew_by COMMAND...: by less than the noise
leaks_nothing()
{
	local before

	before=$(unreclaimable)
	"$@" || return 1
	ktap_print_msg "$(($(unreclaimable) - before)) KiB more than before"
	[ $(($(unreclaimable) - before)) -le $NOISE ]
}
