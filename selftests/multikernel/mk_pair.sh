# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# shellcheck disable=SC2034
#
# For tests of two spawned kernels of two CPUs each, ONE and TWO, and a host of
# two: what they say goes to COM2 and COM3.

. "$(dirname "$0")/mk_lib.sh"

ONE=selftest-one
TWO=selftest-two
MEMORY=128
require 4 $((2 * MEMORY))
log1=$(com_log 2)
log2=$(com_log 3)
[ -n "$log1" ] || skip_all "what comes out of serial ports cannot be seen here"
before=$(host_state)
token1=$(new_token)
token2=$(new_token)
cpus=$(spare_cpus 4)
cpus1=$(echo "$cpus" | cut -d , -f 1,2)
cpus2=$(echo "$cpus" | cut -d , -f 3,4)
trap 'clean_up $ONE $TWO' EXIT
trap 'exit 143' INT TERM

# spawn NAME CPUS UART PARAMETERS [OPTION]
spawn()
{
	local name="$1" cpus="$2" uart="$3" parameters="$4"
	shift 4

	spawn_into "$name" "$cpus" "$uart" "--append=$parameters" "$@"
}
