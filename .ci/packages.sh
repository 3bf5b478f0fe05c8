#!/usr/bin/env bash
# shellcheck disable=SC2154 # names are shared with whoever sources this, who has set -e
# Installs what checks need from package registries. To be sourced, by a script that has a function fail and sets cache to its folder of the cache
# and work to a folder for files.

# debian PROGRAM:PACKAGE…: installs the packages whose program is missing; for python3 also the venv module, which is a package of its own.
debian() {
	local missing=() entry
	for entry in "$@"; do
		command -v "${entry%%:*}" >/dev/null || missing+=("${entry##*:}")
		[[ $entry != python3:* ]] || python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
	done
	[[ ${#missing[@]} -gt 0 ]] || return 0
	command -v apt-get >/dev/null || fail "${missing[*]}: not installed, and there is no apt-get to install them"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq || fail "apt-get update: the package lists cannot be read"
	apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || fail "apt-get install ${missing[*]}"
}

# kept NAME FILE… -- COMMAND…: runs the command in a new folder of the cache with copies of the files, unless an earlier run did so with the same
# files.
kept() {
	local folder=$cache/$1 files=() wanted
	shift
	while [[ $1 != -- ]]; do files+=("$1") && shift; done
	shift
	wanted=$(cat "${files[@]}" | sha256sum)
	[[ -f $folder/installed && $(<"$folder/installed") == "$wanted" ]] && return 0
	rm -rf "$folder" && mkdir -p "$folder" && cp "${files[@]}" "$folder/"
	(cd "$folder" && "$@") >"$work/install.log" 2>&1 || {
		cat "$work/install.log" >&2
		fail "$*: does not install"
	}
	echo "$wanted" >"$folder/installed"
}
