#!/usr/bin/env bash
# Lets the production handler generate documents from templates, with the local Azure and a Chromium. veraPDF, our own verifier and Mustang judge the
# documents: check.py says what must hold. It makes one rotation of the documents, or with --all every document. --keep DIR keeps the documents. Run
# ../validators/install.sh first. Chromium and fonts come from Debian, Mustang from Maven Central.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
export CACHE_DIR=${CACHE_DIR:-$top/.cache} PYTHONDONTWRITEBYTECODE=1
java=$CACHE_DIR/einvoice
work=$(mktemp -d)
documents=$work/documents all=()

# shellcheck source=.ci/localazure.sh
source "$top/.ci/localazure.sh"

fail() {
	echo "generate: $*" >&2
	exit 1
}

finish() {
	stop_cloud
	rm -rf "$work"
}

# debian PACKAGE TEST…: PACKAGE must be installed if the test fails.
missing=()
debian() {
	"${@:2}" >/dev/null 2>&1 || missing+=("$1")
}

install() {
	local wanted
	debian chromium command -v chromium
	debian poppler-utils command -v pdftoppm
	debian qpdf command -v qpdf
	debian fonts-droid-fallback test -f /usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf
	debian fonts-dejavu-core test -f /usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf
	if [[ ${#missing[@]} -gt 0 ]]; then
		command -v apt-get >/dev/null || fail "${missing[*]}: not installed, and there is no apt-get to install them"
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -qq || fail "apt-get update: the package lists cannot be read"
		apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || fail "apt-get install ${missing[*]}"
	fi
	[[ -d $CACHE_DIR/java/classes ]] || fail "veraPDF is not installed: run .ci/validators/install.sh"
	wanted=$(cat "$here"/java/{pom.xml,EInvoice.java} | sha256sum)
	[[ -f $java/installed && $(<"$java/installed") == "$wanted" ]] && return 0
	echo "generate: installing Mustang"
	rm -rf "$java" && mkdir -p "$java/classes"
	mvn --quiet --batch-mode -Dstyle.color=never --file "$here/java/pom.xml" \
		org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
		-DoutputDirectory="$java/lib" -DincludeScope=runtime </dev/null || fail "mvn: Mustang cannot be fetched"
	javac -proc:none -cp "$java/lib/*" -d "$java/classes" "$here/java/EInvoice.java" || fail "javac: EInvoice does not compile"
	echo "$wanted" >"$java/installed"
}

while [[ $# -gt 0 ]]; do
	case $1 in
	--all) all=(--all) ;;
	--keep) documents=$(realpath -m "${2:?--keep wants a folder}") && shift ;;
	*) fail "$1: want --all or --keep DIR" ;;
	esac
	shift
done
trap finish EXIT
mkdir -p "$documents"
install
start_cloud
# shellcheck disable=SC1091 # made above
source "$work/environ"
go build -o "$work/influxion" "$top/handler/cmd/influxion"
INFLUXION=$work/influxion python3 "$here/check.py" "$documents" "${all[@]}"
