#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Signatures, lockdown, and what IMA measures and appraises: they hold for a
# kernel that is loaded into an instance as for any. There is no way back from
# most of it but a reboot, so it is not run with the others.
#
#   MK_SIGNED     bzImage with a signature that this kernel trusts
#                 (/boot/bzImage-signed)
#   MK_UNTRUSTED  the same with another's signature (/boot/bzImage-untrusted)

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-signed
MEMORY=128
MK_SIGNED=${MK_SIGNED:-/boot/bzImage-signed}
MK_UNTRUSTED=${MK_UNTRUSTED:-/boot/bzImage-untrusted}
SECURITY=/sys/kernel/security
POLICY=$SECURITY/ima/policy
LOCKDOWN=$SECURITY/lockdown
FORCE=/sys/kernel/debug/multikernel/sig_force

require 1 $MEMORY
mount -t securityfs none $SECURITY 2>/dev/null
[ -r "$MK_SIGNED" ] || skip_all "no signed bzImage $MK_SIGNED: name one in MK_SIGNED"
[ -r "$MK_UNTRUSTED" ] || skip_all "no $MK_UNTRUSTED: name one in MK_UNTRUSTED"
[ -w $FORCE ] || skip_all "this kernel has no CONFIG_MULTIKERNEL_DEBUG"
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

# load KERNEL OPTION [PARAMETERS]
load()
{
	local MK_KERNEL="$1"

	load_into $NAME "$cpu" "$MK_UART" "$2" "--append=$3" >"$work/says" 2>&1
}

loads()
{
	load "$@" && state_is $NAME loaded && return
	print_lines "$work/says"
	return 1
}

# refuses REGEX KERNEL OPTION: and what was loaded is still there.
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

boots()
{
	token=$(new_token)
	loads "$1" -s "mk.token=$token" && mk -e
}

# A byte of a page that is never run, far behind the header.
make_changed()
{
	cp "$MK_SIGNED" "$work/changed"
	printf X | dd of="$work/changed" bs=1 seek=1000000 conv=notrunc 2>/dev/null
	not cmp -s "$MK_SIGNED" "$work/changed"
}

make_noimage()
{
	cp "$MK_KERNEL" "$work/noimage"
	# Without MZ it is no EFI application.
	printf XX | dd of="$work/noimage" bs=1 conv=notrunc 2>/dev/null
}

not_wanted()
{
	check "signatures are not wanted: an unsigned kernel is loaded" loads "$MK_KERNEL" -s
	check "signatures are not wanted: a changed one is loaded" loads "$work/changed" -s
	check "signatures are not wanted: kexec_load() loads" loads "$MK_KERNEL" -c
	check "signatures are not wanted: a signed kernel is loaded" loads "$MK_SIGNED" -s
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

set_policy()
{
	echo "$1" >$POLICY
}

hex()
{
	printf %s "$1" | od -An -v -t x1 | tr -d ' \n'
}

measures()
{
	local buffers

	check "IMA: a policy to measure is set" set_policy \
		"measure func=KEXEC_KERNEL_CHECK
measure func=KEXEC_INITRAMFS_CHECK
measure func=KEXEC_CMDLINE"
	buffers=$(log_count "kexec measurement buffer")
	check "IMA: a kernel is loaded" loads "$MK_SIGNED" -sd mk.measured=7
	check "IMA: the kernel is measured" measured "$(digest "$MK_SIGNED") $MK_SIGNED"
	check "IMA: its initramfs is measured" measured "$(digest "$MK_INITRD") $MK_INITRD"
	check "IMA: its command line is measured" measured "kexec-cmdline .*$(hex mk.measured=7)"
	check "IMA: the list of measurements is not handed over" \
		not logs_more_than "$buffers" "kexec measurement buffer"
}

locked_down()
{
	# It cannot be opened any more afterwards.
	exec 9>$FORCE
	check "locked down: this kernel locks itself down" set_lockdown integrity
	check "locked down: kexec_load() is refused" refuses "not permitted" "$MK_KERNEL" -c
	check "locked down: an unsigned kernel is refused" \
		refuses "give a kernel that is signed" "$MK_KERNEL" -s
	check "locked down: a changed kernel is refused" \
		refuses "give a kernel that is signed" "$work/changed" -s
	check "locked down: -a does not get round it" \
		refuses "give a kernel that is signed" "$MK_KERNEL" -a
	check "locked down: a signed kernel is loaded and started" boots "$MK_SIGNED"
	check_log 2 "locked down: it reaches userspace" \
		wait_for 90 userspace "$log" "$token"
	check "locked down: it is stopped" mk --stop
}

set_lockdown()
{
	echo "$1" >$LOCKDOWN && grep -q -F "[$1]" $LOCKDOWN
}

# As CONFIG_KEXEC_SIG_FORCE: each way in which it can be wrong has its own errno.
forced()
{
	check "forced: a signed kernel is loaded" loads "$MK_SIGNED" -s
	check "forced: signatures are wanted from now on" force
	check "forced: an unsigned kernel is refused" refuses "is not signed" "$MK_KERNEL" -s
	check "forced: one that cannot be signed is refused" \
		refuses "no signature that can be checked" "$work/noimage" -s
	check "forced: a changed kernel is refused" \
		refuses "is not that of this kernel" "$work/changed" -s
	check "forced: one that somebody else signed is refused" \
		refuses "a key that this host does not know" "$MK_UNTRUSTED" -s
	check "forced: the signed kernel is loaded" loads "$MK_SIGNED" -s
}

force()
{
	echo 1 >&9
	exec 9>&-
}

# Labels live in attributes, which /tmp has and the initramfs need not.
appraises()
{
	local labelled="$work/labelled"

	cp "$MK_SIGNED" "$labelled"
	check "appraised: a policy is set" set_policy "appraise func=KEXEC_KERNEL_CHECK"
	check "appraised: a kernel without a label is refused" \
		refuses "does not appraise" "$labelled" -s
	check "appraised: it gets a label" ./mk_label "$labelled" "$(digest "$labelled")"
	check "appraised: it is loaded" loads "$labelled" -s
	check "appraised: it gets the label of another" \
		./mk_label "$labelled" "$(digest "$MK_KERNEL")"
	check "appraised: it is refused" refuses "does not appraise" "$labelled" -s
}

cd "$(dirname "$0")" || exit
ktap_print_header
ktap_set_plan $((2 + 4 + 6 + 8 + 7 + 6 + 2))
check "a signed kernel is changed" make_changed
check "a kernel is made into what cannot be signed" make_noimage
not_wanted
measures
locked_down
forced
appraises
check "kexec -u destroys it" mk -u
check "the host has all back" same_state "$before"
ktap_finished
