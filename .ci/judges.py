"""The validators that judge a signed document: each gives the reasons why it does not accept it, none when it does.

No validator here was written beside the signer. pdfsig's exit status says nothing (0 for a tampered file), so its text is read.
"""

import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from asn1crypto import cms, pem, x509
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from signed_document import signatures

SECONDS = 300
TAIL_ONLY = "the last signature does not cover the whole file"


@dataclass(frozen=True)
class Case:
    """A signed document to be judged."""

    path: Path       # the signed document
    source: Path     # the document before our signatures: every byte of it must still be there
    count: int       # how many signatures we added
    root: Path       # PEM file of the trust anchors
    revisions: tuple = field(default=())  # the documents after each earlier signature of ours, when they are at hand

    def ours(self):
        """The signatures that we added."""
        return signatures(self.path.read_bytes(), self.source.stat().st_size)


def run(*command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def prefix(case):
    """Nothing that was there before is changed: each earlier revision is a byte-identical prefix."""
    data = case.path.read_bytes()
    for earlier in (case.source, *case.revisions):
        if not data.startswith(earlier.read_bytes()):
            yield f"{earlier.name} is no prefix of it"


def cades(case):
    """The form of ETSI EN 319 142-1, baseline B-B, that the other validators do not insist on."""
    ours = case.ours()
    if len(ours) != case.count:
        yield f"{len(ours)} signatures of ours, want {case.count}"
        return
    data = case.path.read_bytes()
    ends = [revision.stat().st_size for revision in case.revisions] + [len(data)]
    for number, (one, end) in enumerate(zip(ours, ends), 1):
        if one.end != end:
            yield f"signature {number} ends at {one.end}, its revision at {end}"
        for fault in signed_data_faults(one.contents):
            yield f"signature {number}: {fault}"
    for needed in (b"/ETSI.CAdES.detached", b"/M"):
        if data.count(needed, case.source.stat().st_size) < case.count:
            yield f"{needed.decode()} is not in each signature dictionary"


def signed_data_faults(contents):
    """What is wrong with the CMS SignedData of one signature."""
    try:
        signed_data = cms.ContentInfo.load(contents, strict=True)["content"]
        (signer,) = signed_data["signer_infos"]
        attributes = [attribute.dump() for attribute in signer["signed_attrs"]]
        types = [attribute["type"].native for attribute in signer["signed_attrs"]]
    except (ValueError, TypeError, KeyError) as fault:
        yield f"CMS cannot be read: {fault}"
        return
    if attributes != sorted(attributes):
        yield "the signed attributes are not in DER order"
    if len(set(types)) != len(types):
        yield "a signed attribute occurs twice"
    for wanted in ("content_type", "message_digest", "signing_certificate_v2"):
        if wanted not in types:
            yield f"no signed attribute {wanted}"
    if "signing_time" in types:
        yield "signing-time is a signed attribute; the time belongs in /M"
    if signed_data["encap_content_info"]["content"].native is not None:
        yield "the document is inside the CMS"
    identifier = signer["sid"].chosen
    if not any(c.name == "certificate" and c.chosen.issuer == identifier["issuer"]
               and c.chosen.serial_number == identifier["serial_number"].native for c in signed_data["certificates"]):
        yield "the signer's certificate is not in the CMS"


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
        if number == len(ours) and not total:
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


def anchors(root):
    return [x509.Certificate.load(der) for _, _, der in pem.unarmor(Path(root).read_bytes(), multiple=True)]


def statuses(path, roots, strict):
    """pyHanko's status of every signature, by its byte range."""
    # Vault certificates often carry digitalSignature alone; pyHanko asks for nonRepudiation unless told that either will do.
    usage = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)
    found = {}
    with open(path, "rb") as stream:
        for one in PdfFileReader(stream, strict=strict).embedded_signatures:
            context = ValidationContext(trust_roots=roots, allow_fetching=False)
            key = tuple(int(n) for n in one.byte_range)
            try:
                if str(one.sig_object.get("/Type", "/Sig")) == "/DocTimeStamp":
                    found[key] = validate_pdf_timestamp(one, validation_context=context)
                else:
                    found[key] = validate_pdf_signature(one, context, key_usage_settings=usage)
            except (SignatureValidationError, ValueError, TypeError, AttributeError) as fault:
                found[key] = fault
    return found


