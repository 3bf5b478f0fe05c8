"""Makes one document for each kind of input of the matrix, with programs that are not ours: pyHanko's writer, qpdf, plain bytes, and for
documents that carry a signature already pyHanko, EU DSS and PDFBox.

Usage: inputs.py FOLDER, in pyHanko's environment. Fails when a kind cannot be made, or a PDF/A or PDF/UA document is none.
"""

import io
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign import fields

import java
import pki
from pki import sign

REVISIONS = 50
PASSWORD = b"input"
A4 = (0, 0, 595, 842)


def numbers(*values):
    return generic.ArrayObject(map(generic.NumberObject, values))


def written(writer):
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pages(stream_xrefs, count=3, **entries):
    """A writer with some pages of grey boxes."""
    writer = PdfFileWriter(stream_xrefs=stream_xrefs)
    for _ in range(count):
        content = writer.add_object(generic.StreamObject(stream_data=b"0.5 g 100 100 200 200 re f\n" * 40))
        page = PageObject(contents=content, media_box=numbers(*A4))
        for name, value in entries.items():
            page["/" + name] = value
        writer.insert_page(page)
    return writer


def form(writer):
    """Adds a text field with a value, and an empty signature field with a widget."""
    page = writer.root["/Pages"]["/Kids"][0]
    text = writer.add_object(generic.DictionaryObject({
        generic.pdf_name("/FT"): generic.pdf_name("/Tx"), generic.pdf_name("/T"): generic.pdf_string("Name"),
        generic.pdf_name("/V"): generic.pdf_string("Someone"), generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
        generic.pdf_name("/Subtype"): generic.pdf_name("/Widget"), generic.pdf_name("/Rect"): numbers(50, 700, 250, 720),
        generic.pdf_name("/F"): generic.NumberObject(4), generic.pdf_name("/DA"): generic.pdf_string("/Helv 12 Tf 0 g"),
    }))
    page["/Annots"] = generic.ArrayObject([text])
    writer.root["/AcroForm"] = generic.DictionaryObject({
        generic.pdf_name("/Fields"): generic.ArrayObject([text]), generic.pdf_name("/DA"): generic.pdf_string("/Helv 12 Tf 0 g"),
    })
    fields.append_signature_field(writer, fields.SigFieldSpec("Approval", on_page=1, box=(50, 50, 200, 100)))
    return writer


def laid_out(objects, header=b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", trailer=b"", lines=b"\n"):
    """A file of these objects ({number: body}) with a classic table."""
    out, offsets = bytearray(header), {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 00000 f \n"
    identity = b"/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]"
    out += b"trailer\n<< /Size %d /Root 1 0 R %s %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, identity, trailer, start)
    return bytes(out)


def stream(entries, data):
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data)


def plain():
    return {
        1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> >>",
        4: stream(b"", b"0.5 g 100 100 200 200 re f\n" * 10),
    }


def hybrid():
    """A table for old readers, /XRefStm for others: ISO 32000-1, 7.5.8.4. Objects 5 and 6 are in an object stream."""
    objects = plain()
    objects[1] = b"<< /Type /Catalog /Pages 2 0 R /Hidden 6 0 R >>"
    first, second = b"<< /Kept (in an object stream) >> ", b"<< /Also 5 0 R >>"
    index = b"5 0 6 %d " % len(first)
    objects[7] = stream(b"/Type /ObjStm /N 2 /First %d" % len(index), index + first + second)
    head = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % item for item in objects.items())
    place = len(head) + len(body)
    rows = b"".join(bytes([2, 0, 0, 0, 7, 0, n]) for n in (0, 1))
    objects[8] = stream(b"/Type /XRef /Size 9 /Root 1 0 R /W [1 4 2] /Index [5 2]", rows)
    return laid_out(objects, header=head, trailer=b"/XRefStm %d" % place)


XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>{part}</pdfaid:part>
<pdfaid:conformance>{conformance}</pdfaid:conformance></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def pdfa(part, conformance):
    """A page of lines in calibrated grey: what PDF/A asks for, and no more."""
    metadata = XMP.format(part=part, conformance=conformance).encode()
    white = b"[/CalGray << /WhitePoint [0.9505 1 1.089] >>]"
    return laid_out({
        1: b"<< /Type /Catalog /Pages 2 0 R /Metadata 5 0 R >>", 2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /ColorSpace << /C " + white + b" >> >> >>",
        4: stream(b"", b"/C cs 0.5 sc 100 100 200 200 re f\n"),
        5: stream(b"/Type /Metadata /Subtype /XML", metadata),
    }, header=b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" if part == 1 else b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")


UA_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<pdfuaid:part>1</pdfuaid:part><dc:title><rdf:Alt><rdf:li xml:lang="x-default">A grey box</rdf:li></rdf:Alt></dc:title>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def pdfua():
    """A tagged page with one figure: what PDF/UA-1 asks for, and no more."""
    return laid_out({
        1: b"<< /Type /Catalog /Pages 2 0 R /Metadata 5 0 R /Lang (en) /MarkInfo << /Marked true >> /StructTreeRoot 6 0 R"
           b" /ViewerPreferences << /DisplayDocTitle true >> >>",
        2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> /StructParents 0 >>",
        4: stream(b"", b"/Figure << /MCID 0 >> BDC\n0.5 g 100 300 200 200 re f\nEMC\n"),
        5: stream(b"/Type /Metadata /Subtype /XML", UA_XMP.encode()),
        6: b"<< /Type /StructTreeRoot /K [7 0 R] /ParentTree << /Nums [0 [8 0 R]] >> /ParentTreeNextKey 1 >>",
        7: b"<< /Type /StructElem /S /Document /P 6 0 R /K [8 0 R] >>",
        8: b"<< /Type /StructElem /S /Figure /P 7 0 R /Pg 3 0 R /K [0] /Alt (A grey box)"
           b" /A << /O /Layout /BBox [100 300 300 500] >> >>",
    })


