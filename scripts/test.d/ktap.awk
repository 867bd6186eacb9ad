# SPDX-License-Identifier: GPL-2.0
# What in-vm printed, as one nested KTAP test a program. Leaves go to the file
# `results`: run, program, subtest, pass|fail|skip, reason, seconds; by tabs.
#
# -v run=NAME -v tests="A B" -v number=FIRST -v results=FILE -v verbose=0|1

function clean(text)
{
	gsub(/[\t\r]/, " ", text)
	sub(/^[ -]+/, "", text)
	sub(/ +$/, "", text)
	return text
}

function leaf(subtest, status, reason)
{
	printf "%s\t%s\t%s\t%s\t%s\t%s\n", run, program, subtest, status, reason, "" >> results
}

function show_notes(    i)
{
	for (i = 0; i < nr_notes; i++)
		print "    " notes[i]
	nr_notes = 0
}

function begin(name)
{
	program = name
	planned = -1
	reported = failed = skipped = nr_notes = 0
	skip_reason = left = ""
	began[name] = 1
	print "    KTAP version 1"
	print "    # Subtest: " run ": " name
}

# "ok 3 - name # SKIP reason" and its like
function subtest(line,    status, name, reason)
{
	status = line ~ /^ok/ ? "pass" : "fail"
	sub(/^(not )?ok [0-9]+/, "", line)
	name = line
	if (match(line, / # (SKIP|XFAIL|TODO|TIMEOUT).*$/)) {
		name = substr(line, 1, RSTART - 1)
		reason = substr(line, RSTART + 3)
		if (reason ~ /^SKIP/) {
			status = "skip"
			sub(/^SKIP */, "", reason)
		}
	}
	name = clean(name)
	reason = clean(reason)
	reported++
	if (status == "fail")
		failed++
	if (status == "fail" || verbose)
		show_notes()
	nr_notes = 0
	printf "    %s %d %s%s\n", (status == "fail" ? "not ok" : "ok"), reported, name,
		(status == "skip" ? " # SKIP " reason : "")
	leaf(name, status, reason)
	fflush()
}

function note(line)
{
	notes[nr_notes++] = line
	if (nr_notes > 200)
		nr_notes = 0
}

# Why the program itself failed though no subtest says so, or "".
function fault(status)
{
	if (left != "")
		return "left behind: " left
	if (status == 124 || status == 143)
		return "timed out"
	if (status != 0 && status != 4 && !failed)
		return "exit status " status
	if (planned < 0 && status != 4)
		return "reported no plan"
	if (planned > 0 && reported != planned)
		return "reported " reported " of " planned " subtests"
	return ""
}

function end(status, seconds,    why)
{
	why = fault(status)
	if (why != "") {
		show_notes()
		leaf("", "fail", why)
	} else if (status == 4 || planned == 0) {
		leaf("", "skip", skip_reason)
	}
	if (verbose)
		show_notes()
	if (why != "" || failed)
		printf "not ok %d %s: %s # %s\n", number++, run, program,
			(why == "" ? failed " failed" : why)
	else if (status == 4 || planned == 0)
		printf "ok %d %s: %s # SKIP %s\n", number++, run, program, skip_reason
	else
		printf "ok %d %s: %s # %d s\n", number++, run, program, seconds
	program = ""
	fflush()
}

function vm_reason(status)
{
	if (status == 124)
		return "the VM was given up after its time"
	if (status == 125)
		return "the VM was reset or powered off"
	if (status == 126)
		return "the host kernel panicked"
	return "scripts/vm ended with " status
}

{ sub(/\r$/, "") }
$1 == "@begin" { begin($2); next }
$1 == "@left" { left = left (left == "" ? "" : ", ") substr($0, 7); next }
$1 == "@end" { end($3, $4); next }
$1 == "@vm" { vm_status = $2; next }
program == "" { next }
/^1\.\.0/ {
	planned = 0
	skip_reason = $0
	sub(/^1\.\.0 *(# *)?(SKIP)? */, "", skip_reason)
	skip_reason = clean(skip_reason)
	next
}
/^1\.\.[0-9]+/ { planned = substr($1, 4) + 0; print "    1.." planned; next }
/^(not )?ok [0-9]+/ { subtest($0); next }
/^TAP version/ || /^#  RUN/ || /^#  *OK / { if (verbose) note($0); next }
/^# figure: / { print "    " $0; fflush(); next }
/^#/ { note($0); next }
{ note("# " $0) }

END {
	if (program != "") {
		show_notes()
		leaf("", "fail", vm_reason(vm_status))
		printf "not ok %d %s: %s # %s\n", number++, run, program, vm_reason(vm_status)
	}
	count = split(tests, names, " ")
	for (i = 1; i <= count; i++) {
		if (names[i] in began)
			continue
		program = names[i]
		leaf("", "fail", "was not reached: " vm_reason(vm_status))
		printf "not ok %d %s: %s # was not reached: %s\n", number++, run, program, vm_reason(vm_status)
	}
}
