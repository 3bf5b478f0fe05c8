#!/usr/bin/env bash
# All tasks of this repository. Needs only Go.
set -euo pipefail
caller="$PWD"
cd "$(dirname "$0")"

help() {
	cat <<'TEXT'
./build.sh run [FILE.pdf]   sign a PDF with the real handler against a local Azure, print a report, keep serving; with a Chromium in PATH
                            it makes documents from templates too (--once: stop after the report; --azurite: jobs by queue and timer on
                            Azurite, which comes from npm; --help: everything else)
./build.sh test             every test
./build.sh check            formatting, vet, staticcheck, and the tests, fuzzers' seeds too, under the race detector (--third K, from 0 to 2:
                            of the packages without concurrency of their own, a third there)
./build.sh fips             the tests of everything that uses cryptography, in FIPS 140-3 mode
./build.sh build            the handler, into dist/handler
./build.sh cli              the command line influxion for this machine, into bin/influxion
./build.sh stage            dist/ as the Functions host wants it, and dist.zip to publish (--jobs: with the functions that a queue and a
                            timer start, which need a storage account: docs/jobs.md)
./build.sh release [FOLDER] archives of the command line for each system, the deployment package, SBOMs, SHA256SUMS, and what installs them by
                            Homebrew, winget and containers; the same bytes each time (default: release/; RELEASE_URL: the repository)
./build.sh module PATH      changes the path of the Go module, such as to github.com/owner/influxion: go.mod and every import
./build.sh vulnerabilities  known vulnerabilities of the linked code, by govulncheck with the Go database (GOVULNDB: another one)
./build.sh bench            the numbers beside their limits, from one run; it fails where a ratio is worse by more than a fifth than what
                            handler/cmd/benchtable/kept.json keeps
./build.sh peers [ROUNDS]   the processor time of signing beside pyHanko, EU DSS, PDFBox and @signpdf; installs them like conformance
./build.sh hostile [SECONDS] the cost of hostile documents for the handler, and the answers to another caller while eight senders send them for
                            that long (default 60; --only PATTERN: some of them; --table=false: the second part alone; --templates: templates for
                            /api/generate in their place, over a local Chromium where there is one; Linux)
./build.sh overload [SECONDS] the answers of health and to other callers while 256 callers send 50 MB each to an instance of 512 MB (default 60; Linux)
./build.sh fleet [SECONDS]  the requests of several instances to their vault, and the cost of a seal, with keys in memory and in
                            the vault (default 15 for each; Linux)
./build.sh jobs [SECONDS]   the cost of the same documents by direct requests and by jobs, with two hosts (default 10 of requests; Linux)
./build.sh chaos [MINUTES]  the answers to callers while the handler, and everything that it needs, fails at times: other code verifies each
                            document, of a job too, and a fault must explain each refusal (default 1; --clients N, --seed N; Linux);
                            --alone N: how long the effects of N faults last, each caused alone
./build.sh fuzz [SECONDS]   every fuzzer for that long each (default 30; --third K, from 0 to 2: those of a third of the packages)
./build.sh conformance      our signatures judged by independent validators, and those of other products by ours; installs them (as root, on
                            Debian) into .cache or CACHE_DIR (--rotate: the share of this commit, or of ROTATION=k; --self-test;
                            --work DIR: keep the documents)
./build.sh readers          what PDF readers show of signed documents with hidden objects, beside what our verifier says; installs them like
                            conformance (--all or --random N: of more documents, what passes; --half N; --self-test; --work DIR)
./build.sh pictures         what PDF readers show of visible signatures, beside reviewed pictures (--update; --self-test)
TEXT
}

version() { echo "${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo unknown)}"; }
commit() { git rev-parse HEAD 2>/dev/null || echo unknown; }

# build_handler FILE
build_handler() {
	CGO_ENABLED=0 go build -trimpath -buildvcs=false \
		-ldflags "-s -w -X main.version=$(version) -X main.commit=$(commit)" -o "$1" ./handler
}

# build_cli FILE. Only C code can reach the keychain of macOS, where tokens are kept. There Go uses C if it finds a compiler.
build_cli() {
	[ "$(go env GOOS)" = darwin ] || export CGO_ENABLED=0
	go build -trimpath -buildvcs=false \
		-ldflags "-s -w -X main.version=$(version) -X main.commit=$(commit)" -o "$1" ./handler/cmd/influxion
}

