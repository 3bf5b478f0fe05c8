"""What check.sh tries against one deployment: WORK TOP STEP…, with the deployment and a token in the environment."""

import asyncio
import base64
import hashlib
import importlib.util
import os
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
WORK, TOP = Path(sys.argv[1]), Path(sys.argv[2])
sys.path.insert(0, str(TOP / ".ci" / "conformance"))

import aiohttp  # noqa: E402
from asn1crypto import algos, pem, x509  # noqa: E402
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: E402
from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: E402
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, fields  # noqa: E402
from pyhanko.sign.signers.csc_signer import CSCServiceSessionInfo, CSCSigner, fetch_certs_in_csc_credential  # noqa: E402
from pyhanko.sign.validation import validate_pdf_signature  # noqa: E402
from pyhanko.sign.validation.settings import KeyUsageConstraints  # noqa: E402
from pyhanko_certvalidator import ValidationContext  # noqa: E402

import java  # noqa: E402

URL, TOKEN, CERTIFICATE = os.environ["INFLUXION_CLIENT_URL"], os.environ["TOKEN"], os.environ["CERTIFICATE"]
DIGEST = os.environ["DIGEST"]
ROOT = os.environ["SSL_CERT_FILE"]
BATCH = 50
USAGE = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)


def program():
    """The program of docs/hash-signing.md as a module."""
    page = (TOP / "docs" / "hash-signing.md").read_text()
    (text,) = re.findall(r"```python\n(.*?)```", page, re.S)
    path = WORK / "program.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location("program", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def batch(example):
    """Fifty documents in one call."""
    service = CSCServiceSessionInfo(URL + "/api", CERTIFICATE, TOKEN, api_ver="v2")
    async with aiohttp.ClientSession() as session:
        credential = await fetch_certs_in_csc_credential(session, service)
        signer = CSCSigner(session, example.Authorization(session, service, credential), batch_size=BATCH)

        async def one(number):
            path = WORK / f"batch-{number}.pdf"
            metadata = PdfSignatureMetadata(field_name=f"Signature{number}", md_algorithm=DIGEST, subfilter=fields.SigSeedSubFilter.PADES)
            with open(WORK / "in.pdf", "rb") as document, open(path, "w+b") as signed:
                await PdfSigner(metadata, signer).async_sign_pdf(IncrementalPdfFileWriter(document), output=signed)
            return path

        return await asyncio.gather(*(one(number) for number in range(BATCH)))


async def extend(paths):
    """The documents at level B-LT, which adds the revocation data that EU DSS needs."""
    async with aiohttp.ClientSession() as session:
        for path in paths:
            headers = {"Authorization": "Bearer " + TOKEN, "Content-Type": "application/pdf"}
            async with session.post(URL + "/api/extend?level=B-LT", headers=headers, data=path.read_bytes()) as response:
                if response.status != 200:
                    raise SystemExit(f"csc: extend {path.name}: {response.status} {await response.text()}")
                path.write_bytes(await response.read())


def judge(paths):
    """pyHanko on each document as it is."""
    roots = [x509.Certificate.load(der) for _, _, der in pem.unarmor(Path(ROOT).read_bytes(), multiple=True)]
    for path in paths:
        with open(path, "rb") as stream:
            signatures = PdfFileReader(stream).embedded_signatures
            assert len(signatures) == 1, f"{path.name}: {len(signatures)} signatures"
            context = ValidationContext(trust_roots=roots, allow_fetching=False)
            status = validate_pdf_signature(signatures[0], context, key_usage_settings=USAGE)
        assert status.bottom_line and status.intact and status.valid and status.trusted, f"{path.name}: {status.pretty_print_details()}"


def judge_extended(paths):
    """EU DSS, on documents that hold revocation data."""
    for (_, name), answer in java.judge(["dss"], paths, ROOT).items():
        found = [one["indication"] for one in answer.get("signatures", ()) if one["kind"] == "signature"]
        assert found == ["TOTAL-PASSED"], f"{name}: {answer}"


def signs():
    example = program()
    single = WORK / "single.pdf"
    asyncio.run(example.sign(WORK / "in.pdf", single))
    paths = [single, *asyncio.run(batch(example))]
    judge(paths)
    asyncio.run(extend(paths))
    judge_extended(paths)
    print(f"  {len(paths)} documents: pyHanko and EU DSS accept them")


