"""pdfsig, qpdf and openssl. pdfsig's exit status says nothing (0 for a tampered file), so its text is read."""

import re
import subprocess
import tempfile
from pathlib import Path

from asn1crypto import cms

from .case import TAIL_ONLY
from .form import TIMESTAMP

SECONDS = 240


def run(*command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def pdfsig_verdicts(path):
    """pdfsig's findings by the byte ranges that it says were signed: {ranges: (validation text, total?)}."""
    verdicts = {}
    _, text = run("pdfsig", "-nocert", path)
    for block in re.split(r"^Signature #\d+:", text, flags=re.M)[1:]:
        ranges = re.search(r"Signed Ranges: \[(\d+) - (\d+)\], \[(\d+) - (\d+)\]", block)
        verdict = re.search(r"Signature Validation: (.*)", block)
        total = re.search(r"^\s*- Total document signed\s*$", block, flags=re.M) is not None
        if ranges:
            verdicts[tuple(int(n) for n in ranges.groups())] = (verdict.group(1).strip() if verdict else "", total)
    return verdicts


def pdfsig(case):
    verdicts = pdfsig_verdicts(case.path)
    ours = case.ours()
    if len(ours) != case.count:
        yield f"{len(ours)} signatures of ours, want {case.count}"
    for number, one in enumerate(ours, 1):
        a, b, c, d = one.byte_range
        verdict, total = verdicts.get((a, a + b, c, c + d), ("not found", False))
        if verdict != "Signature is Valid.":
            yield f"signature {number}: {verdict}"
        if number == len(ours) and not total and not case.has("B-LT"):
            yield TAIL_ONLY
    for ranges, before in pdfsig_verdicts(case.source).items():
        after = verdicts.get(ranges, ("gone", False))
        if after[0] != before[0]:
            yield f"an earlier signature was «{before[0]}» and is now «{after[0]}»"


def warnings(path):
    """The exit status of qpdf --check and its warnings, without the places that differ from file to file."""
    status, text = run("qpdf", "--check", path)
    lines = [line.replace(str(path), "") for line in text.splitlines() if line.startswith(("WARNING", "ERROR", "qpdf:"))]
    return status, {re.sub(r"\d+", "N", line) for line in lines}


def qpdf(case):
    """Exit 0, or only warnings of a kind that the document had before."""
    status, after = warnings(case.path)
    if status == 0:
        return
    before = warnings(case.source)[1]
    if status != 3:
        yield f"exit status {status}: {'; '.join(sorted(after))}"
    elif after - before:
        yield "new warnings: " + "; ".join(sorted(after - before))


def openssl(case):
    ours = case.ours()
    if len(ours) != case.count:
        yield f"{len(ours)} signatures of ours, want {case.count}"
    with tempfile.TemporaryDirectory() as folder:
        contents, signed = Path(folder, "contents.der"), Path(folder, "signed")
        for number, one in enumerate(ours, 1):
            contents.write_bytes(one.contents)
            signed.write_bytes(one.signed)
            status, text = run("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", contents, "-content", signed,
                               "-CAfile", case.root, "-purpose", "any", "-out", "/dev/null")
            if status != 0:
                yield f"signature {number}: {'; '.join(text.strip().splitlines()[:2])}"
            if case.has("B-T"):
                for reason in openssl_timestamp(case, *signature_timestamp(one.contents)):
                    yield f"signature {number}: timestamp: {reason}"
    for number, one in enumerate(case.timestamps(), 1):
        for reason in openssl_timestamp(case, one.contents, one.signed):
            yield f"document timestamp {number}: {reason}"


def signature_timestamp(contents):
    """The DER of a signature's timestamp token, and the signature value that it is about."""
    (signer,) = cms.ContentInfo.load(contents)["content"]["signer_infos"]
    token = next(a["values"][0] for a in signer["unsigned_attrs"] if a["type"].native == TIMESTAMP)
    return token.dump(), signer["signature"].native


def openssl_timestamp(case, token, covered):
    """The objections of openssl ts -verify to a token."""
    with tempfile.TemporaryDirectory() as folder:
        token_file, data = Path(folder, "token.der"), Path(folder, "data")
        token_file.write_bytes(token)
        data.write_bytes(covered)
        status, text = run("openssl", "ts", "-verify", "-token_in", "-in", token_file, "-data", data, "-CAfile", case.root)
        if status != 0:
            yield "; ".join(line for line in text.strip().splitlines()[:3] if "Using configuration" not in line)
