#!/usr/bin/env bash
# Installs the PDF readers that show the documents that our verifier judges: Poppler and Ghostscript from Debian, MuPDF and PDFium from PyPI in their
# own environment below the cache, pdf.js from npm. Runs as root on a Debian machine; a second run only checks, without a network. A reader that is
# still missing at the end is a failure.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CACHE_DIR:-$here/../../.cache}/readers

fail() {
	echo "readers: $*" >&2
	exit 1
}

missing=()
for entry in pdftoppm:poppler-utils gs:ghostscript node:nodejs npm:npm python3:python3; do
	command -v "${entry%%:*}" >/dev/null || missing+=("${entry##*:}")
done
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
if [[ ${#missing[@]} -gt 0 ]]; then
	command -v apt-get >/dev/null || fail "${missing[*]}: not installed, and there is no apt-get to install them"
	echo "readers: installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq || fail "apt-get update: the package lists cannot be read"
	apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || fail "apt-get install ${missing[*]}"
fi
[[ $(node -p 'process.versions.node.split(".")[0]') -ge 20 ]] || fail "Node.js $(node --version): 20 is wanted"

# once NAME FILE...: succeeds, with an empty NAME in the cache, if NAME was not made from the present content of these files.
once() {
	local name=$1
	shift
	wanted=$(cat "$@" | sha256sum)
	[[ ! -f $cache/$name/installed || $(<"$cache/$name/installed") != "$wanted" ]] || return 1
	echo "readers: installing $name"
	rm -rf "${cache:?}/$name"
	mkdir -p "$cache"
}

if once venv "$here/requirements.txt"; then
	python3 -m venv "$cache/venv" || fail "python3 -m venv: cannot make $cache/venv"
	"$cache/venv/bin/pip" install --quiet --no-input --disable-pip-version-check -r "$here/requirements.txt" ||
		fail "pip install: MuPDF and PDFium cannot be installed"
	echo "$wanted" >"$cache/venv/installed"
fi
if once node "$here"/{package.json,package-lock.json,pdfjs.mjs}; then
	mkdir -p "$cache/node"
	cp "$here"/{package.json,package-lock.json,pdfjs.mjs} "$cache/node/"
	(cd "$cache/node" && npm ci --no-audit --no-fund --silent) || fail "npm ci: pdf.js cannot be installed"
	echo "$wanted" >"$cache/node/installed"
fi

# report NAME COMMAND...: prints the version of one reader, or fails if the reader does not run.
report() {
	local name=$1 version
	shift
	version=$("$@" 2>&1) || fail "$name: does not run: $version"
	printf 'readers: %-11s %s\n' "$name" "${version%%$'\n'*}"
}
report poppler pdftoppm -v
report ghostscript gs --version
report mupdf "$cache/venv/bin/python" -c 'import pymupdf; print(pymupdf.mupdf_version)'
report pdfium "$cache/venv/bin/python" -c 'import pypdfium2; print(pypdfium2.PDFIUM_INFO)'
report pdfjs node -p "require('$cache/node/node_modules/pdfjs-dist/package.json').version"
