#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# kexec's options that show instances or change the command line.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-options
require 1 128
cpu=$(spare_cpu 0)
before=$(host_state)

load()
{
	"$KEXEC" --multikernel=$NAME -l "$MK_KERNEL" "--initrd=$MK_INITRD" "$@"
}

status_is()
{
	local status=0 text

	text=$("$KEXEC" --multikernel=$NAME --status) || status=$?
	[ "$text" = "$1" ] && [ "$status" -eq "$2" ] && return
	ktap_print_msg "said '$text', exit status $status"
	return 1
}

list_has()
{
	"$KEXEC" --multikernel --list -v | grep -q -e "$1"
}

list_is_empty()
{
	[ -z "$("$KEXEC" --multikernel --list)" ]
}

json()
{
	"$KEXEC" --multikernel --list --json | tr -d ' \n'
}

json_has()
{
	json | grep -q -F -e "$1"
}

json_is()
{
	[ "$(json)" = "$1" ]
}

cmdline_is()
{
	[ "$(instance $NAME cmdline)" = "$1" ]
}

cmdline_has()
{
	instance $NAME cmdline | tr ' ' '\n' | grep -q -x -e "$1"
}

ktap_print_header
ktap_set_plan 19
check "--list is empty without instances" list_is_empty
check "--list --json is an empty array without instances" json_is "[]"
check "-l with --append makes an instance" load --cpus="$cpu" --memory=128M "--append=foo=1 bar"
check "the command line ends with what was appended" cmdline_has foo=1
check "the default additions are there: no IPI to all" cmdline_has no_ipi_broadcast=1
check "the default additions are there: reboot by ACPI" cmdline_has reboot=panic_warm,a
check "--list -v shows the command line with the additions" list_has 'no_ipi_broadcast=1.*foo=1 bar'
check "--status says loaded, with exit status 1" status_is loaded 1
check "--list --json has the name" json_has "\"name\":\"$NAME\""
check "--list --json has the state" json_has '"state":"loaded"'
check "--list --json has the CPU" json_has "\"cpus\":\"$cpu\""
check "--list --json has the memory in bytes" json_has '"memory":134217728'
check "a parameter given by the user replaces the default one" load --append=reboot=t
check "it is there once" cmdline_has reboot=t
check "and the default is not" not cmdline_has reboot=panic_warm,a
check "-l --no-default-append loads" load --no-default-append "--append=only this"
check "nothing is added" cmdline_is "only this"
check "-u destroys it" "$KEXEC" --multikernel=$NAME -u
check "the host has all back" same_state "$before"
ktap_finished
