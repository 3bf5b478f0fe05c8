"""Tampered variants of a signed document: what a validator must refuse, or it is no check."""

import io
from pathlib import Path

from asn1crypto import cms, ocsp
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.validation.dss import DocumentSecurityStore


def flipped(data, offset):
    return data[:offset] + bytes([data[offset] ^ 0x01]) + data[offset + 1:]


class Inapplicable(Exception):
    """A kind of tampering that the document's level does not offer."""


def at(share):
    """A byte at this share of the original document."""
    return lambda data, case: flipped(data, int(case.source.stat().st_size * share))


def in_increment(where):
    """A byte at this place of the last signature's increment: before /Contents, or behind it."""
    def make(data, case):
        a, b, c, d = case.ours()[-1].byte_range
        return flipped(data, b - 20 if where < 0 else c + d - 30)
    return make


body = at(0.5)


def replaced(data, one, contents):
    """The document with other bytes in the /Contents of one signature, cut where they do not fit."""
    a, b, c, _ = one.byte_range
    return data[:a + b + 1] + contents[:one.padded].ljust(one.padded, b"\0").hex().encode() + data[c - 1:]


def signature_value(data, case):
    """The last byte of the signature value."""
    one = case.ours()[-1]
    (signer,) = cms.ContentInfo.load(one.contents)["content"]["signer_infos"]
    value = signer["signature"].native
    return replaced(data, one, flipped(one.contents, one.contents.rindex(value) + len(value) - 1))


def certificate(data, case):
    """The last byte of the signer's certificate inside the CMS, which belongs to its issuer's signature."""
    one = case.ours()[-1]
    signed_data = cms.ContentInfo.load(one.contents)["content"]
    serial = signed_data["signer_infos"][0]["sid"].chosen["serial_number"].native
    der = next(c.chosen.dump() for c in signed_data["certificates"] if c.chosen.serial_number == serial)
    return replaced(data, one, flipped(one.contents, one.contents.index(der) + len(der) - 1))


def appended(data, case):
    """Junk behind the last revision. At B-LT no signature covers the end of the file, and a comment there is nothing that anyone claims."""
    if case is not None and case.level == "B-LT":
        raise Inapplicable("no signature covers the end of the file")
    return data + b"\n% not signed\n"


def pair(case):
    """Our last two signatures."""
    if len(case.ours()) < 2:
        raise Inapplicable("no two signatures")
    return case.ours()[-2:]


def swapped(data, case):
    """The /Contents of our two signatures exchanged."""
    first, second = pair(case)
    return replaced(replaced(data, first, second.contents), second, first.contents)


def transplanted(data, case):
    """The newest signature replaced by the first one, so that it signs another revision."""
    first, second = pair(case)
    return replaced(data, second, first.contents)


def shortened(data, case):
    """The newest /ByteRange made to end one byte early, as if the last byte belonged to no signature."""
    d = case.added()[-1].byte_range[3]
    end = data.index(b"]", data.rindex(b"/ByteRange"))
    old = str(d).encode()
    at = data.rindex(old, 0, end)
    return data[:at] + str(d - 1).encode().ljust(len(old)) + data[at + len(old):]


def incremental(data):
    """What writes an update of a document, which opens with the empty user password if it is encrypted."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    if writer.prev.encrypted:
        writer.encrypt(b"")
    return writer


def page_changed(data, case):
    """A well-formed incremental update that turns the first page around, with every signed byte in its place."""
    writer = incremental(data)
    node = writer.root["/Pages"]
    while True:
        kids = node.get("/Kids", ())
        kids = getattr(kids, "decrypted", kids)  # of an encrypted document, where the array is a direct object
        index = next((i for i in range(len(kids)) if isinstance(kids[i], generic.DictionaryObject)), None)
        if index is None:
            break
        node = kids[index]
    node["/Rotate"] = generic.NumberObject(0 if node.get("/Rotate", 0) == 180 else 180)
    writer.update_container(node)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def stripped(data, case):
    """No signature at all: the document as it came."""
    return case.source.read_bytes()


def token_of(contents):
    """The timestamp token of a signature, DER."""
    (signer,) = cms.ContentInfo.load(contents)["content"]["signer_infos"]
    for attribute in signer["unsigned_attrs"]:
        if attribute["type"].native == "signature_time_stamp_token":
            return attribute["values"][0]
    raise Inapplicable("no signature timestamp")


def with_unsigned(data, one, attributes):
    """The document with other unsigned attributes in the CMS of one signature."""
    content = cms.ContentInfo.load(one.contents)
    signed_data = content["content"]
    signed_data["signer_infos"][0]["unsigned_attrs"] = attributes
    rebuilt = cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump(force=True)
    return replaced(data, one, rebuilt)


def timestamp_swapped(data, case):
    """The signature timestamp of the first signature in the second one."""
    if not case.has("B-T"):
        raise Inapplicable("no signature timestamp")
    first, second = pair(case)
    return with_unsigned(data, second, [{"type": "signature_time_stamp_token", "values": [token_of(first.contents)]}])


def timestamp_broken(data, case):
    """The last byte of the timestamp token's signature."""
    if not case.has("B-T"):
        raise Inapplicable("no signature timestamp")
    one = case.ours()[-1]
    token = token_of(one.contents)
    value = token["content"]["signer_infos"][0]["signature"].native
    return replaced(data, one, flipped(one.contents, one.contents.rindex(value) + len(value) - 1))


