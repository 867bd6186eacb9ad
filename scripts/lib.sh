# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034
#
# What all scripts share: paths, messages, the BASE and series files, and a git
# that does not see the user's configuration.
#
#   MK_OUT=DIR   in place of out/, for everything that is fetched and built
#   V=1          show the commands

MK_ROOT=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
MK_OUT=$(realpath -m "${MK_OUT:-$MK_ROOT/out}")

# Directory here = directory of the kernel tree: the new files that the series
# adds under the right one are kept as real files under the left one.
MK_MIRRORS=(
	arch-x86=arch/x86
	selftests=tools/testing/selftests
	Documentation=Documentation
)

# Author and date of what the scripts themselves commit: fixed, so that the
# same input gives the same commit everywhere.
SCRIPT_NAME='multikernel scripts'
SCRIPT_EMAIL=scripts@multikernel.invalid
SCRIPT_DATE='1735689600 +0000'

say()
{
	echo "${0##*/}: $*" >&2
}

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

# Print the head comment of the running script.
usage()
{
	sed -n '2,/^$/{/^# SPDX/d; s/^# \{0,1\}//p}' "$0" | sed '1{/^$/d}'
}

# run COMMAND...: show it when V=1.
run()
{
	if [[ ${V:-0} == 1 ]]; then
		echo "+ ${*@Q}" >&2
	fi
	"$@"
}

bad_usage()
{
	say "$@"
	echo "Try $0 --help." >&2
	exit 2
}

# need TOOL...: all of them must be installed.
need()
{
	local tool
	for tool; do
		command -v "$tool" >/dev/null ||
			die "$tool is not installed; run make deps"
	done
}

# A directory that goes away with the script.
make_tmp()
{
	MK_TMP=$(mktemp -d "${TMPDIR:-/tmp}/multikernel.XXXXXX")
	trap 'rm -rf "$MK_TMP"' EXIT
}

# base_get FILE KEY: a value of a BASE file; empty if it is not there.
base_get()
{
	sed -n "s/^$2=//p" "$1" | sed -n '1s/^"\(.*\)"$/\1/;1p'
}

# series_list DIR: the patches of DIR/series, in order.
series_list()
{
	[[ -e $1/series ]] || return 0
	sed 's/#.*//; s/[[:space:]]*$//; s/^[[:space:]]*//; /^$/d' "$1/series"
}

# mirror_of PATH: where a new file of the kernel tree is kept here; fails for
# a path outside the mirrored directories.
mirror_of()
{
	local entry
	for entry in "${MK_MIRRORS[@]}"; do
		if [[ $1 == "${entry#*=}"/* ]]; then
			printf '%s%s\n' "${entry%%=*}" "${1#"${entry#*=}"}"
			return
		fi
	done
	return 1
}

# Files of the mirror directories, by their path in the kernel tree.  What git
# ignores here (build products, editors' files) does not count.
mirror_files()
{
	local entry dir tree path
	for entry in "${MK_MIRRORS[@]}"; do
		dir=${entry%%=*} tree=${entry#*=}
		[[ -d $MK_ROOT/$dir ]] || continue
		while IFS= read -r path; do
			[[ -e $MK_ROOT/$path ]] || continue
			printf '%s%s\n' "$tree" "${path#"$dir"}"
		done < <(mirror_list "$dir")
	done | LC_ALL=C sort -u
}

mirror_list()
{
	if [[ -e $MK_ROOT/.git ]]; then
		git -C "$MK_ROOT" -c core.quotePath=false \
			ls-files -co --exclude-standard -- "$1"
	else
		(cd "$MK_ROOT" && find "$1" -type f)
	fi
}

# Take the user's identity for new patches, then shut out the configuration of
# user and system, which would change what git exports.
isolate_git()
{
	need git
	USER_NAME=$(git -C "$MK_ROOT" config user.name 2>/dev/null || true)
	USER_EMAIL=$(git -C "$MK_ROOT" config user.email 2>/dev/null || true)
	unset "${!GIT_@}"
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
	export GIT_COMMITTER_NAME=$SCRIPT_NAME
	export GIT_COMMITTER_EMAIL=$SCRIPT_EMAIL
	git_option safe.directory '*'
	git_option core.excludesFile /dev/null
	git_option core.attributesFile /dev/null
	git_option core.autocrlf false
	git_option core.quotePath false
	git_option gc.auto 0
	git_option maintenance.auto false
	git_option advice.detachedHead false
	git_option init.defaultBranch base
}

git_option()
{
	local n=${GIT_CONFIG_COUNT:-0}
	export "GIT_CONFIG_KEY_$n=$1" "GIT_CONFIG_VALUE_$n=$2"
	export GIT_CONFIG_COUNT=$((n + 1))
}
