# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154
#
# Programs of this machine for scripts/vm that are not static: systemd, no more of
# it than boots and runs services, and screen. Needs lib.sh, lib-vm.sh and
# lib-selftests.sh.

SYSTEMD=/lib/systemd
SYSTEMD_PROGRAMS=("$SYSTEMD"/systemd "$SYSTEMD"/systemd-journald
	"$SYSTEMD"/systemd-shutdown /bin/systemctl /bin/journalctl)

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

# Options that put the files, one a line, where they are here.
add_where_they_are()
{
	local file

	while IFS= read -r file; do
		echo "--add $file:$file"
	done
}

# screen(1) and the terminal that it is told it has, if a test uses it.
add_screen()
{
	wants MK_SCREEN "$@" || return 0
	{
		with_libraries /usr/bin/screen
		echo /lib/terminfo/v/vt100
	} | add_where_they_are
}

# Options of scripts/vm that put systemd there, with kexec's unit, if one of the tests
# is for that.
add_systemd()
{
	wants MK_UNIT "$@" || return 0
	{
		with_libraries "${SYSTEMD_PROGRAMS[@]}"
		printf '%s\n' "$SYSTEMD"/system/{*.target,systemd-poweroff.service,systemd-journald{.service,.socket,-dev-log.socket}}
	} | add_where_they_are
	echo "--add $MK_GUEST/mk-vm.service:$SYSTEMD/system/mk-vm.service"
	echo "--add $MK_UNIT:/usr$SYSTEMD/system/${MK_UNIT##*/}"
}
