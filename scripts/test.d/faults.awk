# SPDX-License-Identifier: GPL-2.0
# Lines of a kernel's log that match one of `patterns`, with the test that ran.
# A panic that sysrq was asked for is none, nor is the trace that it prints.

BEGIN {
	while ((getline line < patterns) > 0)
		if (line !~ /^#/ && line != "")
			all = all (all == "" ? "" : "|") line
}
/mk-test: (begin|after) / { test = $0; sub(/.*mk-test: (begin|after) /, "", test); next }
/Kernel panic - not syncing: sysrq triggered crash/ {
	if (!/end Kernel panic/)
		traces = 1
	next
}
/Call Trace:/ && traces { traces--; next }
$0 ~ all { sub(/\r$/, ""); print (test == "" ? "" : "during " test ": ") $0 }
