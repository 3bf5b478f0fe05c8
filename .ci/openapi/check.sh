#!/usr/bin/env bash
# Checks the description that a running handler serves with redocly and spectral. Generates clients from it for Python, TypeScript, Java and Go, and
# lets each one sign, verify and read a problem against the local Azure. CLIENTS names some of them. Installs what it needs below the cache; a missing
# tool is a failure.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${CACHE_DIR:-$top/.cache}/openapi
generator=7.25.0
work=$(mktemp -d)
export NODE_NO_WARNINGS=1 REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
mkdir -p "$cache"

# shellcheck source=.ci/localazure.sh
source "$top/.ci/localazure.sh"
# shellcheck source=.ci/packages.sh
source "$top/.ci/packages.sh"

fail() {
	echo "openapi: $*" >&2
	exit 1
}

finish() {
	stop_cloud
	rm -rf "$work"
}

python_packages() { python3 -m venv venv && venv/bin/pip install --quiet --no-input --disable-pip-version-check -r requirements.txt; }
java_libraries() {
	mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib &&
		mvn -q -B dependency:copy "-Dartifact=org.openapitools:openapi-generator-cli:$generator" -DoutputDirectory=generator
}

install() {
	debian curl:curl jq:jq node:nodejs npm:npm javac:default-jdk-headless mvn:maven python3:python3
	kept node "$here/package.json" "$here/package-lock.json" -- npm ci --no-audit --no-fund
	kept python "$here/python/requirements.txt" -- python_packages
	kept "java-$generator" "$here/java/pom.xml" -- java_libraries
	go build -o "$work/influxion" "$top/handler/cmd/influxion"
}

# Programs on this machine call the handler directly, and no other server.
direct() (unset HTTPS_PROXY SSL_CERT_FILE SSL_CERT_DIR && "$@")

redocly() { direct "$cache/node/node_modules/.bin/redocly" lint --config "$here/redocly.yaml" --max-problems 1000 "$1"; }
spectral() { direct "$cache/node/node_modules/.bin/spectral" lint --ruleset "$here/spectral.yaml" --fail-severity hint "$1"; }

# Neither tool checks these: the release and the deployment.
filled_in() { jq -e --arg url "$INFLUXION_CLIENT_URL" '.info.version != "0.0.0" and [.servers[].url] == [$url]' "$1"; }

# Both tools must refuse a description whose operation has no tags, summary and success; otherwise they have checked nothing.
refuses_bad() {
	jq 'del(.paths."/api/sign".post | .tags, .summary, .responses."200")' "$1" >"$work/bad.json"
	! redocly "$work/bad.json" && ! spectral "$work/bad.json"
}

# generate GENERATOR FOLDER PROPERTIES. Without skipFormModel=false some generators import the classes of forms but do not make them.
generate() {
	java -jar "$cache/java-$generator/generator/openapi-generator-cli-$generator.jar" generate -i "$work/openapi.json" -g "$1" -o "$2" \
		--global-property skipFormModel=false \
		--additional-properties "$3" >"$work/generate.log" 2>&1 || { cat "$work/generate.log" && return 1; }
}

# made_python and its like generate and build a client; run_python and its like run the client's program.
made_python() { generate python "$work/python" hideGenerationTimestamp=true; }
run_python() { PYTHONPATH=$work/python "$cache/python/venv/bin/python" "$here/python/client.py" "$@"; }

made_typescript() {
	generate typescript-fetch "$work/typescript/generated" importFileExtension=.js && cp "$here"/typescript/* "$work/typescript/" &&
		echo '{"type": "module"}' >"$work/typescript/package.json" && ln -s "$cache/node/node_modules" "$work/typescript/node_modules" &&
		"$cache/node/node_modules/.bin/tsc" -p "$work/typescript"
}
run_typescript() { node "$work/typescript/out/client.js" "$@"; }

# Without useSingleRequestParameter each option is an argument by place, and an option that is added later breaks every call.
made_java() {
	generate java "$work/java" hideGenerationTimestamp=true,useSingleRequestParameter=true && mkdir "$work/classes" &&
		javac -nowarn -d "$work/classes" -cp "$cache/java-$generator/lib/*" -sourcepath "$work/java/src/main/java" "$here/java/Client.java"
}
run_java() { java -cp "$work/classes:$cache/java-$generator/lib/*" Client "$@"; }

made_go() {
	cp -R "$here/go" "$work/go" && mkdir "$work/go/generated" && cd "$work/go" &&
		go tool oapi-codegen -generate types,client -package generated -o generated/client.go "$work/openapi.json" && go vet ./... &&
		go build -o "$work/go-client" .
}
run_go() { "$work/go-client" "$@"; }

# A client prints what it has read with the generated types. The command line checks whether the document is valid.
works() {
	local told
	told=$(direct "run_$1" "$INFLUXION_CLIENT_URL" "$work/in.pdf" "$work/$1.pdf") || return 1
	[[ $told == "TOTAL-PASSED B-LTA 422 not_a_pdf urn:uuid:" ]] || { echo "got $told" && return 1; }
	cmp -n "$(stat -c %s "$work/in.pdf")" "$work/in.pdf" "$work/$1.pdf" && "$work/influxion" verify "$work/$1.pdf"
}

# check NAME COMMAND…: prints one line of the table.
passed=0 failed=0
check() {
	local start=$SECONDS result=ok
	if (set -e && "${@:2}") >"$work/output" 2>&1; then
		passed=$((passed + 1))
	else
		result=FAILED failed=$((failed + 1))
	fi
	printf '%-36s %-7s %3ss\n' "$1" "$result" $((SECONDS - start))
	[[ $result == ok ]] || sed 's/^/    | /' "$work/output"
}

trap finish EXIT
install
start_cloud
# shellcheck source=/dev/null
. "$work/environ"
TOKEN=$("$work/influxion" token --raw)
export TOKEN
curl -sSf --noproxy '*' "$INFLUXION_CLIENT_URL/api/openapi.json" -o "$work/openapi.json"
check "redocly: recommended-strict" redocly "$work/openapi.json"
check "spectral: spectral:oas" spectral "$work/openapi.json"
check "release and deployment" filled_in "$work/openapi.json"
check "both refuse a bad description" refuses_bad "$work/openapi.json"
for client in ${CLIENTS:-python typescript java go}; do
	check "$client: generated and built" direct "made_$client"
	check "$client: signs, verifies, a problem" works "$client"
done
echo "openapi: $passed passed, $failed failed"
[[ $failed == 0 ]]
