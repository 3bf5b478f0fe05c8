"""Has a PDF signed by Influxion: python3 sign.py IN.pdf OUT.pdf [LEVEL]

Settings, from the environment: INFLUXION_CLIENT_URL, _SCOPE, _TENANT_ID, _ID, and for a program without a user _SECRET. Without a
secret a person signs in, by device code.
"""
import base64
import hashlib
import os
import sys
import time

import msal
import requests

API = os.environ["INFLUXION_CLIENT_URL"].rstrip("/") + "/api"
SCOPES = [os.environ["INFLUXION_CLIENT_SCOPE"]]
CLIENT_ID = os.environ["INFLUXION_CLIENT_ID"]
AUTHORITY = "https://login.microsoftonline.com/" + os.environ["INFLUXION_CLIENT_TENANT_ID"]


class Refused(Exception):
    """What Influxion answers instead of a document: a problem of RFC 9457."""


def access_token():
    # A program that runs on keeps the application object: it caches tokens and renews them.
    if secret := os.environ.get("INFLUXION_CLIENT_SECRET"):
        app = msal.ConfidentialClientApplication(CLIENT_ID, client_credential=secret, authority=AUTHORITY)
        result = app.acquire_token_for_client(scopes=SCOPES)
    else:
        app = msal.PublicClientApplication(CLIENT_ID, authority=AUTHORITY)
        flow = app.initiate_device_flow(scopes=SCOPES)
        print(flow.get("message", ""), file=sys.stderr, flush=True)
        result = app.acquire_token_by_device_flow(flow)
    if "access_token" not in result:
        raise Refused(f"no access token: {result.get('error')}: {result.get('error_description')}")
    return result["access_token"]


def post(route, token, document, **options):
    for attempt in range(1, 4):
        answer = requests.post(f"{API}/{route}", data=document, params=options, timeout=120, allow_redirects=False,
                               headers={"Authorization": "Bearer " + token, "Content-Type": "application/pdf"})
        if answer.status_code == 200:
            return answer
        pause = answer.headers.get("Retry-After", "")
        if answer.status_code not in (429, 503) or attempt == 3 or not pause.isdigit() or int(pause) > 30:
            break
        print(f"{answer.status_code}: trying again in {pause} s", file=sys.stderr, flush=True)
        time.sleep(int(pause))
    if answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        problem = answer.json()
        raise Refused(f"{problem['status']} {problem['code']}: {problem['detail']} ({problem['instance']})")
    raise Refused(f"{answer.status_code}: not from Influxion itself")


def sign(token, document, level=None):
    answer = post("sign", token, document, reason="Approved", level=level)
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    if answer.headers.get("Repr-Digest") != f"sha-256=:{digest}:" or not answer.content.startswith(document):
        raise Refused("what arrived is not the signed document")
    return answer


def main(source, target, level=None):
    with open(source, "rb") as file:
        document = file.read()
    token = access_token()
    answer = sign(token, document, level)
    with open(target + ".part", "wb") as file:
        file.write(answer.content)
    os.replace(target + ".part", target)
    print("signed by", answer.headers["Influxion-Certificate"], "at level", answer.headers["Influxion-Level"],
          answer.headers.get("Influxion-Shortfall", ""))
    summary = post("verify", token, answer.content).json()["summary"]
    print("verified:", summary["passed"], "of", summary["total"], "signatures and timestamps passed")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        print("usage: sign.py IN.pdf OUT.pdf [LEVEL]", file=sys.stderr)
        sys.exit(2)
    try:
        main(*sys.argv[1:])
    except (Refused, OSError) as refused:
        sys.exit(str(refused))
