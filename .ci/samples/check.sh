#!/usr/bin/env bash
# Runs every sample of docs/samples, or those that SAMPLES names, against the local Azure. Each must sign, report a problem, wait for Retry-After,
# refuse an answer that is not the signed document, follow no redirect, and let a person sign in. Sends each form of a request with the clients that
# make it. Parses the queries of docs/operations.md with Kusto's own parser. Installs what it needs below the cache; runs as root on a Debian machine.
# A runtime that this script installs must be present at the end.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${CACHE_DIR:-$top/.cache}/samples
samples=$top/docs/samples
work=$(mktemp -d)
mkdir -p "$cache"

# shellcheck source=.ci/localazure.sh
source "$top/.ci/localazure.sh"
# shellcheck source=.ci/packages.sh
source "$top/.ci/packages.sh"

fail() {
	echo "samples: $*" >&2
	exit 1
}

python_packages() { python3 -m venv venv && venv/bin/pip install --quiet --no-input --disable-pip-version-check "$@"; }
java_classes() { mvn -q -B compile dependency:copy-dependencies -DincludeScope=runtime; }

install() {
	debian curl:curl jq:jq openssl:openssl node:nodejs npm:npm javac:default-jdk-headless mvn:maven python3:python3
	[[ $(node -p 'process.versions.node.split(".")[0]') -ge 20 ]] || fail "Node.js $(node --version): 20 is wanted"
	kept python "$samples/python/requirements.txt" "$top/.ci/samples/constraints.txt" -- python_packages -r requirements.txt -c constraints.txt
	kept check "$top"/.ci/samples/{requirements,constraints}.txt -- python_packages -r requirements.txt -c constraints.txt
	kept node-check "$top"/.ci/samples/{package.json,package-lock.json,kql.mjs} -- npm ci --no-audit --no-fund
	kept javascript "$samples"/javascript/{package.json,package-lock.json,proxy.mjs,sign.mjs} -- npm ci --no-audit --no-fund
	kept java "$samples"/java/{pom.xml,Sign.java} -- java_classes
	(cd "$top" && go build -o "$work/go-sample" ./docs/samples/go && go build -o "$work/influxion" ./handler/cmd/influxion)
}

start_liar() {
	python3 "$top/.ci/samples/liar.py" "$work/liar.log" >"$work/liar.port" &
	liar=$!
	until [[ -s $work/liar.port ]]; do sleep 0.1; done
}

finish() {
	[[ -z ${liar:-} ]] || kill "$liar" 2>/dev/null || true
	stop_cloud
	rm -rf "$work"
}

# sample NAME ARGUMENT…: runs the command line of a sample.
sample() {
	local name=$1
	shift
	case $name in
	curl) "$samples/curl/sign.sh" "$@" ;;
	python) "$cache/python/venv/bin/python" "$samples/python/sign.py" "$@" ;;
	javascript) node --import "$cache/javascript/proxy.mjs" "$cache/javascript/sign.mjs" "$@" ;;
	java)
		java -Dhttps.proxyHost=127.0.0.1 "-Dhttps.proxyPort=${HTTPS_PROXY##*:}" -Djavax.net.ssl.trustStore="$work/root.p12" \
			-Djavax.net.ssl.trustStorePassword=changeit -cp "$cache/java/target/classes:$cache/java/target/dependency/*" Sign "$@"
		;;
	go) "$work/go-sample" "$@" ;;
	cli)
		mkdir -p "$work/sealed"
		"$work/influxion" sign --reason Approved --force -o "$work/sealed" ${3:+--level "$3"} "$1" && mv "$work/sealed/$(basename "$1")" "$2"
		;;
	esac
}

control() { curl -sS --noproxy '*' -X POST "$LOCALAZURE_CONTROL/$1" >/dev/null; }

refused() { grep -c '"route":"/api/sign","status":503' "$work/cloud.err" || true; }

token() {
	printf %s "$INFLUXION_CLIENT_SECRET" | curl -sS "https://login.microsoftonline.com/$INFLUXION_CLIENT_TENANT_ID/oauth2/v2.0/token" \
		-d grant_type=client_credentials -d "client_id=$INFLUXION_CLIENT_ID" -d "scope=$INFLUXION_CLIENT_SCOPE" \
		--data-urlencode client_secret@- | jq -r .access_token
}

# Our own verifier decides.
verified() {
	local token
	token=$(token)
	cmp -n "$(stat -c %s "$work/in.pdf")" "$work/in.pdf" "$1" &&
		curl -sS --noproxy '*' -H "Authorization: Bearer $token" -H 'Content-Type: application/pdf' --data-binary "@$1" "$INFLUXION_CLIENT_URL/api/verify" |
		jq -e '.summary.passed == .summary.total and .summary.total > 0 and .signatures[0].kind == "signature"' >/dev/null
}

nothing_left() { [[ ! -e $work/$1.pdf && ! -e $work/$1.pdf.part ]]; }

signs() {
	sample "$1" "$work/in.pdf" "$work/$1.pdf" && verified "$work/$1.pdf"
}

tells_problem() {
	! sample "$1" "$work/bad.pdf" "$work/$1-bad.pdf" 2>"$work/told" && grep -q '422 not_a_pdf: .*urn:uuid:' "$work/told" && nothing_left "$1-bad"
}

# The timestamp authority is down until the sample has received a 503.
waits() {
	local before running
	before=$(refused)
	control tsa/down
	sample "$1" "$work/in.pdf" "$work/$1-waited.pdf" B-T &
	running=$!
	while [[ $(refused) == "$before" ]] && kill -0 $running 2>/dev/null; do sleep 0.2; done
	control trust/none
	wait $running && [[ $(refused) -gt $before ]] && verified "$work/$1-waited.pdf"
}

