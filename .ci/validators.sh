#!/usr/bin/env bash
# Installs the validators that judge signed documents: pdfsig and pdfinfo (poppler-utils), qpdf and openssl from Debian, pyHanko
# from PyPI in an environment of its own below the cache. Runs as root on a Debian machine; a second run only checks.
# A validator that is missing at the end is a failure.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${CACHE_DIR:-$top/.cache}
venv=$cache/pyhanko

fail() {
	echo "validators: $*" >&2
	exit 1
}

# debian PROGRAM PACKAGE: PACKAGE is wanted unless PROGRAM is there.
missing=()
debian() {
	command -v "$1" >/dev/null || missing+=("$2")
}

install_debian() {
	[[ ${#missing[@]} -gt 0 ]] || return 0
	command -v apt-get >/dev/null || fail "${missing[*]}: not installed, and there is no apt-get to install them"
	echo "validators: installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq || fail "apt-get update: the package lists cannot be read"
	apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || fail "apt-get install ${missing[*]}"
}

install_pyhanko() {
	local wanted
	wanted=$(sha256sum <"$top/.ci/requirements.txt")
	[[ -f $venv/installed && $(<"$venv/installed") == "$wanted" ]] && return 0
	echo "validators: installing pyHanko"
	rm -rf "$venv"
	python3 -m venv "$venv" || fail "python3 -m venv: cannot make $venv"
	"$venv/bin/pip" install --quiet --no-input --disable-pip-version-check -r "$top/.ci/requirements.txt" ||
		fail "pip install: pyHanko cannot be installed"
	echo "$wanted" >"$venv/installed"
}

# report NAME COMMAND...: the version of one validator, or failure when it does not run.
report() {
	local name=$1 version
	shift
	version=$("$@" 2>&1) || fail "$name: does not run: $version"
	printf 'validators: %-8s %s\n' "$name" "${version%%$'\n'*}"
}

mkdir -p "$cache"
debian pdfsig poppler-utils
debian qpdf qpdf
debian openssl openssl
command -v python3 >/dev/null || fail "python3: not installed"
# Debian ships the venv module's pip in a package of its own.
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
install_debian
install_pyhanko

report pdfsig pdfsig -v
report qpdf qpdf --version
report openssl openssl version
report pyhanko "$venv/bin/python" -c 'import importlib.metadata, pyhanko.sign.validation; print("pyHanko", importlib.metadata.version("pyhanko"))'
