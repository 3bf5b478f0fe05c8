"""The validators that judge a signed document: each gives the reasons why it does not accept it, none when it does.

No validator here was written beside the signer. pdfsig's exit status says nothing (0 for a tampered file), so its text is read.
"""

import asyncio
import hashlib
import io
import re
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from asn1crypto import cms, pem, tsp, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec, RevinfoOnlineFetchingRule, RevocationInfoGatheringSpec, SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from signed_document import signatures

SECONDS = 90
TAIL_ONLY = "the last signature does not cover the whole file"
LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")
TIMESTAMP = "signature_time_stamp_token"
BASELINE = {"B-B": "PAdES-BASELINE-B", "B-T": "PAdES-BASELINE-T", "B-LT": "PAdES-BASELINE-LT", "B-LTA": "PAdES-BASELINE-LTA"}
# Vault certificates often carry digitalSignature alone; pyHanko asks for nonRepudiation unless told that either will do.
USAGE = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)


@dataclass(frozen=True)
class Case:
    """A signed document to be judged."""

    path: Path       # the signed document
    source: Path     # the document before our signatures: every byte of it must still be there
    count: int       # how many signatures we added
    root: Path       # PEM file of the trust anchors
    revisions: tuple = field(default=())  # the documents after each earlier signature of ours, when they are at hand
    level: str = "B-B"
    label: str = ""  # what the tables and allowances call it: kind of input, or name of the document
    set: str = ""    # matrix or corpus
    key: str = ""
    visible: bool = False
    answers: dict = field(default_factory=dict, compare=False)  # of those who were asked in one go: {(validator, path): answer}

    def added(self):
        """The signatures and document timestamps that we added."""
        return signatures(self.path.read_bytes(), self.source.stat().st_size)

    def ours(self):
        """The signatures that we added."""
        return [one for one in self.added() if not is_timestamp(one)]

    def stamps(self):
        """The document timestamps that we added."""
        return [one for one in self.added() if is_timestamp(one)]

    def has(self, level):
        """Whether the case is of that level or a higher one."""
        return LEVELS.index(self.level) >= LEVELS.index(level)

    def answer(self, validator, path=None):
        """What a validator that was asked in one go says of the document, or of another one."""
        return self.answers.get((validator, str(path or self.path))) or {"error": "was not asked"}


def is_timestamp(one):
    """Whether a signature is a document timestamp: RFC 3161 token in /Contents."""
    try:
        return cms.ContentInfo.load(one.contents)["content"]["encap_content_info"]["content_type"].native == "tst_info"
    except (ValueError, TypeError, KeyError):
        return False


