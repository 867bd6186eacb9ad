#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# The host ends while kernels that it has spawned run, and none of them runs on
# in memory that is no longer its own.
#
# Usage: hostend.sh WAY		in the kernel that is to end
#        hostend.sh WAY after	in the one that came after it
#
# WAY is reboot, poweroff, halt, emergency (a reset by sysrq), panic (without a
# kernel for it), kexec (-e, into the same kernel), crash (kexec -p, and then
# a panic), busy or busy-panic: a reboot or a panic while a stop waits for a kernel
# that was asked and does not listen. It ends the machine that it runs on, so it asks
# for a virtual machine whose initramfs is MK_LOGS/initrd, runs this again after kexec
# when mk.after= is on the command line, and is watched from outside: scripts/vm.

. "$(dirname "$0")/mk_lib.sh"

WAY=$1
PART=${2:-before}
ONE=selftest-one
TWO=selftest-two
MEMORY=${MK_MEMORY:-256}
FACTS=$MK_LOGS/hostend.facts
PAUSE=10

# What both parts say, and those outside, is planned in the first.
tests()
{
	case $WAY in
	emergency) echo 6 ;;
	reboot|poweroff|panic) echo 7 ;;
	halt|busy-panic) echo 8 ;;
	busy) echo 9 ;;
	kexec) echo 11 ;;
	crash) echo 14 ;;
	esac
}

# It writes memory all the time, and is deaf to who asks it to end.
spawn()
{
	local work="(while :; do cat /proc/uptime >/tmp/now; done) >/dev/null 2>&1 &"

	"$KEXEC" "--multikernel=$1" -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--append=mk.token=$2 mk.tick mk.self=\"trap '' USR2\" mk.run=\"$work\"" \
		"--cpus=$3" "--memory=${MEMORY}M" "--uart=$4" &&
		"$KEXEC" "--multikernel=$1" -e
}

reach_userspace()
{
	wait_for 100 userspace "$(com_log 2)" "$token1" &&
		wait_for 100 userspace "$(com_log 3)" "$token2"
}

both_tick()
{
	goes_on_ticking "$(com_log 2)" "$token1" && goes_on_ticking "$(com_log 3)" "$token2"
}

# Of these ranges of memory, or fails.
sums()
{
	# shellcheck disable=SC2086
	"$(dirname "$0")/mk_sum" $1
}

sums_differ()
{
	local before now

	before=$(sums "$1") && sleep $PAUSE && now=$(sums "$1") && [ "$before" != "$now" ]
}

sums_stay()
{
	local before now

	before=$(sums "$1") && sleep $PAUSE && now=$(sums "$1") || return 1
	ktap_print_msg "of $1: $before, then $now"
	[ "$before" = "$now" ]
}

# Facts of the first kernel for the next one.
remember()
{
	{
		echo "cpus='$cpus'"
		echo "mib='$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)'"
		echo "ranges='$(echo "$ranges" | tr '\n' ' ')'"
		echo "token1='$token1'"
		echo "token2='$token2'"
	} >"$FACTS"
}

# Each range as reserved memory of the next kernel.
reserved()
{
	local range

	for range in $ranges; do
		printf 'memmap=%d$%s ' $((${range#*-} + 1 - ${range%-*})) "${range%-*}"
	done
}

# The command line of the next kernel: this one's with $1.
next_cmdline()
{
	echo "$(sed -e 's/crashkernel=[^ ]*//' -e 's/ *$//' /proc/cmdline)" \
		"$1 mk.after=hostend.sh/$WAY"
}

load_next()
{
	"$KEXEC" "$1" "$MK_KERNEL" "--initrd=$MK_LOGS/initrd" "--append=$(next_cmdline "$2")"
}

end_host()
{
	echo "<5>mk-test: ends by $WAY" >/dev/kmsg
	case $WAY in
	reboot|poweroff|halt) "$WAY" -f ;;
	busy) reboot -f ;;
	emergency) echo b >/proc/sysrq-trigger ;;
	panic|crash|busy-panic) echo c >/proc/sysrq-trigger ;;
	kexec) "$KEXEC" -e ;;
	esac
	sleep 100
	ktap_print_msg "the host is still there"
}

keep_busy()
{
	"$KEXEC" --multikernel=$ONE --stop --timeout=300 >/dev/null 2>&1 &
	wait_for 20 state_is $ONE stopping
}

