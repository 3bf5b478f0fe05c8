#!/usr/bin/env bash
# Makes a release twice, in two clones with other paths, times and umasks. The bytes must be the same, the digests must be those of the files, and the
# program for this machine must run, with its manual page. Then it gives one clone another module path, and builds a separate program that imports the
# Go client from it.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT

fail() {
	echo "release: $*" >&2
	exit 1
}

# The sums of a release and its files must name each other: none may be missing on either side.
check_release() {
	local listed found
	(cd "$1" && sha256sum --quiet --strict --check SHA256SUMS) || fail "digests that are not those of the files"
	listed=$(awk '{print $2}' "$1/SHA256SUMS" | sort)
	found=$(cd "$1" && find . -maxdepth 1 -name 'influxion_*' -printf '%f\n' | sort)
	[[ $listed == "$found" && $(wc -l <<<"$found") -eq 10 ]] || fail "got $found, want ten files, each with its digest"
}

# The archive for this machine contains the expected files, and its program prints its version.
check_archive() {
	local archive version folder file
	archive=$(echo "$1"/influxion_*_"$(go env GOOS)_$(go env GOARCH)".tar.gz)
	version=$(basename "$archive" | cut -d_ -f2)
	folder=$work/unpacked/influxion-$version
	mkdir -p "$work/unpacked" && tar -xzf "$archive" -C "$work/unpacked"
	for file in influxion LICENSE NOTICES.txt README.md influxion.1 completions/influxion.{bash,zsh,fish,powershell}; do
		[[ -s $folder/$file ]] || fail "there is no $file in $archive"
	done
	"$folder/influxion" version | grep -qF "v$version" || fail "got $("$folder/influxion" version), want version v$version"
	diff <("$folder/influxion" manual) "$folder/influxion.1" || fail "the manual page is not that of the program"
	[[ -z $(groff -man -Tutf8 -K utf8 -ww -z "$folder/influxion.1" 2>&1) ]] || fail "groff reports problems in influxion.1"
	bash -n "$folder/completions/influxion.bash"
}

# Another module requires ours under its published path.
check_client() {
	local path=example.org/owner/influxion
	(cd "$1" && ./build.sh module "$path" && git diff --quiet -- '*.md' build.sh) || fail "the module path cannot be changed"
	mkdir "$work/theirs" && cd "$work/theirs"
	cat >main.go <<'GO'
package main

import (
	"fmt"

	"example.org/owner/influxion/handler/client"
	"example.org/owner/influxion/handler/client/local"
)

func main() {
	service := client.New("https://signing.example.org", nil)
	signer, err := local.New(service)
	fmt.Println(service != nil, signer != nil, err)
}
GO
	go mod init theirs.example 2>/dev/null
	go mod edit -require "$path@v0.0.0" -replace "$path=$1"
	go mod tidy 2>/dev/null
	[[ $(go run .) == "true true <nil>" ]] || fail "a separate program does not build with the client"
}

if ! command -v groff >/dev/null; then
	command -v apt-get >/dev/null || fail "groff: not installed, and there is no apt-get to install it"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq && apt-get install -y -qq --no-install-recommends groff >/dev/null || fail "apt-get install groff"
fi
git clone --quiet "$top" "$work/one"
git clone --quiet "$top" "$work/the other"
(cd "$work/one" && umask 022 && TZ=UTC RELEASE_URL=https://example.org/owner/influxion ./build.sh release "$work/first" >/dev/null)
sleep 1 # so that a stored time makes a difference
(cd "$work/the other" && umask 077 && TZ=Asia/Tokyo LC_ALL=C RELEASE_URL=https://example.org/owner/influxion ./build.sh release "$work/second" >/dev/null)
diff -r "$work/first" "$work/second" || fail "two runs made different bytes"
check_release "$work/first"
check_archive "$work/first"
(check_client "$work/the other")
echo "release: $(wc -l <"$work/first/SHA256SUMS") files, the same bytes twice; the client can be imported"
