#!/usr/bin/env bash
# Lets pyHanko's own client of the Cloud Signature Consortium API sign through the production handler: the program of docs/hash-signing.md, unchanged,
# and a batch of 50, with RSA and elliptic curves. pyHanko and EU DSS verify the documents. Requests that must be refused are refused. Run
# ../validators/install.sh first.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export CACHE_DIR=${CACHE_DIR:-$top/.cache}
python=$CACHE_DIR/pyhanko/bin/python
work=$(mktemp -d)

# shellcheck source=.ci/localazure.sh
source "$top/.ci/localazure.sh"

fail() {
	echo "csc: $*" >&2
	exit 1
}

finish() {
	stop_cloud
	rm -rf "$work"
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
	start_cloud --hash-signing --algorithm "${row%%:*}"
	echo "${row%%:*}"
	check "${row##*:}" signs refuses
	stop_cloud
done
start_cloud
echo "hash signing off"
check sha256 off
