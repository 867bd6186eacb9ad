# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A small project with the real scripts: a base of four files in a tarball, two
# patches, two mirrored files.  Each test makes its own and changes nothing
# else.

shopt -s inherit_errexit

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=scripts/lib-check.sh
. "$MK_ROOT/scripts/lib-check.sh"

real_root=$MK_ROOT
real_out=$MK_OUT
unset MK_OUT MK_APT_SOURCES V

# new_project: a directory with the scripts, its own git configuration and an
# out/; the shell moves there.
new_project()
{
	project=$(mktemp -d "$MK_TMP/project.XXXX")
	cd "$project" || return
	mkdir -p patches out/dl
	cp -r "$real_root/scripts" .
	echo /out/ >.gitignore
	git init -q -b main .
	git config user.name 'A Tester'
	git config user.email tester@example.org
}

# small_project: with a base, a series and mirrored files, applied.
small_project()
{
	new_project
	small_base 6.12.1
	: >patches/series
	quietly scripts/apply
	(
		cd out/linux || exit
		sed -i 's/^line 5$/line five/' kernel/kexec_core.c
		git commit -qam 'kexec: Spell a number' -m 'As the others are.'
		mkdir arch/x86/new
		echo 'int a;' >arch/x86/new/a.c
		echo 'obj-y += a.o' >arch/x86/new/Makefile
		git add -f .
		git commit -qm 'x86/new: Add a' -m 'It is needed.'
		echo 'int b;' >arch/x86/new/b.c
		echo 'obj-y += b.o' >>arch/x86/new/Makefile
		git add -f .
		git commit -qm 'x86/new: Add b' -m 'It is needed too.'
	)
	quietly scripts/import
	quietly scripts/apply
}

# small_base VERSION: its tarball in out/dl, and patches/BASE to say so.
small_base()
{
	small_tarball "$1" out/dl
	cat >patches/BASE <<-EOF
		packages="linux-6.12 linux"
		series=6.12
		version=$1
		tarball=linux-6.12_$1.orig.tar.xz
		sha256=$(sha256sum <"out/dl/linux-6.12_$1.orig.tar.xz" | cut -c 1-64)
		upstream=v$1
		commit=
		fallback=linux-source-6.12
	EOF
	quietly scripts/fetch-base
}

# The .gitignore is as wide as that of Debian's tarballs.
small_tarball()
{
	local tree=$MK_TMP/tree/linux-$1
	rm -rf "$MK_TMP/tree"
	mkdir -p "$tree"/{kernel,arch/x86}
	echo '/*' >"$tree/.gitignore"
	echo "VERSION = $1" >"$tree/Makefile"
	seq -f 'line %g' 20 >"$tree/kernel/kexec_core.c"
	seq -f 'line %g' 20 >"$tree/arch/x86/Kconfig"
	tar -C "$MK_TMP/tree" -cJf "$2/linux-6.12_$1.orig.tar.xz" \
		"linux-$1"
}

# quietly COMMAND...: output only if it fails.
quietly()
{
	local output
	output=$("$@" 2>&1) || {
		echo "$*: $output"
		return 1
	}
}

# refused PATTERN COMMAND...: it must fail and say so.
refused()
{
	local pattern=$1 output
	shift
	if output=$("$@" 2>&1); then
		echo "$* was not refused"
		return 1
	fi
	grep -q -- "$pattern" <<<"$output" || {
		echo "$* does not say '$pattern' but: $output"
		return 1
	}
}

# same WHAT WANTED GOT
same()
{
	[[ $2 == "$3" ]] || {
		echo "$1: wanted '$2', got '$3'"
		return 1
	}
}

# run_tests: every function test_*, described by its name, each in its own
# shell with errexit.
run_tests()
{
	local test
	make_tmp
	checks_begin
	for test in $(declare -F | sed -n 's/^declare -f \(test_\)/\1/p'); do
		check "$(basename "$0" .sh): ${test#test_}" in_shell "$test"
	done
	checks_end
}

# A function behind || runs without errexit, a script of its own does not.
in_shell()
{
	MK_OUT=$real_out MK_TEST=$1 TMPDIR=$MK_TMP bash "$0"
}

# Called at the end of each test file.
main_tests()
{
	if [[ -n ${MK_TEST:-} ]]; then
		make_tmp
		"$MK_TEST"
	else
		run_tests
	fi
}
