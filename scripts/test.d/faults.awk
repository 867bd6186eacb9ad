# SPDX-License-Identifier: GPL-2.0
# Lines of a kernel's log that match one of `patterns`, with the test that ran.
# `known` has warnings that are none of ours: not those, nor the trace of each.
# A panic that sysrq was asked for is none, nor is the trace that it prints, nor
# are traces of CPUs that were asked for one. Nor is what follows "mk: a fault is
# wanted" until the next kernel, or an NMI after "mk-test: an NMI is wanted".

function alternatives(file,    line, all)
{
	while ((getline line < file) > 0)
		if (line !~ /^#/ && line != "")
			all = all (all == "" ? "" : "|") line
	return all
}

BEGIN {
	all = alternatives(patterns)
	none = alternatives(known)
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
$0 ~ none { traces++; next }
/NMI backtrace for cpu/ { traces++ }
/Call Trace:/ && traces { traces--; next }
$0 ~ all { sub(/\r$/, ""); print (test == "" ? "" : "during " test ": ") $0 }
