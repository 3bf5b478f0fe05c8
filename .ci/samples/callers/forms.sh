#!/usr/bin/env bash
# Sends a document in each form that curl can make, and in JSON in the form of Logic Apps and Power Automate: forms.sh URL IN.pdf OUT-FOLDER, with the
# access token in TOKEN. It writes each signed document into the folder under the name of its form.
set -euo pipefail

url=$1 in=$2 out=$3

# sign NAME QUERY ARGUMENT…: keeps the token out of the process list.
sign() {
	local name=$1 query=$2
	shift 2
	curl -sS --fail-with-body --noproxy '*' --max-time 120 -K <(printf 'header = "Authorization: Bearer %s"' "$TOKEN") -o "$out/$name.pdf" "$@" "$url/api/sign$query" || {
		echo "$name: $(<"$out/$name.pdf")" >&2
		exit 1
	}
	case $(head -c 1 "$out/$name.pdf") in
	"{") jq -r .document "$out/$name.pdf" | base64 -d >"$out/part" && mv "$out/part" "$out/$name.pdf" ;;
	esac
}

sign raw '?level=b-b' -H 'Content-Type: application/pdf' --data-binary "@$in"
sign raw-in-chunks '' -H 'Content-Type: application/pdf' -H 'Transfer-Encoding: chunked' --data-binary "@$in"
sign raw-asking '?visible=False' -H 'Content-Type: application/pdf' -H 'Expect: 100-continue' --data-binary "@$in"
sign form '' -F "document=@$in" -F reason=Approved -F visible=true -F box=36,36,200,72
sign form-file '?level=B-b' -F "file=@$in;type=application/octet-stream" -F allow-lower=False
sign form-standard-input '' -F 'file=@-;filename=a.pdf' <"$in"

json() { sign "$1" "$2" -H "Content-Type: application/json${3-}" --data-binary @-; }
base64 -w 0 "$in" | jq -R '{document: ., visible: true, page: -1, box: [36, 36, 200, 72]}' | json json ''
base64 "$in" | jq -Rs '{document: .}' | json json-in-lines ''
base64 -w 0 "$in" | jq -Rc '{file: ("data:application/pdf;base64," + .)}' | json json-data-uri '?level=b-b'

# The body of an HTTP action whose member document is @body('Get_file_content'), and the body of one that consists of it. SharePoint and OneDrive say
# application/pdf, the file system connector application/octet-stream.
base64 -w 0 "$in" | jq -Rc '{document: {"$content-type": "application/pdf", "$content": .}, reason: "Approved", visible: false}' |
	json logic-apps-member '' '; charset=utf-8'
base64 -w 0 "$in" | jq -Rc '{"$content-type": "application/octet-stream", "$content": .}' | json logic-apps-body '?reason=Approved' '; charset=utf-8'

[[ $(curl -sS --noproxy '*' -I -o /dev/null -w '%{http_code} %{size_download}' "$url/api/health") == '200 0' ]] || { echo "HEAD of /api/health" >&2 && exit 1; }
# A refusal reaches a caller that keeps sending, or that waits for 100 Continue.
for expect in '' 100-continue; do
	head -c 8000000 /dev/zero >"$out/zeros"
	code=$(curl -sS --noproxy '*' -o /dev/null -w '%{http_code}' -H "Expect: $expect" -H 'Content-Type: application/pdf' --data-binary "@$out/zeros" "$url/api/sign" || true)
	rm "$out/zeros"
	[[ $code == 401 ]] || { echo "without a token: $code" >&2 && exit 1; }
done