# assemble DIR [--jobs]. The host looks for function.json one level deep, so the content of functions/ goes directly beside host.json. The functions
# with a queue or a timer trigger are below functions/jobs, with a host.json of their own, because the host does not start such functions without a
# storage account.
assemble() {
	local folder
	mkdir -p "$1"
	build_handler "$1/handler"
	cp host.json "$1/"
	[ "${2:-}" != --jobs ] || cp functions/jobs/host.json "$1/"
	for folder in functions/*/ ${2:+functions/jobs/*/}; do
		[ ! -f "$folder/function.json" ] || cp -R "${folder%/}" "$1/"
	done
	chmod 755 "$1/handler"
}

# The published handler runs in Azure, so the system of this machine does not matter.
build() { GOOS="${GOOS:-linux}" GOARCH="${GOARCH:-amd64}" build_handler dist/handler; }

# notices PACKAGE: collects the licences of the linked code, because they require that they are distributed with the program.
notices() {
	local path version folder file
	cat LICENSE
	go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' "$1" | sort -u |
		while read -r path version folder; do
			for file in "$folder"/LICEN[CS]E* "$folder"/NOTICE*; do
				[ ! -f "$file" ] || { printf '\n==== %s %s: %s\n\n' "$path" "$version" "${file##*/}" && cat "$file"; }
			done
		done
	printf '\n==== Go\n\n'
	cat "$(go env GOROOT)/LICENSE" 2>/dev/null || echo 'see go.dev/LICENSE'
}

# stage [--jobs]. Local settings are staged for func start. They are not published, neither in dist.zip nor from dist/.
stage() {
	case "$*" in
	"" | --jobs) ;;
	*) help >&2; exit 2 ;;
	esac
	rm -rf dist dist.zip
	GOOS="${GOOS:-linux}" GOARCH="${GOARCH:-amd64}" assemble dist "$@"
	notices ./handler >dist/NOTICES.txt
	go run ./handler/cmd/pack dist dist.zip
	printf '%s\n' .funcignore .env local.settings.json >dist/.funcignore # func azure functionapp publish reads it
	local settings
	for settings in local.settings.json .env; do
		[ ! -e "$settings" ] || cp "$settings" dist/
	done
}

# module PATH: changes the module path, in the only place that does. The program, its settings and the API keep their names.
module() {
	local to="${1:-}" from file text
	from="$(go list -m)"
	[[ "$to" =~ ^[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9][A-Za-z0-9._-]*)+$ ]] || {
		echo "module: ${to:-nothing}: want the path that go get will use, such as github.com/owner/influxion" >&2
		exit 2
	}
	go mod edit -module "$to"
	find handler docs -name '*.go' -type f | while IFS= read -r file; do
		text="$(sed "s#\"$from/handler#\"$to/handler#g" "$file")"
		! grep -q "\"$from/handler" "$file" || printf '%s\n' "$text" >"$file"
	done
	gofmt -w handler docs
	go list -deps ./... >/dev/null # every import resolves
}

# start_storage: starts Azurite, and adds its addresses to the flags in storage.
start_storage() {
	local top="$PWD"
	here="$top/.ci/azurite" node="$(realpath -m "${CACHE_DIR:-$top/.cache}/azurite")" work="$folder/azurite"
	azurite='' queues=''
	mkdir "$work"
	# shellcheck source=.ci/azurite/emulator.sh
	source "$here/emulator.sh"
	trap 'stop "$azurite"; stop "$queues"; rm -rf "$folder"' EXIT
	install
	start_azurite
	cd "$top"
	storage=(-blobs "$service" -queues "$queue_service" -storage-root "$work/azurite.pem")
}

# run [--azurite] ARGUMENT…
run() {
	local word arguments=() jobs=() storage=()
	folder="$(mktemp -d)" # not local: the trap outlives this function
	trap 'rm -rf "$folder"' EXIT
	for word in "$@"; do
		case "$word" in
		-azurite | --azurite) jobs=(--jobs) ;;
		*) arguments+=("$word") ;;
		esac
	done
	set -- ${arguments[@]+"${arguments[@]}"}
	if [ ${#jobs[@]} -gt 0 ]; then
		start_storage
		set -- "${storage[@]}" "$@"
	fi
	assemble "$folder/root" ${jobs[@]+"${jobs[@]}"}
	go build -o "$folder/localazure" ./handler/cmd/localazure
	case " $*" in
	*" -once"* | *" --once"*) ;;
	*)
		go build -o "$folder/renderer" ./handler/cmd/renderer
		set -- -renderer "$folder/renderer" "$@"
		;;
	esac
	cd "$caller" # paths of the caller are relative to it
	"$folder/localazure" -root "$folder/root" "$@"
}

