# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154
#
# What scripts/test looks for in the logs of a boot. $OUT, $PARTS and $number are
# scripts/test's, and so is record().

# Lines of a log that no kernel may print, with the test that ran then.
faults()
{
	awk -v patterns="$PARTS/faults" -v known="$PARTS/known" -f "$PARTS/faults.awk" "$1"
}

not()
{
	! "$@"
}

# Whether a log matches an expression, or does not when that begins with "!".
log_is_as()
{
	if [[ $1 == !* ]]; then
		not grep -q -E -e "${1#!}" "$2"
	else
		grep -q -E -e "$1" "$2"
	fi
}

# The logs of a boot that say something.
logs_of()
{
	local log

	for log in host com2 com3 com4; do
		if [ -s "$OUT/$1/$log.log" ]; then
			echo "$log.log"
		fi
	done
}

# log_result RUN NR NAME REASON [skip]: one subtest, red when there is a reason,
# but for a reason to skip it.
log_result()
{
	local result=${4:+${5:-fail}}

	case $result in
	fail) echo "    not ok $2 $3" ;;
	skip) echo "    ok $2 $3 # SKIP $4" ;;
	*) echo "    ok $2 $3" ;;
	esac
	record "$1" logs "$3" "$result" "$4"
}

# What is to read a core file. By types only where the kernel has them.
core_tools()
{
	echo gdb_finds_the_banner
	echo makedumpfile_finds_the_panic
	[ "$PROFILE" = dwarf ] || return 0
	echo makedumpfile_leaves_out_what_is_free
	echo drgn_finds_init
	echo crash_finds_who_had_the_panic
}

# The kernel is somewhere else at each start: by as much as its core file's first
# piece, its text, is off.
gdb_finds_the_banner()
{
	local vmlinux=$MK_BUILD/vmlinux linked loaded

	linked=$(nm "$vmlinux" | sed -n 's/ T _text$//p')
	loaded=$(readelf -lW "$1" | awk '$1 == "LOAD" { print $3; exit }')
	[ -n "$linked" ] && [ -n "$loaded" ] || return
	gdb -nx -batch -ex "symbol-file -o $((loaded - 0x$linked)) $vmlinux" \
		-ex 'x/s (char *)&linux_banner' -c "$1" 2>&1 | grep -q '"Linux version '
}

makedumpfile_finds_the_panic()
{
	makedumpfile --dump-dmesg "$1" "$1.dmesg" >/dev/null 2>&1 &&
		grep -q "Kernel panic" "$1.dmesg"
}

# A smaller file, of the pages that the kernel uses itself.
makedumpfile_leaves_out_what_is_free()
{
	makedumpfile -x "$MK_BUILD/vmlinux" -E -d 31 "$1" "$1.small" >"$1.makedumpfile" 2>&1 &&
		[ "$(stat -c %s "$1.small")" -lt $(($(stat -c %s "$1") / 2)) ] &&
		drgn_finds_init "$1.small"
}

drgn_finds_init()
{
	drgn -q -c "$1" -s "$MK_BUILD/vmlinux" "$PARTS/drgn-tasks.py" >"$1.drgn" 2>&1 &&
		grep -q '^1 init$' "$1.drgn"
}

# Older ones end by a fault of their own, with a dump of any 6.12.
crash_knows_linux_6_12()
{
	local version

	version=$(crash --version 2>/dev/null | sed -n 's/^crash \([0-9.]*\).*/\1/p')
	printf '%s\n' 8.0.6 "$version" | sort -C -V
}

# It knows nothing of CONFIG_SLUB_TINY, which these kernels have.
crash_finds_who_had_the_panic()
{
	printf '%s\n' sys bt quit |
		crash -s --no_kmem_cache "$MK_BUILD/vmlinux" "$1" >"$1.crash" 2>&1
	grep -q 'PANIC: .*Fatal exception' "$1.crash" && grep -q 'RIP: lkdtm_BUG' "$1.crash"
}

# What a program makes of a core file that a test has left.
scan_core()
{
	local run=$1 nr=$2 tool=$3 bad='' what="${3//_/ } in the core file"

	if [[ $tool = crash_* ]] && ! crash_knows_linux_6_12; then
		log_result "$run" "$nr" "$what" "there is no crash from 8.0.6 on" skip
		return
	fi
	"$tool" "$OUT/$run/core" || bad="not in $OUT/$run/core"
	log_result "$run" "$nr" "$what" "$bad"
	[ -z "$bad" ]
}

# One test a boot: it is what it should be, and, one subtest a kernel that said
# something, nothing bad is in its log.
scan_logs()
{
	local run=$1 expected=$2 log tool found='' bad='' nr=1
	local -a logs tools=()

	mapfile -t logs < <(logs_of "$run")
	echo "    KTAP version 1"
	echo "    # Subtest: $run: logs"
	[ ! -f "$OUT/$run/core" ] || mapfile -t tools < <(core_tools)
	echo "    1..$((${#logs[@]} + 1 + ${#tools[@]}))"
	if ! log_is_as "$expected" "$OUT/$run/host.log"; then
		bad="host.log is not that of such a boot"
	fi
	log_result "$run" 1 "the boot is what it should be: $expected" "$bad"
	for log in "${logs[@]}"; do
		found=$(faults "$OUT/$run/$log" | head -n 20)
		if [ -n "$found" ]; then
			bad=${found%%$'\n'*}
			echo "    # ${found//$'\n'/$'\n'    # }"
		fi
		nr=$((nr + 1))
		log_result "$run" "$nr" "no fault in $log" "${found%%$'\n'*}"
	done
	for tool in "${tools[@]}"; do
		nr=$((nr + 1))
		scan_core "$run" "$nr" "$tool" || bad=core
	done
	# It is large.
	[ -n "$bad" ] || rm -f "$OUT/$run/core" "$OUT/$run/core.small"
	echo "${bad:+not }ok $number $run: logs"
}
