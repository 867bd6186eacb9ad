#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tests of the loaders of kexec --multikernel with damaged images: a kexec with
# AddressSanitizer and UndefinedBehaviorSanitizer plans (--dry-run) to load each of
# them. Images and faults are those of the selftest corpus.sh, mk_corpus.c says
# what must become of each. MK_CORPUS says how many there are of each format (200),
# MK_SEED which ones (1). A part is done once more with a look at what kexec has not
# freed at its end, which takes ten times as long.

set -euo pipefail
# shellcheck source=scripts/tests/lib-test.sh
. "$(dirname "$0")/lib-test.sh"

COUNT=${MK_CORPUS:-200}
SEED=${MK_SEED:-1}
selftests=$real_root/selftests/multikernel
built=$real_out/kexec/build # by scripts/build
build=$real_out/corpus
runs=$build/runs
formats=(bzimage vmlinux multiboot multiboot-addresses multiboot2-32 multiboot2-64
	multiboot2-addresses pvh)
sanitize="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"

# What a sanitizer finds is a status that no loader has.
export UBSAN_OPTIONS=print_stacktrace=1:exitcode=99

# kexec as it was configured there, with other flags, inside of mk_corpus: starting
# it would take longer than all else. In out/, so that only the first run takes its
# time.
build_kexec()
{
	mkdir -p "$build/include"
	cp -u -p "$built/include/config.h" "$build/include/"
	cp -u -p "$built/config.status" "$build/"
	sed -e "s|^CFLAGS\t.*|CFLAGS = $sanitize -fno-strict-aliasing -Dmain=mk_corpus_loader|" \
		-e "s|^LDFLAGS\t.*|LDFLAGS = -fsanitize=address,undefined|" \
		-e "s|^LIBS\t.*|LIBS = mk_corpus.o mk_damage.o|" \
		-e "s|$(realpath "$built")|$(realpath "$build")|g" "$built/Makefile" >"$build/Makefile.new"
	if ! cmp -s "$build/Makefile.new" "$build/Makefile"; then
		find "$build" -name '*.o' ! -name 'mk_*' -delete
		mv "$build/Makefile.new" "$build/Makefile"
	fi
	touch "$build/Makefile" # or config.status would write it
	rm -f "$build/build/sbin/kexec"
	make -C "$build" -j"${JOBS:-$(nproc)}" build/sbin/kexec
}

build_tools()
{
	local tool

	for tool in mk_small mk_multiboot; do
		cc -O1 -Wall -o "$build/$tool" "$selftests/$tool.c"
	done
	for tool in mk_corpus mk_damage; do
		# shellcheck disable=SC2086
		cc -Wall $sanitize -c -o "$build/$tool.o" "$selftests/$tool.c"
	done
	cc -fsanitize=address,undefined -o "$build/mk_corpus" "$build"/mk_{corpus,damage}.o
	# Code that nobody runs.
	head -c 2000 /dev/zero | tr '\0' '\364' >"$build/code"
}

# plan LEAKS COUNT IMAGE OPTION...: it and so many variants.
plan()
{
	local leaks=$1 count=$2 image=$3
	shift 3

	ASAN_OPTIONS=exitcode=99:detect_leaks=$leaks "$build/build/sbin/kexec" "$SEED" "$count" \
		corpus "$image" "$image.damaged" kexec --multikernel=corpus -l --dry-run --cpus=1 "$@"
}

# What else is said of a format, one a line: what is loaded with it is read as well.
options()
{
	case $1 in
	bzimage | vmlinux) printf '%s\n' --memory=64M "--initrd=$build/code" ;;
	multiboot2-addresses) echo --memory=64M ;;
	pvh) printf '%s\n' --memory=64M@16M "--initrd=$build/code" "--module=$build/code its words" ;;
	*) printf '%s\n' --memory=64M "--module=$build/code its words" "--module=$build/code" ;;
	esac
}

# multiboot IMAGE WORD...
multiboot()
{
	"$build/mk_multiboot" "$build/code" "$@"
}