# The list of fuzzers comes from the source, so that none is forgotten. A tree without fuzzers is an error.
fuzzers() {
	grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' handler | sed -E 's#/[^/]*:func # #' | LC_ALL=C sort -u
}

# third --third K: prints K, which must be 0, 1 or 2. Without arguments it prints nothing.
third() {
	case "$*" in
	"" | "--third "[012]) echo "${2:-}" ;;
	*) help >&2; exit 2 ;;
	esac
}

# fuzz_one SECONDS FOLDER NAME: runs one fuzzer and prints its output at the end, because two run at once. Go before 1.27 can report the end of the
# fuzzing time itself as a failure (golang/go issue 75804). That message without a failing input is not a finding; every other failure is.
fuzz_one() {
	local log status=0
	log="$(mktemp)"
	go test "./$2" -run '^$' -fuzz "^$3\$" -fuzztime "${1}s" -fuzzminimizetime 1x -parallel 1 >"$log" 2>&1 || status=$?
	if grep -qx '    context deadline exceeded' "$log" && ! grep -qE 'Failing input|seed corpus entry|panic' "$log"; then
		status=0
	fi
	printf '== %s (%s, %ss)\n%s\n' "$3" "$2" "$1" "$(cat "$log")"
	rm -f "$log"
	[ "$status" -eq 0 ] || exit 255 # so that xargs starts no other fuzzer
}

# Two fuzzers with one worker each find as much as two runs with two workers one after the other, in less time: half of a short run is preparation.
fuzz() {
	local seconds=30 chosen k
	case "${1:-}" in
	[0-9]*) seconds="$1"; shift ;;
	esac
	k="$(third "$@")"
	chosen="$(fuzzers | awk -v k="$k" '$1 != folder { folder = $1; n++ } k == "" || n % 3 == k')"
	[ -n "$chosen" ] || { echo "no fuzzers found" >&2; exit 1; }
	xargs -L 1 -P 2 ./build.sh fuzz-one "$seconds" <<<"$chosen"
}

# Benchmarks report their claims with their measurements; benchtable shows both. BENCHLOG names a file for the input of benchstat, BENCHJSON one for
# the table as JSON. Ratios are compared with the kept figures, so the machine must be otherwise idle.
bench() {
	go test -run '^$' -bench . -benchtime "${BENCHTIME:-2s}" -p 1 ./... 2>&1 | tee "${BENCHLOG:-/dev/null}" | go run ./handler/cmd/benchtable -json "${BENCHJSON:-}"
}

# against_staged PROGRAM ARGUMENT…: runs a program of handler/cmd with a staged handler: with the functions of jobs if with_jobs is set, and with
# cmd/renderer if with_renderer is set.
against_staged() {
	folder="$(mktemp -d)" # not local: the trap outlives this function
	trap 'rm -rf "$folder"' EXIT
	assemble "$folder/root" ${with_jobs:+--jobs}
	go build -o "$folder/$1" "./handler/cmd/$1"
	[ -z "${with_renderer:-}" ] || go build -o "$folder/renderer" ./handler/cmd/renderer
	"$folder/$1" "${@:2}" -root "$folder/root" ${with_renderer:+-renderer "$folder/renderer"}
}

# for_a_while PROGRAM FLAG DEFAULT [LENGTH] [FLAG…]: is against_staged with a first argument that may say how long to run.
for_a_while() {
	local program="$1" flag="$2" length="$3"
	shift 3
	case "${1:-}" in
	[0-9]*) length="$1"; shift ;;
	esac
	# A program's own command comes before its flags.
	read -ra program <<<"$program"
	against_staged "${program[@]}" "$flag" "$length" "$@"
}

# Each step installs what it lacks, and fails if it cannot.
conformance() {
	.ci/validators/install.sh
	case " $* " in
	*" --self-test "*) ;;
	*) .ci/corpus/collect.sh ;;
	esac
	.ci/conformance/run "$@"
}