before()
{
	if ! grep -q 'mk\.vm=' /proc/cmdline || [ ! -r "$MK_LOGS/initrd" ]; then
		skip_all "ends the machine: only in scripts/vm"
	fi
	require 3 $((MEMORY * 2))
	cpus=$(nproc)
	token1=$(new_token)
	token2=$(new_token)
	ktap_print_header
	ktap_set_plan "$(tests)"
	check "a kernel is spawned on two CPUs" \
		spawn $ONE "$token1" "$(spare_cpu 1),$(spare_cpu 0)" COM2
	check "another is spawned on one" spawn $TWO "$token2" "$(spare_cpu 0)" COM3
	check "both reach userspace" reach_userspace
	ranges="$(instance $ONE memory_ranges) $(instance $TWO memory_ranges)"
	case $WAY in
	kexec)
		check "the sums of their memory differ while they run" sums_differ "$ranges"
		check "the next kernel is loaded" load_next -l "$(reserved)maxcpus=1"
		;;
	crash)
		check "the sums of their memory differ while they run" sums_differ "$ranges"
		check "the crash kernel is loaded" load_next -p "nr_cpus=1"
		;;
	esac
	check "both tick on until the host ends" both_tick
	case $WAY in
	busy*) check "the first is being stopped, which takes long" keep_busy ;;
	esac
	remember
	end_host
	exit 1
}

# The sizes of what came out of their ports.
said_sizes()
{
	wc -c <"$(com_log 2)"
	wc -c <"$(com_log 3)"
}

say_nothing_more()
{
	[ "$(said_sizes)" = "$silent" ]
}

is_online_alone()
{
	[ "$(cat $CPUS/online)" = "$1" ]
}

# They wait until now, as the next kernel would itself stop what runs on them.
get_all_cpus()
{
	local file

	for file in "$CPUS"/cpu*/online; do
		[ "$(cat "$file")" = 1 ] || echo 1 >"$file"
	done
	ktap_print_msg "CPUs $(cat $CPUS/online), before $cpus of them"
	[ "$(nproc)" = "$cpus" ]
}

# No page of those is this kernel's memory.
is_no_ram()
{
	local range line start end

	for range in $ranges; do
		while read -r line; do
			start=0x${line%%-*}
			end=0x${line#*-}
			if [ $((start)) -le $((${range#*-})) ] &&
			   [ $((end)) -ge $((${range%-*})) ]; then
				ktap_print_msg "$range is in RAM $line"
				return 1
			fi
		done <<-END
		$(sed -n 's/^\([0-9a-f]*-[0-9a-f]*\) : System RAM/\1/p' /proc/iomem)
		END
	done
}

is_elf_core()
{
	[ "$(od -An -t x1 -N 4 /proc/vmcore)" = " 7f 45 4c 46" ] &&
		[ "$(od -An -t u2 -j 16 -N 2 /proc/vmcore | tr -d ' ')" = 4 ]
}

# All memory of the first kernel but what the crash kernel got.
is_of_all_memory()
{
	local size

	size=$(($(stat -c %s /proc/vmcore) / 1048576))
	ktap_print_msg "vmcore has $size MiB, the host had $mib MiB"
	[ "$size" -ge $((mib * 9 / 10)) ]
}

# Lines of the first kernel's log match $1 and, later, $2.
log_has()
{
	vmcore-dmesg /proc/vmcore >/tmp/dmesg || return 1
	grep -A 100 "$1" /tmp/dmesg | grep -q "$2"
}

after()
{
	# shellcheck source=/dev/null
	. "$FACTS"
	silent=$(said_sizes)
	if [ "$WAY" = kexec ]; then
		check "the next kernel has one CPU for the present" is_online_alone 0
	else
		check "vmcore is an ELF core file" is_elf_core
		check "vmcore has all memory of the host" is_of_all_memory
		check "the host's log is read from it: it panicked" \
			log_has "mk-test: ends by" "sysrq triggered crash"
		check "the host sent INIT to all CPUs of instances" \
			log_has "sysrq triggered crash" "multikernel: INIT to CPUs 1-3 of instances"
		check "and they were running until then" \
			not log_has "mk-test: ends by" "stopped by"
	fi
	check "the old instances' memory is not this kernel's" is_no_ram
	check "no byte of it changes in $PAUSE s" sums_stay "$ranges"
	check "the old instances say nothing any more" say_nothing_more
	[ "$WAY" != kexec ] || check "all CPUs come up in the next kernel" get_all_cpus
	[ "$KTAP_CNT_FAIL" = 0 ]
}

[ -n "$(tests)" ] || {
	skip_all "needs one of the ways to end that it begins with"
}
"$PART"