# make_image FORMAT IMAGE: what cannot be moved is in memory as it is assumed, from
# 1 GiB on.
make_image()
{
	case $1 in
	bzimage | vmlinux | pvh) "$build/mk_small" "$1" "$2" ;;
	multiboot) multiboot "$2" multiboot1 elf32 at=0x40100000 ;;
	multiboot-addresses) multiboot "$2" multiboot1 addresses at=0x40100000 ;;
	multiboot2-32) multiboot "$2" elf32 low ;;
	multiboot2-64) multiboot "$2" elf64 low ;;
	multiboot2-addresses) multiboot "$2" addresses low wants=4 ;;
	esac
}

# try FORMAT: the output and the status in files.
try()
{
	local image=$runs/$1 status=0
	local -a options

	mapfile -t options < <(options "$1")
	{
		make_image "$1" "$image" && plan 0 "$COUNT" "$image" "${options[@]}" &&
			plan 1 $((COUNT / 20)) "$image" "${options[@]}"
	} >"$image.log" 2>&1 || status=$?
	echo "$status" >"$image.status"
}

# All formats, as many at a time as there are processors.
try_all()
{
	local format

	rm -rf "$runs"
	mkdir -p "$runs"
	for format in "${formats[@]}"; do
		(($(jobs -r | wc -l) < ${JOBS:-$(nproc)})) || wait -n
		try "$format" &
	done
	wait
}

# Or there is nothing to test.
prepare()
{
	if [[ ! -e $built/Makefile ]]; then
		echo "1..0 # SKIP kexec is not built: run make build first"
		exit
	fi
	mkdir -p "$build"
	(build_tools && build_kexec) >"$build/build.log" 2>&1 ||
		die "kexec does not build with sanitizers: see $build/build.log"
	try_all
}

# was_good FORMAT: each of its images was refused or loaded.
was_good()
{
	cat "$runs/$1.log"
	[[ $(<"$runs/$1.status") == 0 ]]
}

test_bzImage()
{
	was_good bzimage
}

test_vmlinux()
{
	was_good vmlinux
}

test_Multiboot()
{
	was_good multiboot
}

test_Multiboot_with_addresses()
{
	was_good multiboot-addresses
}

test_Multiboot2_with_ELF_of_32_bits()
{
	was_good multiboot2-32
}

test_Multiboot2_with_ELF_of_64_bits()
{
	was_good multiboot2-64
}

test_Multiboot2_with_addresses()
{
	was_good multiboot2-addresses
}

test_PVH()
{
	was_good pvh
}

# loader COUNT IMAGE COMMAND...
loader()
{
	local count=$1 image=$2
	shift 2

	"$build/mk_corpus" "$SEED" "$count" corpus "$image" "$MK_TMP/damaged" "$@"
}

# blamed REASON CODE: a loader that is CODE of a shell, with the image as $1, is
# not let through, for that reason.
blamed()
{
	"$build/mk_small" bzimage "$MK_TMP/sound"
	# shellcheck disable=SC2016
	refused "$1" loader 30 "$MK_TMP/sound" sh -c \
		'cmp -s "$0" "$1" && exit 0; '"$2" "$MK_TMP/sound"
}

test_a_loader_that_takes_what_is_cut_is_found()
{
	blamed 'loads an image of which a part is missing' 'exit 0'
}

test_a_loader_that_crashes_is_found()
{
	blamed 'killed by a signal' 'kill -SEGV $$'
}

test_a_loader_that_gives_no_reason_is_found()
{
	blamed 'gives no reason' 'exit 1'
	blamed 'gives no reason' 'echo "kexec: corpus: no" >&2; exit 1'
}

test_a_loader_that_gives_two_reasons_is_found()
{
	blamed 'more than one reason' 'printf "kexec: corpus: it is damaged %s\n" here there >&2; exit 1'
}

test_a_loader_that_does_not_name_the_instance_is_found()
{
	blamed 'does not name the instance' 'echo "kexec: it is damaged" >&2; exit 1'
}

test_a_loader_that_ends_in_an_odd_way_is_found()
{
	blamed 'neither 0 nor 1' 'echo "kexec: corpus: it is damaged" >&2; exit 99'
}

test_a_loader_that_refuses_what_is_sound_is_found()
{
	"$build/mk_small" bzimage "$MK_TMP/sound"
	refused 'without a fault is not loaded' loader 1 "$MK_TMP/sound" sh -c \
		'echo "kexec: corpus: it is damaged" >&2; exit 1' sh
}

[[ -n ${MK_TEST:-} ]] || prepare
main_tests
