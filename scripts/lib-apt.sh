# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# An apt beside the system's own: its archive addresses are those of the
# machine's configuration, but it also knows the source packages and backports,
# and it keeps its lists in out/apt.  Needs lib.sh; make_apt first.
#
#   MK_APT_SOURCES=FILE   read the addresses from this file instead of /etc/apt

APT_CODENAME=bookworm
APT_DIR=$MK_OUT/apt

# The files that say where the archive is.
apt_source_files()
{
	if [[ -n ${MK_APT_SOURCES:-} ]]; then
		echo "$MK_APT_SOURCES"
		return
	fi
	find /etc/apt/sources.list /etc/apt/sources.list.d -maxdepth 1 \
		\( -name '*.list' -o -name '*.sources' \) 2>/dev/null || true
}

# Both formats of apt's source files to lines "URI SUITE OPTIONS" of the
# binary archives with a component main.
apt_entries()
{
	local file
	while IFS= read -r file; do
		case $file in
		*.sources) apt_entries_deb822 <"$file" ;;
		*) apt_entries_lines <"$file" ;;
		esac
	done < <(apt_source_files)
}

# deb [OPTIONS] URI SUITE COMPONENT...
apt_entries_lines()
{
	sed -n 's/#.*//; s/^deb[[:space:]]\+//p' | awk '
		{
			options = ""
			if (match($0, /^\[[^]]*\]/)) {
				options = substr($0, 2, RLENGTH - 2)
				$0 = substr($0, RLENGTH + 1)
			}
			n = split(options, option, " ")
			options = ""
			for (i = 1; i <= n; i++)
				if (option[i] ~ /^(signed-by|trusted)=/)
					options = options " " option[i]
			for (i = 3; i <= NF; i++)
				if ($i == "main")
					print $1, $2 options
		}'
}

# Paragraphs of "Field: value"; a value goes on in lines that start with a
# space.  A key that is given in the text itself is left out.
apt_entries_deb822()
{
	sed '/^#/d' | awk '
		function flush(   i, j, n, m, uri, suite, options) {
			if (f["types"] ~ /(^| )deb( |$)/ &&
			    f["components"] ~ /(^| )main( |$)/ &&
			    f["enabled"] !~ /^(no|false|0)$/) {
				if (f["signed-by"] ~ /^\/[^ ]*$/)
					options = " signed-by=" f["signed-by"]
				if (f["trusted"] ~ /^(yes|true|1)$/)
					options = options " trusted=yes"
				n = split(f["uris"], uri, " ")
				m = split(f["suites"], suite, " ")
				for (i = 1; i <= n; i++)
					for (j = 1; j <= m; j++)
						print uri[i], suite[j] options
			}
			delete f
			field = ""
		}
		/^[[:space:]]*$/ { flush(); next }
		/^[[:space:]]/ {
			sub(/^[[:space:]]+/, "")
			f[field] = f[field] " " $0
			next
		}
		{
			field = tolower($0)
			sub(/:.*/, "", field)
			sub(/^[^:]*:[[:space:]]*/, "")
			sub(/[[:space:]]+$/, "")
			f[field] = $0
		}
		END { flush() }'
}

# apt_own_sources [all]: the lines of our own sources.list, binary and source
# packages: the release, its updates and security updates as configured.  With
# `all` also what may not be configured: backports, found where the release
# is, and the security archive, found beside it.
apt_own_sources()
{
	local uri suite options type arch
	arch=$(dpkg --print-architecture)
	apt_entries >"$APT_DIR/entries"
	while read -r uri suite options; do
		case $suite in
		stable | oldstable) suite=$APT_CODENAME ;;
		"$APT_CODENAME" | "$APT_CODENAME"-*) ;;
		*) continue ;;
		esac
		echo "$uri $suite $options"
		if [[ ${1:-} == all && $suite == "$APT_CODENAME" ]]; then
			apt_more_suites "${uri%/}" "$options"
		fi
	done <"$APT_DIR/entries" | awk '!seen[$1 " " $2]++' |
		while read -r uri suite options; do
			for type in deb deb-src; do
				echo "$type [arch=$arch${options:+ $options}]" \
					"$uri $suite main"
			done
		done
}

apt_more_suites()
{
	echo "$1 $APT_CODENAME-backports $2"
	if [[ $1 == */debian ]] &&
		! grep -q " $APT_CODENAME-security" "$APT_DIR/entries"; then
		echo "$1-security $APT_CODENAME-security $2"
	fi
}

# Make the directory and fetch the lists; without what is not configured, if it
# is not there.
make_apt()
{
	need apt-get
	mkdir -p "$APT_DIR"/{lists,archives}/partial
	apt_own_sources all >"$APT_DIR/sources.list"
	grep -q " $APT_CODENAME main" "$APT_DIR/sources.list" || die \
		"no archive of Debian $APT_CODENAME in apt's configuration:" \
		"add it to /etc/apt/sources.list.d"
	: >>"$APT_DIR/preferences"
	say "fetching the package lists"
	own_apt get -q update >"$APT_DIR/update.log" 2>&1 && return
	apt_own_sources >"$APT_DIR/sources.list"
	own_apt get -q update >"$APT_DIR/update.log" 2>&1 ||
		die "apt-get update failed:"$'\n'"$(<"$APT_DIR/update.log")"
}

# own_apt get|cache|mark ARGUMENT...
own_apt()
{
	local tool=apt-$1
	shift
	run "$tool" \
		-o Dir::Etc::sourcelist="$APT_DIR/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences="$APT_DIR/preferences" \
		-o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State::Lists="$APT_DIR/lists" \
		-o Dir::Cache::archives="$APT_DIR/archives" \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
		-o APT::Sandbox::User=root \
		-o Acquire::Retries=1 \
		-o Acquire::http::Timeout=60 \
		-o Acquire::https::Timeout=60 \
		-o Acquire::Languages=none \
		-o APT::Get::Show-User-Simulation-Note=false \
		-o APT::Update::Post-Invoke-Success= \
		-o Dpkg::Use-Pty=0 \
		"$@"
}
