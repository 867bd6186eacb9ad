#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Spawned kernels store to nothing but their own memory, write no MSR that is not
# in mk_stores.list, and send interrupts by x2APIC to none but their own CPUs.
# QEMU's plugin scripts/vm.d/stores.c tells, so this is for a virtual machine of
# scripts/vm with "-plugin stores.so,out=stores.log". What is done to devices, and
# interrupts by xAPIC, audit.sh looks at.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-stores
MEMORY=128
HERE=$(dirname "$0")
TRACE=$MK_LOGS/stores.log
require 3 $MEMORY
[ -s "$TRACE" ] || skip_all "QEMU has no plugin that writes $TRACE"
dmesg | grep -q "x2apic enabled" || skip_all "not a machine in x2APIC mode"
log=$(com_log 2)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"
before=$(host_state)
work=$(mktemp -d)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# Where the host starts CPU $1, which now runs the host.
home()
{
	awk -v cpu="$1" '$1 == "life" && $2 == cpu { page = $4 } END { print page }' "$TRACE"
}

# load PARAMETERS [OPTION]: on the CPUs in $cpus.
load()
{
	local parameters="$1"
	shift

	token=$(new_token)
	home=$(home "${cpus%%,*}")
	seen=$(wc -l <"$TRACE")
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" "--cpus=$cpus" \
		"--memory=${MEMORY}M" "--uart=$MK_UART" \
		"--append=$LONG_DELAYS kunit.enable=0 mk.token=$token $parameters" "$@"
}

# From the start to the end of a spawned kernel, and what is its own meanwhile.
live()
{
	ids=$(instance $NAME apic_ids | tr , ' ')
	low=$(instance $NAME low)
	own="$(instance $NAME memory_ranges | tr '\n' ' ') $low"
	"$KEXEC" --multikernel=$NAME -e && runs_no_more $NAME
}

# The decoy is the only IOAPIC that it was told of.
decoy()
{
	boot_log "$log" "$token" |
		sed -n 's/.*I\/O APIC \(0x[0-9a-f]*\) registers return all ones.*/\1/p'
}

# summary KIND: of the CPUs in $cpus, whose numbers are also QEMU's.
summary()
{
	local cpu_list

	cpu_list=$(echo "$cpus" | tr , ' ')
	tail -n +$((seen + 1)) "$TRACE" >"$work/trace"
	awk -v kind="$1" -v cpus="$cpu_list" -v ids="$ids" -v home="$home" -v own="$own" \
		-v decoy="$(decoy)" -v host="$(apic_id 0)" -f "$HERE/mk_stores.awk" \
		"$HERE/mk_stores.list" "$work/trace" >"$work/summary"
	grep -e '^outside' -e '^total' "$work/summary" | sort | tail -n 12 | while read -r line; do
		ktap_print_msg "figure: $line"
	done
}

# none WORDS...: no line of the summary begins with one of them.
none()
{
	local word status=0

	[ -s "$work/summary" ] || return 1
	for word in "$@"; do
		grep "^$word" "$work/summary" >"$work/bad" || continue
		head -n 8 "$work/bad" >"$work/first"
		print_lines "$work/first"
		status=1
	done
	return $status
}

# sees LINE: some line of the summary is or begins so.
sees()
{
	grep -q -e "^$1\$" -e "^$1 " "$work/summary"
}

total()
{
	sed -n "s/^total $1 //p" "$work/summary"
}

# was_watched KIND COUNT: nothing is said by what was not written. A kernel in
# x2APIC mode starts its other CPUs by x2APIC, and goes on to send them work.
was_watched()
{
	none open idle || return 1
	[ "$(total stores)" -gt 10000000 ] || return 1
	[ "$1" = stock ] || [ "$2" -eq 1 ] || [ "$(total icr)" -gt $((10 * $2)) ]
}

# watch LABEL KIND NUMBER-OF-CPUS PARAMETERS [OPTION]
watch()
{
	local label="$1" kind="$2" count="$3"
	shift 3

	cpus=$(spare_cpus "$count")
	check "$label: it is loaded" load "$@"
	check "$label: it runs and ends" live
	check "$label: kexec -u gives all back" "$KEXEC" --multikernel=$NAME -u
	summary "$kind"
	check "$label: all of it was watched" was_watched "$kind" "$count"
}

# The same for a kernel that does nothing wrong.
life()
{
	watch "$@"
	check "$1: it stores to nothing else that is not listed" none "unlisted store"
	check "$1: it writes no MSR that is not listed" none "unlisted msr"
	check "$1: no interrupt goes to others" none astray
}

# One that stores to the slot below its own, which nobody has, writes an MTRR, and
# sends an interrupt to an APIC id that nobody has, 77.
astray()
{
	local bait msr=/dev/cpu/0/msr run

	bait=$(printf "%#x" $((${low%-*} - 0x8000)))
	run="devmem $bait 32 0; head -c 8 /dev/zero | dd of=$msr bs=8 seek=$((0x200 / 8));"
	run="$run printf '\373\0\0\0\115\0\0\0' | dd of=$msr bs=8 seek=$((0x830 / 8))"
	watch "a kernel that goes astray" spawned 1 "mk.run=\"$run\" mk.end=poweroff"
	check "a store elsewhere is seen" sees "unlisted store $bait 1"
	check "a write of an MTRR is seen" sees "unlisted msr 0x200 1"
	check "an interrupt to others is seen" sees "astray icr .* 0x4d 0xfb 1"
}

crash="mk.run=\"echo c >/proc/sysrq-trigger\""

ktap_print_header
ktap_set_plan $((5 * 7 + 1))
life "three CPUs" spawned 3 "mk.end=poweroff"
life "three CPUs and a panic" spawned 3 "$crash"
life "three CPUs without options" bare 3 "console=ttyS1,115200 mk.end=reboot" \
	--no-default-append
life "no control block" stock 3 "multikernel=off mk.end=poweroff"
astray
check "the host has all back" same_state "$before"
ktap_finished