checks_digest() {
	! INFLUXION_CLIENT_URL=http://127.0.0.1:$(<"$work/liar.port")/digest sample "$1" "$work/in.pdf" "$work/$1-lie.pdf" 2>"$work/told" &&
		grep -Eq 'not the signed document|digest' "$work/told" && nothing_left "$1-lie"
}

stays() {
	! INFLUXION_CLIENT_URL=http://127.0.0.1:$(<"$work/liar.port")/redirect sample "$1" "$work/in.pdf" "$work/$1-moved.pdf" 2>"$work/told" &&
		grep -q '^/redirect/' "$work/liar.log" && ! grep -q elsewhere "$work/liar.log" && nothing_left "$1-moved"
}

# A person opens the page that the sample names and enters the code.
signs_in() {
	local running message
	: >"$work/told"
	(unset INFLUXION_CLIENT_SECRET && sample "$1" "$work/in.pdf" "$work/$1-person.pdf" 2>"$work/told") &
	running=$!
	until grep -q 'enter the code' "$work/told"; do
		kill -0 $running 2>/dev/null || return 1
		sleep 0.2
	done
	message=$(grep 'enter the code' "$work/told")
	python3 "$top/.ci/samples/visitor.py" "$(sed -E 's/.*open the page ([^ ]+) .*/\1/' <<<"$message")" \
		"$(sed -E 's/.*enter the code ([^ ]+) .*/\1/' <<<"$message")" || { kill $running && return 1; }
	wait $running && verified "$work/$1-person.pdf"
}

# Without its arguments a sample prints which ones it needs.
shows_use() {
	local status=0
	sample "$1" >/dev/null 2>"$work/told" || status=$?
	[[ $status == 2 ]] && grep -q '^usage: .*IN\.pdf OUT\.pdf \[LEVEL\]$' "$work/told"
}

logic_apps() {
	"$cache/check/venv/bin/python" "$top/.ci/samples/logicapp.py" "$samples/logic-apps/actions.json" "$work/in.pdf" "$work/logic.pdf" &&
		verified "$work/logic.pdf"
}

logic_apps_refused() {
	! "$cache/check/venv/bin/python" "$top/.ci/samples/logicapp.py" "$samples/logic-apps/actions.json" "$work/bad.pdf" "$work/logic-bad.pdf" 2>"$work/told" &&
		grep -q '422 not_a_pdf' "$work/told"
}

# sends NAME: sends each form of a request that this kind of client makes.
sends() {
	local callers=$top/.ci/samples/callers out=$work/forms-$1 signed
	mkdir -p "$out"
	TOKEN=$(token)
	export TOKEN
	case $1 in
	curl) "$callers/forms.sh" "$INFLUXION_CLIENT_URL" "$work/in.pdf" "$out" ;;
	requests) "$cache/python/venv/bin/python" "$callers/forms.py" "$INFLUXION_CLIENT_URL" "$work/in.pdf" "$out" ;;
	fetch) node "$callers/forms.mjs" "$INFLUXION_CLIENT_URL" "$work/in.pdf" "$out" ;;
	java) java "$callers/Forms.java" "$INFLUXION_CLIENT_URL" "$work/in.pdf" "$out" ;;
	esac || return 1
	for signed in "$out"/*.pdf; do
		verified "$signed" || { echo "$signed: not what was sent and a signature that passes" && return 1; }
	done
}

parses() { "$cache/check/venv/bin/python" "$top/.ci/samples/syntax.py" "$samples/csharp/Program.cs" "$samples/powershell/sign.ps1"; }
queries() {
	node "$cache/node-check/kql.mjs" "$top/docs/operations.md" && node "$cache/node-check/kql.mjs" "$top/infra/alerts.bicep"
}

# check NAME DEED: prints one line of the table.
passed=0 failed=0
check() {
	local start=$SECONDS result=ok
	: >"$work/told"
	if "$2" "$1" >"$work/output" 2>&1; then
		passed=$((passed + 1))
	else
		result=FAILED failed=$((failed + 1))
	fi
	printf '%-12s %-18s %-7s %3ss\n' "$1" "$2" "$result" $((SECONDS - start))
	[[ $result == ok ]] || sed 's/^/    | /' "$work/output" "$work/told"
}

trap finish EXIT
install
start_cloud
echo "no document" >"$work/bad.pdf"
start_liar
# shellcheck source=/dev/null
. "$work/environ"
keytool -importcert -noprompt -alias root -file "$SSL_CERT_FILE" -keystore "$work/root.p12" -storetype PKCS12 -storepass changeit >/dev/null 2>&1

for name in ${SAMPLES:-curl python javascript java go cli}; do
	[[ $name == cli ]] || check "$name" shows_use
	for deed in signs tells_problem waits checks_digest stays signs_in; do
		[[ $name/$deed == cli/signs_in ]] || check "$name" "$deed" # it asks at a terminal alone: its own tests have one
	done
done
for name in curl requests fetch java; do check "$name" sends; done
check logic-apps logic_apps
check logic-apps logic_apps_refused
check c#,pwsh parses
check kql queries
cat <<'TEXT'
c#           not run          there is no .NET SDK in the registries that this script installs from
powershell   not run          there is no PowerShell in the registries that this script installs from
TEXT
echo "samples: $passed passed, $failed failed"
[[ $failed == 0 ]]
