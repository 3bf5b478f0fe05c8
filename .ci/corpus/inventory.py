"""Sorts the fetched packages' documents into those to be signed and those to be refused, and says what each of them is.

Refused are: encrypted; locked (certified or signed with no further change allowed); damaged or unreadable (by qpdf or pyHanko). A
signer must refuse the first two. It may be able to sign a damaged one, but the validators could not tell whether it did it well.

Usage: inventory.py CORPUS.TXT FOLDER, where FOLDER/packages has what collect.sh fetched. Writes FOLDER/documents, FOLDER/refused
and FOLDER/inventory.tsv; fails when the corpus is too small or too uniform to prove anything.
"""

import fnmatch
import hashlib
import logging
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

LEAST_DOCUMENTS = 300
LEAST_PRODUCERS = 40
BIG = 2 << 20

# The corpus must contain every one of these shapes, or the check does not cover what it claims.
WANTED_FEATURES = {
    "acroform-direct", "acroform-indirect", "annots-indirect", "big", "hybrid-xref", "linearized", "object-streams", "pages", "pdfa",
    "revisions", "signed", "signed-twice", "tagged", "non-ascii-names", "xref-stream", "xref-table",
}

# Producer strings contain versions, builds and platforms; a family counts once. The first match names the family.
PRODUCERS = [
    ("pdfTeX", r"pdfe?TeX|Latex with hyperref"), ("LuaTeX", r"LuaTeX"), ("XeTeX", r"xdvipdfmx|dvipdfmx|XeTeX|XeLaTeX"),
    ("iText", r"^iText|itext-paulo"), ("Ghostscript", r"Ghostscript"), ("cairo", r"^cairo"), ("Apache FOP", r"Apache FOP"),
    ("LibreOffice/OpenOffice", r"LibreOffice|OpenOffice|Lotus Symphony"),
    ("Microsoft Office", r"Microsoft. ?(Office )?(Word|PowerPoint|Excel)"),
    ("Microsoft Print to PDF", r"^Microsoft"), ("Skia", r"^Skia"), ("Google Docs", r"^Google"), ("Acrobat Distiller", r"Acrobat Distiller"),
    ("Adobe PDF Library", r"Adobe.*PDF [Ll]ibrary"), ("Adobe Photoshop", r"Photoshop"), ("Adobe Acrobat", r"Acrobat"),
    ("Adobe XML Form", r"Adobe XML Form|LiveCycle"), ("Quartz", r"Quartz PDFContext"), ("ReportLab", r"ReportLab"),
    ("FPDF", r"FPDF"), ("pypdf", r"^pypdf|Python PDF Library"), ("pikepdf", r"^pikepdf"), ("pyHanko", r"^pyHanko"),
    ("img2pdf", r"^img2pdf"), ("libtiff", r"libtiff"), ("ImageMagick", r"ImageMagick|imagemagick"), ("pdfcpu", r"^pdfcpu"),
    ("MuhammaraJS", r"MuhammaraJS"),
]


def packages(listing):
    """The (folder, patterns) pairs of corpus.txt, in its order."""
    for line in Path(listing).read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        kind, package, version, *patterns = line.split()
        yield Path(kind) / f"{re.sub('[/:]', '_', package)}-{version.replace(':', '_')}", package, patterns


def chosen(folder, patterns):
    """The files of one package that its patterns take, in a stable order."""
    take = [p for p in patterns if not p.startswith("!")]
    leave = [p[1:] for p in patterns if p.startswith("!")]
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        if path.is_file() and any(fnmatch.fnmatchcase(inside, p) for p in take):
            if not any(fnmatch.fnmatchcase(inside, p) for p in leave):
                yield path


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def producer_of(info):
    text = info.get("Producer", "").strip()
    if not text or "\ufffd" in text or not text.isascii() and not re.search("[A-Za-z]", text):
        return ""
    for family, pattern in PRODUCERS:
        if re.search(pattern, text):
            return family
    return re.sub(r"\s*([\d(;/,|]|[vV]\d|[vV]ersion).*", "", text)


def information(path):
    """The fields of pdfinfo."""
    status, text = run("pdfinfo", str(path))
    fields = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and status == 0:
            fields.setdefault(name, value.strip())
    return fields


