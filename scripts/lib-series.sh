# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Turning a series into commits and back.  Source it after lib.sh.
#
# The work is done in a sparse repository: it borrows the objects of the
# unpacked tree but its base commit holds only the files that the series
# touches, so that applying all patches takes a fraction of a second.

shopt -s inherit_errexit

# patch_paths PATCH...: the files that these patches touch.
patch_paths()
{
	(($# == 0)) || sed -n 's|^diff --git a/\(.*\) b/.*$|\1|p' "$@" |
		LC_ALL=C sort -u
}

# sparse_init DIR REPO BASE: make a repository in DIR with one commit, branch
# base, of the files named on standard input as they are in REPO's commit BASE.
sparse_init()
{
	local dir=$1 repo=$2 base=$3 tree paths
	mapfile -t paths
	git init -q "$dir"
	git -C "$repo" rev-parse --path-format=absolute --git-path objects \
		>"$dir/.git/objects/info/alternates"
	base=$(git -C "$repo" rev-parse --verify -q "$base^{commit}") ||
		die "$repo has no branch base; run scripts/apply"
	git -C "$dir" show "$base:.gitattributes" 2>/dev/null \
		>"$dir/.git/info/attributes" || true
	((${#paths[@]} == 0)) ||
		git -C "$dir" --literal-pathspecs ls-tree -r "$base" -- \
			"${paths[@]}" |
		git -C "$dir" update-index --index-info
	tree=$(git -C "$dir" write-tree)
	git -C "$dir" update-ref refs/heads/base \
		"$(commit_script "$dir" "$tree" 'Base')"
	git -C "$dir" checkout-index -qaf
}

# commit_script DIR TREE MESSAGE: a parentless commit by the scripts.
commit_script()
{
	GIT_AUTHOR_NAME=$SCRIPT_NAME GIT_AUTHOR_EMAIL=$SCRIPT_EMAIL \
		GIT_AUTHOR_DATE=$SCRIPT_DATE GIT_COMMITTER_DATE=$SCRIPT_DATE \
		git -C "$1" commit-tree -m "$3" "$2"
}

# sparse_am DIR PATCHDIR: apply PATCHDIR's series on DIR's branch base, as
# branch series.
sparse_am()
{
	local dir=$1 at patches
	git -C "$dir" checkout -q -B series base
	mapfile -t patches < <(series_list "$2")
	((${#patches[@]})) || return 0
	git -C "$dir" am -q --committer-date-is-author-date \
		--no-scissors --no-message-id --no-gpg-sign \
		"${patches[@]/#/$2/}" >"$dir/.git/am.log" 2>&1 && return
	at=$(cat "$dir/.git/rebase-apply/next" 2>/dev/null || echo 1)
	die "${patches[at - 1]} does not apply:"$'\n'"$(<"$dir/.git/am.log")"
}

# sparse_series DIR REPO PATCHDIR [BASE]: both of the above.
sparse_series()
{
	local dir=$1 repo=$2 patches=()
	check_series_files "$3"
	mapfile -t patches < <(series_list "$3" | sed "s|^|$3/|")
	sparse_init "$dir" "$repo" "${4:-base}" < <(patch_paths "${patches[@]}")
	sparse_am "$dir" "$3"
}

# The series file and the patches beside it must name each other.
check_series_files()
{
	local patch
	while IFS= read -r patch; do
		[[ -e $1/$patch ]] ||
			die "${1#"$MK_ROOT/"}/series names $patch, which does not exist"
	done < <(series_list "$1")
	for patch in "$1"/*.patch; do
		[[ -e $patch ]] || continue
		series_list "$1" | grep -xF -- "${patch##*/}" >/dev/null ||
			die "${patch#"$MK_ROOT/"} is not in ${1#"$MK_ROOT/"}/series"
	done
}

# replay REPO RANGE NEWBASE [OVERRIDES]: in REPO, make the commits of RANGE
# again on top of NEWBASE and print the last one.  OVERRIDES is a directory;
# a file named after a commit holds index entries (see git update-index
# --index-info) that replace what the commit itself says.
# If the caller defines replay_filter, the message passes through it, and it
# may change GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL; see replay_commit.
replay()
(
	local repo=$1 range=$2 parent=$3 overrides=${4:-} commit
	cd "$repo" || exit
	export GIT_INDEX_FILE=$MK_TMP/replay.index
	git read-tree "$parent"
	for commit in $(git rev-list --reverse --topo-order "$range"); do
		git diff-tree -r --no-renames --no-abbrev --raw \
			--no-commit-id "$commit" | raw_to_index |
			git update-index --index-info
		if [[ -e $overrides/$commit ]]; then
			git update-index --index-info <"$overrides/$commit"
		fi
		parent=$(replay_commit "$commit" "$(git write-tree)" "$parent")
	done
	git rev-parse "$parent"
)

# replay_commit COMMIT TREE PARENT: like COMMIT, but with this tree and parent.
replay_commit()
{
	local author
	mapfile -t author < <(git show -s --date=raw \
		--format='%an%n%ae%n%ad' "$1")
	export GIT_AUTHOR_NAME=${author[0]} GIT_AUTHOR_EMAIL=${author[1]}
	export GIT_AUTHOR_DATE=${author[2]} GIT_COMMITTER_DATE=${author[2]}
	git show -s --format=%B "$1" >"$MK_TMP/message"
	if declare -F replay_filter >/dev/null; then
		replay_filter "$MK_TMP/message"
	fi
	git stripspace <"$MK_TMP/message" | git commit-tree -p "$3" "$2"
}

# git diff-tree --raw to git update-index --index-info.
raw_to_index()
{
	awk -F '\t' '{ split($1, f, " "); print f[2] " " f[4] "\t" $2 }'
}

# export_patches REPO RANGE DIR: one file a commit, the same bytes everywhere.
export_patches()
{
	mkdir -p "$3"
	git -C "$1" format-patch -q -o "$3" \
		--zero-commit --no-signature -N --start-number=1 --suffix=.patch \
		--filename-max-length=64 --full-index --no-renames --binary \
		--diff-algorithm=histogram --unified=3 --stat=80 --summary \
		--src-prefix=a/ --dst-prefix=b/ --no-relative --no-color \
		--no-attach --no-thread --no-cover-letter --no-base --no-notes \
		--no-encode-email-headers --no-to --no-cc --no-add-header \
		"$2"
}

# install_patches NEW DIR: make DIR's patches and series those in NEW, touching
# only files that change, and say which.  Comments of DIR/series stay with
# their patch as long as its name, without the number, stays.
install_patches()
{
	local new=$1 dir=$2 patch changed=0
	mkdir -p "$dir"
	for patch in "$dir"/*.patch; do
		if [[ -e $patch && ! -e $new/${patch##*/} ]]; then
			echo "removed ${patch#"$MK_ROOT/"}"
			rm "$patch"
			changed=1
		fi
	done
	for patch in "$new"/*.patch; do
		[[ -e $patch ]] || continue
		cmp -s "$patch" "$dir/${patch##*/}" && continue
		echo "changed ${dir#"$MK_ROOT/"}/${patch##*/}"
		cp "$patch" "$dir/${patch##*/}"
		changed=1
	done
	write_series "$new" "$dir/series" >"$MK_TMP/series"
	if ! cmp -s "$MK_TMP/series" "$dir/series"; then
		cp "$MK_TMP/series" "$dir/series"
		changed=1
	fi
	((changed)) || echo "${dir#"$MK_ROOT/"}: nothing changed"
}

# write_series NEW OLD: the series file for the patches in NEW with OLD's
# comments.  Comments up to the first empty line head the file, others belong
# to the patch that follows them.
write_series()
{
	local old=$2
	[[ -e $old ]] || old=/dev/null
	(cd "$1" && find . -name '*.patch' | sed 's|^\./||' | LC_ALL=C sort) |
		awk -v old="$old" '
		function key(name) { sub(/^[0-9]+-/, "", name); return name }
		BEGIN {
			while ((getline line < old) > 0) {
				if (line ~ /^[[:space:]]*(#|$)/) {
					pending = pending line "\n"
					if (line !~ /#/ && !headed++) {
						head = pending
						pending = ""
					}
					continue
				}
				headed++
				name = line
				sub(/[[:space:]].*/, "", name)
				before[key(name)] = pending
				after[key(name)] = substr(line, length(name) + 1)
				pending = ""
			}
			printf "%s", head
		}
		{ printf "%s%s%s\n", before[key($0)], $0, after[key($0)] }
		END { printf "%s", pending }'
}

# added_files REPO BASE TIP: what the series adds.
added_files()
{
	git -C "$1" diff --name-only --no-renames --diff-filter=A "$2" "$3" |
		LC_ALL=C sort
}

# mirror_diff DIR: what differs between the mirror directories and branch
# series of the sparse repository DIR, one line a file; nothing if all agree.
mirror_diff()
{
	local path
	added_files "$1" base series >"$MK_TMP/added"
	mirror_files >"$MK_TMP/mirrored"
	while IFS= read -r path; do
		echo "$(mirror_of "$path") is in no patch"
	done < <(LC_ALL=C comm -13 "$MK_TMP/added" "$MK_TMP/mirrored")
	while IFS= read -r path; do
		if mirror_of "$path" >/dev/null; then
			echo "$(mirror_of "$path") is missing"
		else
			echo "$path is added outside the mirrored directories"
		fi
	done < <(LC_ALL=C comm -23 "$MK_TMP/added" "$MK_TMP/mirrored")
	mirror_entries "$1" < <(LC_ALL=C comm -12 "$MK_TMP/added" \
		"$MK_TMP/mirrored") | LC_ALL=C sort |
		LC_ALL=C comm -23 - <(tree_entries "$1" series) | cut -f 2 |
		while IFS= read -r path; do
			echo "$(mirror_of "$path") differs"
		done
}

# tree_entries DIR COMMIT: its files as git ls-tree shows them, sorted.
tree_entries()
{
	git -C "$1" ls-tree -r "$2" | LC_ALL=C sort
}

# mirror_entries DIR: of each path on standard input the mirrored file as git
# ls-tree would show it; their contents go into DIR.  One process for all.
mirror_entries()
{
	local path file
	cat >"$MK_TMP/entries"
	while IFS= read -r path; do
		mirror_of "$path"
	done <"$MK_TMP/entries" | sed "s|^|$MK_ROOT/|" >"$MK_TMP/files"
	while IFS= read -r file; do
		if [[ -x $file ]]; then echo 100755; else echo 100644; fi
	done <"$MK_TMP/files" >"$MK_TMP/modes"
	git -C "$1" hash-object -w --no-filters --stdin-paths \
		<"$MK_TMP/files" | paste "$MK_TMP/modes" - "$MK_TMP/entries" |
		sed 's/\t/ blob /'
}
