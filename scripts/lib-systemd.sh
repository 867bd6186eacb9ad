# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# systemd of this machine for scripts/vm: no more of it than boots and runs
# services. Needs lib.sh and lib-vm.sh.

SYSTEMD_PROGRAMS=(/lib/systemd/systemd /lib/systemd/systemd-journald
	/lib/systemd/systemd-shutdown /bin/systemctl /bin/journalctl)

# The libraries of a program, and what loads them.
libraries_of()
{
	ldd "$1" | grep -o '/[^ ]*'
}

# Options of scripts/vm that put it there, with kexec's unit.
systemd_options()
{
	local program file

	for program in "${SYSTEMD_PROGRAMS[@]}"; do
		[ -x "$program" ] || die "$program is missing: run make deps"
		echo "$program"
		libraries_of "$program"
	done | sort -u | sed 's/.*/--add &:&/'
	for file in /lib/systemd/system/*.target /lib/systemd/system/systemd-journald{.service,.socket,-dev-log.socket}; do
		echo "--add $file:$file"
	done
	echo "--add $MK_GUEST/mk-vm.service:/lib/systemd/system/mk-vm.service"
	echo "--add $MK_OUT/kexec/build/$MK_UNIT:/$MK_UNIT"
}
