"""Does what the Logic Apps actions of the documentation say: logicapp.py ACTIONS.json IN.pdf OUT.pdf

It knows the few expressions that the actions use, and no others. The managed identity is the local one, which is user-assigned.
"""
import base64
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

import jsonschema

actions_file, source, target = sys.argv[1:]
with open(actions_file, encoding="utf-8") as file:
    actions = json.load(file)
with open(source, "rb") as file:
    document = base64.b64encode(file.read()).decode()

outputs = {}
values = {
    "parameters('influxion_url')": lambda: os.environ["INFLUXION_CLIENT_URL"],
    "parameters('influxion_audience')": lambda: os.environ["INFLUXION_AZURE_AUDIENCE"],
    "body('Get_file_content')?['$content']": lambda: document,
    "body('Sign')": lambda: outputs["Sign"]["body"],
    "outputs('Sign')?['statusCode']": lambda: outputs["Sign"]["statusCode"],
    "base64ToBinary(body('Parse_signed')?['document'])": lambda: base64.b64decode(outputs["Parse_signed"]["body"]["document"]),
} | {f"body('Sign')?['{name}']": (lambda name=name: outputs["Sign"]["body"].get(name)) for name in ("code", "detail", "instance")}


def evaluate(value):
    if isinstance(value, dict):
        return {name: evaluate(member) for name, member in value.items()}
    if not isinstance(value, str):
        return value
    if value.startswith("@") and not value.startswith("@{"):
        return values[value[1:]]()
    return re.sub(r"@\{(.*?)\}", lambda expression: values[expression[1]](), value)


def token(authentication):
    assert authentication["type"] == "ManagedServiceIdentity", authentication
    query = urllib.parse.urlencode({"api-version": "2019-08-01", "resource": authentication["audience"],
                                    "client_id": os.environ["LOCALAZURE_IDENTITY_AZURE_CLIENT_ID"]})
    headers = {"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]}
    request = urllib.request.Request(f"{os.environ['IDENTITY_ENDPOINT']}?{query}", headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["access_token"]


def http(inputs):
    headers = inputs["headers"] | {"Authorization": "Bearer " + token(inputs["authentication"])}
    request = urllib.request.Request(inputs["uri"], json.dumps(inputs["body"]).encode(), headers, method=inputs["method"])
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return {"statusCode": answer.status, "body": json.load(answer)}
    except urllib.error.HTTPError as refusal:
        return {"statusCode": refusal.code, "body": json.load(refusal)}


outputs["Sign"] = http(evaluate(actions["Sign"]["inputs"]))
if outputs["Sign"]["statusCode"] != 200:
    refused = evaluate(actions["Refused"]["inputs"])
    sys.exit("{status} {code}: {detail} ({instance})".format(**refused))
parse = actions["Parse_signed"]["inputs"]
jsonschema.validate(evaluate(parse["content"]), parse["schema"])
outputs["Parse_signed"] = {"body": evaluate(parse["content"])}
with open(target, "wb") as file:
    file.write(evaluate(actions["Create_signed_file"]["inputs"]))
print("signed by", outputs["Parse_signed"]["body"]["certificate"], "at level", outputs["Parse_signed"]["body"]["level"])