class Caller:
    def __init__(self, session, token):
        self.session, self.token = session, token

    async def ask(self, method, **body):
        headers = {"Authorization": "Bearer " + self.token}
        async with self.session.post(f"{URL}/api/csc/v1/{method}", headers=headers, json=body) as response:
            return response.status, await response.json()

    async def sad(self, hashes):
        status, answer = await self.ask("credentials/authorize", credentialID=CERTIFICATE, hash=hashes)
        assert status == 200, answer
        return answer["SAD"]

    async def refused(self, name, status=400, error="invalid_request", method="signatures/signHash", **body):
        got, answer = await self.ask(method, **body)
        assert got == status and answer.get("error") == error and set(answer) == {"error", "error_description"}, f"{name}: {got} {answer}"


def some(number, digest=DIGEST):
    return [base64.b64encode(hashlib.new(digest, bytes([each])).digest()).decode() for each in range(number)]


async def stranger(session):
    """A caller of the same tenant without the role."""
    query = {"api-version": "2019-08-01", "resource": os.environ["INFLUXION_AZURE_AUDIENCE"], "client_id": os.environ["LOCALAZURE_IDENTITY_AZURE_CLIENT_ID"]}
    async with session.get(os.environ["IDENTITY_ENDPOINT"], params=query, headers={"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]}) as response:
        return Caller(session, (await response.json())["access_token"])


def pss(salt):
    name = {"algorithm": DIGEST}
    parameters = algos.RSASSAPSSParams({"hash_algorithm": name, "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": name}, "salt_length": salt})
    return {"signAlgo": "1.2.840.113549.1.1.10", "signAlgoParams": base64.b64encode(parameters.dump()).decode()}


async def refusals():
    hash_algorithm = algos.DigestAlgorithmId(DIGEST).dotted
    hashes = some(2)
    async with aiohttp.ClientSession() as session:
        caller, other = Caller(session, TOKEN), await stranger(session)
        _, info = await caller.ask("credentials/info", credentialID=CERTIFICATE)
        good = {"credentialID": CERTIFICATE, "SAD": await caller.sad(hashes), "hash": hashes, "hashAlgo": hash_algorithm, "signAlgo": info["key"]["algo"][0]}
        status, answer = await caller.ask("signatures/signHash", **good)
        assert status == 200 and len(answer["signatures"]) == len(hashes), answer
        _, listed = await other.ask("credentials/list")
        assert listed == {"credentialIDs": []}, listed
        await other.refused("without the role", **good)
        await other.refused("without the role", method="credentials/authorize", credentialID=CERTIFICATE, hash=hashes)
        await other.refused("a timestamp without the role", 403, "access_denied", "signatures/timestamp", hash=hashes[0], hashAlgo=hash_algorithm)
        await Caller(session, "no.token").refused("no token", 401, "invalid_token", **good)
        await caller.refused("a foreign credential", **{**good, "credentialID": "other-seal"})
        await caller.refused("a wrong SAD", **{**good, "SAD": good["SAD"][:-4] + "AAAA"})
        await caller.refused("no SAD", **{name: value for name, value in good.items() if name != "SAD"})
        await caller.refused("another hash than was authorized", **{**good, "hash": some(3)[2:]})
        short = some(1, "sha1")
        await caller.refused("a hash of another length", **{**good, "SAD": await caller.sad(short), "hash": short})
        await caller.refused("101 hashes", **{**good, "hash": some(101)})
        await caller.refused("101 hashes", method="credentials/authorize", credentialID=CERTIFICATE, hash=some(101))
        await caller.refused("RSASSA-PSS with another salt", **{**good, **pss(222)})
        if info["key"]["algo"][0].startswith("1.2.840.113549"):
            status, answer = await caller.ask("signatures/signHash", **{**good, **pss(hashlib.new(DIGEST).digest_size)})
            assert status == 200, answer


def refuses():
    asyncio.run(refusals())
    print("  refusals: as they must be")


async def is_off():
    async with aiohttp.ClientSession() as session:
        caller = Caller(session, TOKEN)
        for method in ("info", "credentials/list", "credentials/info", "credentials/authorize", "signatures/signHash", "signatures/timestamp"):
            await caller.refused(method, 404, method=method, credentialID=CERTIFICATE, hash=some(1))


def off():
    asyncio.run(is_off())
    print("  nothing is offered")


if __name__ == "__main__":
    for step in sys.argv[3:]:
        {"signs": signs, "refuses": refuses, "off": off}[step]()
