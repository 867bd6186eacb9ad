#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# A spawned kernel takes CPUs of its own offline and brings them online again, by
# INIT and SIPI of its own, and nobody else notices.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-hotplug
MEMORY=128
TIMES=50
require 2 $MEMORY
log=$(com_log 2)
[ -n "$log" ] || skip_all "what comes out of COM2 cannot be seen here"
before=$(host_state)
trap 'clean_up $NAME' EXIT
trap 'exit 143' INT TERM

# In the spawned kernel: as many times as it goes.
RUN="cd /sys/devices/system/cpu/cpu1; times=0;
while [ \$times -lt $TIMES ] && echo 0 >online && echo 1 >online; do times=\$((times + 1)); done;
echo online \$times times, now \$(cat ../online)"

spawn()
{
	token=$(new_token)
	run=$(echo "$RUN" | tr '\n' ' ')
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--cpus=$(spare_cpus 2)" "--memory=${MEMORY}M" "--uart=$MK_UART" \
		"--append=$LONG_DELAYS mk.token=$token mk.run=\"$run\" mk.end=poweroff" &&
		"$KEXEC" --multikernel=$NAME -e
}

comes_and_goes()
{
	wait_for 240 said "$log" "$token" "mk: run: online $TIMES times, now 0-1"
}

ktap_print_header
ktap_set_plan 6
check "a kernel is spawned with two CPUs" spawn
check_log 2 "it reaches userspace" wait_for 60 userspace "$log" "$token"
check_log 2 "its second CPU comes online $TIMES times" comes_and_goes
check "it powers itself off" ends_so $NAME stopped "powered itself off"
check "kexec -u gives its CPUs back" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
ktap_finished