def timestamp_removed(data, case):
    """No signature timestamp any more: the level is not reached."""
    if not case.has("B-T"):
        raise Inapplicable("no signature timestamp")
    one = case.ours()[-1]
    content = cms.ContentInfo.load(one.contents)
    del content["content"]["signer_infos"][0]["unsigned_attrs"]
    return replaced(data, one, content.dump(force=True))


def changed_root(data, change):
    """A well-formed incremental update with a changed catalog."""
    writer = incremental(data)
    change(writer)
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def store_removed(data, case):
    """No /DSS any more, by an incremental update."""
    if not case.has("B-LT"):
        raise Inapplicable("no /DSS")

    def change(writer):
        del writer.root["/DSS"]
    return changed_root(data, change)


def answers_of(data):
    """Where the OCSP responses of /DSS lie in the file: the signature of each is in its stream, uncompressed or not."""
    store = DocumentSecurityStore.read_dss(incremental(data).prev)
    return [reference.get_object() for reference in store.ocsps]


def answer_forged(data, case):
    """The last byte of the signature of every OCSP response, each in its place."""
    if not case.has("B-LT"):
        raise Inapplicable("no /DSS")
    changed = False
    for stream in answers_of(data):
        raw = stream.encoded_data
        if data.count(raw) and stream.data == raw:
            der = ocsp.OCSPResponse.load(raw)
            value = der["response_bytes"]["response"].parsed["signature"].native
            forged = flipped(raw, raw.rindex(value) + len(value) - 1)
            data, changed = data.replace(raw, forged), True
    if not changed:
        raise Inapplicable("no OCSP response that is uncompressed in the file")
    return data


def archive_broken(data, case):
    """The last byte of the document timestamp's signature."""
    if not case.timestamps():
        raise Inapplicable("no document timestamp")
    one = case.timestamps()[-1]
    value = cms.ContentInfo.load(one.contents)["content"]["signer_infos"][0]["signature"].native
    return replaced(data, one, flipped(one.contents, one.contents.rindex(value) + len(value) - 1))


def archive_transplanted(data, case):
    """The first document timestamp in the place of the second."""
    if len(case.timestamps()) < 2:
        raise Inapplicable("no two document timestamps")
    first, second = case.timestamps()[-2:]
    return replaced(data, second, first.contents)


def store_flipped(data, case):
    """A byte of the validation data, which the document timestamp covers. Below B-LTA nothing does, and not all of it is needed."""
    if not case.timestamps():
        raise Inapplicable("no document timestamp")
    one = case.ours()[-1]
    return flipped(data, data.index(b"stream", one.end) + 40)


def range_moved(data, case):
    """The newest /ByteRange made to begin one byte late."""
    place = data.rindex(b"/ByteRange")
    start = data.index(b"[", place)
    digit = next(i for i in range(start, start + 20) if data[i:i + 1].isdigit())
    return data[:digit] + b"1" + data[digit + 1:]


def gap_widened(data, case):
    """The newest /ByteRange made to leave out more than /Contents: ten bytes behind it too."""
    a, b, c, d = case.added()[-1].byte_range
    place = data.rindex(b"/ByteRange")
    end = data.index(b"]", place) + 1
    old = data[data.index(b"[", place):end]
    new = b"[%d %d %d %d" % (a, b, c + 10, d - 10)
    if len(new) >= len(old):
        raise Inapplicable("the changed /ByteRange does not fit")
    return data[:end - len(old)] + new.ljust(len(old) - 1) + b"]" + data[end:]


def note_added(data, case):
    """A text annotation on the first page, by an incremental update."""
    writer = incremental(data)
    note = generic.DictionaryObject({
        generic.pdf_name("/Type"): generic.pdf_name("/Annot"), generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
        generic.pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (100, 100, 300, 200))),
        generic.pdf_name("/Contents"): generic.pdf_string("Paid in full"), generic.pdf_name("/DA"): generic.pdf_string("/Helv 12 Tf 0 g"),
    })
    writer.register_annotation(writer.find_page_for_modification(0)[0], writer.add_object(note))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


# A signature by an untrusted key needs no other bytes, only another trust anchor: the caller makes that variant.
VARIANTS = {
    "body": body, "header": at(0.02), "first quarter": at(0.25), "last quarter": at(0.75), "signature dictionary": in_increment(-1),
    "cross-reference": in_increment(1), "signature value": signature_value, "certificate": certificate, "appended": appended,
    "swapped": swapped, "transplanted": transplanted, "byte range shortened": shortened, "byte range moved": range_moved,
    "gap widened": gap_widened, "page changed": page_changed, "note added": note_added, "stripped": stripped,
    "timestamp swapped": timestamp_swapped, "timestamp broken": timestamp_broken, "timestamp removed": timestamp_removed,
    "DSS removed": store_removed, "DSS flipped": store_flipped, "OCSP forged": answer_forged,
    "archive timestamp broken": archive_broken, "archive timestamp transplanted": archive_transplanted,
}


def variants(case, folder):
    """Every variant of a case that its level offers, written to a folder: (name, path, why it cannot be made or "")."""
    data = case.path.read_bytes()
    for name, make in VARIANTS.items():
        path, fault = Path(folder, f"{case.path.stem}--{name.replace(' ', '-')}.pdf"), ""
        try:
            path.write_bytes(make(data, case))
        except Inapplicable:
            continue
        except Exception as raised:  # a badly signed document can make any of these fail
            fault = f"{type(raised).__name__}: {raised}"
        yield name, path, fault
