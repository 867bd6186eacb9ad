# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# RESULTS is another in each job on purpose.
# shellcheck disable=SC2030,SC2031
#
# Several commands of scripts/test at a time, BOOTS of them, whose output appears
# in the order in which they were queued: that of the first one at once, that of
# the others when those before them have ended.
#
# Each has a directory DIR/NAME.job: what it printed, its messages, and what it
# recorded in $RESULTS, which is a file of its own there. Each is a process group
# of its own, which the function at the end kills; when that cannot run (SIGKILL),
# they run on to their own time-outs.

JOB_MIB=4096 # of memory, roughly, that a boot of QEMU takes
job_dirs=()
job_pids=()
job_shown='' # the file of the first that is not printed whole is open as 4
jobs_printed=0

# jobs_default N: so many for two processors, if the memory suffices.
jobs_default()
{
	local free most wanted=$((($(nproc) * $1 + 1) / 2))

	free=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
	most=$((${free:-0} / JOB_MIB))
	echo $((most < 1 ? 1 : most < wanted ? most : wanted))
}

# One that failed of itself said nothing of all that should have followed.
job_result()
{
	local job=$1 name=${1##*/}

	cat "$job/results" >>"$RESULTS"
	if [[ ! -e $job/whole ]]; then
		echo "not ok - ${name%.job}: scripts/test failed there"
		printf '%s\tscripts/test\t\tfail\tit failed there\t\n' "${name%.job}" >>"$RESULTS"
	fi
}

# What came since the last time from the job whose turn it is, and the next one's
# when that has ended.
jobs_print()
{
	local job pid runs

	while ((jobs_printed < ${#job_dirs[@]})); do
		job=${job_dirs[jobs_printed]}
		pid=${job_pids[jobs_printed]}
		runs=''
		! kill -0 "$pid" 2>/dev/null || runs=1
		[[ -n $job_shown ]] || exec 4<"$job/output"
		job_shown=1
		cat <&4
		[[ -z $runs ]] || return 0
		cat "$job/messages" >&2
		job_result "$job"
		job_shown=''
		jobs_printed=$((jobs_printed + 1))
	done
}

# queue DIR LABEL COMMAND...: when there is room for it.
queue()
{
	local job=$1.job label=$2
	shift 2

	while (($(jobs -rp | wc -l) >= BOOTS)); do
		jobs_print
		sleep 2
	done
	rm -rf "$job"
	mkdir -p "$job"
	: >"$job/results"
	say "$label"
	set -m
	# Not "&&", in which a failure within the function would not end it.
	(
		export RESULTS=$job/results
		"$@"
		: >"$job/whole"
	) >"$job/output" 2>"$job/messages" </dev/null &
	set +m
	job_dirs+=("$job")
	job_pids+=($!)
}

# Until all have ended.
jobs_wait()
{
	while ((jobs_printed < ${#job_dirs[@]})); do
		jobs_print
		sleep 2
	done
	rm -rf "${job_dirs[@]}"
}

# Of those that were not printed the results count all the same.
jobs_end()
{
	local pid

	for pid in $(jobs -rp); do
		kill -TERM -- "-$pid" 2>/dev/null || true
	done
	wait
	while ((jobs_printed < ${#job_dirs[@]})); do
		cat "${job_dirs[jobs_printed]}/results" >>"$RESULTS"
		rm -rf "${job_dirs[jobs_printed]}"
		jobs_printed=$((jobs_printed + 1))
	done
}
