#!/usr/bin/env bash
# Opens the page in Chromium against the production handler and the local Azure: check.mjs says what must hold. Lets Chromium print a sealed report,
# which veraPDF and our verifier judge; for that, run ../validators/install.sh first. Playwright and axe come from npm and stay in the cache; Chromium
# comes from Debian. A missing tool is a failure. --shots DIR keeps screenshots.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${CACHE_DIR:-$top/.cache}/page
work=$(mktemp -d)

fail() {
	echo "page: $*" >&2
	exit 1
}

finish() {
	[[ -z ${cloud:-} ]] || kill -TERM -- "-$cloud" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT

missing=()
for entry in chromium:chromium node:nodejs npm:npm; do
	command -v "${entry%%:*}" >/dev/null || missing+=("${entry##*:}")
done
if [[ ${#missing[@]} -gt 0 ]]; then
	command -v apt-get >/dev/null || fail "${missing[*]}: not installed, and there is no apt-get to install them"
	echo "page: installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq || fail "apt-get update: the package lists cannot be read"
	apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || fail "apt-get install ${missing[*]}"
fi
wanted=$(sha256sum <"$here/package-lock.json")
if [[ ! -f $cache/installed || $(<"$cache/installed") != "$wanted" ]]; then
	rm -rf "$cache"
	mkdir -p "$cache"
	cp "$here/package.json" "$here/package-lock.json" "$cache/"
	npm ci --prefix "$cache" --no-audit --no-fund --loglevel=error || fail "npm ci"
	echo "$wanted" >"$cache/installed"
fi

set -m # a process group of its own: it has children that must end with it
"$top/build.sh" run --port 0 --out "$work/first.pdf" --environ "$work/environ" >"$work/cloud.out" 2>"$work/cloud.err" </dev/null &
cloud=$!
set +m
until grep -qs '^Serving until' "$work/cloud.out"; do
	kill -0 "$cloud" 2>/dev/null || { cat "$work/cloud.err" >&2 && fail "the local Azure does not start"; }
	sleep 0.2
done
# shellcheck disable=SC1091 # made above
source "$work/environ"
# An unsigned document: the beginning of the signed sample.
head -c "$(sed -nE 's/^Signed a sample, ([0-9]+) bytes.*/\1/p' "$work/cloud.out")" "$work/first.pdf" >"$work/in.pdf"
cp "$top/handler/internal/report/testdata/hostile.html" "$work/" # a report full of what should do harm, from the verifier's tests
report=$work/report.pdf
go build -o "$work/influxion" "$top/handler/cmd/influxion"
"$work/influxion" verify "$work/first.pdf" --pdf "$report" --seal --level B-LTA >/dev/null || fail "no report in PDF"
"$work/influxion" verify "$report" >/dev/null || fail "the seal of a report does not verify"
printf '{"do":"verapdf","file":"%s","root":"/dev/null"}\n' "$report" |
	CACHE_DIR=${CACHE_DIR:-$top/.cache} env -u HTTPS_PROXY "$top/.ci/validators/java/judge.sh" >"$work/judged" ||
	fail "veraPDF does not run: run .ci/validators/install.sh"
grep -q '"flavour":"3b","compliant":true' "$work/judged" || fail "a report is no PDF/A-3b: $(<"$work/judged")"
cp "$here"/*.mjs "$cache/" # which finds its libraries beside it
# Through the proxy the environment reaches only the local Azure, and the browser requests nothing else.
env -u HTTPS_PROXY -u SSL_CERT_FILE -u SSL_CERT_DIR node "$cache/check.mjs" "$work" "$@" || { tail -40 "$work/cloud.err" >&2 && exit 1; }
