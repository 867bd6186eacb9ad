# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154
#
# How the machine of scripts/vm ended. $out, $token, $expect and $qemu are
# scripts/vm's.
#
# With --expect the end of the machine is what SCRIPT is for:
#
#   reset, poweroff   QEMU says so, and SCRIPT has not come to its end
#   halt              the kernel says "System halted"; QEMU is ended then
#   panic             the kernel panics, waits as panic=N says and resets
#   crash             the kernel panics, and SCRIPT's status comes from the next
#
# After the last line of a kernel that halts or panics the machine stays for some
# seconds: DIR/silence has what the other serial ports had said by then, and what
# SILENCE seconds later, a line each: "com2 1234 com3 0 com4 0".

SETTLE=1 # until a line that was said before is in its file
SILENCE=5
ended_at=''

sizes()
{
	local port

	for port in com2 com3 com4; do
		printf '%s %d ' "$port" "$(stat -c %s "$out/$port.log")"
	done
	echo
}

last_line()
{
	case $expect in
	halt) echo 'reboot: System halted' ;;
	panic) echo 'Rebooting in [0-9]* seconds' ;;
	esac
}

# One look for the last LINE, while the machine runs.
watch_silence()
{
	local line=$1

	if [ -z "$ended_at" ]; then
		if grep -q -a "$line" "$out/host.log"; then
			pause "$SETTLE"
			ended_at=$SECONDS
			sizes >"$out/silence"
		fi
	elif [ "$SECONDS" -gt $((ended_at + SILENCE)) ] && [ "$(wc -l <"$out/silence")" -eq 1 ]; then
		sizes >>"$out/silence"
		if [ "$expect" = halt ]; then
			stop_qemu
		fi
	fi
}

show_tails()
{
	local log

	for log in host com2 com3 com4; do
		if [ -s "$out/$log.log" ]; then
			echo "--- the end of $out/$log.log" >&2
			tail -n 15 "$out/$log.log" | tr -d '\r' >&2
		fi
	done
}

# What the script printed when the kernel could not mount DIR: on its console.
show_console_output()
{
	if grep -q "mk-vm: $token start without 9p" "$out/host.log"; then
		sed -e "1,/mk-vm: $token start/d" -e "/mk-vm: $token status/,\$d" "$out/host.log" |
			tr -d '\r' | tee "$out/output"
	fi
}

reason_text()
{
	case $1 in
	guest-reset) echo "reset" ;;
	guest-shutdown) echo "powered off" ;;
	*) echo "ended: $1" ;;
	esac
}

panicked()
{
	grep -q -a "Kernel panic - not syncing" "$out/host.log"
}

# ended_as_expected REASON: whether an end that SCRIPT does not see is the one
# that was asked for.
ended_as_expected()
{
	case $expect in
	reset) [ "$1" = guest-reset ] && not panicked ;;
	poweroff) [ "$1" = guest-shutdown ] && not panicked ;;
	halt) [ -n "$ended_at" ] && not panicked ;;
	panic) [ "$1" = guest-reset ] && panicked ;;
	*) return 1 ;;
	esac
}

not()
{
	! "$@"
}

# Exits with the script's status, or says how the machine ended without one.
verdict()
{
	local status ended

	status=$(sed -n "s/.*mk-vm: $token status \([0-9]*\).*/\1/p" "$out/host.log")
	ended=$(qmp_shutdown_reason)
	show_console_output
	if [ -z "$status" ] && ended_as_expected "$ended"; then
		exit 0
	elif panicked && [ "$expect" != crash ]; then
		show_tails
		echo "vm: the host kernel panicked" >&2
		exit 126
	elif [ -z "$ended" ]; then
		cat "$out/qemu.log" >&2
		echo "vm: QEMU failed" >&2
		exit 127
	elif [ -z "$status" ] || [ "$ended" = guest-reset ]; then
		show_tails
		echo "vm: the machine was $(reason_text "$ended")${status:+ after the script}" >&2
		exit 125
	elif [ "$expect" != script ] && ! { [ "$expect" = crash ] && panicked; }; then
		echo "vm: the script ended, and not as expected: $expect" >&2
		exit $((status ? status : 125))
	fi
	exit "$status"
}
