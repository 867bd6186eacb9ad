#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# The host loses no interrupt to a spawned kernel: the same work of its serial
# port, disk and timer takes as many while one boots, computes and has a panic as
# before there was one. For a virtual machine of scripts/vm.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-interrupts
MEMORY=192
PORT=/dev/ttyS3
TIMES=40
require 2 $MEMORY
[ -c $PORT ] || skip_all "there is no $PORT"
[ -w "$MK_LOGS" ] || skip_all "nothing can be written to $MK_LOGS"
grep -q virtio0-requests /proc/interrupts || skip_all "the disk is not a virtio one"
log=$(com_log 2)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"
before=$(host_state)
work=$(mktemp -d)
data=$MK_LOGS/interrupts.data
trap 'clean_up $NAME; rm -rf "$work" "$data"' EXIT
trap 'exit 143' INT TERM

# count NAME: of all CPUs, in /proc/interrupts.
count()
{
	grep -e "$1" /proc/interrupts |
		awk '{ for (i = 2; $i ~ /^[0-9]+$/; i++) sum += $i } END { print sum + 0 }'
}

# A fixed amount, by one request after the other. The port's line is only there
# while the port is open.
work()
{
	local nth serial disk timer

	exec 9>$PORT
	serial=$(count "${PORT#/dev/}")
	disk=$(count virtio0-requests)
	timer=$(count LOC)
	for nth in $(seq $TIMES); do
		echo "$nth" >&9 && dd if="$data" of=/dev/null bs=4096 2>/dev/null &&
			sleep 0.02 || return 1
	done
	echo "$(($(count "${PORT#/dev/}") - serial)) $(($(count virtio0-requests) - disk))" \
		"$(($(count LOC) - timer))" >"$work/$1"
	exec 9>&-
}

# spawn PARAMETERS
spawn()
{
	token=$(new_token)
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--cpus=$(spare_cpus 2)" "--memory=${MEMORY}M" "--uart=$MK_UART" \
		"--append=$LONG_DELAYS mk.token=$token $1" && "$KEXEC" --multikernel=$NAME -e
}

# as_many WHEN: of the disk within a tenth, which goes by requests. A serial port
# may say several times in one interrupt that it has sent; one for each write, as
# of the timer for each time that was waited for.
as_many()
{
	ktap_print_msg "serial port, disk, timer: $(cat "$work/idle") when idle," \
		"$(cat "$work/$1") now"
	cat "$work/idle" "$work/$1" | awk -v times=$TIMES '
		NR == 1 { disk = $2 }
		$1 < times || $2 < times || $3 < times { bad = 1 }
		NR == 2 && ($2 < disk * 0.9 || $2 > disk * 1.1) { bad = 1 }
		END { exit bad || NR != 2 }'
}

computes()
{
	wait_for 60 userspace "$log" "$token" && work computes && state_is $NAME running
}

# Again and again, until a turn has begun before the panic and ended after it.
panics_meanwhile()
{
	local turns=0

	while state_is $NAME running; do
		turns=$((turns + 1))
		[ $turns -le 300 ] && work panics || return 1
	done
	ktap_print_msg "in turn $turns"
	[ $turns -ge 1 ] && wait_for 60 state_is $NAME crashed
}

busy="while true; do true; done"

ktap_print_header
ktap_set_plan 12
dd if=/dev/zero of="$data" bs=4096 count=4 2>/dev/null
check "work without a spawned kernel" work idle
check "a kernel is spawned" spawn "mk.run=\"$busy\""
check "the same work while it boots" work boots
check "it took as many interrupts" as_many boots
check "the same work while it computes" computes
check "it took as many interrupts" as_many computes
check "kexec -u gives all back" "$KEXEC" --multikernel=$NAME -u
check "another is spawned" spawn "mk.run=\"sleep 1; echo c >/proc/sysrq-trigger\""
check "the same work while it has a panic" panics_meanwhile
check "it took as many interrupts" as_many panics
check "kexec -u gives all back" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
ktap_finished
