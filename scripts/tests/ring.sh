#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tests of the order of loads and stores in arch-x86/multikernel/ring.c: of a model
# of it, with spin, and of the file itself as a program, with ThreadSanitizer. Both
# must find fault as well, with what is left out.

set -euo pipefail
# shellcheck source=scripts/tests/lib-test.sh
. "$(dirname "$0")/lib-test.sh"

MODEL=$MK_ROOT/scripts/model

# verify OPTION...: look at all that the model can do. The last line says errors.
verify()
{
	cd "$MK_TMP"
	spin -a "$@" "$MODEL/ring.pml" >spin.log
	cc -O2 -w -DSAFETY -DNOFAIR -o pan pan.c
	./pan -m100000 -n >pan.log 2>&1
}

holds()
{
	verify "$@"
	if ! grep -q 'errors: 0$' pan.log || grep -q 'too small' pan.log; then
		cat pan.log
		return 1
	fi
}

fails()
{
	verify "$@" || true
	grep -q 'assertion violated' pan.log || {
		echo "the model does without it: $*"
		cat pan.log
		return 1
	}
}

test_model_loses_nothing_when_it_waits_for_room()
{
	holds
}

test_model_knows_what_it_lost_when_it_does_not()
{
	holds -DOVER
}

test_model_needs_the_release_of_the_head()
{
	fails -DNO_RELEASE
	fails -DOVER -DNO_RELEASE
}

test_model_needs_the_barrier_of_the_producer()
{
	fails -DOVER -DNO_WMB
}

test_model_needs_the_barrier_of_the_consumer()
{
	fails -DOVER -DNO_RMB
}

test_model_needs_the_release_of_the_tail()
{
	fails -DEARLY_TAIL
}

test_model_needs_the_margin()
{
	fails -DOVER -DNO_MARGIN
}

# build OPTION...: the file as a program, with empty files for the kernel's headers.
build()
{
	local header

	cd "$MK_TMP"
	mkdir -p include/linux include/asm
	for header in build_bug compiler minmax stddef string types; do
		: >"include/linux/$header.h"
	done
	: >include/asm/barrier.h
	cp "$real_root/arch-x86/include/asm/multikernel_abi.h" include/asm
	cc -O1 -g -Wall -Wno-tsan -fsanitize=thread -pthread -Iinclude "$@" \
		-include "$MODEL/kernel.h" -o ring "$MODEL/ring.c"
}

# Its shadow memory is at fixed addresses.
run()
{
	timeout 300 setarch --addr-no-randomize ./ring "$@" 2>&1
}

test_program_has_no_data_race()
{
	build
	run strict 2000000
	run over 2000000
}

test_program_of_plain_accesses_has_one()
{
	build -DPLAIN
	{ run over 2000000 || true; } >tsan.log
	grep -q 'WARNING: ThreadSanitizer: data race' tsan.log
}

main_tests
