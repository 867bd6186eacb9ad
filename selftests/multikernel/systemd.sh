#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# multikernel@.service of kexec-tools under systemd: start, stop, a crash, restarts
# and the end of the system; and a kernel with systemd that is asked to stop. MK_UNIT
# names the unit's file.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-systemd
MEMORY=128
MK_UNIT=${MK_UNIT:-$(first /usr/local/lib/systemd/system/multikernel@.service \
	/usr/lib/systemd/system/multikernel@.service)}
SERVICE=multikernel@$NAME.service
UNITS=/run/systemd/system
CONFIG=/etc/multikernel/$NAME.conf
WHY="crashed: panic: sysrq triggered crash"
require 1 $MEMORY
[ -d "$UNITS" ] || skip_all "systemd is not this system's init"
[ -r "$MK_UNIT" ] || skip_all "no unit: name its file in MK_UNIT"
before=$(host_state)
work=$(mktemp -d)
cpu=$(spare_cpu 0)
trap 'end_all; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# The service first: it would not let an instance be.
end_all()
{
	systemctl stop $SERVICE
	clean_up $NAME
	rm -rf "$UNITS/multikernel@.service" "$UNITS/multikernel@.service.d" \
		"$UNITS/selftest-down.target" "$CONFIG"
	systemctl daemon-reload
}

# The unit, with the kexec that is tested.
install_unit()
{
	mkdir -p "$(dirname "$CONFIG")"
	sed "s,[^=-]*/kexec,$(command -v "$KEXEC")," "$MK_UNIT" >"$UNITS/multikernel@.service"
	systemctl daemon-reload
}

# What the unit does when its kernel has crashed: no or on-failure.
on_failure()
{
	mkdir -p "$UNITS/multikernel@.service.d"
	printf '[Service]\nRestart=%s\nRestartSec=1\n' "$1" \
		>"$UNITS/multikernel@.service.d/restart.conf"
	systemctl daemon-reload
}

# configure LINE: a file that is right, with one more line.
configure()
{
	cat >"$CONFIG" <<-END
		kernel = $MK_KERNEL
		initrd = $MK_INITRD
		cpus = $cpu
		memory = ${MEMORY}M
		$1
	END
}

# property_is NAME VALUE
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
	property_is ActiveState "$1" && [ ! -d "$SYSFS/$NAME" ]
}

# becomes STATE: inactive or failed.
becomes()
{
	wait_for 90 is_over "$1" && same_state "$before" && return
	status_has "$1"
	return 1
}

# status_has TEXT: or it is printed.
status_has()
{
	systemctl status --no-pager -l -n 100 $SERVICE >"$work/status" 2>&1
	grep -q -F -e "$1" "$work/status" && return
	print_lines "$work/status"
	return 1
}

# How often the service's log has a text, in all its lives.
logged()
{
	journalctl -q --no-pager -u $SERVICE 2>/dev/null | grep -c -F -e "$1"
}

# logged_more_than COUNT TEXT
logged_more_than()
{
	[ "$(logged "$2")" -gt "$1" ]
}

# It knows its host by now, and hears it.
listens()
{
	wait_for 90 log_says "mk: end stay"
}

log_says()
{
	"$KEXEC" --multikernel=$NAME --dmesg 2>/dev/null | grep -q "$1"
}

# The shell at its console is told to; who is attached leaves when that has worked.
crash()
{
	local status=0

	echo "echo c >/proc/sysrq-trigger" >"$work/crash"
	timeout 120 "$KEXEC" --multikernel=$NAME --console <"$work/crash" >/dev/null 2>&1 ||
		status=$?
	[ "$status" -eq 1 ]
}

was_restarted()
{
	[ "$(systemctl show -P NRestarts $SERVICE)" -ge 1 ] && is_active
}

