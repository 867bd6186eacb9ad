#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# What spawned kernels do to the machine beside their own memory, local APICs and
# serial port: nothing when they have a control block, and what mk_audit.list
# allows when they have none. QEMU tells, so this is for a virtual machine of
# scripts/vm with "-d trace:... -D trace.log". MK_STOCK lists bzImages of kernels
# that know nothing of multikernel.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-audit
MEMORY=256
HERE=$(dirname "$0")
TRACE=$MK_LOGS/trace.log
MK_STOCK=${MK_STOCK:-/boot/vmlinuz-6.1 /boot/vmlinuz-6.12}
require 3 $MEMORY
command -v vm-monitor >/dev/null || skip_all "not a machine of scripts/vm"
[ -f "$TRACE" ] || skip_all "QEMU writes no $TRACE"
before=$(host_state)
work=$(mktemp -d)
trap 'trace off; clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

trace()
{
	vm-monitor trace-event memory_region_ops_read "$1" >/dev/null
	vm-monitor trace-event memory_region_ops_write "$1" >/dev/null
}

# load KERNEL UART CPU-LIST PARAMETERS [OPTION]
load()
{
	local kernel="$1" uart="$2" cpus="$3" parameters="$4"
	shift 4

	"$KEXEC" --multikernel=$NAME -l "$kernel" "--initrd=$MK_INITRD" "--cpus=$cpus" \
		"--memory=${MEMORY}M" "--uart=$uart" "--append=$LONG_DELAYS $parameters" "$@"
}

# From the start to the end of a spawned kernel.
run_traced()
{
	local status=0

	: >"$work/trace"
	seen=$(wc -l <"$TRACE")
	trace on
	"$KEXEC" --multikernel=$NAME -e && wait_for 120 not state_is $NAME running || status=1
	trace off
	tail -n +$((seen + 1)) "$TRACE" >"$work/trace"
	return $status
}

# Of the CPUs in $cpus, whose numbers are also QEMU's.
summary()
{
	local port='' cpus ids

	[ "$2" != COM2 ] || port=0x2f8
	cpus=$(echo "$1" | tr , ' ')
	ids=$(instance $NAME apic_ids | tr ',' ' ')
	awk -v cpus="$cpus" -v ids="$ids" -v host="$(apic_id 0)" -v port=$port \
		-f "$HERE/mk_audit.awk" "$work/trace" >"$work/summary"
	grep '^touch' "$work/summary" | sort | while read -r _ line; do
		ktap_print_msg "figure: $line"
	done
}

# Nothing is said by a trace that was not written.
was_watched()
{
	[ "$(sed -n 's/^apic //p' "$work/summary")" -gt 100 ] || return 1
	[ "$1" -eq 1 ] || [ "$(sed -n 's/^icr //p' "$work/summary")" -gt "$1" ]
}

# only_listed KIND: each register that was touched is listed, and not too often.
only_listed()
{
	sed '/^#/d' "$HERE/mk_audit.list" | awk -v kind="$1" '
		NR == FNR { if ($1 == kind) most[$2 " " $3 " " $4] = $5; next }
		$1 == "touch" && !($2 " " $3 " " $4 in most) { print "not listed:", $0; bad = 1 }
		$1 == "touch" && ($2 " " $3 " " $4 in most) && $5 > most[$2 " " $3 " " $4] {
			print "more than", most[$2 " " $3 " " $4] ":", $0; bad = 1
		}
		END { exit bad }' - "$work/summary" >"$work/unlisted" && return
	print_lines "$work/unlisted"
	return 1
}

# none_astray KIND: it rings once, as it ends, if it knows whom. The host may see
# that it has ended and stop it before it has rung.
none_astray()
{
	local rings most=1

	[ "$1" != stock ] || most=0
	rings=$(sed -n 's/^rings //p' "$work/summary")
	if [ "$rings" -gt $most ]; then
		ktap_print_msg "$rings rings of the host's doorbell"
		return 1
	fi
	! grep '^astray' "$work/summary" >"$work/astray" && return
	ktap_print_msg "$(sort "$work/astray" | uniq -c | head -n 3 | tr '\n' ';')"
	return 1
}

# audit LABEL KIND KERNEL UART NUMBER-OF-CPUS PARAMETERS [OPTION]
audit()
{
	local label="$1" kind="$2" kernel="$3" uart="$4" count="$5" parameters="$6"
	local cpus
	shift 6

	cpus=$(spare_cpus "$count")
	check "$label: it is loaded" load "$kernel" "$uart" "$cpus" "$parameters" "$@"
	check "$label: it runs and ends" run_traced
	summary "$cpus" "$uart"
	check "$label: all of it was watched" was_watched "$count"
	check "$label: it touches nothing that is not listed" only_listed "$kind"
	check "$label: no interrupt goes to others" none_astray "$kind"
	check "$label: kexec -u gives all back" "$KEXEC" --multikernel=$NAME -u
}

test_stock()
{
	local kernel name

	for kernel in $MK_STOCK; do
		name=$(basename "$kernel")
		if [ -r "$kernel" ]; then
			audit "$name" stock "$kernel" none 1 "mk.tick=3 mk.end=poweroff"
			continue
		fi
		skip_parts 6 "$name" "no such file: name kernels in MK_STOCK"
	done
}

crash="mk.run=\"echo c >/proc/sysrq-trigger\""

ktap_print_header
# shellcheck disable=SC2086
ktap_set_plan $((6 * 6 + $(set -- $MK_STOCK; echo $#) * 6 + 1))
audit "one CPU" spawned "$MK_KERNEL" none 1 "mk.tick=3 mk.end=poweroff"
audit "three CPUs" spawned "$MK_KERNEL" none 3 "mk.tick=5 mk.end=reboot"
audit "three CPUs and a panic" spawned "$MK_KERNEL" none 3 "$crash"
audit "a serial port" spawned "$MK_KERNEL" COM2 2 "mk.tick=3 mk.end=halt"
audit "three CPUs without options" bare "$MK_KERNEL" none 3 "mk.tick=3 mk.end=poweroff" \
	--no-default-append
audit "no control block" stock "$MK_KERNEL" none 3 "multikernel=off mk.tick=3 mk.end=poweroff"
test_stock
check "the host has all back" same_state "$before"
ktap_finished
