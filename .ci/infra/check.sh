#!/usr/bin/env bash
# Checks infra/ as far as possible without Azure: shellcheck reads the scripts, and a Bicep grammar reads the templates. handler/infratest tests their
# content. Both tools come from PyPI into their own environment below the cache; a second run only checks.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${CACHE_DIR:-$top/.cache}
venv=$cache/infra
cd "$top"

fail() {
	echo "infra: $*" >&2
	exit 1
}

install() {
	local wanted
	wanted=$(sha256sum <.ci/infra/requirements.txt)
	[[ -f $venv/installed && $(<"$venv/installed") == "$wanted" ]] && return 0
	echo "infra: installing shellcheck and a Bicep grammar"
	rm -rf "$venv"
	python3 -m venv "$venv" || fail "python3 -m venv: cannot make $venv"
	"$venv/bin/pip" install --quiet --no-input --disable-pip-version-check -r .ci/infra/requirements.txt ||
		fail "pip install: the tools cannot be installed"
	echo "$wanted" >"$venv/installed"
}

mkdir -p "$cache"
install
"$venv/bin/shellcheck" infra/*.sh .ci/*.sh .ci/azurite/*.sh .ci/generate/check.sh .ci/infra/check.sh handler/infratest/testdata/bin/* || fail "shellcheck has findings"
"$venv/bin/python" .ci/infra/bicep.py infra/*.bicep infra/*.bicepparam || fail "templates cannot be parsed"

# A check that can't fail proves nothing.
broken=$(mktemp -d)
trap 'rm -rf "$broken"' EXIT
# shellcheck disable=SC2016
echo 'for f in $(ls); do rm $f; done' >"$broken/a.sh"
sed 's/= {$/= {{/' infra/grant.bicep >"$broken/a.bicep"
! "$venv/bin/shellcheck" --shell=bash "$broken/a.sh" >/dev/null || fail "shellcheck passes a bad script"
! "$venv/bin/python" .ci/infra/bicep.py "$broken/a.bicep" >/dev/null || fail "the grammar passes a bad template"
echo "infra: scripts and templates parse"
