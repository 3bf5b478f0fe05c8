"""Proves that the conformance check passes good documents and fails bad ones, with pyHanko in place of the signer under test."""

import asyncio
import contextlib
import dataclasses
import io
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path

from asn1crypto import cms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign import fields, signers

import judges
import pki
import tamper
from judges import Case


def made_up(stream_xrefs, with_form):
    """A document of three pages."""
    writer = PdfFileWriter(stream_xrefs=stream_xrefs)
    for _ in range(3):
        content = writer.add_object(generic.StreamObject(stream_data=b"0.5 g 100 100 200 200 re f\n" * 40))
        writer.insert_page(PageObject(contents=content, media_box=generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842)))))
    if with_form:
        fields.append_signature_field(writer, fields.SigFieldSpec("Approval", on_page=1))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def sign(data, signer, name, prepare=None, subfilter=fields.SigSeedSubFilter.PADES):
    """The document with one more signature, in the same kind of cross-reference section that it has."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    if prepare:
        prepare(writer)
    meta = signers.PdfSignatureMetadata(field_name=name, subfilter=subfilter, md_algorithm="sha256")
    out = io.BytesIO()
    asyncio.run(signers.PdfSigner(meta, signer).async_sign_pdf(writer, output=out))
    return out.getvalue()


class WithoutSigningCertificate(signers.SimpleSigner):
    """A signer of plain CMS: no ESS signing-certificate attribute."""

    async def signed_attrs(self, *args, **kwargs):
        attributes = await super().signed_attrs(*args, **kwargs)
        return cms.CMSAttributes([a for a in attributes if a["type"].native != "signing_certificate_v2"])


def turn_page(writer):
    writer.root["/Pages"]["/Kids"][0]["/Rotate"] = generic.NumberObject(180)
    writer.mark_update(writer.root["/Pages"]["/Kids"].raw_get(0))


def sign_twice(source, signed, signer):
    """Signs one document of a corpus twice; the reason when pyHanko itself cannot."""
    try:
        data = source.read_bytes()
        for number in (1, 2):
            data = sign(data, signer, f"Selftest{number}")
            Path(signed, f"{source.stem}.{number}.pdf").write_bytes(data)
    except Exception as fault:  # pyHanko is the stand-in here: what it cannot sign is left out, and said
        return f"{type(fault).__name__}: {fault}"
    return ""


class Bench:
    """A folder with documents, their signed revisions and the root that they chain to."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.corpus, self.signed = self.folder / "corpus", self.folder / "signed"
        self.corpus.mkdir()
        self.signed.mkdir()
        self.authority = pki.Authority("Self-test Root")
        self.signer = self.authority.signer()
        self.root = self.folder / "root.pem"
        self.root.write_bytes(self.authority.pem())

    def fill(self, corpus):
        """Copies and signs the corpus, or three made-up documents."""
        made = {"table": made_up(False, False), "stream": made_up(True, False), "form": made_up(False, True)}
        for name, data in made.items():
            (self.corpus / f"{name}.pdf").write_bytes(data)
        for path in sorted(corpus.glob("*.pdf")) if corpus else ():
            (self.corpus / path.name).write_bytes(path.read_bytes())
        sources = sorted(self.corpus.glob("*.pdf"))
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            reasons = list(pool.map(sign_twice, sources, [self.signed] * len(sources), [self.signer] * len(sources)))
        for source, reason in zip(sources, reasons):
            if reason:
                print(f"left out, pyHanko cannot sign it: {source.name}: {reason[:120]}")
                source.unlink()

    def case(self, name, data, source=None, count=1, root=None):
        path = self.folder / f"{name}.pdf"
        path.write_bytes(data)
        origin = self.folder / f"{name}.source.pdf"
        origin.write_bytes(source if source is not None else (self.corpus / "table.pdf").read_bytes())
        return Case(path, origin, count, root or self.root)


def reordered(contents):
    """The CMS with its first two signed attributes exchanged: BER, but no longer a DER SET."""
    attributes = [a.dump() for a in cms.ContentInfo.load(contents)["content"]["signer_infos"][0]["signed_attrs"]]
    return contents.replace(b"".join(attributes[:2]), attributes[1] + attributes[0])


