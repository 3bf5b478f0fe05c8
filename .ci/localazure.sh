#!/usr/bin/env bash
# shellcheck disable=SC2034,SC2154 # names are shared with whoever sources this, who has set -e
# The local Azure with the production handler, for the checks that call it as a client does. To be sourced, by a script that sets top to the
# repository and work to a folder for files, and has a function fail.

# start_cloud FLAG…: starts it. Then work holds environ (to be sourced), first.pdf (the signed sample), in.pdf (the same unsigned), and what it
# prints: cloud.out and cloud.err.
start_cloud() {
	rm -f "$work/environ" "$work/cloud.out"
	set -m # a process group of its own: it has children that must end with it
	"$top/build.sh" run --port 0 --out "$work/first.pdf" --environ "$work/environ" "$@" >"$work/cloud.out" 2>"$work/cloud.err" </dev/null &
	cloud=$!
	set +m
	until grep -qs '^Serving until' "$work/cloud.out"; do
		kill -0 "$cloud" 2>/dev/null || { cat "$work/cloud.err" >&2 && fail "the local Azure does not start"; }
		sleep 0.2
	done
	# An unsigned document: the beginning of the signed sample.
	head -c "$(sed -nE 's/^Signed a sample, ([0-9]+) bytes.*/\1/p' "$work/cloud.out")" "$work/first.pdf" >"$work/in.pdf"
}

# stop_cloud: ends it, if it runs, and waits for all background processes of the script.
stop_cloud() {
	[[ -z ${cloud:-} ]] || kill -TERM -- "-$cloud" 2>/dev/null || true
	wait 2>/dev/null || true
	cloud=
}
