#!/usr/bin/env bash
# Lets pyHanko's own client of the Cloud Signature Consortium API sign through the production handler: the program of docs/hash-signing.md, unchanged,
# and a batch of 50, with RSA and elliptic curves. pyHanko and EU DSS verify the documents. Requests that must be refused are refused. Run
# ../validators/install.sh first.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export CACHE_DIR=${CACHE_DIR:-$top/.cache}
python=$CACHE_DIR/pyhanko/bin/python
work=$(mktemp -d)

fail() {
	echo "csc: $*" >&2
	exit 1
}

stop() {
	[[ -z ${cloud:-} ]] || kill -TERM -- "-$cloud" 2>/dev/null || true
	wait 2>/dev/null || true
	cloud=
}

finish() {
	stop
	rm -rf "$work"
}

# start FLAG…: starts the local Azure with the staged handler.
start() {
	rm -f "$work/environ"
	set -m # a process group of its own: it has children that must end with it
	"$top/build.sh" run --port 0 --out "$work/first.pdf" --environ "$work/environ" "$@" >"$work/cloud.out" 2>"$work/cloud.err" </dev/null &
	cloud=$!
	set +m
	until grep -qs '^Serving until' "$work/cloud.out"; do
		kill -0 "$cloud" 2>/dev/null || { cat "$work/cloud.err" >&2 && fail "the local Azure does not start"; }
		sleep 0.2
	done
	# An unsigned document: the beginning of the signed sample.
	head -c "$(sed -nE 's/^Signed a sample, ([0-9]+) bytes.*/\1/p' "$work/cloud.out")" "$work/first.pdf" >"$work/in.pdf"
}

# check DIGEST STEP…: runs check.py once against the started handler.
check() (
	# shellcheck disable=SC1091 # made above
	source "$work/environ"
	TOKEN=$("$work/influxion" token --raw) CERTIFICATE=company-seal DIGEST=$1 "$python" "$top/.ci/csc/check.py" "$work" "$top" "${@:2}"
)

[[ -x $python ]] || fail "pyHanko is not installed: run .ci/validators/install.sh"
trap finish EXIT
go build -o "$work/influxion" "$top/handler/cmd/influxion"

for row in RSA-2048:sha256 P-384:sha384; do
	start --hash-signing --algorithm "${row%%:*}"
	echo "${row%%:*}"
	check "${row##*:}" signs refuses
	stop
done
start
echo "hash signing off"
check sha256 off
