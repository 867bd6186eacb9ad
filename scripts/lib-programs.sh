# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154
#
# Programs of this machine for scripts/vm that are not static: systemd, no more of
# it than boots and runs services, and screen. Needs lib.sh, lib-vm.sh and lib-selftests.sh.

SYSTEMD=/lib/systemd
SYSTEMD_PROGRAMS=("$SYSTEMD"/systemd "$SYSTEMD"/systemd-journald
	/bin/systemctl /bin/journalctl)

# Programs, their libraries, and what loads these.
with_libraries()
{
	local program

	for program; do
		[ -x "$program" ] || die "$program is missing: run make deps"
		echo "$program"
		ldd "$program" | grep -o '/[^ ]*'
	done | sort -u
}

# The same for screen(1) and the terminal that it is told it has.
add_screen()
{
	local file

	wants MK_SCREEN "$@" || return 0
	with_libraries /usr/bin/screen | while IFS= read -r file; do
		echo "--add $file:$file"
	done
	echo "--add /lib/terminfo/v/vt100:/lib/terminfo/v/vt100"
}

# Options of scripts/vm that put systemd there, with kexec's unit, if one of the tests
# is for that.
add_systemd()
{
	local file

	wants MK_UNIT "$@" || return 0
	{
		with_libraries "${SYSTEMD_PROGRAMS[@]}"
		printf '%s\n' "$SYSTEMD"/system/{*.target,systemd-journald{.service,.socket,-dev-log.socket}}
	} | while IFS= read -r file; do
		echo "--add $file:$file"
	done
	echo "--add $MK_GUEST/mk-vm.service:$SYSTEMD/system/mk-vm.service"
	echo "--add $MK_UNIT:/usr$SYSTEMD/system/${MK_UNIT##*/}"
}
