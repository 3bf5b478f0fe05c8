#!/usr/bin/env bash
# Holds what the audit log, templates and jobs need of blobs and queues against Azurite, Microsoft's own emulator of Azure Storage: the
# contract suites of handler/internal/storage, and then the production handler with the local Azure around it, whose records the command
# line reads back and checks. Without the container nothing is signed. In between, jobs for so many documents as the argument says (200
# without one; 0: none) run on two hosts whose handlers are killed, over a storage that is slow, refuses and loses answers. Azurite comes
# from npm into a folder of its own below the cache; a second run needs no network.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$top/.ci/azurite
node=$(realpath -m "${CACHE_DIR:-$top/.cache}/azurite")
work=$(mktemp -d)
azurite='' queues='' cloud=''

# shellcheck source=.ci/azurite/emulator.sh
source "$here/emulator.sh"

finish() {
	stop "-$cloud"
	stop "$azurite"
	stop "$queues"
	rm -rf "$work"
}

# contract: the suites; they must have run, each of their parts.
contract() {
	(cd "$top" && SSL_CERT_FILE=$work/azurite.pem go test ./handler/internal/storage -count 1 -v -run 'ContractOfRealService$' -args \
		-service "$service" -queue-service "$queue_service" -max-blocks 20) >"$work/contract.out" 2>&1 ||
		{ grep -v '^=== ' "$work/contract.out" >&2 && fail "the contract does not hold"; }
	! grep -q -e '--- SKIP' "$work/contract.out" || fail "a part of the contract was skipped"
	local wanted parts
	for wanted in TestContractOfRealService=32 TestJobsContractOfRealService=19; do
		parts=$(grep -c "^ *--- PASS: ${wanted%=*}/" "$work/contract.out") || true
		[[ $parts -ge ${wanted#*=} ]] || fail "$parts parts of ${wanted%=*} ran, ${wanted#*=} are wanted"
	done
	echo "azurite: $(node -p "require('$node/node_modules/azurite/package.json').version") keeps the contracts: $(grep -c '^ *--- PASS: .*/' "$work/contract.out") parts"
}

# kills: jobs on two hosts over this storage, while handlers are killed and the storage is disturbed; so many documents.
kills() {
	(cd "$top" && go test ./handler -count 1 -v -timeout "$((30 + $1 / 25))m" -run '^TestJobsUnderKills$' -args -kill-documents "$1" \
		-azurite-blobs "$service" -azurite-queues "$queue_service" -azurite-root "$work/azurite.pem") >"$work/kills.out" 2>&1 ||
		{ tail -n 300 "$work/kills.out" >&2 && fail "jobs do not survive kills"; }
	grep -q '^--- PASS: TestJobsUnderKills' "$work/kills.out" || fail "the test of jobs under kills did not run"
	sed -nE 's/^.*: ([0-9]+ documents on two hosts ended .*)$/azurite: \1/p' "$work/kills.out"
}

# make_container NAME: as somebody with the role; Azurite reads what tokens claim, and checks no signature.
make_container() {
	local token
	token=$(NODE_PATH=$node/node_modules node -p 'require("jsonwebtoken").sign({iss: "https://sts.windows.net/check/",
		aud: "https://storage.azure.com", nbf: 0}, "any", {expiresIn: 600})')
	printf 'header = "Authorization: Bearer %s"' "$token" | curl -sS --fail --noproxy '*' --cacert "$work/azurite.pem" --config - -X PUT \
		-H 'x-ms-version: 2024-11-04' -H 'Content-Length: 0' "$service/$1?restype=container" || fail "no container can be made"
}

# start_handler: the local Azure with the production handler, whose container is Azurite's and who trusts Azurite's certificate too.
start_handler() {
	local root=$work/root
	mkdir "$root"
	(cd "$top" && cp -R host.json functions/. "$root/" && go build -o "$root/production" ./handler &&
		go build -o "$work/localazure" ./handler/cmd/localazure && go build -o "$work/influxion" ./handler/cmd/influxion)
	cat >"$root/handler" <<-SCRIPT
		#!/bin/sh
		cat "\$SSL_CERT_FILE" '$work/azurite.pem' >'$work/roots.pem'
		SSL_CERT_FILE='$work/roots.pem' INFLUXION_AUDIT_CONTAINER='$service/handler-log' exec '$root/production'
	SCRIPT
	chmod 755 "$root/handler"
	set -m # a process group of its own: it has children that must end with it
	"$work/localazure" -root "$root" -port 0 -out "$work/first.pdf" -environ "$work/environ" >"$work/cloud.out" 2>"$work/cloud.err" </dev/null &
	cloud=$!
	set +m
	until_says "$work/cloud.out" '^Serving until' "$cloud" "the local Azure"
	# An unsigned document: what the signed sample begins with.
	head -c "$(sed -nE 's/^Signed a sample, ([0-9]+) bytes.*/\1/p' "$work/cloud.out")" "$work/first.pdf" >"$work/in.pdf"
}

# influxion ARGUMENT…: the command line as a client of the local Azure.
influxion() (
	# shellcheck disable=SC1091 # made above
	source "$work/environ"
	export SSL_CERT_FILE=$work/roots.pem
	"$work/influxion" "$@"
)

# ask: the status of one try to sign; what is answered goes to program.out.
ask() (
	# shellcheck disable=SC1091 # made above
	source "$work/environ"
	printf 'header = "Authorization: Bearer %s"' "$(influxion token --raw)" | curl -sS --config - -H 'Content-Type: application/pdf' \
		--data-binary "@$work/in.pdf" -o "$work/program.out" -w '%{http_code}' "$INFLUXION_CLIENT_URL/api/sign?certificate=company-seal"
)

# program: what left is in the container, and its chain is whole; while Azurite is away nothing is signed.
program() {
	local i out=$work/program.out
	for i in 1 2 3; do
		influxion sign "$work/in.pdf" -o "$work/signed$i" >"$out" 2>&1 || { cat "$out" "$work/cloud.err" >&2 && fail "nothing is signed"; }
	done
	influxion audit verify --container "$service/handler-log" >"$out" 2>&1 || { cat "$out" >&2 && fail "the log in the container does not verify"; }
	grep -q '6 records, 0 findings' "$out" || { cat "$out" >&2 && fail "the container has not the three records of the local Azure and three more"; }
	influxion audit find --digest "$(sha256sum "$work"/signed2/*.pdf | cut -d' ' -f1)" --container "$service/handler-log" >"$out" 2>&1 ||
		{ cat "$out" >&2 && fail "a document that was signed has no record in the container"; }
	stop "$azurite"
	azurite=
	if [[ $(ask) != 503 ]] || ! grep -q audit_unavailable "$out"; then
		head -c 2000 "$out" >&2
		fail "without its container the handler answers otherwise"
	fi
	echo "azurite: the handler's records are in its container, whole and found; without it nothing is signed"
}

# first_job: the command of docs/jobs.md, whose job goes by blobs and queue.
first_job() {
	"$top/build.sh" run --azurite --once --port 0 --out "$work/first-job.pdf" >"$work/job.out" 2>"$work/job.err" ||
		{ cat "$work/job.err" >&2 && fail "build.sh run --azurite fails"; }
	grep -q 'by a job too (.*, storage: blob): Done' "$work/job.out" || { cat "$work/job.out" >&2 && fail "no job went by Azurite"; }
}

trap finish EXIT
install
start_azurite
contract
first_job
[[ ${1:-} == 0 ]] || kills "${1:-200}"
make_container handler-log # not that of the local Azures before, which are here too
start_handler
program
