#!/usr/bin/env bash
# Everything there is to do with this repository. Needs Go alone.
set -euo pipefail
caller="$PWD"
cd "$(dirname "$0")"

help() {
	cat <<'TEXT'
./build.sh run [FILE.pdf]   sign a PDF with the real handler against a local Azure, print a report, keep serving; with a Chromium in PATH
                            it makes documents of templates too (--once: stop after the report; --help: everything else)
./build.sh test             every test
./build.sh check            formatting, vet, staticcheck, and the tests, fuzzers' seeds too, under the race detector
./build.sh build            the handler, into dist/handler
./build.sh cli              the command line influxion for this machine, into bin/influxion
./build.sh stage            dist/ as the Functions host wants it, and dist.zip to publish
./build.sh bench            the numbers beside their limits, from one run
./build.sh hostile [SECONDS] what documents that are made to cost much cost the handler, and what others notice of eight at once for that
                            long (default 60; --only PATTERN: some of them; --table=false: the second part alone; Linux)
./build.sh chaos [MINUTES]  what callers get while faults befall everything that the handler needs, and itself: each document is verified by
                            other code, each refusal must be explained (default 1; --clients N, --seed N; Linux)
./build.sh fuzz [SECONDS]   every fuzzer for that long each (default 30)
./build.sh conformance      what validators from elsewhere say of what we sign, and ours of what others sign; installs them (as root, on
                            Debian) into .cache or CACHE_DIR (--rotate: the share of this commit, or of ROTATION=k; --self-test;
                            --work DIR: keep the documents)
./build.sh readers          what PDF readers show of signed documents with hidden objects, beside what our verifier says; installs them like
                            conformance (--all or --random N: of more documents, what passes; --self-test; --work DIR)
./build.sh pictures         what PDF readers show of visible signatures, beside pictures that people have looked at (--update; --self-test)
TEXT
}

version() { git describe --tags --always --dirty 2>/dev/null || echo unknown; }
commit() { git rev-parse HEAD 2>/dev/null || echo unknown; }

# build_handler FILE
build_handler() {
	CGO_ENABLED=0 go build -trimpath -buildvcs=false \
		-ldflags "-s -w -X main.version=$(version) -X main.commit=$(commit)" -o "$1" ./handler
}

# build_cli FILE. The keychain of macOS, where tokens are kept, is reached through C alone: there Go decides, by whether it finds a compiler.
build_cli() {
	[ "$(go env GOOS)" = darwin ] || export CGO_ENABLED=0
	go build -trimpath -buildvcs=false \
		-ldflags "-s -w -X main.version=$(version) -X main.commit=$(commit)" -o "$1" ./handler/cmd/influxion
}

# The host looks for function.json one level deep, so functions/ goes flat beside host.json.
assemble() {
	mkdir -p "$1"
	build_handler "$1/handler"
	cp host.json "$1/"
	cp -R functions/. "$1/"
	chmod 755 "$1/handler"
}

# What is published runs in Azure, whatever this machine is.
build() { GOOS="${GOOS:-linux}" GOARCH="${GOARCH:-amd64}" build_handler dist/handler; }

# The licences of what is linked into the handler ask to be passed on with it.
notices() {
	local path version folder file
	cat LICENSE
	go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./handler | sort -u |
		while read -r path version folder; do
			for file in "$folder"/LICEN[CS]E* "$folder"/NOTICE*; do
				[ ! -f "$file" ] || { printf '\n==== %s %s: %s\n\n' "$path" "$version" "${file##*/}" && cat "$file"; }
			done
		done
	printf '\n==== Go\n\n'
	cat "$(go env GOROOT)/LICENSE" 2>/dev/null || echo 'see go.dev/LICENSE'
}

# Settings of a laptop are staged for func start, and published neither in dist.zip nor from dist/.
stage() {
	rm -rf dist dist.zip
	GOOS="${GOOS:-linux}" GOARCH="${GOARCH:-amd64}" assemble dist
	notices >dist/NOTICES.txt
	go run ./handler/cmd/distzip dist dist.zip
	printf '%s\n' .funcignore .env local.settings.json >dist/.funcignore # func azure functionapp publish heeds it
	local settings
	for settings in local.settings.json .env; do
		[ ! -e "$settings" ] || cp "$settings" dist/
	done
}

run() {
	folder="$(mktemp -d)" # not local: the trap outlives this function
	trap 'rm -rf "$folder"' EXIT
	assemble "$folder/root"
	go build -o "$folder/localazure" ./handler/cmd/localazure
	case " $*" in
	*" -once"* | *" --once"*) ;;
	*)
		go build -o "$folder/renderer" ./handler/cmd/renderer
		set -- -renderer "$folder/renderer" "$@"
		;;
	esac
	cd "$caller" # what the caller names is named from there
	"$folder/localazure" -root "$folder/root" "$@"
}

