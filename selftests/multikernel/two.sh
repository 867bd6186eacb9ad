#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Two kernels at once, loaded and started at the same time by two processes:
# each has its own CPU, memory and command line, and one can be stopped while
# the other goes on.

. "$(dirname "$0")/mk_lib.sh"

ONE=selftest-one
TWO=selftest-two
require 2 512
cpu1=$(spare_cpu 1)
cpu2=$(spare_cpu 0)
apic1=$(apic_id "$cpu1")
apic2=$(apic_id "$cpu2")
token1=$(new_token)
token2=$(new_token)
log1=$(com_log 2)
log2=$(com_log 3)
before=$(host_state)

load()
{
	"$KEXEC" "--multikernel=$1" -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--append=mk.token=$2 mk.tick mk.which=$1" \
		"--cpus=$3" --memory=256M "--uart=$4"
}

# Both at once; fails when one of them does.
at_once()
{
	local first status=0

	"$1" $ONE "$token1" "$cpu1" "$MK_UART" &
	first=$!
	"$1" $TWO "$token2" "$cpu2" "$MK_UART2" || status=1
	wait "$first" || status=1
	return "$status"
}

start()
{
	"$KEXEC" "--multikernel=$1" -e
}

both_run()
{
	state_is $ONE running && state_is $TWO running
}

# has_only LOG TOKEN NAME OTHER: its own command line.
has_only()
{
	said "$1" "$2" "mk: cmdline .*mk.which=$3" && not said "$1" "$2" "mk.which=$4"
}

cpu_is()
{
	[ "$(said_value "$1" "$2" cpus)" = "1 (0)" ] && [ "$(said_value "$1" "$2" apicids)" = "$3" ]
}

no_range_is_shared()
{
	local one two

	for one in $(instance $ONE memory_ranges) $(instance $ONE low); do
		for two in $(instance $TWO memory_ranges) $(instance $TWO low); do
			if [ $((${one%-*})) -le $((${two#*-})) ] &&
					[ $((${two%-*})) -le $((${one#*-})) ]; then
				ktap_print_msg "both have $one"
				return 1
			fi
		done
	done
}

is_silent()
{
	local size

	size=$(wc -c <"$1")
	sleep 3
	[ "$(wc -c <"$1")" = "$size" ]
}

ktap_print_header
ktap_set_plan 16
check "two processes load two instances at once" at_once load
check "two processes start them at once" at_once start
check "both run" both_run
check_log 2 "the first reaches userspace and says its token" \
	wait_for 60 userspace "$log1" "$token1"
check_log 3 "the second reaches userspace and says its token" \
	wait_for 60 userspace "$log2" "$token2"
check_log 2 "the first has its own command line" has_only "$log1" "$token1" $ONE $TWO
check_log 3 "the second has its own command line" has_only "$log2" "$token2" $TWO $ONE
check_log 2 "the first has its own CPU alone" cpu_is "$log1" "$token1" "$apic1"
check_log 3 "the second has its own CPU alone" cpu_is "$log2" "$token2" "$apic2"
check "no memory belongs to both" no_range_is_shared
check "the host ticks on beside them" host_ticks_on
check "kexec --stop stops the first" "$KEXEC" --multikernel=$ONE --stop
check_log 2 "the first says nothing any more" is_silent "$log1"
check_log 3 "the second ticks on" goes_on_ticking "$log2" "$token2"
check "kexec -u destroys the second" "$KEXEC" --multikernel=$TWO -u
"$KEXEC" --multikernel=$ONE -u
check "CPUs, memory and UARTs are the host's as before" same_state "$before"
ktap_finished