def standing(status):
    """What must not get worse about an earlier signature."""
    if isinstance(status, Exception):
        return (False, False, False)
    return (bool(status.intact), bool(status.valid), bool(status.docmdp_ok))


def objection(status):
    """In pyHanko's own words, what is wrong with a signature or with what was changed after it."""
    if isinstance(status, Exception):
        return f"{type(status).__name__}: {status}"
    return str(status.diff_result) if isinstance(status.diff_result, Exception) else ""


def reads_strictly(path):
    """Whether pyHanko's strict reader takes a document as it came. It validates nothing in a hybrid file, for one."""
    if b"/XRefStm" in Path(path).read_bytes():
        return False
    try:
        with open(path, "rb") as stream:
            reader = PdfFileReader(stream)
            _ = reader.root["/Pages"], reader.embedded_signatures
        return True
    except Exception:  # whatever its reader raises, strictness is what it cannot stand
        return False


def pyhanko(case):
    roots, strict = anchors(case.root), reads_strictly(case.source)
    ours = case.ours()
    try:
        after = statuses(case.path, roots, strict)
        fault = next((status for status in after.values() if isinstance(status, PdfReadError)), None)
    except PdfReadError as raised:
        fault = raised
    if fault:
        yield f"only a lenient reader: {fault}"
        strict, after = False, statuses(case.path, roots, False)
    if len(ours) != case.count:
        yield f"{len(ours)} signatures of ours, want {case.count}"
    for number, one in enumerate(ours, 1):
        for reason in pyhanko_faults(after.get(one.byte_range), number == len(ours)):
            yield f"signature {number}: {reason}"
    if b"/ByteRange" in case.source.read_bytes():
        for key, status in statuses(case.source, roots, strict).items():
            now = after.get(key, KeyError("gone"))
            if any(was and not still for was, still in zip(standing(status), standing(now))):
                yield f"an earlier signature: {objection(now)}: it was {standing(status)} and is {standing(now)} (intact, valid, changes allowed)"


def pyhanko_faults(status, last):
    """What pyHanko has against one signature of ours."""
    if status is None:
        yield "not found"
        return
    if isinstance(status, Exception):
        yield objection(status)
        return
    for wanted in ("intact", "valid", "trusted"):
        if not getattr(status, wanted):
            yield f"not {wanted}"
    if last and status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        yield f"{TAIL_ONLY}: {status.coverage.name}"
    if not last and status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        yield f"coverage {status.coverage.name}"
    if objection(status):
        yield f"changed afterwards: {objection(status)}"
        return
    level = status.modification_level
    if level is None or level > (ModificationLevel.NONE if last else ModificationLevel.FORM_FILLING):
        yield f"changed afterwards: {level.name if level is not None else 'unknown'}"
    if not status.docmdp_ok or not status.bottom_line:
        yield "bottom line: not valid, or changes not allowed"


JUDGES = {"prefix": prefix, "cades": cades, "pdfsig": pdfsig, "qpdf": qpdf, "openssl": openssl, "pyhanko": pyhanko}


def judge(name, case):
    """The reasons of one validator; a validator that itself fails has not accepted."""
    reasons = []
    try:
        for reason in JUDGES[name](case):
            reasons.append(reason)
    except Exception as fault:  # hostile bytes can end any parser anywhere
        reasons.append(f"{type(fault).__name__}: {fault}")
    return reasons


def allowances(listing):
    """The reasons that are known limits of a validator: {(document, validator): pattern}."""
    known = {}
    for line in Path(listing).read_text().splitlines():
        if line and not line.startswith("#"):
            document, validator, pattern = line.split(None, 2)
            known[document, validator] = re.compile(pattern)
    return known
