"""pyHanko, with its strict reader where it takes the document as it came."""

import asyncio
from pathlib import Path

from asn1crypto import pem, x509
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

from .case import TAIL_ONLY

# Vault certificates often have only digitalSignature. By default, pyHanko requires nonRepudiation; this setting accepts either.
USAGE = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)


def anchors(root):
    return [x509.Certificate.load(der) for _, _, der in pem.unarmor(Path(root).read_bytes(), multiple=True)]


def opened(stream, strict=True):
    """A reader of a document, which opens with the empty user password if it is encrypted."""
    reader = PdfFileReader(stream, strict=strict)
    if reader.encrypted:
        reader.decrypt(b"")
    return reader


def statuses(path, roots, strict, level="B-B", added=()):
    """pyHanko's status of every signature, by its byte range; those added must have the proofs of their level."""
    found = {}
    with open(path, "rb") as stream:
        reader = opened(stream, strict)
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
            reader = opened(stream)
            _ = reader.root["/Pages"], reader.embedded_signatures
        return True
    except Exception:  # any exception means that the strict reader refuses the document
        return False


def pyhanko(case):
    roots, strict = anchors(case.root), reads_strictly(case.source)
    ours, timestamps = case.ours(), case.timestamps()
    added = {one.byte_range for one in ours + timestamps}
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
    for number, one in enumerate(timestamps, 1):
        status = after.get(one.byte_range)
        if status is None or isinstance(status, Exception) or not (status.intact and status.valid and status.trusted):
            yield f"document timestamp {number}: {objection(status) or 'not intact, valid and trusted'}"
        elif number == len(timestamps) and status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
            yield f"document timestamp {number}: coverage {status.coverage.name}"
    if b"/ByteRange" in case.source.read_bytes():
        for key, status in statuses(case.source, roots, strict).items():
            now = after.get(key, KeyError("gone"))
            if any(was and not still for was, still in zip(standing(status), standing(now))):
                yield f"an earlier signature: {objection(now)}: it was {standing(status)} and is {standing(now)} (intact, valid, changes allowed)"


def pyhanko_faults(status, last, case):
    """pyHanko's objections to one signature of ours."""
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
    # pyHanko counts the new field of a document timestamp as form filling, and validation data as an LTA update.
    most = ModificationLevel.NONE if whole else ModificationLevel.LTA_UPDATES if last and case.level == "B-LT" else ModificationLevel.FORM_FILLING
    level = status.modification_level
    if level is None or level > most:
        yield f"changed afterwards: {level.name if level is not None else 'unknown'}"
    if not status.docmdp_ok or not status.bottom_line:
        yield "bottom line: not valid, or changes not allowed"