def revisions(data, count):
    """Incremental updates that each change one object of the catalog."""
    for number in range(count):
        writer = IncrementalPdfFileWriter(io.BytesIO(data))
        writer.root["/Counter"] = generic.NumberObject(number)
        writer.update_root()
        out = io.BytesIO()
        writer.write(out)
        data = out.getvalue()
    return data


def qpdf(data, *options):
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before.pdf"), Path(folder, "after.pdf")
        before.write_bytes(data)
        subprocess.run(["qpdf", "--deterministic-id", *options, str(before), str(after)], check=True, timeout=60)
        return after.read_bytes()


# The options of qpdf for each revision of the standard security handler, with an empty user password. pyHanko cannot read revision 5 as qpdf writes
# it, nor unencrypted metadata in an encrypted document: that document has no metadata.
ENCRYPTIONS = {"r2": ("40",), "r3": ("128", "--use-aes=n"), "r4-plain-metadata": ("128", "--use-aes=y", "--cleartext-metadata"), "r6": ("256",)}


def encrypted(data, *how, options=()):
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before.pdf"), Path(folder, "after.pdf")
        before.write_bytes(data)
        subprocess.run(["qpdf", "--allow-weak-crypto", *options, str(before), "--encrypt", "", "owner", *how, "--", str(after)],
                       check=True, timeout=60)
        return after.read_bytes()


def made(signer):
    """The kinds that need no Java: (name, document) pairs."""
    table, streams = written(pages(False)), written(pages(True))
    yield "table", table
    yield "xref-stream", streams
    yield "object-streams", qpdf(table, "--object-streams=generate")
    yield "hybrid", hybrid()
    yield "linearised", qpdf(table, "--linearize", "--object-streams=disable")
    yield "linearised-object-streams", qpdf(table, "--linearize", "--object-streams=generate")
    yield "form", written(form(pages(False)))
    yield "form-object-streams", qpdf(written(form(pages(False))), "--object-streams=generate")
    for name, how in ENCRYPTIONS.items():
        yield f"encrypted-{name}", encrypted(written(form(pages(False))), *how)
    yield "encrypted-object-streams", encrypted(written(form(pages(False))), "256", options=("--object-streams=generate",))
    yield "signed-pyhanko", sign(table, signer, "Earlier")
    for part, conformance in ((1, "B"), (2, "B"), (3, "B"), (2, "U")):
        yield f"pdfa-{part}{conformance.lower()}", pdfa(part, conformance)
    yield "pdfua-1", pdfua()
    yield "revisions", revisions(table, REVISIONS)
    yield "junk-before-header", b"HTTP/1.1 200 OK\r\n\r\n" + table
    yield "rotated-cropped", written(pages(False, 2, Rotate=generic.NumberObject(90), CropBox=numbers(50, 60, 500, 700)))
    yield "compressed", laid_out({**plain(), 4: stream(b"/Filter /FlateDecode", zlib.compress(b"0.5 g 9 9 99 99 re f\n"))})


def key_file(signer, chain, path):
    """The key and certificates of a pyHanko signer as PKCS#12."""
    key = serialization.load_der_private_key(signer.signing_key.dump(), None)
    from cryptography import x509
    leaf, root = (x509.load_der_x509_certificate(certificate.dump()) for certificate in (signer.signing_cert, chain))
    path.write_bytes(pkcs12.serialize_key_and_certificates(
        b"key", key, leaf, [root], serialization.BestAvailableEncryption(PASSWORD)))


def main(folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    authority = pki.Authority("Another Product's Root")
    signer = authority.signer()
    for name, data in made(signer):
        (folder / f"{name}.pdf").write_bytes(data)
    with tempfile.TemporaryDirectory() as scratch:
        key, root = Path(scratch, "key.p12"), Path(scratch, "root.pem")
        key_file(signer, pki.asn1(authority.certificate), key)
        root.write_bytes(authority.pem())
        common = {"file": str(folder / "table.pdf"), "key": str(key), "password": PASSWORD.decode(), "root": str(root), "level": "B-B"}
        jobs = [{**common, "do": f"sign-{name}", "out": str(folder / f"signed-{name}.pdf")} for name in ("dss", "pdfbox")]
        jobs += [{"do": "verapdf", "file": str(path)} for path in sorted(folder.glob("pdf[au]*-*.pdf"))]
        answers = java.work(jobs)
    faults = [f"{a['do']}: {a['error']}" for a in answers if "error" in a]
    faults += [f"{a['file']}: {a['flavour']}: {a['failed']}" for a in answers if a.get("compliant") is False]
    for fault in faults:
        print(f"inputs: {fault}", file=sys.stderr)
    print(f"inputs: {len(list(folder.glob('*.pdf')))} kinds")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(*sys.argv[1:]))
