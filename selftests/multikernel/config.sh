#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# kexec --config and --dry-run: an instance is made of a file, a file that is wrong
# touches nothing, and a plan says what a load then does. What is said of each kind
# of wrong line is tested by "make check" of kexec-tools.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-config
require 2 256
before=$(host_state)
work=$(mktemp -d)
cpu=$(spare_cpu 0)
other=$(spare_cpu 1)
apic=$(apic_id "$cpu")
file=$work/$NAME.conf
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

mk()
{
	"$KEXEC" --multikernel "$@"
}

# write LINE...: a file that is right, with more lines.
write()
{
	cat >"$file" <<-END
		# An instance of a test
		kernel = $MK_KERNEL
		initrd = $MK_INITRD
		cpus = $cpu
		memory = 128M
		append = "mk.token=$token mk.run=uname"
	END
	printf '%s\n' "$@" >>"$file"
}

# fails STATUS TEXT... -- ARGUMENT...: kexec says each of the texts in a line of its
# own and nothing else, and nothing has changed.
fails()
{
	local wanted="$1" lines=0 status=0 state
	shift

	state=$(host_state)
	: >"$work/texts"
	while [ "$1" != -- ]; do
		echo "$1" >>"$work/texts"
		shift
	done
	shift
	mk "$@" >"$work/out" 2>"$work/err" || status=$?
	print_lines "$work/err"
	while IFS= read -r text; do
		grep -q -F -e "$text" "$work/err" || return 1
		lines=$((lines + 1))
	done <"$work/texts"
	[ "$status" -eq "$wanted" ] && [ ! -s "$work/out" ] &&
		[ "$(wc -l <"$work/err")" -eq "$lines" ] && same_state "$state"
}

fails_as_too_long()
{
	fails 1 "characters, this kernel takes" -- "--config=$file" --dry-run \
		"--append=$(head -c 4000 /dev/zero | tr '\0' a)"
}

plan()
{
	mk "--config=$file" --dry-run --json >"$work/plan"
}

# planned KEY: its value in the plan, a text or a number.
planned()
{
	sed -n "s/^  \"$1\": \"\{0,1\}\(.*[^\",]\)\"\{0,1\},\$/\1/p" "$work/plan"
}

# planned_at WHAT: "START SIZE" in the plan.
planned_at()
{
	local number='\([0-9]*\)'

	sed -n "s/.*{\"start\": $number, \"size\": $number, \"what\": \"$1\"}.*/\1 \2/p" \
		"$work/plan"
}

plan_is()
{
	[ "$(planned "$1")" = "$2" ] && return
	ktap_print_msg "$1 is '$(planned "$1")'"
	return 1
}

changes_nothing()
{
	local state

	state=$(host_state)
	"$@" && same_state "$state"
}

# The segments that kexec -d said it loads, as "START SIZE", from the start of the
# instance's memory.
segments()
{
	local origin="$1" start end

	sed -n 's/^kexec: segment \(0x[0-9a-f]*\)-\(0x[0-9a-f]*\)$/\1 \2/p' "$work/debug" |
		while read -r start end; do
			echo "$((start - origin)) $((end - start + 1))"
		done
}

load()
{
	mk "--config=$file" -c -d >"$work/debug" 2>&1
}

# What was planned before, from where the memory turned out to be.
is_loaded_as_planned()
{
	local origin what

	origin=$(instance $NAME memory_ranges | head -n 1)
	[ "$(instance $NAME memory_ranges | wc -l)" -eq 1 ] || return 1
	for what in kernel "zero page" "command line" initrd; do
		planned_at "$what"
	done >"$work/planned"
	segments "${origin%-*}" >"$work/loaded"
	print_lines "$work/planned"
	print_lines "$work/loaded"
	[ "$(wc -l <"$work/loaded")" -eq 4 ] && cmp -s "$work/planned" "$work/loaded"
}

