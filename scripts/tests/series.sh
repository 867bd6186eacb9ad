#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tests of scripts/refresh, scripts/import and scripts/check-series.

set -euo pipefail
# shellcheck source=scripts/tests/lib-test.sh
. "$(dirname "$0")/lib-test.sh"

# A copy of the real series and mirrored files; its out/linux is the real one,
# which refresh only reads.
real_project()
{
	local entry
	[[ -e $real_out/linux/.git ]] || exit 4
	new_project
	rm -r patches
	for entry in patches kexec-tools-patches "${MK_MIRRORS[@]%%=*}"; do
		[[ ! -e $real_root/$entry ]] || cp -r "$real_root/$entry" .
	done
	ln -s "$(realpath "$real_out/linux")" out/linux
	if [[ -e $real_out/kexec-tools ]]; then
		ln -s "$(realpath "$real_out/kexec-tools")" out/kexec-tools
	fi
}

# How many patches a refresh changes.
changed()
{
	local output
	output=$(scripts/refresh)
	grep -c '^changed' <<<"$output" || true
}

test_the_real_series_is_refreshed()
{
	real_project
	same "changed patches" 0 "$(changed)"
}

test_editing_a_file_changes_one_patch()
{
	local file patch
	real_project
	file=$(find arch-x86 -name '*.c' | sort | head -1)
	echo '/* edited */' >>"$file"
	same "changed patches" 1 "$(changed)"
	patch=$(grep -l '^+/\* edited \*/$' patches/*.patch)
	grep -q "^+++ b/arch/x86/${file#arch-x86/}$" "$patch"
	same "changed patches the second time" 0 "$(changed)"
}

test_each_file_goes_to_its_last_patch()
{
	small_project
	echo '# edited' >>arch-x86/new/Makefile
	quietly scripts/refresh
	same "patches with the edit" patches/0003-x86-new-Add-b.patch \
		"$(grep -l '^+# edited' patches/*.patch)"
}

test_a_file_in_no_patch_is_refused()
{
	small_project
	touch arch-x86/new/c.c
	refused 'arch-x86/new/c.c is in no patch' scripts/refresh
}

test_a_missing_file_is_refused()
{
	small_project
	rm arch-x86/new/a.c
	refused 'arch-x86/new/a.c is missing' scripts/refresh
}

test_a_patch_not_in_series_is_refused()
{
	small_project
	sed -i 2d patches/series
	refused '0002-.*is not in patches/series' scripts/refresh
}

test_refresh_ignores_the_users_git_configuration()
{
	small_project
	git config format.signature mine
	git config diff.noprefix true
	printf '[diff]\n\tcontext = 9\n\talgorithm = patience\n' >config
	same "changed patches" 0 "$(GIT_CONFIG_GLOBAL=$PWD/config changed)"
}

test_import_then_refresh_changes_nothing()
{
	small_project
	same "changed patches" 0 "$(changed)"
	same "mirrored files" "arch-x86/new/Makefile arch-x86/new/a.c
arch-x86/new/b.c" "$(find arch-x86 -type f | sort | xargs -n 2)"
}

test_import_keeps_comments()
{
	small_project
	sed -i -e '2i # prep' -e '3s/$/ # posted/' patches/series
	git -C out/linux commit -q --amend -m 'x86/new: Add bee' -m 'Text.'
	quietly scripts/import
	same "series" "0001-kexec-Spell-a-number.patch
# prep
0002-x86-new-Add-a.patch
0003-x86-new-Add-bee.patch" "$(sed 's/ *# posted//' patches/series)"
}

test_import_gives_patches_an_author()
{
	small_project
	cd out/linux || exit
	echo more >>arch/x86/Kconfig
	git -c user.name='multikernel scripts' \
		-c user.email=scripts@multikernel.invalid \
		commit -qam 'x86/new: Add more' -m 'It is needed.'
	cd ../..
	quietly scripts/import
	grep -q '^From: A Tester <tester@example.org>$' patches/0004-*
	grep -q '^Signed-off-by: A Tester <tester@example.org>$' patches/0004-*
}

test_import_does_not_overwrite_edits()
{
	small_project
	echo 'int edited;' >>arch-x86/new/a.c
	echo 'int c;' >>out/linux/arch/x86/new/a.c
	git -C out/linux commit -qam 'x86/new: Add c' -m 'It is needed.'
	refused 'arch-x86/new/a.c' scripts/import
	grep -q edited arch-x86/new/a.c
	quietly scripts/import --force
	same "a.c" "int a;
int c;" "$(<arch-x86/new/a.c)"
}

test_import_removes_what_the_branch_removed()
{
	small_project
	git -C out/linux reset -q --hard HEAD~
	quietly scripts/import
	[[ ! -e arch-x86/new/b.c ]]
	same "patches" 2 "$(find patches -name '*.patch' | wc -l)"
}

test_import_refuses_fixups()
{
	small_project
	echo 'int c;' >>out/linux/arch/x86/new/a.c
	git -C out/linux commit -qa --fixup HEAD~
	refused 'not folded in' scripts/import
}

# fails_check DESCRIPTION: check-series says that this is not ok.
fails_check()
{
	scripts/check-series >check.log || true
	grep -q "^not ok [0-9]* linux: $1" check.log ||
		{ cat check.log; return 1; }
}

test_check_series_wants_a_sign_off()
{
	small_project
	sed -i '/^Signed-off-by/d' patches/0002-*
	fails_check headers
}

test_check_series_wants_each_file_added_whole()
{
	small_project
	echo 'int c;' >>out/linux/arch/x86/new/a.c
	git -C out/linux commit -qam 'x86/new: Add c' -m 'It is needed.'
	quietly scripts/import
	fails_check 'a file is added once'
}

test_check_series_sees_an_edit()
{
	small_project
	echo 'int c;' >>arch-x86/new/a.c
	fails_check 'the series and the mirrored files agree'
}

test_check_series_sees_another_form()
{
	small_project
	sed -i 's/^\(index [0-9a-f]\{12\}\)[0-9a-f]*\(\.\.[0-9a-f]\{12\}\)[0-9a-f]*/\1\2/' \
		patches/0001-*
	fails_check 'refresh changes nothing'
}

main_tests
