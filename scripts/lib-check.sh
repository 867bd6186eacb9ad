# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Checks that report in KTAP.  A check is a function: what it prints becomes
# diagnostics, its status says pass (0), skip (4) or fail (all else).

check_number=0 check_failed=0 check_skipped=0

checks_begin()
{
	echo "KTAP version 1"
}

# check DESCRIPTION FUNCTION [ARGUMENT]...
check()
{
	local description=$1 output status=0 result='ok' directive=''
	shift
	output=$("$@" 2>&1) || status=$?
	check_number=$((check_number + 1))
	case $status in
	0) ;;
	4) directive=' # SKIP' check_skipped=$((check_skipped + 1)) ;;
	*) result='not ok' check_failed=$((check_failed + 1)) ;;
	esac
	echo "$result $check_number $description$directive"
	[[ -z $output ]] || echo "# ${output//$'\n'/$'\n# '}"
}

# Print the totals; fails if a check did.
checks_end()
{
	echo "1..$check_number"
	echo "# $((check_number - check_failed - check_skipped)) passed," \
		"$check_failed failed, $check_skipped skipped"
	((check_failed == 0))
}

# none LINES...: pass if the command prints nothing and show what it prints;
# for commands that list what is wrong.
none()
{
	local output
	output=$("$@" || true)
	[[ -z $output ]] || {
		echo "$output"
		return 1
	}
}
