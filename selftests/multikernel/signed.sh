#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Signatures, lockdown, and what IMA measures and appraises: they hold for a
# kernel that is loaded into an instance as for any. There is no way back from
# most of it but a reboot, so it is not run with the others.
#
#   MK_SIGNED     bzImage with a signature that this kernel trusts
#                 (/boot/vmlinuz-signed)
#   MK_UNTRUSTED  one with somebody else's (/boot/vmlinuz-6.1)
#   MK_MAP        System.map of this kernel (/boot/System.map)
#
# MK_KERNEL is to be one that cannot be signed, without CONFIG_EFI_STUB.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-signed
MEMORY=256
MK_SIGNED=${MK_SIGNED:-/boot/vmlinuz-signed}
MK_UNTRUSTED=${MK_UNTRUSTED:-/boot/vmlinuz-6.1}
MK_MAP=${MK_MAP:-$(first /boot/System.map "/boot/System.map-$(uname -r)")}
SECURITY=/sys/kernel/security
POLICY=$SECURITY/ima/policy
LOCKDOWN=$SECURITY/lockdown

require 1 $MEMORY
mount -t securityfs none $SECURITY 2>/dev/null
[ -r "$MK_SIGNED" ] || skip_all "no signed bzImage $MK_SIGNED: name one in MK_SIGNED"
[ -r "$MK_UNTRUSTED" ] || skip_all "no $MK_UNTRUSTED: name one in MK_UNTRUSTED"
[ -w $POLICY ] || skip_all "this kernel's IMA takes no policy"
[ -w $LOCKDOWN ] || skip_all "this kernel cannot be locked down"
log=$(com_log 2)
before=$(host_state)
work=$(mktemp -d)
cpu=$(spare_cpu 0)
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

mk()
{
	"$KEXEC" --multikernel=$NAME "$@"
}

# load KERNEL OPTION...
load()
{
	local MK_KERNEL="$1"
	shift

	load_into $NAME "$cpu" "$MK_UART" "$@" >"$work/says" 2>&1
}

loads()
{
	load "$@" && state_is $NAME loaded && return
	print_lines "$work/says"
	return 1
}

# refuses REGEX KERNEL OPTION...: and what was loaded is still there.
refuses()
{
	local regex="$1" state
	shift

	state=$(instance $NAME state)
	not load "$@" && grep -q -e "^kexec: $NAME: .*$regex" "$work/says" &&
		state_is $NAME "$state" && return
	print_lines "$work/says"
	return 1
}

# refuses_as ERRNO REGEX KERNEL OPTION...: this kernel's log has the number.
refuses_as()
{
	local line="Enforced kernel signature verification failed (-$1)" count
	shift

	count=$(log_count "$line")
	refuses "$@" && logs_more_than "$count" "$line"
}

# boots LABEL: three checks, of the signed kernel.
boots()
{
	check "$1: the signed kernel is loaded and started" starts
	check_log 2 "$1: it reaches userspace" wait_for 90 userspace "$log" "$token"
	check "$1: it is stopped" mk --stop
}

starts()
{
	token=$(new_token)
	loads "$MK_SIGNED" -s "--append=mk.token=$token" && mk -e
}

# number FILE OFFSET BYTES
number()
{
	dd if="$1" bs=1 skip="$2" count="$3" 2>/dev/null | od -An -t "u$3" | tr -d ' '
}