# But for the rate of the time stamp counter, which was not known.
cmdline_is_as_planned()
{
	local line

	line=$(instance $NAME cmdline | sed 's/tsc_early_khz=[0-9]*/tsc_early_khz=NNNNNNN/')
	plan_is cmdline "$line"
}

# The memory has at the planned address what the kernel is told.
memory_has_cmdline()
{
	local at

	plan && at=$(planned_at "command line") || return 1
	dd if=/dev/mem bs=4096 skip=$((${at% *} / 4096)) count=1 2>/dev/null |
		tr '\0' '\n' | head -n 1 >"$work/found"
	[ "$(cat "$work/found")" = "$(instance $NAME cmdline)" ]
}

runs()
{
	"$KEXEC" --multikernel=$NAME -e && wait_for 60 log_says Linux &&
		"$KEXEC" --multikernel=$NAME --stop
}

log_says()
{
	"$KEXEC" --multikernel=$NAME --dmesg 2>/dev/null | grep -q "mk: run: $1\$"
}

token=$(new_token)
ktap_print_header
ktap_set_plan 31
write "node = 77" "on_crash = stop" "cpus = 1"
check "all that is wrong with a file is told, with its lines" fails 2 \
	"$file:8: there is no key 'on_crash'" "$file:9: cpus is in line 4 already" -- \
	"--config=$file"
write "initrd = /gone"
check "so is a second initrd" fails 2 "$file:7: initrd is in line 3" -- "--config=$file"
check "a file that is not there is refused" fails 2 "No such file" -- "--config=$work/gone"
write "node = 77"
check "a plan for a node that is not there fails" fails 1 "$file:7: there is no NUMA node 77" -- \
	"--config=$file" --dry-run
check "a plan tells all that is wrong" fails 1 "CPU 0 is the boot" "no NUMA node 77" \
	"is more than this kernel can give" -- \
	"--config=$file" --dry-run --cpus=0 --memory=64G
check "a plan for a kernel that does not fit fails" fails 1 "does not fit" -- \
	"--config=$file" --dry-run --memory=32M
write
check "a plan for a command line that is too long fails" fails_as_too_long
check "a plan for a CPU that is not there fails" fails 1 "$NAME: there is no CPU 63" -- \
	"--config=$file" --dry-run --cpus=63
check "a plan with a port that is the host's console fails" fails 1 "a console of this kernel" -- \
	"--config=$file" --dry-run --uart=COM1
check "a plan can be made, and nothing is taken" changes_nothing plan
check "it has the file's name" plan_is name $NAME
check "it has the CPU" plan_is cpus "$cpu"
check "it has the CPU's APIC id" plan_is apic_ids "$apic"
check "it has the memory in bytes" plan_is memory 134217728
check "it has the kernel's release" plan_is release "$(uname -r)"
check "it is for people as well" mk "--config=$file" --dry-run
check "the file makes an instance" load
check "its state is loaded" state_is $NAME loaded
check "everything is where the plan had it" is_loaded_as_planned
check "its command line is what was planned" cmdline_is_as_planned
check "a plan for the same once more has real addresses" memory_has_cmdline
check "it runs and has what the file appends" runs
check "the file loads it once more" load
check "a file with another CPU is refused then" fails 1 "says otherwise" -- \
	"--config=$file" "--cpus=$other"
check "so is a plan for that" fails 1 "says otherwise" -- "--config=$file" "--cpus=$other" --dry-run
check "so is a node on the command line" fails 1 "--node is for a new" -- "--config=$file" --node=0
check "so are whole cores" fails 1 "--whole-cores is for a new" -- "--config=$file" --whole-cores
write "node = 0" "whole-cores = yes"
check "a file may say both" load
"$KEXEC" --multikernel=$NAME -e
check "a plan for one that runs fails" fails 1 "it is running" -- "--config=$file" --dry-run
check "-u destroys it" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
ktap_finished
