#!/usr/bin/env bash
# Installs the validators that judge signed documents: pdfsig and pdfinfo (poppler-utils), qpdf and openssl from Debian; pyHanko from PyPI in its own
# environment below the cache; EU DSS, PDFBox with BouncyCastle and veraPDF from Maven Central, with our small Java program (java/) that drives them.
# Runs as root on a Debian machine; a second run only checks, without a network. A validator that is still missing at the end is a failure. README.md
# beside .ci/run says how to add one.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CACHE_DIR:-$here/../../.cache}
venv=$cache/pyhanko
java=$cache/java

fail() {
	echo "validators: $*" >&2
	exit 1
}

# debian PROGRAM PACKAGE: PACKAGE must be installed if PROGRAM is missing.
missing=()
debian() {
	command -v "$1" >/dev/null || missing+=("$2")
}

install_debian() {
	[[ ${#missing[@]} -gt 0 ]] || return 0
	command -v apt-get >/dev/null || fail "${missing[*]}: not installed, and there is no apt-get to install them"
	echo "validators: installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq || fail "apt-get update: the package lists cannot be read"
	apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || fail "apt-get install ${missing[*]}"
}

install_pyhanko() {
	local wanted
	wanted=$(sha256sum <"$here/requirements.txt")
	[[ -f $venv/installed && $(<"$venv/installed") == "$wanted" ]] && return 0
	echo "validators: installing pyHanko"
	rm -rf "$venv"
	python3 -m venv "$venv" || fail "python3 -m venv: cannot make $venv"
	"$venv/bin/pip" install --quiet --no-input --disable-pip-version-check -r "$here/requirements.txt" ||
		fail "pip install: pyHanko cannot be installed"
	echo "$wanted" >"$venv/installed"
}

# The plugin's version is pinned like all other versions. The libraries are copied out, so that no local repository is needed later.
install_java() {
	local wanted
	wanted=$(cat "$here/java/pom.xml" "$here"/java/judge/*.java | sha256sum)
	[[ -f $java/installed && $(<"$java/installed") == "$wanted" ]] && return 0
	echo "validators: installing EU DSS, PDFBox and veraPDF"
	rm -rf "$java"
	mkdir -p "$java/classes"
	mvn --quiet --batch-mode -Dstyle.color=never --file "$here/java/pom.xml" \
		org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
		-DoutputDirectory="$java/lib" -DincludeScope=runtime </dev/null || fail "mvn: the Java validators cannot be fetched"
	javac -proc:none -cp "$java/lib/*" -d "$java/classes" "$here"/java/judge/*.java || fail "javac: java/judge does not compile"
	echo "$wanted" >"$java/installed"
}

# report NAME COMMAND...: prints the version of one validator, or fails if the validator does not run.
report() {
	local name=$1 version
	shift
	version=$("$@" 2>&1) || fail "$name: does not run: $version"
	printf 'validators: %-8s %s\n' "$name" "${version%%$'\n'*}"
}

mkdir -p "$cache"
debian pdfsig poppler-utils
debian qpdf qpdf
debian openssl openssl
debian curl curl # for the tests of the lines that run prints
command -v python3 >/dev/null || fail "python3: not installed"
# Debian ships the pip of the venv module in a separate package.
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
debian javac openjdk-17-jdk-headless
debian mvn maven
install_debian
install_pyhanko
install_java

report pdfsig pdfsig -v
report qpdf qpdf --version
report openssl openssl version
report pyhanko "$venv/bin/python" -c 'import importlib.metadata, pyhanko.sign.validation; print("pyHanko", importlib.metadata.version("pyhanko"))'
for library in dss=dss-validation pdfbox=pdfbox bouncy=bcprov-jdk18on verapdf=validation-model-jakarta; do
	jar=$(compgen -G "$java/lib/${library#*=}-[0-9]*.jar") || fail "$library: not in $java/lib"
	report "${library%%=*}" basename "$jar" .jar
done
# Each of the Java judges must answer, not only exist. The answer that a file is not a PDF is enough.
answers=$(printf '{"do":"%s","file":"/dev/null","root":"/dev/null"}\n' dss pdfbox verapdf | "$here/java/judge.sh") || fail "java: the judge does not run"
[[ $(grep -c '"error"' <<<"$answers") -eq 3 ]] || fail "java: the judge does not answer: $answers"
