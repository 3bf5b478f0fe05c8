"""Proves that the conformance check passes good documents and fails bad ones, with pyHanko in place of the signer under test."""

import contextlib
import dataclasses
import io
import re
import tempfile
from datetime import timedelta
from pathlib import Path

from asn1crypto import cms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign import fields, signers

import agreement
import control
import inputs
import judges
import own
import pki
import selftest_rotation
import suite
import tamper
from ask import ask, judge_all, settle
from judges import Case
from pki import sign
from report import real_documents, report_judgements, size_faults
from tampering import KINDS, report_tampering


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


class WithoutSigningCertificate(signers.SimpleSigner):
    """A signer of plain CMS: no ESS signing-certificate attribute."""

    async def signed_attrs(self, *args, **kwargs):
        attributes = await super().signed_attrs(*args, **kwargs)
        return cms.CMSAttributes([a for a in attributes if a["type"].native != "signing_certificate_v2"])


def turn_page(writer):
    writer.root["/Pages"]["/Kids"][0]["/Rotate"] = generic.NumberObject(180)
    writer.mark_update(writer.root["/Pages"]["/Kids"].raw_get(0))


class Bench:
    """A folder with three documents, each signed twice by pyHanko, and the root that they chain to."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.authority = pki.Authority("Self-test Root")
        self.signer = self.authority.signer()
        self.root, self.crl = self.folder / "root.pem", self.folder / "root.crl"
        self.root.write_bytes(self.authority.pem())
        self.crl.write_bytes(self.authority.crl())
        self.programs = self.folder / "bin"
        own.build(self.programs)
        self.table = made_up(False, False)

    def signed(self):
        """Good documents: cases of one and of two signatures."""
        made = {"table": self.table, "stream": made_up(True, False), "form": made_up(False, True)}
        for name, source in made.items():
            once = sign(source, self.signer, "First")
            first = self.case(f"{name}.1", once, source)
            yield first
            yield dataclasses.replace(self.case(f"{name}.2", sign(once, self.signer, "Second"), source, 2), revisions=(first.path,))

    def case(self, name, data, source=None, count=1, root=None):
        path, origin = self.folder / f"{name}.pdf", self.folder / f"{name}.source.pdf"
        path.write_bytes(data)
        origin.write_bytes(self.table if source is None else source)
        return Case(path, origin, count, root or self.root, label=name, set="matrix")

    def ask(self, cases):
        return ask(self.programs, cases, lambda case: (self.crl,), sources=True)


def reordered(contents):
    """The CMS with its first two signed attributes exchanged: BER, but no longer a DER SET."""
    attributes = [a.dump() for a in cms.ContentInfo.load(contents)["content"]["signer_infos"][0]["signed_attrs"]]
    return contents.replace(b"".join(attributes[:2]), attributes[1] + attributes[0])


def stories(bench):
    """Bad documents: (what is bad about it, the case, the validators that must all refuse it)."""
    source = bench.table
    signed = sign(source, bench.signer, "S")
    good = bench.case("good", signed)
    one = good.ours()[0]
    every = ("pdfsig", "openssl", "pyhanko", "dss", "pdfbox", "own")

    yield "unsigned", bench.case("unsigned", source), ("form", *every)
    rewritten = sign(source.replace(b"0.5 g", b"0.6 g"), bench.signer, "S")
    yield "document rewritten before it is signed", bench.case("rewritten", rewritten), ("prefix",)
    yield "a byte flipped", bench.case("flipped", tamper.body(signed, good)), ("prefix", *every)
    yield "junk appended", bench.case("junk", tamper.appended(signed, good)), ("form", "pdfsig", "pyhanko", "own")
    yield "a page turned afterwards", bench.case("turned", tamper.page_changed(signed, good)), ("form", "pdfsig", "pyhanko", "own")
    other = Path(bench.folder, "other.pem")
    other.write_bytes(pki.Authority("Other Root").pem())
    yield "another root", dataclasses.replace(bench.case("other", signed), root=other), ("openssl", "pyhanko", "dss", "pdfbox", "own")
    late = bench.authority.signer(age=timedelta(days=30), life=timedelta(days=2))
    yield "certificate expired", bench.case("expired", sign(source, late, "S")), ("openssl", "pyhanko", "dss", "pdfbox", "own")
    plain = WithoutSigningCertificate(bench.signer.signing_cert, bench.signer.signing_key, bench.signer.cert_registry)
    yield "no signing-certificate attribute", bench.case("plain", sign(source, plain, "S")), ("form", "openssl", "dss", "own")
    adobe = sign(source, bench.signer, "S", subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    yield "signing-time in the CMS, other SubFilter", bench.case("adobe", adobe), ("form", "dss", "own")
    yield "signed attributes not in DER order", bench.case("order", tamper.replaced(signed, one, reordered(one.contents))), ("form",)
    at = signed.rindex(b"startxref") + 10
    misplaced = signed[:at] + b"7" + signed[at + 1:]
    yield "startxref wrong", bench.case("astray", misplaced), ("qpdf", "pdfsig", "openssl", "pyhanko")
    before = sign(source, bench.signer, "Earlier")
    harmed = sign(before, bench.signer, "S", prepare=turn_page)
    yield "an earlier signature harmed", bench.case("harmed", harmed, source=before), ("pyhanko",)
    gone = before.replace(b"/Sig", b"/Gis")
    yield "an earlier signature gone", bench.case("gone", sign(gone, bench.signer, "S"), source=before), ("prefix", "pdfsig", "pyhanko")
    overfull = tamper.replaced(signed, one, one.contents + b"\1")
    yield "bytes hidden behind the CMS", bench.case("overfull", overfull), ("form",)
    for level in judges.LEVELS[1:]:
        case = dataclasses.replace(bench.case(f"low-{level}", signed), level=level)
        yield f"B-B called {level}", case, ("form", "openssl", "pyhanko", "dss", "own")
    archival = inputs.pdfa(2, "B")
    broken = sign(archival.replace(b"/Metadata 5 0 R", b"/Nothing  5 0 R"), bench.signer, "S")
    yield "no longer PDF/A", bench.case("archival", broken, source=archival), ("verapdf", "prefix")


def reports(bench, good, judged):
    """What the parts that count must not let pass: (what, whether it did not)."""
    case, everyone = good[0], [*judges.STRICT]
    every = [(case, kind) for kind in KINDS]
    with contextlib.redirect_stdout(io.StringIO()):
        yield "every kind of tampering, refused by all", not report_tampering(every, [[]] * len(every))[1]
        yield "ours accepts a tampered document", bool(report_tampering(every, [["own"]] + [[]] * len(every[1:]))[1])
        yield "only ours refuses a tampered document", bool(report_tampering(every, [everyone[:-1]] + [[]] * len(every[1:]))[1])
        yield "a kind of tampering that was not tried", bool(report_tampering(every[1:], [[]] * len(every[1:]))[1])
        few = suite.Promise(signed=1, judged=len(good), tampered=0, real=0, failed=0)
        yield "documents enough", not list(size_faults(good, good, judged, [], few))
        for lacking in ("signed", "judged", "real"):
            more = dataclasses.replace(few, **{lacking: len(good) + 1})
            yield f"too few documents {lacking}", bool(list(size_faults(good, good, judged, [], more)))
        unsigned = {"set": "matrix", "file": "x.pdf", "source": "x.pdf", "error": "refused"}
        yield "a document of the matrix not signed", any("not signed" in fault for fault in size_faults(good, good, judged, [unsigned], few))
        real = {**unsigned, "set": "corpus"}
        yield "real documents not signed", bool(list(real_documents([], [], [real])))
        yield "more real documents not signed than may be", bool(list(real_documents([], [], [real, {**real, "source": "y.pdf"}], 1)))
        silent = dataclasses.replace(case, answers={})
        yield "a validator that does not answer", all(judges.judge(name, silent) for name in ("dss", "pdfbox", "own"))
        key = ("x", "pyhanko")
        made = control.confirmed({key: re.compile(".*")}, {key: (case, "")}, lambda cases: cases)
        yield "an allowance for what the validator accepts of its own product", not made
        listing = Path(bench.folder, "none.txt")
        listing.write_text("# nothing is explained\n")
        one = {"byte_range": [0, 1, 2, 3], "indication": "TOTAL-PASSED"}
        dss, ours = {"signatures": [one]}, {"report": {"signatures": [{**one, "indication": "TOTAL-FAILED", "sub_indication": "HASH_FAILURE"}]}}
        yield "an unexplained disagreement", bool(agreement.report([("p", "good", "x.pdf", dss, ours)], listing)[2])
        listing.write_text("p good TOTAL-PASSED TOTAL-FAILED/HASH_FAILURE explained\n")
        yield "an explained disagreement", not agreement.report([("p", "good", "x.pdf", dss, ours)], listing)[2]


def run():
    """Runs the self-test; returns (passed, failed)."""
    lines, outcomes = [], []

    def note(story, passed):
        lines.append(f"{'ok' if passed else 'NOT OK':7} {story}")
        outcomes.append(bool(passed))

    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder)
        good = bench.ask(list(bench.signed()))
        judged = [settle(case, judge_all(case), {}) for case in good]
        failures = report_judgements(good, judged, {}, {})[1]
        note(f"documents signed well: {len(failures)} failures {failures}", not failures)
        told = list(stories(bench))
        for (what, _, needed), case in zip(told, bench.ask([case for _, case, _ in told])):
            accepted = [name for name in needed if not judges.judge(name, case)]
            note(f"{what}: refused by {', '.join(needed)}" + (f", but not by {accepted}" if accepted else ""), not accepted)
        for what, caught in (*reports(bench, good, judged), *selftest_rotation.stories(Path(folder))):
            note(what, caught)
        print("\nSelf-test")
        print("\n".join(lines))
    return outcomes.count(True), outcomes.count(False)
