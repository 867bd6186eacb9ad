#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# A kernel is spawned to userspace with one CPU and 256 MiB, lives beside the
# host, and gives everything back.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-spawn
MEMORY=256
require 1 $MEMORY
cpu=$(spare_cpu 0)
apic=$(apic_id "$cpu")
token=$(new_token)
log=$(com_log 2)
before=$(host_state)
boot_id=$(cat /proc/sys/kernel/random/boot_id)
uptime=$(cut -d. -f1 /proc/uptime)

load()
{
	"$KEXEC" "--multikernel=$NAME" -l "$MK_KERNEL" "--initrd=$MK_INITRD" \
		"--append=mk.token=$token mk.tick mk.run=\"grep RAM /proc/iomem\"" \
		"--cpus=$cpu" "--memory=${MEMORY}M" "--uart=$MK_UART"
}

is_listed()
{
	"$KEXEC" --multikernel --list | grep "^$NAME " | grep -w "$cpu" |
		grep -w "$1" | grep -q -w "${MEMORY}M"
}

has_given_memory()
{
	local kib

	kib=$(said_value "$log" "$token" memory)
	kib=${kib%% *}
	ktap_print_msg "MemTotal $kib kB"
	[ "$kib" -gt $((MEMORY * 1024 / 2)) ] && [ "$kib" -lt $((MEMORY * 1024)) ]
}

has_own_memory_alone()
{
	local line seen=0

	wait_for 60 said "$log" "$token" "mk: run: exit status 0" || return 1
	for line in $(sed -n "/mk: userspace $token/,\$p" "$log" | tr -d '\r' |
			sed -n 's/.*mk: run: *\([0-9a-f]*-[0-9a-f]*\) : System RAM/\1/p'); do
		within "$NAME" "0x${line%-*}" "0x${line#*-}" || return 1
		seen=$((seen + 1))
	done
	[ "$seen" -ge 1 ]
}

apic_id_is()
{
	[ "$(said_value "$log" "$token" apicids)" = "$apic" ]
}

uname_is_ours()
{
	[ "$(said_value "$log" "$token" uname)" = "$(uname -srvm)" ]
}

has_one_cpu()
{
	[ "$(said_value "$log" "$token" cpus)" = "1 (0)" ]
}

uptime_goes_on()
{
	[ "$(cut -d. -f1 /proc/uptime)" -ge "$uptime" ]
}

boot_id_is_the_same()
{
	[ "$(cat /proc/sys/kernel/random/boot_id)" = "$boot_id" ]
}

runs_on_cpu()
{
	taskset "$(printf %x $((1 << cpu)))" true
}

ktap_print_header
ktap_set_plan 21
check "kexec -l makes an instance and loads the kernel" load
check "its state is loaded" state_is $NAME loaded
check "its command line has what --append gave" grep -q "mk.token=$token" $SYSFS/$NAME/cmdline
check "the CPU is no longer the host's" not is_online "$cpu"
check "kexec -e starts it" "$KEXEC" --multikernel=$NAME -e
check "its state is running" state_is $NAME running
check "kexec --status says so" "$KEXEC" --multikernel=$NAME --status
check "kexec --list shows it with its CPU and memory" is_listed running
check_log 2 "it reaches userspace and says the token" wait_for 60 userspace "$log" "$token"
check_log 2 "it is the kernel that was given" uname_is_ours
check_log 2 "it has one CPU" has_one_cpu
check_log 2 "its CPU has the APIC id of the CPU given" apic_id_is
check_log 2 "it has the memory given and no more" has_given_memory
check_log 2 "every page of its RAM is the instance's" has_own_memory_alone
check_log 2 "it ticks" goes_on_ticking "$log" "$token"
check "the host ticks on" host_ticks_on
check "the host's boot id is what it was" boot_id_is_the_same
check "the host's uptime goes on" uptime_goes_on
check "kexec -u destroys the running instance" "$KEXEC" --multikernel=$NAME -u
check "CPUs, memory and UART are the host's as before" same_state "$before"
check "the host runs tasks on the CPU again" runs_on_cpu
ktap_finished
