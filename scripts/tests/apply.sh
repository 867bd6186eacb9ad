#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tests of scripts/apply.

set -euo pipefail
# shellcheck source=scripts/tests/lib-test.sh
. "$(dirname "$0")/lib-test.sh"

head_of()
{
	git -C out/linux rev-parse "${1:-HEAD}"
}

test_the_same_commits_everywhere()
{
	local base tip
	small_project
	base=$(head_of base) tip=$(head_of)
	rm -rf out/linux
	GIT_AUTHOR_NAME=other GIT_COMMITTER_DATE='1 +0000' quietly scripts/apply
	same "base" "$base" "$(head_of base)"
	same "tip" "$tip" "$(head_of)"
}

test_ignored_files_are_in_the_base()
{
	small_project
	same "files" 4 "$(git -C out/linux ls-tree -r base | wc -l)"
}

test_only_changed_files_are_written()
{
	small_project
	touch -d 2001-01-01 out/linux/{Makefile,arch/x86/new/{a,b}.c}
	echo 'int c;' >>arch-x86/new/a.c
	quietly scripts/refresh
	quietly scripts/apply
	grep -q 'int c' out/linux/arch/x86/new/a.c
	same "untouched files" "Makefile arch/x86/new/b.c " "$(cd out/linux &&
		find Makefile arch -type f ! -newermt 2001-01-02 -printf "%p ")"
}

test_an_edit_must_be_refreshed()
{
	small_project
	echo 'int c;' >>arch-x86/new/a.c
	refused 'make refresh' scripts/apply
}

test_uncommitted_work_stays()
{
	small_project
	echo 'int c;' >>arch-x86/new/b.c
	quietly scripts/refresh
	echo work >>out/linux/arch/x86/new/a.c
	refused 'uncommitted changes' scripts/apply
	grep -q work out/linux/arch/x86/new/a.c
	quietly scripts/apply --force
	same "a.c" "int a;" "$(<out/linux/arch/x86/new/a.c)"
}

test_untracked_work_stays()
{
	small_project
	git -C out/linux checkout -q base
	mkdir -p out/linux/arch/x86/new
	echo work >out/linux/arch/x86/new/a.c
	refused 'left as it was' scripts/apply
	same "a.c" work "$(<out/linux/arch/x86/new/a.c)"
}

test_commits_that_were_not_imported_stay()
{
	local tip
	small_project
	echo work >>out/linux/arch/x86/new/a.c
	git -C out/linux commit -qam 'x86/new: Work' -m 'Text.'
	tip=$(head_of)
	refused 'scripts/import' scripts/apply
	same "tip" "$tip" "$(head_of)"
}

test_a_base_made_by_hand_is_replaced()
{
	local base tree
	small_project
	base=$(head_of base) tree=$(head_of 'HEAD^{tree}')
	(
		cd out/linux || exit
		git checkout -q --orphan hand base
		git commit -qm 'by hand'
		git cherry-pick base..multikernel >/dev/null
		git checkout -q -B multikernel
		git branch -q -f base "$(git rev-list --max-parents=0 HEAD)"
	)
	quietly scripts/import
	quietly scripts/apply
	same "base" "$base" "$(head_of base)"
	same "tree" "$tree" "$(head_of 'HEAD^{tree}')"
}

test_another_base()
{
	small_project
	small_base 6.12.2
	quietly scripts/apply
	grep -q 6.12.2 out/linux/Makefile
	grep -q 'int b' out/linux/arch/x86/new/b.c
	same "patches" 3 "$(git -C out/linux rev-list --count base..HEAD)"
}

test_a_damaged_tarball_is_refused()
{
	small_project
	rm -rf out/linux
	echo x >>out/dl/linux-6.12_6.12.1.orig.tar.xz
	refused 'is damaged' scripts/apply
	[[ ! -e out/linux ]]
}

test_a_tree_without_git()
{
	small_project
	mkdir tree
	git -C out/linux archive base | tar -xf - -C tree
	quietly scripts/apply tree
	diff -r -x .git tree out/linux
}

test_a_tree_in_git()
{
	small_project
	git clone -q -b base out/linux tree 2>/dev/null
	(
		cd tree
		git config user.name other
		git config user.email other@example.org
	)
	quietly scripts/apply tree
	same "tree" "$(head_of 'HEAD^{tree}')" \
		"$(git -C tree rev-parse 'HEAD^{tree}')"
}

test_all_or_nothing_on_a_tree()
{
	small_project
	mkdir -p tree
	git -C out/linux archive base | tar -xf - -C tree
	mkdir tree/arch/x86/new
	echo other >tree/arch/x86/new/b.c
	refused 'does not apply' scripts/apply tree
	grep -q 'line 5' tree/kernel/kexec_core.c
	[[ ! -e tree/arch/x86/new/a.c ]]
}

main_tests