def run(*command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def prefix(case):
    """Nothing that was there before is changed: each earlier revision is a byte-identical prefix."""
    data = case.path.read_bytes()
    for earlier in (case.source, *case.revisions):
        if not data.startswith(earlier.read_bytes()):
            yield f"{earlier.name} is no prefix of it"


def form(case):
    """The form of ETSI EN 319 142-1 for the level, which the other validators do not insist on."""
    ours, stamps = case.ours(), case.stamps()
    wanted = case.count if case.level == "B-LTA" else 0
    if len(ours) != case.count or len(stamps) != wanted:
        yield f"{len(ours)} signatures and {len(stamps)} document timestamps of ours, want {case.count} and {wanted}"
        return
    data = case.path.read_bytes()
    ends = [revision.stat().st_size for revision in case.revisions] + [len(data)]
    for number, (one, end) in enumerate(zip(stamps or ours, ends), 1):
        if (one.end != end) != (case.level == "B-LT"):
            yield f"signature {number} ends at {one.end}, its revision at {end}"
    for number, one in enumerate(ours, 1):
        for fault in (*signed_data_faults(one.contents), *timestamp_faults(one.contents, case.has("B-T"))):
            yield f"signature {number}: {fault}"
    for number, one in enumerate(stamps, 1):
        for fault in token_faults(cms.ContentInfo.load(one.contents), one.signed):
            yield f"document timestamp {number}: {fault}"
    for needed in (b"/ETSI.CAdES.detached", b"/M"):
        if data.count(needed, case.source.stat().st_size) < case.count:
            yield f"{needed.decode()} is not in each signature dictionary"
    yield from store_faults(case, ours)


def timestamp_faults(contents, wanted):
    """What is wrong with the signature timestamp of one signature."""
    (signer,) = cms.ContentInfo.load(contents)["content"]["signer_infos"]
    unsigned = signer["unsigned_attrs"]
    tokens = [value for attribute in (unsigned if unsigned.native else ()) if attribute["type"].native == TIMESTAMP
              for value in attribute["values"]]
    if len(tokens) != (1 if wanted else 0):
        yield f"{len(tokens)} signature timestamps, want {1 if wanted else 0}"
    for token in tokens:
        yield from token_faults(token, signer["signature"].native)


def token_faults(token, stamped):
    """What is wrong with a timestamp token over these bytes."""
    imprint = tsp.TSTInfo.load(token["content"]["encap_content_info"]["content"].parsed.dump())["message_imprint"]
    if hashlib.new(imprint["hash_algorithm"]["algorithm"].native, stamped).digest() != imprint["hashed_message"].native:
        yield "the imprint is of something else"
    if not token["content"]["certificates"].native:
        yield "the token has no certificate"


def store_faults(case, ours):
    """What is wrong with /DSS: ISO 32000-2, 12.8.4.3. There is one from B-LT on, with the whole chains and an answer of each authority."""
    data = case.path.read_bytes()
    reader = PdfFileReader(io.BytesIO(data[max(data.find(b"%PDF-"), 0):]), strict=False)  # pyHanko takes no junk before the header
    if not case.has("B-LT"):
        if "/DSS" in reader.root and b"/DSS" not in case.source.read_bytes():
            yield "/DSS below B-LT"
        return
    if "/DSS" not in reader.root:
        yield "no /DSS"
        return
    store = DocumentSecurityStore.read_dss(reader)
    stored = {certificate.dump() for certificate in store.load_certs()}
    embedded = {certificate.chosen.dump() for one in ours for certificate in cms.ContentInfo.load(one.contents)["content"]["certificates"]}
    if embedded - stored:
        yield "/DSS lacks a certificate of a signer's chain"
    held = reader.root["/DSS"]
    answers = sum(len(held[key]) for key in ("/OCSPs", "/CRLs") if key in held)
    if answers < 2:
        yield f"/DSS has {answers} OCSP responses and CRLs, want one for each certificate below the root"
    keys = {"/" + hashlib.sha1(one.contents.ljust(one.padded, b"\0")).hexdigest().upper() for one in ours}
    entries = held["/VRI"] if "/VRI" in held else generic.DictionaryObject()  # not get, which resolves no reference
    if len(entries) and not keys & set(entries):
        yield "no key of /VRI is the digest of a signature"


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
    for number, one in enumerate(case.stamps(), 1):
        for reason in openssl_timestamp(case, one.contents, one.signed):
            yield f"document timestamp {number}: {reason}"


def signature_timestamp(contents):
    """The DER of a signature's timestamp token, and the signature value that it is about."""
    (signer,) = cms.ContentInfo.load(contents)["content"]["signer_infos"]
    token = next(a["values"][0] for a in signer["unsigned_attrs"] if a["type"].native == TIMESTAMP)
    return token.dump(), signer["signature"].native


def openssl_timestamp(case, token, stamped):
    """What openssl ts -verify has against a token."""
    with tempfile.TemporaryDirectory() as folder:
        held, data = Path(folder, "token.der"), Path(folder, "data")
        held.write_bytes(token)
        data.write_bytes(stamped)
        status, text = run("openssl", "ts", "-verify", "-token_in", "-in", held, "-data", data, "-CAfile", case.root)
        if status != 0:
            yield "; ".join(line for line in text.strip().splitlines()[:3] if "Using configuration" not in line)


def anchors(root):
    return [x509.Certificate.load(der) for _, _, der in pem.unarmor(Path(root).read_bytes(), multiple=True)]


def statuses(path, roots, strict, level="B-B", added=()):
    """pyHanko's status of every signature, by its byte range; those added must have the proofs of their level."""
    found = {}
    with open(path, "rb") as stream:
        reader = PdfFileReader(stream, strict=strict)
        for one in reader.embedded_signatures:
            key = tuple(int(n) for n in one.byte_range)
            try:
                found[key] = status_of(reader, one, roots, level if key in added else "B-B")
            except (SignatureValidationError, ValueError, TypeError, AttributeError) as fault:
                found[key] = fault
    return found


def status_of(reader, one, roots, level):
    """pyHanko's status of one signature. From B-LT on /DSS must prove that no certificate of a chain is revoked."""
    context = ValidationContext(trust_roots=roots, allow_fetching=False)
    if level in ("B-LT", "B-LTA"):
        context = DocumentSecurityStore.read_dss(reader).as_validation_context(
            {"trust_roots": roots, "allow_fetching": False, "revocation_mode": "require"})
    if str(one.sig_object.get("/Type", "/Sig")) == "/DocTimeStamp":
        return validate_pdf_timestamp(one, validation_context=context)
    status = validate_pdf_signature(one, context, ts_validation_context=context, key_usage_settings=USAGE)
    if level == "B-LTA":
        outcome = asyncio.run(ades_lta_validation(one, long_term(roots)))
        if outcome.ades_subindic.status.name != "PASSED":
            raise ValueError(f"EN 319 102-1: {outcome.ades_subindic}: {outcome.failure_msg}")
    if level != "B-B" and not (status.timestamp_validity and status.timestamp_validity.valid and status.timestamp_validity.trusted):
        raise ValueError("the signature timestamp is missing, not valid or not trusted")
    return status


def long_term(roots):
    """The rules of EN 319 102-1, 5.6.3: everything from the document, revocation of every certificate known."""
    certificates = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=roots),
        revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy.from_legacy("require")))
    return PdfSignatureValidationSpec(SignatureValidationSpec(
        cert_validation_policy=certificates, key_usage_settings=USAGE,
        revinfo_gathering_policy=RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY)))


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
    ours, stamps = case.ours(), case.stamps()
    added = {one.byte_range for one in ours + stamps}
    try:
        after = statuses(case.path, roots, strict, case.level, added)
        fault = next((status for status in after.values() if isinstance(status, PdfReadError)), None)
    except PdfReadError as raised:
        fault = raised
    if fault:
        yield f"only a lenient reader: {fault}"
        strict, after = False, statuses(case.path, roots, False, case.level, added)
    if len(ours) != case.count:
        yield f"{len(ours)} signatures of ours, want {case.count}"
    for number, one in enumerate(ours, 1):
        for reason in pyhanko_faults(after.get(one.byte_range), number == len(ours), case):
            yield f"signature {number}: {reason}"
    for number, one in enumerate(stamps, 1):
        status = after.get(one.byte_range)
        if status is None or isinstance(status, Exception) or not (status.intact and status.valid and status.trusted):
            yield f"document timestamp {number}: {objection(status) or 'not intact, valid and trusted'}"
        elif number == len(stamps) and status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
            yield f"document timestamp {number}: coverage {status.coverage.name}"
    if b"/ByteRange" in case.source.read_bytes():
        for key, status in statuses(case.source, roots, strict).items():
            now = after.get(key, KeyError("gone"))
            if any(was and not still for was, still in zip(standing(status), standing(now))):
                yield f"an earlier signature: {objection(now)}: it was {standing(status)} and is {standing(now)} (intact, valid, changes allowed)"


