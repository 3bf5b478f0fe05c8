"""What other programs do with a document that we refuse: qpdf, Poppler and MuPDF open it or not, and pyHanko signs it, soundly or not."""

import logging
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import foreign
import judges
from judges import Case
from judges.programs import run

OPENS, REPAIRS, PASSWORD, REFUSES = "opens", "repairs", "needs a password", "refuses"
SOUND, UNSOUND = "signs soundly", "signs unsoundly"
NAMES = ("pyHanko", "qpdf", "Poppler", "MuPDF")
JUDGES = ("prefix", "pyhanko", "pdfsig", "qpdf", "openssl")

MUPDF = """
import sys, pymupdf
pymupdf.TOOLS.mupdf_display_errors(False)
pymupdf.TOOLS.mupdf_display_warnings(False)
document = pymupdf.open(sys.argv[1], filetype="pdf")
document.needs_pass or document[0]
print("password" if document.needs_pass else f"{document.page_count} {int(document.is_repaired)}")
"""


@dataclass(frozen=True)
class Rival:
    """What one program does with a document."""

    does: str
    pages: int = 0  # that it shows
    told: str = ""


@dataclass(frozen=True)
class Job:
    """A document to be put before all of them."""

    document: Path
    key: Path     # PEM of key and chain that pyHanko signs with
    root: Path
    folder: Path  # for what pyHanko signs
    mupdf: Path   # a Python that has PyMuPDF


def ask(job):
    """What each program does: {name: Rival}."""
    logging.disable(logging.CRITICAL)
    return {"pyHanko": pyhanko(job), "qpdf": qpdf(job.document), "Poppler": poppler(job.document), "MuPDF": mupdf(job.mupdf, job.document)}


def pages(rivals):
    """The numbers of pages that those see who show documents: one where they agree, 0 from one that shows nothing."""
    return {rivals[name].pages for name in NAMES[1:]}


def attempt(*command):
    """The exit status and text of a program; a hang is a failure."""
    try:
        return run(*command)
    except subprocess.TimeoutExpired:
        return -1, "no answer"


def qpdf(path):
    status, text = attempt("qpdf", "--check", path)
    if "invalid password" in text:
        return Rival(PASSWORD)
    if status not in (0, 3):
        return Rival(REFUSES, told=last_line(text))
    _, pages = attempt("qpdf", "--no-warn", "--show-npages", path)
    repaired = re.search(r"reconstruct cross-reference|file is damaged", text)
    return Rival(REPAIRS if repaired else OPENS, int(last_line(pages)) if last_line(pages).isdigit() else 0)


def poppler(path):
    status, text = attempt("pdfinfo", path)
    if "Incorrect password" in text:
        return Rival(PASSWORD)
    pages = re.search(r"^Pages:\s+(\d+)", text, re.M)
    if status != 0 or not pages:
        return Rival(REFUSES, told=last_line(text))
    return Rival(REPAIRS if "Syntax Error" in text else OPENS, int(pages.group(1)))


def mupdf(python, path):
    status, text = attempt(python, "-c", MUPDF, path)
    if status == 0 and text.strip() == "password":
        return Rival(PASSWORD)
    found = re.match(r"(\d+) ([01])\s", text)
    if status != 0 or not found:
        return Rival(REFUSES, told=last_line(text))
    return Rival(REPAIRS if found.group(2) == "1" else OPENS, int(found.group(1)))


def pyhanko(job):
    """Signs with pyHanko, and has its signature judged."""
    fault = ""
    signed = job.folder / job.document.name
    one = foreign.Foreign(signed, job.document, "pyhanko", "B-B", job.key.stem)
    try:
        with judges.patience():
            fault = foreign.sign_with_pyhanko(one, job.key, "")
    except TimeoutError as late:
        fault = str(late)
    if fault:
        return Rival(REFUSES, told=fault)
    case = Case(signed, job.document, 1, job.root)
    reasons = [f"{name}: {reason}" for name in JUDGES for reason in judges.judge(name, case)]
    return Rival(UNSOUND if reasons else SOUND, told="; ".join(reasons))


def last_line(text):
    return text.strip().rpartition("\n")[2]
