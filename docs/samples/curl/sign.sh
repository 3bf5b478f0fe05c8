#!/usr/bin/env bash
# Has a PDF signed by Influxion: sign.sh IN.pdf OUT.pdf [LEVEL]. Needs curl 7.76 and jq.
#
# Settings, from the environment: INFLUXION_CLIENT_URL, _SCOPE, _TENANT_ID, _ID, and for a program without a user _SECRET. Without a
# secret a person signs in, by device code.
set -euo pipefail
[[ $# -eq 2 || $# -eq 3 ]] || { echo 'usage: sign.sh IN.pdf OUT.pdf [LEVEL]' >&2 && exit 2; }
source=$1 target=$2 level=${3:-}
authority=https://login.microsoftonline.com/$INFLUXION_CLIENT_TENANT_ID/oauth2/v2.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "$*" >&2
	exit 1
}

# Secrets and tokens go through pipes: every user of the machine sees the arguments of a program.
token_for_program() {
	printf %s "$INFLUXION_CLIENT_SECRET" | curl -sS "$authority/token" -d grant_type=client_credentials -d "client_id=$INFLUXION_CLIENT_ID" \
		--data-urlencode "scope=$INFLUXION_CLIENT_SCOPE" --data-urlencode client_secret@-
}

token_for_person() {
	local flow answer
	flow=$(curl -sS "$authority/devicecode" -d "client_id=$INFLUXION_CLIENT_ID" --data-urlencode "scope=$INFLUXION_CLIENT_SCOPE")
	jq -r '.message // .error_description' <<<"$flow" >&2
	while sleep "$(jq -r '.interval // 5' <<<"$flow")"; do
		answer=$(jq -j .device_code <<<"$flow" | curl -sS "$authority/token" -d "client_id=$INFLUXION_CLIENT_ID" \
			-d grant_type=urn:ietf:params:oauth:grant-type:device_code --data-urlencode device_code@-)
		[[ $(jq -r .error <<<"$answer") == authorization_pending ]] || break
	done
	printf %s "$answer"
}

# post ROUTE FILE OUT: curl itself waits for Retry-After.
post() {
	local status
	status=$(printf 'header = "Authorization: Bearer %s"\n' "$token" | curl -sS --config - --retry 2 --retry-max-time 60 \
		-H 'Content-Type: application/pdf' --data-binary "@$2" -D "$work/header" -o "$3" -w '%{http_code}' "$INFLUXION_CLIENT_URL/api/$1")
	[[ $status == 200 ]] ||
		fail "$(jq -r '"\(.status) \(.code): \(.detail) (\(.instance))"' "$3" 2>/dev/null || echo "$status: not from Influxion itself")"
}

header() { tr -d '\r' <"$work/header" | sed -n "s/^$1: //Ip" | tail -n 1; }

if [[ -n ${INFLUXION_CLIENT_SECRET:-} ]]; then answer=$(token_for_program); else answer=$(token_for_person); fi
token=$(jq -er .access_token <<<"$answer") || fail "no access token: $(jq -r .error_description <<<"$answer")"

post "sign?reason=Approved${level:+&level=$level}" "$source" "$work/signed.pdf"
digest=$(openssl dgst -sha256 -binary "$work/signed.pdf" | base64)
[[ $(header Repr-Digest) == "sha-256=:$digest:" ]] || fail "what arrived is not the signed document"
cp "$work/signed.pdf" "$target.part" && mv "$target.part" "$target"
echo "signed by $(header Influxion-Certificate) at level $(header Influxion-Level) $(header Influxion-Shortfall)"

post verify "$target" "$work/report.json"
jq -r '.summary | "verified: \(.passed) of \(.total) signatures and timestamps passed"' "$work/report.json"