def pyhanko_faults(status, last, case):
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
    whole = last and not case.has("B-LT")  # validation data and archive timestamp come behind the signature
    if whole and status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        yield f"{TAIL_ONLY}: {status.coverage.name}"
    if not whole and status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        yield f"coverage {status.coverage.name}"
    if objection(status):
        yield f"changed afterwards: {objection(status)}"
        return
    # pyHanko counts a document timestamp's new field as form filling, and validation data as an LTA update.
    most = ModificationLevel.NONE if whole else ModificationLevel.LTA_UPDATES if last and case.level == "B-LT" else ModificationLevel.FORM_FILLING
    level = status.modification_level
    if level is None or level > most:
        yield f"changed afterwards: {level.name if level is not None else 'unknown'}"
    if not status.docmdp_ok or not status.bottom_line:
        yield "bottom line: not valid, or changes not allowed"


def by_range(answer):
    """The signatures of a validator's answer by their byte range."""
    if "error" in answer:
        raise ValueError(answer["error"])
    return {tuple(one.get("byte_range") or ()): one for one in answer["signatures"]}


def dss(case):
    """EU DSS with its default policy: TOTAL-PASSED, and the level that was asked for."""
    after = by_range(case.answer("dss"))
    ours, stamps = case.ours(), case.stamps()
    if len(ours) != case.count:
        yield f"{len(ours)} signatures of ours, want {case.count}"
    for number, one in enumerate(ours, 1):
        found = after.get(one.byte_range, {"indication": "not found"})
        if found["indication"] != "TOTAL-PASSED":
            yield f"signature {number}: {found['indication']} {found.get('sub_indication')}: {'; '.join(found.get('errors', ()))}"
        elif found["level"] != BASELINE[case.level]:
            yield f"signature {number}: level {found['level']}"
    for number, one in enumerate(stamps, 1):
        found = after.get(one.byte_range, {"indication": "not found"})
        if found["indication"] != "PASSED":
            yield f"document timestamp {number}: {found['indication']} {found.get('sub_indication')}: {'; '.join(found.get('errors', ()))}"


