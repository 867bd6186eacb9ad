# SPDX-License-Identifier: GPL-2.0
# Lines of a kernel's log that match one of `patterns`, with the test that ran.

BEGIN {
	while ((getline line < patterns) > 0)
		if (line !~ /^#/ && line != "")
			all = all (all == "" ? "" : "|") line
}
/mk-test: begin / { test = $0; sub(/.*mk-test: begin /, "", test); next }
$0 ~ all { sub(/\r$/, ""); print (test == "" ? "" : "during " test ": ") $0 }
