"""Sends a document in each form that requests makes: forms.py URL IN.pdf OUT-FOLDER, with the access token in TOKEN.

Each signed document lands in the folder under the name of its form.
"""
import base64
import codecs
import json
import os
import pathlib
import sys

import requests

url, source, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
document = source.read_bytes()
session = requests.Session()
session.trust_env = False
session.headers["Authorization"] = "Bearer " + os.environ["TOKEN"]


def sign(name, **request):
    answer = session.post(url + "/api/sign", timeout=120, **request)
    if answer.status_code != 200:
        sys.exit(f"{name}: {answer.status_code} {answer.text}")
    signed = answer.content
    if answer.headers["Content-Type"] == "application/json":
        signed = base64.b64decode(answer.json()["document"], validate=True)
    (folder / f"{name}.pdf").write_bytes(signed)


pdf = {"Content-Type": "application/pdf"}
plain = base64.b64encode(document).decode()
box = [36.5, 36, 200, 72]
sign("raw", data=document, headers=pdf, params={"level": "b-b", "reason": "Prüfung & Freigabe"})
sign("raw-in-chunks", data=iter([document[:100], document[100:]]), headers=pdf)
with source.open("rb") as file:
    sign("raw-from-a-file", data=file, headers=pdf, params={"visible": False})
sign("form", files={"document": ("Vertrag – Entwurf.pdf", document, "application/pdf")}, data={"reason": "Approved", "visible": True, "box": "36,36,200,72"})
sign("form-file", files={"file": document}, data={"allow-lower": False}, params={"level": "B-B"})
sign("form-in-both", files={"file": ("a.pdf", document)}, data={"reason": "Approved"}, params={"reason": "Approved"})
sign("json", json={"document": plain, "reason": "Approved", "visible": True, "page": -1, "box": box, "level": None})
sign("json-in-lines", json={"document": base64.encodebytes(document).decode(), "allow-lower": True})
sign("json-with-mark", data=codecs.BOM_UTF8 + json.dumps({"file": plain}).encode(), headers={"Content-Type": "application/json"}, params={"level": "B-b"})
head = session.head(url + "/api/certificates", timeout=30)
if head.status_code != 200 or head.content or int(head.headers["Content-Length"]) < 10:
    sys.exit(f"HEAD: {head.status_code} {head.headers}")
problem = session.post(url + "/api/sign", data=document, headers=pdf, params={"raeson": "Approved"}, timeout=30).json()
if problem["code"] != "option_unknown" or "did you mean reason?" not in problem["detail"]:
    sys.exit(f"an unknown option: {problem}")
