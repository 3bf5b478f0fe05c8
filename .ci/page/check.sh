#!/usr/bin/env bash
# Opens the page in Chromium against the production handler and the local Azure: check.mjs says what must hold. Lets Chromium print a sealed report,
# which veraPDF and our verifier judge; for that, run ../validators/install.sh first. Playwright and axe come from npm and stay in the cache; Chromium
# comes from Debian. A missing tool is a failure. --shots DIR keeps screenshots.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${CACHE_DIR:-$top/.cache}/page
work=$(mktemp -d)

# shellcheck source=.ci/localazure.sh
source "$top/.ci/localazure.sh"
# shellcheck source=.ci/packages.sh
source "$top/.ci/packages.sh"

fail() {
	echo "page: $*" >&2
	exit 1
}

finish() {
	stop_cloud
	rm -rf "$work"
}
trap finish EXIT

debian chromium:chromium node:nodejs npm:npm
wanted=$(sha256sum <"$here/package-lock.json")
if [[ ! -f $cache/installed || $(<"$cache/installed") != "$wanted" ]]; then
	rm -rf "$cache"
	mkdir -p "$cache"
	cp "$here/package.json" "$here/package-lock.json" "$cache/"
	npm ci --prefix "$cache" --no-audit --no-fund --loglevel=error || fail "npm ci"
	echo "$wanted" >"$cache/installed"
fi

start_cloud
# shellcheck disable=SC1091 # made above
source "$work/environ"
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
