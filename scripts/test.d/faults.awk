# SPDX-License-Identifier: GPL-2.0
# Lines of a kernel's log that match one of `patterns`, with the test that ran.
# A panic that sysrq was asked for is none, nor is the trace that it prints, nor
# are traces of CPUs that were asked for one. Nor is what follows "mk: a fault is
# wanted" until the next kernel, or an NMI after "mk-test: an NMI is wanted".

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
/Linux version/ { wanted = 0 }
/mk: a fault is wanted/ { wanted = 1 }
wanted { next }
/mk-test: an NMI is wanted/ { nmi = 1 }
/Uhhuh/ && nmi { next }
/NMI backtrace for cpu/ { traces++ }
/Call Trace:/ && traces { traces--; next }
$0 ~ all { sub(/\r$/, ""); print (test == "" ? "" : "during " test ": ") $0 }
