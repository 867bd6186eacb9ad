#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# The doorbell between this kernel and spawned ones: no ring is lost, one that
# rings without end takes no more than its share, 4000 interrupts a second, which
# leave a third of the boot processor's time in QEMU at least, and one that does not
# stop when it is told to is ended. MK_RINGS says how often to ring, MK_RINGS_ALONE
# how often with a wait after each.
#
# Usage: doorbell.sh [few]	few: only that rings are answered, not too many

. "$(dirname "$0")/mk_lib.sh"

ONE=selftest-one
TWO=selftest-two
MEMORY=128
ECHO=/sys/kernel/debug/multikernel/echo
# What a spawned kernel may ring in a second: 16 times in 4 ms. Interrupts that are
# on their way when it is told to stop come on top.
SHARE=4000
ALL=5000
require 3 $((2 * MEMORY))
log1=$(com_log 2)
log2=$(com_log 3)
[ -n "$log1" ] || skip_all "what comes out of serial ports cannot be seen here"
[ -w $ECHO ] || skip_all "nothing rings on demand: CONFIG_MULTIKERNEL_DEBUG"
before=$(host_state)
cpus1=$(spare_cpu 2),$(spare_cpu 1)
cpus2=$(spare_cpu 0)
trap 'clean_up $ONE $TWO' EXIT
trap 'exit 143' INT TERM

spawn_one()
{
	spawn_to_userspace $ONE "$cpus1" COM2 "$1"
}

spawn_two()
{
	spawn_to_userspace $TWO "$cpus2" COM3 "$1"
}

# Interrupts that rang here.
interrupts()
{
	awk '$1 == "PLT:" { for (i = 2; $i ~ /^[0-9]+$/; i++) sum += $i } END { print sum + 0 }' \
		/proc/interrupts
}

# ring NAME COUNT BATCH: it fails when one is lost.
ring()
{
	local before from answers

	before=$(interrupts)
	from=$(clock)
	echo "$(instance "$1" id) $2 $3" >$ECHO || return 1
	answers=$(($(interrupts) - before))
	ktap_print_msg "$2 rings, $answers came back," \
		"in $(($(clock) - from)) hundredths of a second"
	# Without interrupts a timer would see each answer. It does so when the bell
	# is muffled, and when several are one.
	[ "$3" -gt 1 ] || [ $answers -ge $(($2 / 20)) ]
}

ring_both()
{
	local status=0

	ring $TWO "$1" 1 >/dev/null &
	ring $ONE "$1" 1 || status=1
	wait $! && return $status
}

# More than echoes that this kernel asked for account for.
rings_here()
{
	[ "$(interrupts)" -gt $((count + 500)) ]
}

# The interrupts of a second, for as long as three: no more than there were.
rate()
{
	local before from

	from=$(clock)
	before=$(interrupts)
	sleep 3
	echo $((($(interrupts) - before) * 100 / ($(clock) - from)))
}

# What the boot processor gets done in two seconds.
# shellcheck disable=SC2016
work()
{
	taskset 1 sh -c 'read -r now rest </proc/uptime; end=$((${now%.*} + 2)); count=0
		while [ "${now%.*}" -lt $end ]; do
			count=$((count + 1))
			read -r now rest </proc/uptime
		done
		echo $count'
}

# ringing HOW: parameters of a kernel that does that from its sixth second on.
ringing()
{
	echo "mk.tick mk.run=\"sleep 4; echo $1 >/sys/kernel/debug/multikernel_guest/ring\""
}

keeps_to_its_share()
{
	local rate

	rate=$(rate)
	ktap_print_msg "$rate rings a second of at most $SHARE"
	[ "$rate" -gt 100 ] && [ "$rate" -le $ALL ]
}

# Somebody else may have had the machine meanwhile.
leaves_a_third()
{
	local got

	got=$(work)
	ktap_print_msg "the boot processor gets $got done beside them," \
		"$undisturbed beside a kernel that rings for nobody"
	[ $((got * 3)) -ge "$undisturbed" ]
}

# One that has as much to do and rings for nobody: what a CPU takes from another in
# an emulated machine is no matter of rings.
measure_undisturbed()
{
	spawn_one 'mk.tick mk.run="while :; do :; done"' && sleep 2 && undisturbed=$(work) &&
		stop_one
}

# polite HOW LABEL
polite()
{
	check "$2: a kernel is spawned" spawn_one "$(ringing "$1")"
	count=$(interrupts)
	check "$2: it rings" wait_for 120 rings_here
	check "$2: it rings no more than it may" keeps_to_its_share
	check "$2: the boot processor has a third of its time at least" wait_for 60 leaves_a_third
	check "$2: it rings no more than that afterwards" keeps_to_its_share
	check "$2: its sibling is rung meanwhile" ring $TWO 2000 1
	check "$2: it goes on" goes_on_ticking "$log1" "$token"
	check "$2: its sibling does" goes_on_ticking "$log2" "$token2"
}

# rude HOW LABEL [PARAMETERS]: two that run and may have rung for nothing cannot be
# told apart.
rude()
{
	check "$2: a kernel is spawned" spawn_one "$(ringing "$1") ${3:-}"
	check "$2: it is ended" ends_so $ONE crashed "rang without end"
	check "$2: it is quiet then" is_quiet
}

is_quiet()
{
	[ "$(rate)" -lt 10 ]
}

stop_one()
{
	"$KEXEC" --multikernel=$ONE --stop
}

strange_rings_are_counted()
{
	ktap_print_msg "$(instance $ONE rings) rings," \
		"$(instance $ONE unknown_rings) for what is not known"
	[ "$(instance $ONE unknown_rings)" -gt 100 ]
}

# answers ALONE MANY BOTH: how often to ring in each way.
answers()
{
	check "a kernel is spawned" spawn_one mk.tick
	check "another is spawned" spawn_two mk.tick
	token2=$token
	check "each ring is answered" ring $ONE "$1" 1
	check "the last of many rings is answered" ring $ONE "$2" 100
	check "each ring is answered when two are rung at a time" ring_both "$3"
	check "it stops when it was asked" stop_one
}

few()
{
	answers 500 20000 500
	"$KEXEC" --multikernel=$ONE -u
	"$KEXEC" --multikernel=$TWO -u
	check "the host has all" same_state "$before"
	ktap_finished
}

ktap_print_header
if [ "${1:-}" = few ]; then
	ktap_set_plan 7
	few
fi
ktap_set_plan 39
check "the CPU that is rung cannot go offline" not test -e /sys/devices/system/cpu/cpu0/online
answers "${MK_RINGS_ALONE:-5000}" "${MK_RINGS:-200000}" 2000
check "what the boot processor gets done is measured" measure_undisturbed
polite 1 "politely"
check "politely: it stops when it was asked" stop_one
polite 2 "strangely"
check "strangely: what is not known is counted" strange_rings_are_counted
check "strangely: it stops when it was asked" stop_one
rude 3 "defiantly"
check "defiantly: its sibling goes on" goes_on_ticking "$log2" "$token2"
"$KEXEC" --multikernel=$TWO --stop
stray=$(cat "$SYSFS/stray_rings")
rude 4 "for nothing"
check "for nothing: that is counted" test "$(cat "$SYSFS/stray_rings")" -gt "$stray"
# What it says of itself has a wrong magic, so that it has no doorbell.
rude 4 "unheard" multikernel_abi=3
"$KEXEC" --multikernel=$ONE -u
"$KEXEC" --multikernel=$TWO -u
check "the host has all" same_state "$before"
ktap_finished
