#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tests of what scripts/test finds in the log of a kernel.

set -euo pipefail
# shellcheck source=scripts/tests/lib-test.sh
. "$(dirname "$0")/lib-test.sh"
# shellcheck disable=SC2034 # lib-logs.sh's
PARTS=$MK_ROOT/scripts/test.d
# shellcheck source=scripts/lib-logs.sh
. "$MK_ROOT/scripts/lib-logs.sh"

# found LINE...: what is found in a log of these lines.
found()
{
	printf '%s\n' "$@" >"$MK_TMP/log"
	faults "$MK_TMP/log"
}

test_a_warning_and_its_trace_are_found()
{
	same "faults" "$(found 'a: WARNING: CPU: 1 PID: 2 at kernel/kexec_core.c:9 f+0x1/0x2' \
		'Call Trace:' 'all is well' | wc -l)" 2
}

test_the_test_that_ran_is_named()
{
	same "fault" "$(found '[1.0] mk-test: begin load' 'BUG: x')" 'during load: BUG: x'
}

test_a_warning_of_the_base_is_none()
{
	same "faults" "$(found \
		'WARNING: CPU: 1 PID: 2 at kernel/sched/core.c:8329 sched_cpu_dying+0x1/0x2' \
		'Call Trace:')" ''
	same "faults" "$(found \
		'WARNING: CPU: 5 PID: 4 at kernel/sched/deadline.c:265 task_non_contending+0x1/0x2' \
		'Call Trace:')" ''
}

test_what_follows_a_warning_of_the_base_is_found()
{
	same "faults" "$(found \
		'WARNING: CPU: 1 PID: 2 at kernel/sched/core.c:8329 sched_cpu_dying+0x1/0x2' \
		'Call Trace:' 'Call Trace:')" 'Call Trace:'
	same "faults" "$(found \
		'WARNING: CPU: 1 PID: 2 at kernel/sched/core.c:8329 sched_cpu_starting+0x1/0x2' |
		wc -l)" 1
}

test_a_panic_that_was_asked_for_is_none()
{
	same "faults" "$(found 'Kernel panic - not syncing: sysrq triggered crash' 'Call Trace:')" ''
	same "faults" "$(found 'mk: a fault is wanted' 'Kernel panic - not syncing: x')" ''
	same "faults" "$(found 'mk: a fault is wanted' 'Linux version 6' 'BUG: x')" 'BUG: x'
}

main_tests