# tests ARG…: runs go test, and repeats the failures below the output of all tests.
tests() {
	local log status=0
	log="$(mktemp)"
	go test "$@" | tee "$log" || status=$?
	if [ "$status" != 0 ]; then
		printf '\nfailed:\n'
		grep -aE '^ *--- FAIL|^ *FAIL: testdata|^panic: |^FAIL[[:space:]]|^WARNING: DATA RACE' "$log" | cut -c1-300 || true
	fi
	rm "$log"
	return "$status"
}

# Tests that take minutes under the race detector. Each has only one goroutine and runs beside no other test, so race skips them; test runs them. A
# name without a test is an error, so that the list stays correct.
alone=(TestBudget TestCertificatesThatSwell TestCostsAreCounted TestHostile TestHostileFiles TestLargeSign TestResponsesThatSwell TestSignaturesThatSwell TestSigningAllocates TestSignRefusesHostileDocuments)

race() {
	local name k skip packages=./...
	for name in "${alone[@]}"; do
		grep -rqE --include='*_test.go' "^func $name\(" handler || { echo "race: there is no $name" >&2; exit 1; }
	done
	skip="^($(IFS='|' && echo "${alone[*]}"))\$"
	k="$(third "$@")"
	[ -z "$k" ] || packages="$(to_race "$k")"
	# shellcheck disable=SC2086 # a word for each package
	tests -race -timeout 30m -skip "$skip" $packages
}

# concurrent matches what a package has that starts a goroutine, locks something or serves HTTP, in its code or its tests.
concurrent='^[[:space:]]*(defer )?go [A-Za-z]|\.Go\(|"(sync|net|net/http/httptest|golang\.org/x/sync/[a-z]+)"|http\.(Server\{|Serve)|RunParallel|AfterFunc'

# to_race K: prints the packages with tests that have such things, and a third of the others. There the race detector can find only what tests of
# one package do at the same time; what requests do at the same time it finds in the packages that serve them.
to_race() {
	local path folder n=0
	go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}' ./... | while read -r path folder; do
		if [ -n "$path" ] && { grep -qE "$concurrent" "$folder"/*.go || [ $((n++ % 3)) -eq "$1" ]; }; then
			echo "$path"
		fi
	done
}

# fips: tests everything that uses a key, a digest or TLS, and the whole program, including the tests of fips140=only.
fips() {
	GODEBUG=fips140=on tests ./handler ./handler/internal/{audit,entra,keyvault,pades/{algorithm,certificate,chain,cms}}/... \
		./handler/internal/{pades/{encryption,revocation,sign,verify},render/archive,signing,storage,trustservices}/...
}

readers() {
	.ci/readers/install.sh
	.ci/readers/compare.py "$@"
}

pictures() {
	.ci/readers/install.sh
	.ci/pictures/compare.py "$@"
}

# check [--third K]
check() {
	local unformatted
	third "$@" >/dev/null
	unformatted="$(gofmt -l handler docs)"
	[ -z "$unformatted" ] || { echo "not formatted: $unformatted" >&2; exit 1; }
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	race "$@"
}

case "${1:-help}" in
run) shift; run "$@" ;;
test) shift; tests "$@" ./... ;;
check) shift; check "$@" ;;
fips) fips ;;
build) build ;;
cli) build_cli "bin/influxion$(go env GOEXE)" ;;
stage) shift; stage "$@" ;;
release) shift; source .ci/release/archives.sh; release "$@" ;;
module) shift; module "$@" ;;
vulnerabilities) .ci/vulnerabilities ;;
bench) bench ;;
peers) shift; .ci/peers/run "$@" ;;
hostile) shift; with_renderer=1 for_a_while hostile -seconds 60 "$@" ;;
overload) shift; for_a_while 'load overload' -seconds 60 "$@" ;;
fleet) shift; for_a_while 'load fleet' -seconds 15 "$@" ;;
jobs) shift; with_jobs=1 for_a_while 'load jobs' -seconds 10 "$@" ;;
chaos) shift; with_jobs=1 for_a_while chaos -minutes 1 "$@" ;;
fuzz) shift; fuzz "$@" ;;
fuzz-one) shift; fuzz_one "$@" ;; # for fuzz alone
conformance) shift; conformance "$@" ;;
readers) shift; readers "$@" ;;
pictures) shift; pictures "$@" ;;
help | -h | --help) help ;;
*) help >&2; exit 2 ;;
esac
