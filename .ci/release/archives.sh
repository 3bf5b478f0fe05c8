# shellcheck shell=bash
# What ./build.sh release makes. Sourced by build.sh, whose functions build_cli, assemble and notices it uses.

# The systems of a release. No program of a release is linked with C, so that any machine makes the same bytes. Therefore, on macOS, a program built
# from source can use the keychain, but the archive's program cannot.
targets=(linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64)

# release_cli VERSION FOLDER SYSTEM/PROCESSOR: makes one archive of the command line.
release_cli() {
	local GOOS="${3%/*}" GOARCH="${3#*/}" extension=tar.gz exe='' top="$work/$3/influxion-$1"
	[ "$GOOS" != windows ] || extension=zip exe=.exe
	mkdir -p "$top"
	CGO_ENABLED=0 GOOS="$GOOS" GOARCH="$GOARCH" build_cli "$top/influxion$exe"
	GOOS="$GOOS" GOARCH="$GOARCH" notices ./handler/cmd/influxion >"$top/NOTICES.txt"
	cp LICENSE "$top/"
	cp docs/install.md "$top/README.md"
	cp -R "$work/completions" "$work/influxion.1" "$top/"
	go run ./handler/cmd/pack "$work/$3" "$2/influxion_$1_${GOOS}_$GOARCH.$extension"
}

# sbom FOLDER FILE: writes the CycloneDX list of what is linked into the program of that folder on Linux. The tool needs a clone, because it cannot
# read a worktree.
sbom() {
	[ -d "$work/clone" ] || git clone --quiet . "$work/clone"
	GOOS=linux GOARCH=amd64 "$work/cyclonedx-gomod" app -json -licenses -std -noserial -notimestamp -main "$1" -output "$work/bill.json" \
		"$work/clone" 2>"$work/sbom.log" || { cat "$work/sbom.log" >&2 && exit 1; }
	cp "$work/bill.json" "$2"
}

# A tag v1.2.3 means version 1.2.3; without a tag the version is 0.0.0 with the commit.
release() {
	local out="${1:-release}" described plain target shell
	described="$(git describe --tags --always --dirty)"
	case "$described" in
	v[0-9]*) plain="${described#v}" ;;
	*) plain="0.0.0-$described" ;;
	esac
	export VERSION="v$plain" GOTOOLCHAIN=auto # not older than go.mod says: vulnerabilities looks at that one
	[ -d "$out" ] && [ -n "$(ls -A "$out")" ] && { echo "release: $out has files already" >&2; exit 1; }
	mkdir -p "$out"
	work="$(mktemp -d)" # not local: the trap outlives this function
	trap 'rm -rf "$work"' EXIT
	build_cli "$work/influxion" # by its version in the manual page
	GOBIN="$work" go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
	mkdir "$work/completions"
	for shell in bash zsh fish powershell; do
		"$work/influxion" completion "$shell" >"$work/completions/influxion.$shell"
	done
	"$work/influxion" manual >"$work/influxion.1"
	for target in "${targets[@]}"; do
		release_cli "$plain" "$out" "$target"
	done
	GOOS=linux GOARCH=amd64 assemble "$work/functions"
	notices ./handler >"$work/functions/NOTICES.txt"
	go run ./handler/cmd/pack "$work/functions" "$out/influxion_${plain}_azure-functions.zip"
	mkdir -p "$work/source/influxion-$plain"
	git archive HEAD | tar -x -C "$work/source/influxion-$plain"
	go run ./handler/cmd/pack "$work/source" "$out/influxion_${plain}_source.tar.gz"
	sbom handler "$out/influxion_${plain}_azure-functions.cdx.json"
	sbom handler/cmd/influxion "$out/influxion_${plain}_cli.cdx.json"
	go run ./handler/cmd/release -version "$plain" -repository "${RELEASE_URL:-$(repository)}" "$out"
	ls -l "$out"
}

# The module path says where the repository is, once it is a path that can be fetched. Until then the address is one that leads nowhere (RFC 2606).
repository() {
	local path
	path="$(go list -m)"
	case "${path%%/*}" in
	*.*) echo "https://$path" ;;
	*) echo "https://example.org/influxion/$path" ;;
	esac
}