# put FILE OFFSET TEXT: with octal numbers of bytes.
put()
{
	# shellcheck disable=SC2059
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# The directory of a PE32+ image says where its signature is, and how long.
make_unsigned()
{
	local directory

	cp "$MK_SIGNED" "$work/unsigned"
	directory=$(($(number "$MK_SIGNED" 60 4) + 168))
	[ "$(number "$MK_SIGNED" $directory 4)" -gt 0 ] || return 1
	put "$work/unsigned" $directory '\0\0\0\0\0\0\0\0'
}

# Some byte far behind the header.
make_changed()
{
	cp "$MK_SIGNED" "$work/changed"
	put "$work/changed" 1000000 X
	not cmp -s "$MK_SIGNED" "$work/changed"
}

# This kernel is not asked for signatures: all is loaded.
not_wanted()
{
	check "signatures are not wanted: an unsigned kernel is loaded" loads "$work/unsigned" -s
	check "signatures are not wanted: a changed one is loaded" loads "$work/changed" -s
	check "signatures are not wanted: so is one that cannot be signed" loads "$MK_KERNEL" -s
	check "signatures are not wanted: kexec_load() loads" loads "$MK_KERNEL" -c
	check "signatures are not wanted: a signed kernel is loaded" loads "$MK_SIGNED" -s
}

# symbol NAME: its address, if there is one.
symbol()
{
	awk -v name="$1" '$3 == name { print "0x" $1 }' "$MK_MAP"
}

# Where this kernel has what CONFIG_KEXEC_SIG_FORCE sets: nothing sets it later but
# Secure Boot. Physical memory has it as far behind the text as System.map says.
find_enforce()
{
	local code text variable

	code=$(sed -n 's/^ *\([0-9a-f]*\)-.* : Kernel code$/0x\1/p' /proc/iomem)
	text=$(symbol _text)
	variable=$(symbol sig_enforce)
	[ "$(echo "$variable" | wc -w)" -eq 1 ] || return 1
	enforce=$((code + variable - text))
	[ "$(number /dev/mem $enforce 1)" = 0 ]
}

set_enforce()
{
	put /dev/mem "$enforce" "\\$1" && [ "$(number /dev/mem "$enforce" 1)" = "$1" ]
}

# As with CONFIG_KEXEC_SIG_FORCE: each way in which it can be wrong has its own errno.
enforced()
{
	if ! find_enforce; then
		skip_parts 11 enforced "needs $MK_MAP and a /dev/mem that can be written"
		return
	fi
	check "enforced: this kernel is made to want signatures" set_enforce 1
	check "enforced: an unsigned kernel is refused with ENODATA" \
		refuses_as 61 "the kernel is not signed" "$work/unsigned" -s
	check "enforced: one that cannot be signed is refused with ELIBBAD" \
		refuses_as 80 "no signature that can be checked" "$MK_KERNEL" -s
	check "enforced: a changed kernel is refused with EKEYREJECTED" \
		refuses_as 129 "is not that of this kernel" "$work/changed" -s
	check "enforced: one that somebody else signed is refused with ENOKEY" \
		refuses_as 126 "a key that this host does not know" "$MK_UNTRUSTED" -s
	check "enforced: -a does not get round it" \
		refuses_as 61 "the kernel is not signed" "$work/unsigned" -a
	check "enforced: kexec_load() is not asked" loads "$MK_KERNEL" -c
	boots enforced
	check "enforced: this kernel is as before" set_enforce 0
}

digest()
{
	sha256sum "$1" | cut -d ' ' -f 1
}

# measured REGEX
measured()
{
	grep -q -e "$1" $SECURITY/ima/ascii_runtime_measurements && return
	tail -n 5 $SECURITY/ima/ascii_runtime_measurements >"$work/list"
	print_lines "$work/list"
	return 1
}

# add_rules RULE...: it takes one in each write.
add_rules()
{
	printf '%s\n' "$@" >"$work/rules"
	while read -r rule; do
		echo "$rule" || return 1
	done <"$work/rules" >$POLICY
}

hex()
{
	printf %s "$1" | od -An -v -t x1 | tr -d ' \n'
}

measures()
{
	local buffers line="kexec measurement buffer"

	check "IMA: a policy to measure is set" add_rules \
		"measure func=KEXEC_KERNEL_CHECK" "measure func=KEXEC_INITRAMFS_CHECK" \
		"measure func=KEXEC_CMDLINE"
	buffers=$(log_count "$line")
	check "IMA: a kernel is loaded" loads "$MK_SIGNED" -s --debug --append=mk.measured=7
	check "IMA: the kernel is measured" measured "$(digest "$MK_SIGNED") $MK_SIGNED"
	check "IMA: its initramfs is measured" measured "$(digest "$MK_INITRD") $MK_INITRD"
	check "IMA: its command line is measured" measured "kexec-cmdline .*$(hex mk.measured=7)"
	check "IMA: the list of measurements is not handed over" \
		not logs_more_than "$buffers" "$line"
}

locked_down()
{
	local line="Lockdown: kexec: kexec of unsigned images is restricted" count

	count=$(log_count "$line")
	check "locked down: this kernel locks itself down" set_lockdown integrity
	check "locked down: kexec_load() is refused" \
		refuses "lets signed kernels pass with -s" "$MK_SIGNED" -c
	check "locked down: an unsigned kernel is refused" \
		refuses "give a kernel that is signed" "$work/unsigned" -s
	check "locked down: so says this kernel" logs_more_than "$count" "$line"
	check "locked down: a changed kernel is refused" \
		refuses "give a kernel that is signed" "$work/changed" -s
	check "locked down: one that cannot be signed is refused" \
		refuses "give a kernel that is signed" "$MK_KERNEL" -s
	check "locked down: one that somebody else signed is refused" \
		refuses "give a kernel that is signed" "$MK_UNTRUSTED" -s
	check "locked down: -a does not get round it" \
		refuses "give a kernel that is signed" "$work/unsigned" -a
	boots "locked down"
}

set_lockdown()
{
	echo "$1" >$LOCKDOWN && grep -q -F "[$1]" $LOCKDOWN
}

# Labels live in attributes, which /tmp has and the initramfs need not.
appraises()
{
	local labelled="$work/labelled"

	cp "$MK_SIGNED" "$labelled"
	check "appraised: a policy is set" add_rules "appraise func=KEXEC_KERNEL_CHECK"
	check "appraised: a kernel without a label is refused" \
		refuses "does not appraise" "$labelled" -s
	check "appraised: it gets a label" ./mk_label "$labelled" "$(digest "$labelled")"
	check "appraised: it is loaded" loads "$labelled" -s
	check "appraised: it gets the label of another" \
		./mk_label "$labelled" "$(digest "$work/changed")"
	check "appraised: it is refused" refuses "does not appraise" "$labelled" -s
}

cd "$(dirname "$0")" || exit
ktap_print_header
ktap_set_plan $((2 + 5 + 11 + 6 + 11 + 6 + 2))
check "a kernel is made unsigned" make_unsigned
check "a signed kernel is changed" make_changed
not_wanted
enforced
measures
locked_down
appraises
check "kexec -u destroys it" mk -u
check "the host has all back" same_state "$before"
ktap_finished
