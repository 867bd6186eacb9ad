# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# How kernels are spawned, with what they are told. Part of mk_lib.sh.

# load_into NAME CPUS UART ARGUMENT...: load, and make the instance of these and of
# MEMORY mebibytes if it is not there.
load_into()
{
	local name="$1" cpus="$2" uart="$3"
	shift 3

	[ -d "$SYSFS/$name" ] ||
		set -- "$@" "--cpus=$cpus" "--memory=${MEMORY}M" "--uart=$uart"
	"$KEXEC" --multikernel="$name" -l "$MK_KERNEL" "--initrd=$MK_INITRD" "$@"
}

# The same, and start it.
spawn_into()
{
	load_into "$@" && "$KEXEC" --multikernel="$1" -e
}

# spawn_to_userspace NAME CPUS UART PARAMETERS: with its console on the port and
# another token.
spawn_to_userspace()
{
	local port="${3#COM}"

	token=$(new_token)
	spawn_into "$1" "$2" "$3" \
		"--append=console=ttyS$((port - 1)),115200 mk.token=$token $4" &&
		wait_for 90 userspace "$(com_log "$port")" "$token"
}

# After a reset by ACPI Linux waits 15 ms and then tries the one of the keyboard
# controller, which resets the machine. The host must have noticed by then. The
# CPUs of an emulated machine may wait longer than that for each other, so the
# tests make a spawned kernel's delays longer: 90 ms at 2.6 GHz. It is the most
# that __const_udelay() can take with HZ=250.
# shellcheck disable=SC2034
LONG_DELAYS=lpj=64000000

# initrd_with FILE PROGRAM: make a spawned kernel's initramfs with a program in /.
initrd_with()
{
	mkdir "$1.root" && cp "$2" "$1.root" || return 1
	(cd "$1.root" && basename "$2" | cpio -o -H newc 2>/dev/null | gzip) >"$1.more" &&
		cat "$MK_INITRD" "$1.more" >"$1"
}