# Documents that no producer writes: made to stress parsers, for example with a catalog that is an element of one of its own arrays.
PECULIAR = {"CompactedPDFSyntaxTest": "peculiar"}


def refusal(path, check):
    """Why a document must not be signed, or "". check is the exit status and text of qpdf --check."""
    status, text = check
    if "incorrect password" in text or "invalid password" in text or run("qpdf", "--is-encrypted", str(path))[0] == 0:
        return "encrypted"
    if status == 2 or re.search(r"reconstruct cross-reference|file is damaged|can't find (PDF header|startxref)", text):
        return "damaged"
    return ""


def resolved(container, key, default=None):
    """The value of a key with every indirect reference followed."""
    value = container.raw_get(key) if key in container else default
    while isinstance(value, generic.IndirectObject):
        value = value.get_object()
    return value


def transforms(signature):
    """The (method, parameters) of a signature's references: what it says about later changes."""
    references = resolved(signature, "/Reference", generic.ArrayObject())
    for index in range(len(references)):
        reference = references[index]
        yield resolved(reference, "/TransformMethod"), resolved(reference, "/TransformParams", generic.DictionaryObject())


def forbids_changes(reader):
    """Whether a signature of the document allows no further signature: certified with /P 1, or all form fields locked."""
    permissions = resolved(reader.root, "/Perms", generic.DictionaryObject())
    certification = resolved(permissions, "/DocMDP", generic.DictionaryObject())
    if any(resolved(parameters, "/P", 2) == 1 for _, parameters in transforms(certification)):
        return True
    try:
        signatures = [one.sig_object for one in reader.embedded_signatures]
    except ValueError:  # a signature field whose value is no signature locks nothing
        signatures = []
    return any(method == "/FieldMDP" and (resolved(parameters, "/Action") == "/All" or resolved(parameters, "/P") == 1)
               for signature in signatures for method, parameters in transforms(signature))


def form_features(root):
    form = root.raw_get("/AcroForm") if "/AcroForm" in root else None
    if form is None:
        return
    yield "acroform-indirect" if isinstance(form, generic.IndirectObject) else "acroform-direct"
    form = resolved(root, "/AcroForm")
    if "/XFA" in form:
        yield "xfa"
    if "/Fields" in form and isinstance(form.raw_get("/Fields"), generic.IndirectObject):
        yield "fields-indirect"


def structure(path):
    """Features that need a parser; and whether a signature allows no further change."""
    with open(path, "rb") as stream:
        reader = PdfFileReader(stream, strict=False)
        root = reader.root
        features = set(form_features(root))
        permissions = resolved(root, "/Perms", generic.DictionaryObject())
        features |= {name for key, name in [("/DocMDP", "certified"), ("/UR3", "usage-rights"), ("/UR", "usage-rights")]
                     if key in permissions}
        if "/DSS" in root:
            features.add("dss")
        page = root["/Pages"]
        while "/Kids" in page and len(page["/Kids"]):
            page = page["/Kids"][0]
        if "/Annots" in page and isinstance(page.raw_get("/Annots"), generic.IndirectObject):
            features.add("annots-indirect")
        return features, forbids_changes(reader)


def bytes_features(data):
    """Features that show in the bytes of the file."""
    features = set()
    offset = re.findall(rb"startxref\s+(\d+)\s+%%EOF", data)
    if offset:
        start = int(offset[-1]) + max(data.find(b"%PDF-"), 0)
        features.add("xref-table" if data[start:start + 16].lstrip().startswith(b"xref") else "xref-stream")
    for name, pattern in [
        ("hybrid-xref", rb"/XRefStm\s+\d"), ("object-streams", rb"/Type\s*/ObjStm"), ("pdfa", rb"pdfaid:part"),
        ("non-ascii-names", rb"/[A-Za-z0-9_+-]*(#[89A-Fa-f][0-9A-Fa-f]){1,}"), ("document-timestamp", rb"/ETSI\.RFC3161"),
        ("attachments", rb"/EmbeddedFiles?"),
    ]:
        if re.search(pattern, data):
            features.add(name)
    signatures = len(re.findall(rb"/ByteRange\s*\[\s*\d", data))
    features |= {"signed"} if signatures == 1 else {"signed", "signed-twice"} if signatures > 1 else set()
    if len(re.findall(rb"%%EOF", data)) > (2 if b"/Linearized" in data[:2048] else 1):
        features.add("revisions")
    if len(data) >= BIG:
        features.add("big")
    if re.search(rb"\rstartxref\r\d+\r%%EOF", data):
        features.add("cr-only")
    if not data.startswith(b"%PDF-"):
        features.add("junk-before-header")
    return features


