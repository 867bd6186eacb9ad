#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# The scheduler of Linux 6.12 warns of a CPU that goes offline with an active fair
# server, "Dying CPU not properly vacated", once in some hundred times.
#
# CPUs go offline and come online in this kernel, one after the other without a
# pause, while instances come and go. MK_STORM_SECONDS says how long, 15 unless
# told.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-storm
MEMORY=${MK_MEMORY:-128}
SECONDS_EACH=$(((${MK_STORM_SECONDS:-15} + 1) / 2))
require 3 "$MEMORY"
cpu=$(spare_cpu 0)
others="$(spare_cpu 1) $(spare_cpu 2)"
before=$(host_state)
work=$(mktemp -d)
trap 'end_storm; clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# switch CPU 0|1: counts what was done, not what was refused.
switch()
{
	echo "$2" >"$CPUS/cpu$1/online" || return 1
	switched=$((switched + 1))
	echo $switched >"$work/switched"
} 2>/dev/null

storm()
{
	local which

	switched=0
	while [ -e "$work/storm" ]; do
		for which in $1; do
			switch "$which" 0
			switch "$which" 1
		done
	done
}

begin_storm()
{
	touch "$work/storm"
	echo 0 >"$work/switched"
	storm "$1" &
	stormer=$!
}

# The last try to bring a CPU online may have come when a creation wanted it.
end_storm()
{
	local which

	rm -f "$work/storm"
	[ -z "$stormer" ] || wait "$stormer"
	stormer=''
	for which in $cpu $others; do
		echo 1 >"$CPUS/cpu$which/online"
	done
} 2>/dev/null

# step ARGUMENT...: kexec; what it says goes to a file for the first that fails.
step()
{
	"$KEXEC" --multikernel=$NAME "$@" >"$work/step" 2>&1 && return
	ktap_print_msg "kexec $1 $2: $(head -n 1 "$work/step")"
	return 1
}

create()
{
	step -l "$MK_KERNEL" "--initrd=$MK_INITRD" "--cpus=$cpu" "--memory=${MEMORY}M"
}

# A life, with a restart in it every other time.
live()
{
	step -e && step --stop || return 1
	if [ $((lives % 2)) -eq 1 ]; then
		step -l "$MK_KERNEL" "--initrd=$MK_INITRD" && step -e
	fi
}

# The CPU itself was offline when the instance was to get it.
is_documented()
{
	grep -q -e "CPU $cpu is offline" -e "CPUs $cpu is offline" "$work/step"
}

# lives_for SECONDS: without an error but that one, if it is $2.
lives_for()
{
	local end=$(($(clock) + $1 * 100)) allowed="${2:-}"

	lives=0
	refused=0
	while [ "$(clock)" -lt $end ] ||
	      { [ "$(clock)" -lt $((end + 6000)) ] && ! cpus_came_and_went; }; do
		if ! create >"$work/create"; then
			{ [ -n "$allowed" ] && is_documented; } || {
				cat "$work/create"
				return 1
			}
			refused=$((refused + 1))
			continue
		fi
		live && step -u || return 1
		lives=$((lives + 1))
	done
	ktap_print_msg "$lives lives, $refused refused," \
		"$(cat "$work/switched") times a CPU came or went"
	[ $((lives + refused)) -gt 0 ]
}

cpus_came_and_went()
{
	[ "$(cat "$work/switched")" -ge 4 ]
}

# The CPU that is an instance's is refused to who wants it online.
stays_away()
{
	create && not switch "$cpu" 1 && not is_online "$cpu" && step -u
}

ktap_print_header
ktap_set_plan 7
begin_storm "$others"
check "instances come and go while the other CPUs do" lives_for "$SECONDS_EACH"
end_storm
check "and those came and went" cpus_came_and_went
check "the host has all back" same_state "$before"
begin_storm "$cpu $others"
check "the same while their own CPU does so, if it is there when it is asked for" \
	lives_for "$SECONDS_EACH" offline
end_storm
check "and all of them came and went" cpus_came_and_went
check "the host has all back then as well" same_state "$before"
check "an instance's CPU does not come online" stays_away
ktap_finished
