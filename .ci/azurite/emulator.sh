#!/usr/bin/env bash
# shellcheck disable=SC2034,SC2154,SC2164 # names are shared with whoever sources this, who has set -e
# The common part of check.sh and ./build.sh run --azurite, to be sourced. It installs Azurite from npm into its own folder below the cache, and
# starts Azurite's blobs and queues, over TLS with OAuth. The sourcing script sets here to the folder of this file, node to the installation, and
# work to a folder for files. It ends the processes azurite and queues.

fail() {
	echo "azurite: $*" >&2
	exit 1
}

# stop PID: ends a process and waits for its end. With a minus before the PID, it ends a process group.
stop() {
	[[ -n ${1#-} ]] || return 0
	kill -TERM -- "$1" 2>/dev/null || true
	wait "${1#-}" 2>/dev/null || true
}

install() {
	local missing=() entry wanted
	for entry in node:nodejs npm:npm openssl:openssl curl:curl; do
		command -v "${entry%%:*}" >/dev/null || missing+=("${entry##*:}")
	done
	if [[ ${#missing[@]} -gt 0 ]]; then
		command -v apt-get >/dev/null || fail "${missing[*]}: not installed, and there is no apt-get to install them"
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -qq || fail "apt-get update: the package lists cannot be read"
		apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || fail "apt-get install ${missing[*]}"
	fi
	[[ $(node -p 'process.versions.node.split(".")[0]') -ge 20 ]] || fail "Node.js $(node --version): 20 is wanted"
	wanted=$(cat "$here"/{package.json,package-lock.json} | sha256sum)
	[[ -f $node/installed && $(<"$node/installed") == "$wanted" ]] && return 0
	echo "azurite: installing Azurite"
	rm -rf "$node" && mkdir -p "$node"
	cp "$here"/{package.json,package-lock.json} "$node/"
	(cd "$node" && npm ci --no-audit --no-fund --silent) || fail "npm ci: Azurite cannot be installed"
	echo "$wanted" >"$node/installed"
}

# until_says FILE PATTERN PID WHAT: waits up to two minutes for a line in a program's output.
until_says() {
	local end=$((SECONDS + 120))
	until grep -qsE "$2" "$1"; do
		if [[ $SECONDS -ge $end ]] || ! kill -0 "$3" 2>/dev/null; then
			cat "$1" "${1%.out}.err" >&2
			fail "$4 does not start"
		fi
		sleep 0.2
	done
}

start_azurite() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key.pem" -out "$work/azurite.pem" -days 2 \
		-subj "/CN=Azurite of a check" -addext subjectAltName=IP:127.0.0.1 2>/dev/null || fail "openssl makes no certificate"
	cd "$work" # where it might leave files
	local common=(--cert "$work/azurite.pem" --key "$work/key.pem" --oauth basic --skipApiVersionCheck --disableTelemetry --inMemoryPersistence)
	NODE_PATH=$node/node_modules node -r "$here/limit.cjs" -r "$here/index.cjs" "$node/node_modules/azurite/dist/src/blob/main.js" --blobHost 127.0.0.1 \
		--blobPort 0 "${common[@]}" >"$work/azurite.out" 2>"$work/azurite.err" </dev/null &
	azurite=$!
	NODE_PATH=$node/node_modules node -r "$here/index.cjs" "$node/node_modules/azurite/dist/src/queue/main.js" --queueHost 127.0.0.1 --queuePort 0 "${common[@]}" \
		>"$work/queues.out" 2>"$work/queues.err" </dev/null &
	queues=$!
	service=$(address azurite "$azurite")
	queue_service=$(address queues "$queues")
}

# address NAME PID: prints the address on which a service of Azurite listens.
address() {
	until_says "$work/$1.out" 'successfully listens on' "$2" "Azurite ($1)"
	local found
	found=$(sed -nE 's|.*successfully listens on (https://[0-9.:]+)$|\1/devstoreaccount1|p' "$work/$1.out")
	[[ -n $found ]] || fail "Azurite ($1) does not say where it listens"
	echo "$found"
}
