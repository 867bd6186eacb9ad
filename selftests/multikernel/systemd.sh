#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# multikernel@.service of kexec-tools under systemd: start, stop, a crash, restarts
# and the end of the system. MK_UNIT names the unit's file.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-systemd
MEMORY=128
MK_UNIT=${MK_UNIT:-$(first /build/lib/systemd/system/multikernel@.service \
	/usr/local/lib/systemd/system/multikernel@.service \
	/usr/lib/systemd/system/multikernel@.service)}
SERVICE=multikernel@$NAME.service
UNITS=/run/systemd/system
require 1 $MEMORY
[ -d "$UNITS" ] || skip_all "systemd is not this system's init"
[ -r "$MK_UNIT" ] || skip_all "no unit: name its file in MK_UNIT"
before=$(host_state)
work=$(mktemp -d)
cpu=$(spare_cpu 0)
trap 'clean_up $NAME; rm -rf "$work" $UNITS/multikernel@* /etc/multikernel/$NAME.conf' EXIT
trap 'exit 143' INT TERM

# The unit, of the kexec that is tested.
install_unit()
{
	mkdir -p /etc/multikernel
	sed "s,[^=-]*/kexec,$(command -v "$KEXEC")," "$MK_UNIT" >"$UNITS/multikernel@.service"
	systemctl daemon-reload
}

# on_failure RESTART: what the unit does then.
on_failure()
{
	mkdir -p "$UNITS/multikernel@.service.d"
	printf '[Service]\nRestart=%s\nRestartSec=1\n' "$1" >"$UNITS/multikernel@.service.d/restart.conf"
	systemctl daemon-reload
}

# configure LINE...
configure()
{
	cat >/etc/multikernel/$NAME.conf <<-END
		kernel = $MK_KERNEL
		initrd = $MK_INITRD
		cpus = $cpu
		memory = 128M
	END
	printf '%s\n' "$@" >>/etc/multikernel/$NAME.conf
}

property_is()
{
	[ "$(systemctl show -P "$1" $SERVICE)" = "$2" ]
}

is_active()
{
	property_is ActiveState active && state_is $NAME running
}

is_over()
{
	property_is ActiveState "$1" && [ ! -d $SYSFS/$NAME ]
}

becomes()
{
	wait_for 90 is_over "$1" && same_state "$before" && return
	systemctl status --no-pager $SERVICE >"$work/status" 2>&1
	print_lines "$work/status"
	return 1
}

status_has()
{
	systemctl status --no-pager -l -n 100 $SERVICE >"$work/status" 2>&1
	grep -q -F -e "$1" "$work/status" && return
	print_lines "$work/status"
	return 1
}

# It knows its host by now, and hears it.
listens()
{
	wait_for 60 log_says "mk: end stay"
}

log_says()
{
	"$KEXEC" --multikernel=$NAME --dmesg 2>/dev/null | grep -q "$1"
}

crash()
{
	"$KEXEC" --multikernel=$NAME --console <"$work/crash" >/dev/null 2>&1
}

was_restarted()
{
	[ "$(systemctl show -P NRestarts $SERVICE)" -ge 1 ] && is_active
}

refuses_to_start()
{
	not systemctl start $SERVICE
}

ktap_print_header
ktap_set_plan 22
echo "echo c > /proc/sysrq-trigger" >"$work/crash"
install_unit
configure "append = mk.shell=hvc0"
check "systemctl start starts a kernel" systemctl start $SERVICE
check "the service is active and the kernel runs" is_active
check "its CPU is no longer the host's" not is_online "$cpu"
check "it is a service that stays" not wait_for 3 is_over inactive
check "the kernel comes up" listens
check "systemctl stop stops it" systemctl stop $SERVICE
check "the service has ended well, and the host has all back" becomes inactive
check "its log says that the kernel was asked" status_has "stopped when it was asked"

check "it can be started again" systemctl start $SERVICE
listens
crash
check "a panic makes the service fail, and the host has all back" becomes failed
check "systemctl status says why" status_has "panic: sysrq triggered crash"

on_failure on-failure
check "with Restart=on-failure it is started" systemctl start $SERVICE
listens
crash
check "after a panic it runs again" wait_for 90 was_restarted
check "systemctl stop stops that, too" systemctl stop $SERVICE
check "and the host has all back" becomes inactive
on_failure no

configure "cpu = 1"
check "a file that is wrong is not started" refuses_to_start
check "systemctl status says where it is wrong" status_has "$NAME.conf:5: there is no key 'cpu'"
configure "append = mk.shell=hvc0"
load_into $NAME "$cpu" none
check "an instance of somebody else is in the way" refuses_to_start
check "and is left alone" state_is $NAME loaded
"$KEXEC" --multikernel=$NAME -u

systemctl reset-failed
check "it is started once more" systemctl start $SERVICE
listens
systemctl start --no-block shutdown.target
check "when the system goes down it is stopped" becomes inactive
check "in order" status_has "stopped when it was asked"
ktap_finished