lives_and_is_stopped()
{
	check "systemctl start starts a kernel" systemctl start $SERVICE
	check "the service is active and the kernel runs" is_active
	check "systemctl status says so" wait_for 10 status_has 'Status: "running"'
	check "its CPU is no longer the host's" not is_online "$cpu"
	check "the kernel comes up" listens
	check "the service stays" is_active
	check "systemctl stop stops it" systemctl stop $SERVICE
	check "the service has ended well, and the host has all back" becomes inactive
	check "its log says that the kernel was asked" \
		wait_for 10 logged_more_than 0 "powered itself off when it was asked"
}

crashes()
{
	check "it can be started again" systemctl start $SERVICE
	check "the kernel comes up again" listens
	check "its shell lets it panic" crash
	check "the service fails, and the host has all back" becomes failed
	check "systemctl status says why" status_has "Status: \"$WHY\""
	check "its log does, too" wait_for 10 logged_more_than 0 "$WHY"
}

crashes_and_is_restarted()
{
	on_failure on-failure
	check "with Restart=on-failure it is started" systemctl start $SERVICE
	check "the kernel comes up then" listens
	check "its shell lets that panic" crash
	check "it runs again" wait_for 90 was_restarted
	check "systemctl stop stops that, too" systemctl stop $SERVICE
	check "and the host has all back" becomes inactive
	on_failure no
}

is_refused()
{
	configure "cpu = 1"
	check "with a file that is wrong it is not started" not systemctl start $SERVICE
	check "its log says where that is wrong" \
		wait_for 10 logged_more_than 0 "$CONFIG:5: there is no key 'cpu'"
	check "nothing is left of it" becomes failed
	configure "append = mk.shell=hvc0"
	load_into $NAME "$cpu" none
	check "an instance of somebody else is in the way" not systemctl start $SERVICE
	check "and is left alone" state_is $NAME loaded
	"$KEXEC" --multikernel=$NAME -u
	systemctl reset-failed $SERVICE
}

# Nobody but systemd itself may start shutdown.target, as something else's part.
goes_down()
{
	printf '[Unit]\nDefaultDependencies=no\nRequires=shutdown.target\n' \
		>"$UNITS/selftest-down.target"
	systemctl daemon-reload
	check "it is started once more" systemctl start $SERVICE
	check "the kernel comes up once more" listens
	asked=$(logged "powered itself off when it was asked")
	check "the system goes down" systemctl start --no-block selftest-down.target
	check "the service ends well, and the host has all back" becomes inactive
	check "the kernel was asked" \
		wait_for 10 logged_more_than "$asked" "powered itself off when it was asked"
}

# The files of this system, with what a kernel runs to power off as systemd has it.
make_initrd()
{
	mkdir -p "$work/more/sbin"
	ln -s /bin/systemctl "$work/more/sbin/poweroff"
	{
		cat "$MK_LOGS/initrd"
		(cd "$work/more" && find . | cpio -o -H newc) 2>/dev/null
	} >"$work/initrd"
}

load_systemd()
{
	(MK_INITRD=$work/initrd MEMORY=384 &&
		load_into $NAME "$cpu" none "--append=rdinit=/lib/systemd/systemd \
systemd.unit=basic.target systemd.log_target=kmsg printk.devkmsg=on")
}

is_systemd()
{
	if ! [ -r "$MK_LOGS/initrd" ]; then
		skip_parts 5 systemd "there are no files of this system: only in scripts/vm"
		return
	fi
	make_initrd
	check "a kernel with systemd is loaded" load_systemd
	check "that is started" "$KEXEC" --multikernel=$NAME -e
	check "its systemd comes up" wait_for 120 log_says "systemd.*Reached target basic.target"
	check "it stops when it was asked" \
		stops $NAME "stopped when it was asked" --timeout=120
	check "its systemd has shut it down" log_says "systemd-shutdown.*Powering off"
	"$KEXEC" --multikernel=$NAME -u
}

ktap_print_header
ktap_set_plan $((9 + 6 + 6 + 5 + 5 + 5 + 1))
install_unit
configure "append = mk.shell=hvc0"
lives_and_is_stopped
crashes
crashes_and_is_restarted
is_refused
goes_down
is_systemd
check "the host has all" same_state "$before"
ktap_finished
