#!/usr/bin/env bash
# Checks the audit log, templates and jobs against Azurite, Microsoft's own emulator of Azure Storage. It runs the contract suites of
# handler/internal/storage, and then the production handler with the local Azure around it; the command line reads the handler's records back and
# checks them. Without the container the handler must sign nothing. In between, it runs as many jobs as the argument says (200 without one; 0: none)
# on two hosts. Meanwhile it kills the handlers, and the storage is slow, refuses requests and loses answers. Azurite comes from npm into its own
# folder below the cache; a second run needs no network.
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

# contract: runs the suites. Each of their parts must have run.
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

# kills: runs jobs on two hosts over this storage, while handlers are killed and the storage is disturbed. The argument is the number of documents.
kills() {
	(cd "$top" && go test ./handler -count 1 -v -timeout "$((30 + $1 / 25))m" -run '^TestJobsUnderKills$' -args -kill-documents "$1" \
		-azurite-blobs "$service" -azurite-queues "$queue_service" -azurite-root "$work/azurite.pem") >"$work/kills.out" 2>&1 ||
		{ tail -n 300 "$work/kills.out" >&2 && fail "jobs do not survive kills"; }
	grep -q '^--- PASS: TestJobsUnderKills' "$work/kills.out" || fail "the test of jobs under kills did not run"
	sed -nE 's/^.*: ([0-9]+ documents on two hosts ended .*)$/azurite: \1/p' "$work/kills.out"
}

# make_container NAME: as somebody with the role. Azurite reads the claims of a token and does not check its signature.
make_container() {
	local token
	token=$(NODE_PATH=$node/node_modules node -p 'require("jsonwebtoken").sign({iss: "https://sts.windows.net/check/",
		aud: "https://storage.azure.com", nbf: 0}, "any", {expiresIn: 600})')
	printf 'header = "Authorization: Bearer %s"' "$token" | curl -sS --fail --noproxy '*' --cacert "$work/azurite.pem" --config - -X PUT \
		-H 'x-ms-version: 2024-11-04' -H 'Content-Length: 0' "$service/$1?restype=container" || fail "no container can be made"
}

# start_handler: the local Azure with the production handler, which uses Azurite's container and also trusts Azurite's certificate.
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
	# An unsigned document: the beginning of the signed sample.
	head -c "$(sed -nE 's/^Signed a sample, ([0-9]+) bytes.*/\1/p' "$work/cloud.out")" "$work/first.pdf" >"$work/in.pdf"
}

# influxion ARGUMENT…: runs the command line as a client of the local Azure.
influxion() (
	# shellcheck disable=SC1091 # made above
	source "$work/environ"
	export SSL_CERT_FILE=$work/roots.pem
	"$work/influxion" "$@"
)

# ask: prints the status of one attempt to sign; the answer goes to program.out.
ask() (
	# shellcheck disable=SC1091 # made above
	source "$work/environ"
	printf 'header = "Authorization: Bearer %s"' "$(influxion token --raw)" | curl -sS --config - -H 'Content-Type: application/pdf' \
		--data-binary "@$work/in.pdf" -o "$work/program.out" -w '%{http_code}' "$INFLUXION_CLIENT_URL/api/sign?certificate=company-seal"
)

# program: the program left its records in the container, and their chain is complete. While Azurite is down, nothing is signed.
program() {
	local i out=$work/program.out
	for i in 1 2 3; do
		influxion sign "$work/in.pdf" -o "$work/signed$i" >"$out" 2>&1 || { cat "$out" "$work/cloud.err" >&2 && fail "nothing is signed"; }
	done
	influxion audit verify --container "$service/handler-log" >"$out" 2>&1 || { cat "$out" >&2 && fail "the log in the container does not verify"; }
	grep -q '6 records, 0 findings' "$out" || { cat "$out" >&2 && fail "the container does not have the three records of the local Azure and three more"; }
	influxion audit find --digest "$(sha256sum "$work"/signed2/*.pdf | cut -d' ' -f1)" --container "$service/handler-log" >"$out" 2>&1 ||
		{ cat "$out" >&2 && fail "a document that was signed has no record in the container"; }
	stop "$azurite"
	azurite=
	if [[ $(ask) != 503 ]] || ! grep -q audit_unavailable "$out"; then
		head -c 2000 "$out" >&2
		fail "without its container the handler gives another answer"
	fi
	echo "azurite: the handler's records are in its container, whole and found; without it nothing is signed"
}

# first_job: runs the command of docs/jobs.md. Its job goes through blobs and queue.
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
make_container handler-log # a container of its own: those of earlier local Azures are here too
start_handler
program