# The list of fuzzers comes from the source, so that none is forgotten; a tree without any is a fault.
fuzzers() {
	grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' handler | sed -E 's#/[^/]*:func # #' | sort -u
}

# Go before 1.27 can report the end of the fuzzing time itself as a failure (golang/go issue 75804). That one text, without an input
# that fails, is no finding; every other failure is.
fuzz_one() {
	local log status=0
	log="$(mktemp)"
	go test "./$1" -run '^$' -fuzz "^$2\$" -fuzztime "${3}s" -fuzzminimizetime 1x 2>&1 | tee "$log" || status=$?
	if [ "$status" -ne 0 ] && { ! grep -qx '    context deadline exceeded' "$log" || grep -qE 'Failing input|seed corpus entry|panic' "$log"; }; then
		exit "$status"
	fi
	rm -f "$log"
}

fuzz() {
	local seconds="${1:-30}" count=0 folder name
	while read -r folder name; do
		echo "== $name ($folder, ${seconds}s)"
		fuzz_one "$folder" "$name" "$seconds"
		count=$((count + 1))
	done < <(fuzzers)
	[ "$count" -gt 0 ] || { echo "no fuzzers found" >&2; exit 1; }
}

# Benchmarks report what they claim beside what they measure; benchtable shows both.
bench() {
	go test -run '^$' -bench . -benchtime "${BENCHTIME:-2s}" -p 1 ./... 2>&1 | tee "${BENCHLOG:-/dev/null}" | go run ./handler/cmd/benchtable
}

# hostile [SECONDS] [FLAG...]
hostile() {
	local seconds=60
	case "${1:-}" in
	[0-9]*) seconds="$1"; shift ;;
	esac
	folder="$(mktemp -d)" # not local: the trap outlives this function
	trap 'rm -rf "$folder"' EXIT
	assemble "$folder/root"
	go build -o "$folder/hostile" ./handler/cmd/hostile
	"$folder/hostile" -root "$folder/root" -seconds "$seconds" "$@"
}

# chaos [MINUTES] [FLAG...]
chaos() {
	local minutes=1
	case "${1:-}" in
	[0-9]*) minutes="$1"; shift ;;
	esac
	folder="$(mktemp -d)" # not local: the trap outlives this function
	trap 'rm -rf "$folder"' EXIT
	assemble "$folder/root"
	go build -o "$folder/chaos" ./handler/cmd/chaos
	"$folder/chaos" -root "$folder/root" -minutes "$minutes" "$@"
}

# Each step installs what it lacks and fails when it cannot.
conformance() {
	.ci/validators/install.sh
	case " $* " in
	*" --self-test "*) ;;
	*) .ci/corpus/collect.sh ;;
	esac
	.ci/conformance/run "$@"
}

# These take minutes under the race detector and have one goroutine: none starts another, none runs beside another test. test runs them.
# A name that no test has any more is a fault, so that the list does not outlive what it says.
alone=(TestBudget TestCertificatesThatSwell TestCostsAreCounted TestHostile TestLargeSign TestResponsesThatSwell TestSignaturesThatSwell TestSignRefusesHostileDocuments)

race() {
	local name IFS='|'
	for name in "${alone[@]}"; do
		grep -rqE --include='*_test.go' "^func $name\(" handler || { echo "race: there is no $name" >&2; exit 1; }
	done
	go test -race -timeout 30m -skip "^(${alone[*]})\$" ./...
}

readers() {
	.ci/readers/install.sh
	.ci/readers/compare.py "$@"
}

pictures() {
	.ci/readers/install.sh
	.ci/pictures/compare.py "$@"
}

check() {
	local unformatted
	unformatted="$(gofmt -l handler docs)"
	[ -z "$unformatted" ] || { echo "not formatted: $unformatted" >&2; exit 1; }
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	race
}

case "${1:-help}" in
run) shift; run "$@" ;;
test) shift; go test "$@" ./... ;;
check) check ;;
build) build ;;
cli) build_cli "bin/influxion$(go env GOEXE)" ;;
stage) stage ;;
bench) bench ;;
hostile) shift; hostile "$@" ;;
chaos) shift; chaos "$@" ;;
fuzz) shift; fuzz "$@" ;;
conformance) shift; conformance "$@" ;;
readers) shift; readers "$@" ;;
pictures) shift; pictures "$@" ;;
help | -h | --help) help ;;
*) help >&2; exit 2 ;;
esac
