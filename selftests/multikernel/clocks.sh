#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# A spawned kernel's clocks go as the host's do, though it has no device to
# measure them by. Both kernels read theirs against the time stamp counter.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-clocks
MEMORY=128
CLOCK=$(dirname "$0")/mk_clock
SECONDS_APART=10
require 2 $MEMORY
log=$(com_log 2)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"
before=$(host_state)
work=$(mktemp -d)
cpus=$(spare_cpu 1),$(spare_cpu 0)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

spawn()
{
	local run="mk.run=\"/mk_clock $SECONDS_APART\""

	token=$(new_token)
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$work/initrd" \
		--no-default-append "--cpus=$cpus" "--memory=${MEMORY}M" "--uart=$MK_UART" \
		"--append=console=ttyS1,115200 mk.token=$token $run" &&
		"$KEXEC" --multikernel=$NAME -e
}

# Both pairs of lines, the host's first.
read_clocks()
{
	"$CLOCK" $SECONDS_APART >"$work/host" &&
		wait_for 60 said "$log" "$token" "mk: run: exit status 0" || return 1
	sed -n "/mk: userspace $token/,\$p" "$log" | tr -d '\r' |
		sed -n 's/.*mk: run: \([0-9]* [0-9]* [0-9]*\)$/\1/p' >"$work/child"
	[ "$(wc -l <"$work/child")" -eq 2 ]
}

# figure EXPRESSION: of h1 h2 c1 c2, counter values, and H1 H2 C1 C2, the time
# of day then, and m1 m2, the spawned kernel's time since its start.
figure()
{
	cat "$work/host" "$work/child" | awk "{ t[NR] = \$1; r[NR] = \$2; m[NR] = \$3 }
		END { h1 = t[1]; h2 = t[2]; c1 = t[3]; c2 = t[4]
		H1 = r[1]; H2 = r[2]; C1 = r[3]; C2 = r[4]; m1 = m[3]; m2 = m[4]
		rate = (H2 - H1) / (h2 - h1); printf \"%.9f\", $1 }"
}

# between LOW HIGH VALUE
between()
{
	echo "$3" | awk -v low="$1" -v high="$2" '{ exit !($1 >= low && $1 <= high) }'
}

same_rate()
{
	local ratio

	ratio=$(figure "(C2 - C1) / (c2 - c1) / rate")
	ktap_print_msg "figure: its second is $ratio of the host's"
	between 0.999 1.001 "$ratio"
}

# A Linux does not count what passes between its look at the clock and its first
# tick, which is a second here when the machine is busy.
same_time_of_day()
{
	local ahead

	ahead=$(figure "(C1 - H1 - (c1 - h1) * rate) / 1e9")
	ktap_print_msg "figure: it is $ahead s ahead of the host's time of day"
	between -5 1 "$ahead"
}

# A local APIC's timer that goes at another rate than it thinks is early or late.
timer_is_right()
{
	local slept

	slept=$(figure "(c2 - c1) * rate / 1e9")
	ktap_print_msg "figure: a sleep of $SECONDS_APART s took $slept s of the host's"
	between $SECONDS_APART $((SECONDS_APART + 10)) "$slept"
}

ktap_print_header
ktap_set_plan 9
check "an initramfs is made" initrd_with "$work/initrd" "$CLOCK"
check "a kernel is spawned without kexec's options" spawn
check "it reaches userspace" wait_for 60 userspace "$log" "$token"
check "both kernels read their clocks" read_clocks
check "its clock has the host's rate within 0.1 %" same_rate
check "its time of day is the host's within 5 s" same_time_of_day
check "its timers are right" timer_is_right
check "kexec -u destroys it" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
ktap_finished
