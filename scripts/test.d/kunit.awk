# SPDX-License-Identifier: GPL-2.0
# KUnit's suites in a kernel's log, as nested KTAP. Leaves go to `results`.
#
# -v suites="A B" (those that there must be) -v number=FIRST -v results=FILE

function leaf(suite, name, status, reason)
{
	printf "kunit\t%s\t%s\t%s\t%s\t\n", suite, name, status, reason >> results
}

{
	sub(/\r$/, "")
	sub(/^\[ *[0-9.]+\] /, "")
}
/^    # Subtest: multikernel/ { suite = $3; print "    KTAP version 1"; print; next }
suite == "" { next }
/^    1\.\.[0-9]+/ { print; next }
/^    # / { notes[nr_notes++] = $0; next }
/^    (not )?ok [0-9]+ / {
	status = /^    ok/ ? "pass" : "fail"
	if (/# SKIP/)
		status = "skip"
	for (i = 0; status == "fail" && i < nr_notes; i++)
		print notes[i]
	nr_notes = 0
	print
	name = $0
	sub(/^    (not )?ok [0-9]+ /, "", name)
	sub(/ *#.*/, "", name)
	leaf(suite, name, status, "")
	next
}
/^(not )?ok [0-9]+ multikernel/ {
	good = /^ok/
	printf "%s %d kunit: %s\n", (good ? "ok" : "not ok"), number++, suite
	seen[suite] = 1
	suite = ""
}
END {
	count = split(suites, names, " ")
	for (i = 1; i <= count; i++) {
		if (names[i] in seen)
			continue
		leaf(names[i], "", "fail", "is not in the log: CONFIG_MULTIKERNEL_KUNIT_TEST?")
		printf "not ok %d kunit: %s # is not in the log: CONFIG_MULTIKERNEL_KUNIT_TEST?\n", number++, names[i]
	}
}
