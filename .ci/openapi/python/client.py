"""Signs, verifies and reads a problem with the client that openapi-generator makes: client.py URL IN.pdf OUT.pdf, with the access token in
TOKEN."""
import os
import pathlib
import sys

import openapi_client
from openapi_client.exceptions import UnprocessableEntityException

url, source, target = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
settings = openapi_client.Configuration(host=url, access_token=os.environ["TOKEN"])
pdf = {"_content_type": "application/pdf"}
with openapi_client.ApiClient(settings) as client:
    documents = openapi_client.DocumentsApi(client)
    target.write_bytes(documents.sign(source.read_bytes(), level="B-LTA", reason="Approved", **pdf))
    report = openapi_client.VerificationApi(client).verify(target.read_bytes(), **pdf)
    try:
        documents.sign(b"no document", **pdf)
        sys.exit("no problem where there is no document")
    except UnprocessableEntityException as refused:
        problem = refused.data
print(report.verdict.indication, report.signatures[0].level, problem.status, problem.code, problem.instance[:9])