def stories(bench):
    """Bad documents: (what is bad about it, the case, the validators that must all refuse it)."""
    source = (bench.corpus / "table.pdf").read_bytes()
    signed = sign(source, bench.signer, "S")
    good = bench.case("good", signed)
    one = good.ours()[0]

    yield "unsigned", bench.case("unsigned", source), ("cades", "pdfsig", "openssl", "pyhanko")
    rewritten = sign(source.replace(b"0.5 g", b"0.6 g"), bench.signer, "S")
    yield "document rewritten before it is signed", bench.case("rewritten", rewritten), ("prefix",)
    yield "a byte flipped", bench.case("flipped", tamper.body(signed, good)), ("prefix", "pdfsig", "openssl", "pyhanko")
    yield "junk appended", bench.case("junk", tamper.appended(signed, good)), ("cades", "pdfsig", "pyhanko")
    yield "a page turned afterwards", bench.case("turned", tamper.page_changed(signed, good)), ("cades", "pdfsig", "pyhanko")
    other = Path(bench.folder, "other.pem")
    other.write_bytes(pki.Authority("Other Root").pem())
    yield "another root", dataclasses.replace(good, root=other), ("openssl", "pyhanko")
    late = bench.authority.signer(age=timedelta(days=30), life=timedelta(days=2))
    yield "certificate expired", bench.case("expired", sign(source, late, "S")), ("openssl", "pyhanko")
    plain = WithoutSigningCertificate(bench.signer.signing_cert, bench.signer.signing_key, bench.signer.cert_registry)
    yield "no signing-certificate attribute", bench.case("plain", sign(source, plain, "S")), ("cades", "openssl")
    adobe = sign(source, bench.signer, "S", subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    yield "signing-time in the CMS, other SubFilter", bench.case("adobe", adobe), ("cades",)
    yield "signed attributes not in DER order", bench.case("order", tamper.replaced(signed, one, reordered(one.contents))), ("cades",)
    at = signed.rindex(b"startxref") + 10
    misplaced = signed[:at] + b"7" + signed[at + 1:]
    yield "startxref astray", bench.case("astray", misplaced), ("qpdf", "pdfsig", "openssl", "pyhanko")
    before = sign(source, bench.signer, "Earlier")
    harmed = sign(before, bench.signer, "S", prepare=turn_page)
    yield "an earlier signature harmed", bench.case("harmed", harmed, source=before), ("pyhanko",)
    gone = before.replace(b"/Sig", b"/Gis")
    yield "an earlier signature gone", bench.case("gone", sign(gone, bench.signer, "S"), source=before), ("prefix", "pdfsig", "pyhanko")
    overfull = tamper.replaced(signed, one, one.contents + b"\1")
    yield "bytes hidden behind the CMS", bench.case("overfull", overfull), ("cades",)


def attempt(story, passed, lines):
    """Notes one story's outcome."""
    lines.append(f"{'ok' if passed else 'NOT OK':7} {story}")
    return passed


def run(check, corpus):
    """Runs the self-test; returns (passed, failed)."""
    with tempfile.TemporaryDirectory() as folder:
        bench, lines, outcomes = Bench(folder), [], []
        bench.fill(corpus)
        passed, failed = check(bench.corpus, bench.signed, bench.root)
        outcomes.append(attempt(f"documents signed well: {passed} passed, {failed} failed", passed and not failed, lines))

        for what, case, needed in stories(bench):
            takers = [name for name in needed if not judges.judge(name, case)]
            outcomes.append(attempt(f"{what}: refused by {', '.join(needed)}" + (f", but not by {takers}" if takers else ""),
                                    not takers, lines))

        for what, harm in harms(bench).items():
            with contextlib.redirect_stdout(io.StringIO()):
                harm()
                _, failed = check(bench.corpus, bench.signed, bench.root)
            outcomes.append(attempt(f"{what}: {failed} failed", failed > 0, lines))
        print("\nSelf-test")
        print("\n".join(lines))
    return outcomes.count(True), len(outcomes) - outcomes.count(True)


def harms(bench):
    """What is done to the folder of signed documents, so that the whole check must fail."""
    def keep_one():
        for path in bench.corpus.glob("*.pdf"):
            if path.stem != "table":
                path.unlink()
        second = bench.signed / "table.2.pdf"
        second.write_bytes(tamper.appended(second.read_bytes(), None))

    return {
        "one signed document tampered with": keep_one,
        "one document not signed": (bench.signed / "table.2.pdf").unlink,
        "no document": (bench.corpus / "table.pdf").unlink,
    }
