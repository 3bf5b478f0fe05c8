"""Tampered variants of a signed document: what a validator must refuse, or it is no check."""

import io
from pathlib import Path

from asn1crypto import cms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from signed_document import signatures


def flipped(data, offset):
    return data[:offset] + bytes([data[offset] ^ 0x01]) + data[offset + 1:]


def body(data, case):
    """A byte in the middle of the first revision."""
    return flipped(data, case.source.stat().st_size // 2)


def replaced(data, one, contents):
    """The document with other bytes in the /Contents of one signature, cut where they do not fit."""
    a, b, c, _ = one.byte_range
    return data[:a + b + 1] + contents[:one.padded].ljust(one.padded, b"\0").hex().encode() + data[c - 1:]


def signature_value(data, case):
    """The last byte of the CMS, which belongs to the signature value."""
    one = case.ours()[-1]
    return replaced(data, one, flipped(one.contents, len(one.contents) - 1))


def certificate(data, case):
    """The last byte of the signer's certificate inside the CMS, which belongs to its issuer's signature."""
    one = case.ours()[-1]
    signed_data = cms.ContentInfo.load(one.contents)["content"]
    serial = signed_data["signer_infos"][0]["sid"].chosen["serial_number"].native
    der = next(c.chosen.dump() for c in signed_data["certificates"] if c.chosen.serial_number == serial)
    return replaced(data, one, flipped(one.contents, one.contents.index(der) + len(der) - 1))


def appended(data, case):
    """Junk behind the last revision."""
    return data + b"\n% not signed\n"


def swapped(data, case):
    """The /Contents of our two signatures exchanged."""
    first, second = case.ours()[-2:]
    return replaced(replaced(data, first, second.contents), second, first.contents)


def transplanted(data, case):
    """The newest signature replaced by the first one, so that it signs another revision."""
    first, second = case.ours()[-2:]
    return replaced(data, second, first.contents)


def shortened(data, case):
    """The newest /ByteRange made to end one byte early, as if the last byte were nobody's."""
    one = case.ours()[-1]
    d = one.byte_range[3]
    end = data.index(b"]", data.rindex(b"/ByteRange"))
    old = str(d).encode()
    at = data.rindex(old, 0, end)
    return data[:at] + str(d - 1).encode().ljust(len(old)) + data[at + len(old):]


def page_changed(data, case):
    """A well-formed incremental update that turns the first page around, with every signed byte in its place."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    node = writer.root["/Pages"]
    while True:
        kids = node.get("/Kids", ())
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


# Signing with a key that nobody trusts needs no other bytes, only another trust anchor: the caller does that one.
VARIANTS = {
    "body": body, "signature value": signature_value, "certificate": certificate, "appended": appended, "swapped": swapped,
    "transplanted": transplanted, "byte range": shortened, "page changed": page_changed, "stripped": stripped,
}


def variants(case, folder):
    """Every variant of a case, written to a folder: (name, path, why it cannot be made or "")."""
    data = case.path.read_bytes()
    for name, make in VARIANTS.items():
        path, fault = Path(folder, name.replace(" ", "-") + ".pdf"), ""
        try:
            path.write_bytes(make(data, case))
        except Exception as raised:  # a document that is signed badly enough breaks any of these
            fault = f"{type(raised).__name__}: {raised}"
        yield name, path, fault
