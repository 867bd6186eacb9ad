# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# How spawned kernels end, and what this kernel says of it. Part of mk_lib.sh.

# print_end NAME: and fail.
print_end()
{
	ktap_print_msg "state $(instance "$1" state), exit reason '$(instance "$1" exit_reason)'"
	return 1
}

# has_ended NAME STATE REASON
has_ended()
{
	state_is "$1" "$2" && [ "$(instance "$1" exit_reason)" = "$3" ] && return
	print_end "$1"
}

# has_ended_like NAME STATE REGEX: it matches the whole reason.
has_ended_like()
{
	state_is "$1" "$2" && instance "$1" exit_reason | grep -q "^$3\$" && return
	print_end "$1"
}

runs_no_more()
{
	wait_for 120 not state_is "$1" running && wait_for 60 not state_is "$1" stopping
}

# ends_so NAME STATE REASON: by itself.
ends_so()
{
	runs_no_more "$1" && has_ended "$@"
}

# stops NAME REGEX ARGUMENT...: --stop does, and says so in a line.
stops()
{
	local name="$1" regex="$2" found=0 says
	shift 2

	says=$("$KEXEC" --multikernel="$name" --stop "$@" 2>&1) || found=$?
	[ "$found" -eq 0 ] && echo "$says" | grep -q -e "^$name: $regex\$" && return
	ktap_print_msg "kexec --stop $*: exit status $found: $(echo "$says" | tr '\n' ';')"
	return 1
}

# mark_start NAME TOKEN: in this kernel's log, before a start.
mark_start()
{
	echo "<6>$1: start $2" >/dev/kmsg
}

# log_since_start NAME TOKEN: of this kernel.
log_since_start()
{
	dmesg | sed "1,/$1: start $2/d"
}
