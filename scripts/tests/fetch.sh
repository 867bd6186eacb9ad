#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tests of scripts/fetch-base and its apt, on an archive in a directory.

set -euo pipefail
# shellcheck source=scripts/tests/lib-test.sh
. "$(dirname "$0")/lib-test.sh"

# new_archive VERSION...: a Debian archive with these versions of linux-6.12.
new_archive()
{
	local version pool=$PWD/archive/pool suite dist
	export MK_APT_SOURCES=$PWD/archive.list
	mkdir -p "$pool" out/dl
	echo "deb [trusted=yes] copy:$PWD/archive bookworm main" \
		>"$MK_APT_SOURCES"
	for version; do
		small_tarball "$version" "$pool"
		echo "Source: linux-6.12" >"$pool/linux-6.12_$version-1.dsc"
		source_entry "$version"
	done >sources
	for suite in bookworm bookworm-backports; do
		dist=archive/dists/$suite
		mkdir -p "$dist"/main/{source,"binary-$(dpkg --print-architecture)"}
		: >"$dist/main/binary-$(dpkg --print-architecture)/Packages"
		: >"$dist/main/source/Sources"
		[[ $suite != bookworm ]] || cp sources "$dist/main/source/Sources"
		release "$suite" "$dist" >"$dist/Release"
	done
}

source_entry()
{
	local file
	printf 'Package: linux-6.12\nVersion: %s-1\nFormat: 3.0 (quilt)\n' "$1"
	printf 'Directory: pool\nBinary: linux-source-6.12\nArchitecture: all\n'
	echo 'Checksums-Sha256:'
	for file in "$pool/linux-6.12_$1"{-1.dsc,.orig.tar.xz}; do
		echo " $(sha256sum <"$file" | cut -c 1-64)" \
			"$(stat -c %s "$file") ${file##*/}"
	done
	echo
}

release()
{
	printf 'Origin: Test\nSuite: %s\nCodename: %s\nComponents: main\n' \
		"$1" "$1"
	printf 'Architectures: %s\nDate: %s\nSHA256:\n' \
		"$(dpkg --print-architecture)" "$(date -Ru)"
	(cd "$2" && find main -type f -exec sha256sum {} + |
		while read -r sum file; do
			echo " $sum $(stat -c %s "$file") $file"
		done)
}

# fetched: which tarball was taken, and that it is there.
fetched()
{
	local tarball
	tarball=$(sed -n 's/^tarball=//p' out/dl/linux.base)
	[[ -e out/dl/$tarball ]]
	echo "$tarball"
}

# pin VERSION: a project whose BASE names it, with nothing fetched.
pin()
{
	new_project
	small_base "$1"
	rm -r out/dl
}

test_the_pinned_version_is_taken()
{
	pin 6.12.2
	new_archive 6.12.1 6.12.2 6.12.3
	cp archive/pool/*_6.12.2.orig.tar.xz tarball
	sed -i "s/^sha256=.*/sha256=$(sha256sum <tarball | cut -c 1-64)/" \
		patches/BASE
	quietly scripts/fetch-base
	same "tarball" linux-6.12_6.12.2.orig.tar.xz "$(fetched)"
}

test_after_a_404_the_newest_other_is_taken()
{
	pin 6.12.2
	new_archive 6.12.1 6.12.2 6.12.10 6.12.9
	rm archive/pool/*_6.12.{2,10}.orig.tar.xz
	quietly scripts/fetch-base
	same "tarball" linux-6.12_6.12.9.orig.tar.xz "$(fetched)"
	# And the next run is content with it.
	rm -r archive
	quietly scripts/fetch-base
	quietly scripts/apply
	grep -q 6.12.9 out/linux/Makefile
}

test_what_was_passed_over_is_said()
{
	pin 6.12.2
	new_archive 6.12.1 6.12.2
	rm archive/pool/*_6.12.2.orig.tar.xz
	scripts/fetch-base 2>log
	grep -q 'passed over linux-6.12 6.12.2-1: ' log
	grep -q 'took .*6.12.1.orig.tar.xz in place of the pinned 6.12.2' log
}

test_other_bytes_are_refused()
{
	pin 6.12.2
	sed -i 's/^sha256=.*/sha256=0000/' patches/BASE
	new_archive 6.12.2
	refused 'does not have the sha256' scripts/fetch-base
}

test_nothing_to_be_had()
{
	pin 6.12.2
	new_archive 6.12.2
	rm archive/pool/*.orig.tar.xz
	refused 'nothing that can be downloaded' scripts/fetch-base
}

# entries FILE: what is found in it, as "URI SUITE OPTIONS" lines.
entries()
{
	MK_APT_SOURCES=$1 bash -c ". scripts/lib.sh
		. scripts/lib-apt.sh
		apt_entries"
}

test_one_line_sources()
{
	new_project
	cat >a.list <<-'EOF'
		# deb http://off.example/debian bookworm main
		deb [ arch=amd64 signed-by=/k.gpg ] http://a.example/debian bookworm main contrib # x
		deb-src http://a.example/debian bookworm main
		deb http://b.example/other bookworm other
	EOF
	same "entries" "http://a.example/debian bookworm signed-by=/k.gpg" \
		"$(entries a.list)"
}

test_deb822_sources()
{
	new_project
	cat >a.sources <<-'EOF'
		# comment
		Types: deb deb-src
		URIs: http://a.example/debian
		Suites: bookworm bookworm-updates
		Components: main
		 contrib
		Signed-By:
		 -----BEGIN PGP PUBLIC KEY BLOCK-----
		 .
		 abc

		Types: deb
		URIs: http://b.example/debian
		Suites: bookworm
		Components: main
		Enabled: no
	EOF
	same "entries" "http://a.example/debian bookworm
http://a.example/debian bookworm-updates" "$(entries a.sources)"
}

main_tests