def pdfbox(case):
    """PDFBox and BouncyCastle."""
    after = by_range(case.answer("pdfbox"))
    if len(case.ours()) != case.count:
        yield f"{len(case.ours())} signatures of ours, want {case.count}"
    for number, one in enumerate(case.added(), 1):
        for fault in after.get(one.byte_range, {"faults": ["not found"]})["faults"]:
            yield f"signature {number}: {fault}"


def verapdf(case):
    """A document that was PDF/A is PDF/A."""
    before, after = case.answer("verapdf", case.source), case.answer("verapdf")
    if before.get("compliant") and not after.get("compliant"):
        yield f"no longer PDF/A-{before['flavour']}: {after.get('error') or '; '.join(after.get('failed', ()))}"


def own(case):
    """Our own verifier, which must be as content as the others."""
    report = case.answer("own").get("report", {})
    after = by_range({**case.answer("own"), **report})
    ours, stamps = case.ours(), case.stamps()
    if len(ours) != case.count:
        yield f"{len(ours)} signatures of ours, want {case.count}"
    for number, one in enumerate(ours + stamps, 1):
        found = after.get(one.byte_range)
        if found is None:
            yield f"signature {number}: not found"
            continue
        if found["indication"] != "TOTAL-PASSED":
            yield f"signature {number}: {found['indication']} {found.get('sub_indication')}: {found.get('detail')}"
        elif one in ours and found.get("level") != case.level:
            yield f"signature {number}: level {found.get('level')}, want {case.level}"
        if found["changes_after"] not in ("none", "dss", "signature"):
            yield f"signature {number}: changed afterwards: {found['changes_after']}"
        elif number == len(ours) and one in ours and found["changes_after"] == "signature":
            yield f"signature {number}: changed afterwards by a signature that is not there"
        later = report.get("revisions", [])[found.get("revision", 0):]
        if (later[-1]["end"] if later else one.end) != case.path.stat().st_size:
            yield f"signature {number}: neither it nor a later revision goes to the end of the file"
        if any(revision["change"] == "none" for revision in later):
            yield f"signature {number}: bytes behind it that belong to no signature and no validation data"


JUDGES = {
    "prefix": prefix, "form": form, "pdfsig": pdfsig, "qpdf": qpdf, "openssl": openssl, "pyhanko": pyhanko, "dss": dss,
    "pdfbox": pdfbox, "verapdf": verapdf, "own": own,
}
# Those who are asked about many documents in one go, before the cases are judged.
ASKED = ("dss", "pdfbox", "verapdf", "own")


def judge(name, case):
    """The reasons of one validator; a validator that itself fails, or takes for ever, has not accepted."""
    reasons = []
    try:
        with patience():
            for reason in JUDGES[name](case):
                reasons.append(reason)
    except Exception as fault:  # hostile bytes can end any parser anywhere
        reasons.append(f"{type(fault).__name__}: {fault}")
    return reasons


@contextmanager
def patience():
    """Raises TimeoutError when what is done within takes for ever. For the main thread of a process."""
    def end(*_):
        raise TimeoutError(f"no answer in {SECONDS} seconds")

    signal.signal(signal.SIGALRM, end)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)


def allowances(listing):
    """The lines of allowances.txt or failures.txt: {(document or kind of input, validator): pattern of the reason}."""
    known = {}
    for line in Path(listing).read_text().splitlines():
        if line and not line.startswith("#"):
            document, validator, pattern = line.split(None, 2)
            known[document, validator] = re.compile(pattern)
    return known
