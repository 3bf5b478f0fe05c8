"""What the other validators do not insist on: earlier bytes, and the form of ETSI EN 319 142-1."""

import hashlib
import io

from asn1crypto import cms, tsp
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore

TIMESTAMP = "signature_time_stamp_token"


def prefix(case):
    """Nothing that was there before is changed: each earlier revision is a byte-identical prefix."""
    data = case.path.read_bytes()
    for earlier in (case.source, *case.revisions):
        if not data.startswith(earlier.read_bytes()):
            yield f"{earlier.name} is no prefix of it"


def form(case):
    """The form of ETSI EN 319 142-1 for the level, which the other validators do not insist on."""
    ours, timestamps = case.ours(), case.timestamps()
    wanted = case.count if case.level == "B-LTA" else 0
    if len(ours) != case.count or len(timestamps) != wanted:
        yield f"{len(ours)} signatures and {len(timestamps)} document timestamps of ours, want {case.count} and {wanted}"
        return
    data = case.path.read_bytes()
    ends = [revision.stat().st_size for revision in case.revisions] + [len(data)]
    for number, (one, end) in enumerate(zip(timestamps or ours, ends), 1):
        if (one.end != end) != (case.level == "B-LT"):
            yield f"signature {number} ends at {one.end}, its revision at {end}"
    for number, one in enumerate(ours, 1):
        for fault in (*signed_data_faults(one.contents), *timestamp_faults(one.contents, case.has("B-T"))):
            yield f"signature {number}: {fault}"
    for number, one in enumerate(timestamps, 1):
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


def token_faults(token, covered):
    """What is wrong with a timestamp token over these bytes."""
    imprint = tsp.TSTInfo.load(token["content"]["encap_content_info"]["content"].parsed.dump())["message_imprint"]
    if hashlib.new(imprint["hash_algorithm"]["algorithm"].native, covered).digest() != imprint["hashed_message"].native:
        yield "the imprint covers other data"
    if not token["content"]["certificates"].native:
        yield "the token has no certificate"


def store_faults(case, ours):
    """What is wrong with /DSS: ISO 32000-2, 12.8.4.3. There is one from B-LT on, with the whole chains and an answer of each authority."""
    data = case.path.read_bytes()
    reader = PdfFileReader(io.BytesIO(data[max(data.find(b"%PDF-"), 0):]), strict=False)  # pyHanko takes no junk before the header
    if reader.encrypted:
        reader.decrypt(b"")
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
