#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tests of the loaders of kexec --multikernel with damaged images: kexec is built
# with AddressSanitizer and UndefinedBehaviorSanitizer, and plans (--dry-run) to
# load each of them. The images are small ones of each format, made here, and the
# faults are those of the selftest corpus.sh. MK_CORPUS says how many there are
# of each format, MK_SEED which ones.

set -euo pipefail
# shellcheck source=scripts/tests/lib-test.sh
. "$(dirname "$0")/lib-test.sh"

COUNT=${MK_CORPUS:-200}
SEED=${MK_SEED:-1}
build=$real_out/corpus

# In out/, so that only the first run takes its minute.
build_kexec()
{
	local source

	source=$(realpath "$real_out/kexec-tools")
	mkdir -p "$build"
	(
		cd "$build"
		[[ -x $source/configure ]] || (cd "$source" && autoheader && autoconf)
		[[ Makefile -nt $source/configure ]] ||
			"$source/configure" --without-zlib --without-lzma --without-xen \
				CFLAGS="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all" \
				LDFLAGS="-fsanitize=address,undefined" "CPPFLAGS=-I$build/include"
		make -j"$(nproc)" build/sbin/kexec
		cc -O1 -g -Wall -fsanitize=address,undefined -o mk_damage \
			"$real_root/selftests/multikernel/mk_damage.c"
	)
}

# put FILE OFFSET BYTES NUMBER: little-endian
put()
{
	local i text=''

	for ((i = 0; i < $3; i++)); do
		text+=$(printf '\\x%02x' $((($4 >> (8 * i)) & 255)))
	done
	printf '%b' "$text" | dd of="$1" bs=1 seek=$(($2)) conv=notrunc status=none
}

# A boot sector, a sector of setup code and 64 KiB, with the setup header of
# Documentation/arch/x86/boot.rst.
make_bzimage()
{
	head -c $((1024 + 65536)) /dev/zero >"$1"
	put "$1" 0x1f1 1 1
	put "$1" 0x1f4 4 $((65536 / 16))
	put "$1" 0x1fe 2 0xaa55
	put "$1" 0x200 2 0x6aeb
	printf HdrS | dd of="$1" bs=1 seek=$((0x202)) conv=notrunc status=none
	put "$1" 0x206 2 0x020f
	put "$1" 0x20e 2 0x100
	put "$1" 0x211 1 1
	put "$1" 0x22c 4 0x7fffffff
	put "$1" 0x230 4 0x200000
	put "$1" 0x234 1 1
	put "$1" 0x235 1 21
	put "$1" 0x236 2 0x7f
	put "$1" 0x238 4 2047
	put "$1" 0x248 4 1024
	put "$1" 0x24c 4 32768
	put "$1" 0x258 8 0x1000000
	put "$1" 0x260 4 0x200000
	printf '6.12.0 (a@b) #1' | dd of="$1" bs=1 seek=$((0x300)) conv=notrunc status=none
}

plan()
{
	"$build/build/sbin/kexec" --multikernel=corpus -l "$1" --dry-run --cpus=1 \
		--memory=64M >plan.out 2>plan.err
}

# each_is_refused_or_loads IMAGE: none makes a sanitizer speak.
each_is_refused_or_loads()
{
	local number status good=0

	plan "$1" || {
		echo "not even the sound one can be loaded: $(<plan.err)"
		return 1
	}
	for ((number = 1; number <= COUNT; number++)); do
		"$build/mk_damage" "$SEED" "$number" "$1" >damaged
		status=0
		plan damaged || status=$?
		if ((status > 1)) || grep -q -e Sanitizer -e 'runtime error' plan.err; then
			echo "mk_damage $SEED $number $1: status $status:"
			head -n 20 plan.err
			return 1
		fi
		((status)) || good=$((good + 1))
	done
	((good < COUNT))
	echo "$good of $COUNT damaged images load"
}
