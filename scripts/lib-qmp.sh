# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# QEMU's machine protocol through two files: commands go to the descriptor $qmp
# (a FIFO), answers and events come to $out/qmp.log. Both are the caller's.

# shellcheck disable=SC2154

qmp_serial=0

# Sleeps without a process: nobody ever writes to that pipe.
pause()
{
	if [ -z "${pause_fd:-}" ]; then
		exec {pause_fd}<> <(:)
	fi
	read -r -t "$1" -u "$pause_fd" || true
}

qmp_open()
{
	echo '{"execute": "qmp_capabilities"}' >&"$qmp"
}

# Prints the answer of a command of the human monitor.
qmp_monitor()
{
	local command=$1 line tries
	local id=mk$((++qmp_serial))

	command=${command//\\/\\\\}
	command=${command//\"/\\\"}
	echo "{\"execute\": \"human-monitor-command\", \"id\": \"$id\"," \
		"\"arguments\": {\"command-line\": \"$command\"}}" >&"$qmp"
	for ((tries = 0; tries < 1200; tries++)); do
		line=$(grep -F "\"id\": \"$id\"" "$out/qmp.log") && break
		pause 0.05
	done
	[[ $line =~ \"return\":\ \"(.*)\",\ \"id\" ]] || [[ $line =~ \"return\":\ \"(.*)\"\}$ ]] || return 1
	printf '%b' "${BASH_REMATCH[1]//\\\"/\"}" | tr -d '\r'
}

# Why the machine ended: guest-reset, guest-shutdown, host-signal, ...
qmp_shutdown_reason()
{
	sed -n 's/.*"SHUTDOWN".*"reason": "\([^"]*\)".*/\1/p' "$out/qmp.log" | tail -n 1
}