class Document:
    """One file of the corpus and what is known of it."""

    def __init__(self, path, package):
        self.path, self.package = path, package
        data = path.read_bytes()
        self.size, self.sha256 = len(data), hashlib.sha256(data).hexdigest()
        self.name = ""

    def inspect(self):
        check = run("qpdf", "--check", str(self.path))
        info = information(self.path)
        self.producer = producer_of(info)
        self.refused = PECULIAR.get(self.path.stem) or refusal(self.path, check)
        self.features = bytes_features(self.path.read_bytes())
        try:
            found, forbidden = structure(self.path)
            self.features |= found
            if forbidden and not self.refused:
                self.refused = "locked"
        except Exception as fault:  # a damaged file can fail anywhere in a reader
            if not self.refused:
                self.refused = f"unreadable ({type(fault).__name__})"
        if check[0] == 3:
            self.features.add("qpdf-warns")
        if int(info.get("Pages", "0") or 0) > 1:
            self.features.add("pages")
        if info.get("Tagged") == "yes":
            self.features.add("tagged")
        if "File is linearized" in check[1]:
            self.features.add("linearized")
        return self

    def row(self):
        where = f"refused/{self.name}" if self.refused else f"documents/{self.name}"
        return [where, self.refused or "-", self.producer or "-", ",".join(sorted(self.features)), str(self.size), self.sha256]


def collect(listing, folder):
    documents, seen = [], set()
    for relative, package, patterns in packages(listing):
        for path in chosen(folder / "packages" / relative, patterns):
            document = Document(path, package)
            if document.sha256 not in seen:
                seen.add(document.sha256)
                documents.append(document)
    return documents


def name_all(documents):
    """Gives each document a name of its own that says where it is from."""
    taken = set()
    for document in documents:
        source = re.split("[/:]", document.package.removesuffix(":tests"))[-1]
        stem = re.sub(r"[^A-Za-z0-9._-]+", "_", f"{source}--{document.path.stem}")
        name, count = stem, 1
        while name in taken:
            count += 1
            name = f"{stem}-{count}"
        taken.add(name)
        document.name = name + ".pdf"


def lay_out(documents, folder):
    for part in ("documents", "refused"):
        shutil.rmtree(folder / part, ignore_errors=True)
        (folder / part).mkdir()
    rows = [document.row() for document in documents]
    for document, row in zip(documents, rows):
        shutil.copyfile(document.path, folder / row[0])
    header = ["file", "refused", "producer", "features", "bytes", "sha256"]
    (folder / "inventory.tsv").write_text("".join("\t".join(row) + "\n" for row in [header] + rows))


def faults(good):
    """What the corpus lacks."""
    producers = {document.producer for document in good} - {""}
    missing = WANTED_FEATURES - set().union(*(document.features for document in good))
    if len(good) < LEAST_DOCUMENTS:
        yield f"{len(good)} documents, want at least {LEAST_DOCUMENTS}"
    if len(producers) < LEAST_PRODUCERS:
        yield f"{len(producers)} producers, want at least {LEAST_PRODUCERS}"
    if missing:
        yield "no document with " + ", ".join(sorted(missing))


def tally(title, names):
    counts = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    print(f"{title}: " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda c: (-c[1], c[0]))))


def main(listing, folder):
    logging.disable(logging.CRITICAL)
    folder = Path(folder)
    documents = collect(listing, folder)
    name_all(documents)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(Document.inspect, documents))
    lay_out(documents, folder)
    good = [document for document in documents if not document.refused]
    tally("producers", [document.producer or "(none named)" for document in good])
    tally("features", [feature for document in good for feature in document.features])
    tally("refused", [document.refused for document in documents if document.refused])
    size = sum(document.size for document in good)
    print(f"corpus: {len(good)} documents, {size >> 20} MiB, {len({d.producer for d in good} - {''})} producers;"
          f" {len(documents) - len(good)} to be refused; inventory in {folder / 'inventory.tsv'}")
    lacking = list(faults(good))
    for fault in lacking:
        print(f"corpus: {fault}", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
