"""Has documents made by the production handler, and has others judge them: see README.md beside .ci/run.

Each template with its data (cases.py) is made at each standard, unsealed, sealed, and sealed visibly, at B-LTA. check.sh starts this.
"""

import collections
import concurrent.futures
import functools
import hashlib
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))
import rotation  # noqa: E402 # which commit judges what
from cases import Case, cases  # noqa: E402

STANDARDS = {"none": "", "pdf/a-2b": "2b", "pdf/a-2u": "2u", "pdf/a-3b": "3b"}
SEALS = {"unsealed": None, "sealed": {"level": "B-LTA"}, "visible": {"level": "B-LTA", "visible": True, "reason": "Checked"}}
# The smallest number of documents that a run must judge to prove anything: for one rotation, and for all.
LEAST = {False: 36, True: 800}
# This many consecutive commits together make every document.
ROTATIONS = 20
# How long one access token is used.
TOKEN_SECONDS = 600
# How many pages of a document are compared with those of the print: the first ones and the last.
COMPARED = 3


@dataclass(frozen=True, eq=False)
class Job:
    """A document to be made."""

    case: Case
    standard: str
    seal: str

    @property
    def name(self):
        """The name of the document's file."""
        return f"{self.case.name}-{self.standard.replace('/', '')}-{self.seal}"


class Finding(Exception):
    """Why a document is not what it should be."""


@functools.cache
def token(period):
    """The access token for a period of time: those of before have an end, and a whole run on a busy machine lasts longer."""
    return tool(os.environ["INFLUXION"], "token", "--raw").decode().strip()


def ask(path, body, media):
    """Calls the API; no proxy of the machine has a part in it."""
    request = urllib.request.Request(os.environ["INFLUXION_CLIENT_URL"] + path, body, method="POST", headers={
        "Authorization": "Bearer " + token(int(time.monotonic() // TOKEN_SECONDS)), "Content-Type": media})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=230) as answer:
            return answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        raise Finding(f"{path} answers {error.code}: {error.read()[:400].decode(errors='replace')}") from None
    except (OSError, http.client.HTTPException) as error:  # one document of hundreds, which must not end the run
        raise Finding(f"{path} does not answer: {error}") from None


def tool(*command):
    """What a program prints; its failure is a finding."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=230)
    except subprocess.TimeoutExpired:
        raise Finding(f"{command[0]}: no end within 230 s") from None
    if done.returncode != 0:
        raise Finding(f"{command[0]}: {done.stderr[-300:].decode(errors='replace')}")
    return done.stdout


def make(job, work):
    """Makes one document, and looks at everything that needs no Java."""
    asked = job.case.request | {"pdf_standard": job.standard, "document_id": job.name}
    if SEALS[job.seal]:
        asked["sign"] = SEALS[job.seal]
    if job.case.invoice and job.standard == "pdf/a-3b":
        asked["facturx"] = {"profile": job.case.profile, "xml": job.case.invoice}
    headers, document = ask("/api/generate", json.dumps(asked).encode(), "application/json")
    file = work / f"{job.name}.pdf"
    file.write_bytes(document)
    info = tool("pdfinfo", file).decode()
    pages = int(re.search(r"^Pages: +(\d+)", info, re.M)[1])
    if pages < job.case.pages or str(pages) != headers["Influxion-Pages"]:
        raise Finding(f"{pages} pages, the answer says {headers['Influxion-Pages']}, and at least {job.case.pages} are wanted")
    read(job, file, pages)
    if job.seal != "unsealed":
        verify(document)
    before = work / f"{job.name}.print.pdf"
    before.write_bytes(printed(document))
    same(job, before, file, pages)
    before.unlink()
    return file


def read(job, file, pages):
    """The texts and links of a document."""
    tool("qpdf", "--check", file)
    text = tool("pdftotext", "-layout", file, "-").decode()
    words = " ".join(text.split())
    for wanted in job.case.shows:
        if wanted not in words:
            raise Finding(f"the text {wanted!r} is not in it")
    if job.case.header:
        without = [i + 1 for i, page in enumerate(text.split("\f")[:pages]) if job.case.header not in " ".join(page.split())]
        if len(without) > (pages > 1):  # the last page of several can have what follows the table alone
            raise Finding(f"the table's head is not on the pages {without[:5]}")
    if job.case.links:
        found = tool("pdfinfo", "-url", file).decode()
        for wanted in job.case.links:
            if wanted not in found:
                raise Finding(f"the link {wanted} is not in it")


def verify(document):
    """Our own verifier, over all signatures."""
    _, answer = ask("/api/verify", document, "application/pdf")
    report = json.loads(answer)
    levels = [s.get("level") for s in report["signatures"] if s["kind"] == "signature"]
    if report["verdict"]["indication"] != "TOTAL-PASSED" or levels != ["B-LTA"]:
        raise Finding(f"our verifier says {report['verdict']}, levels {levels}")


def printed(document):
    """What the renderer printed: what was made of it is appended, so the print is the beginning."""
    end = document.index(b"%%EOF") + len(b"%%EOF\n")
    return document[:end]


def same(job, before, after, pages):
    """The pages of the print and of the document are the same pictures. A visible seal stands on the last page, which must be another one."""
    compared = sorted({*range(1, min(COMPARED, pages) + 1), pages})
    for number in compared:
        one, other = picture(before, number), picture(after, number)
        differs = job.seal == "visible" and number == pages
        if (one != other) != differs:
            raise Finding(f"page {number} is {'the same picture in spite of its seal' if differs else 'not the picture of the print'}")


def picture(file, page):
    """A page as a picture."""
    return hashlib.sha256(tool("pdftoppm", "-r", "40", "-f", str(page), "-l", str(page), file)).digest()


def vera(files, flavours):
    """veraPDF on all files; gives findings by file. Without a standard a document must not claim one."""
    lines = "".join(json.dumps({"do": "verapdf", "file": str(file)}) + "\n" for file in files)
    done = subprocess.run([HERE.parent / "validators/java/judge.sh"], input=lines, capture_output=True, text=True, check=True)
    answers = {pathlib.Path(a["file"]): a for a in map(json.loads, done.stdout.splitlines())}
    findings = {}
    for file, flavour in zip(files, flavours):
        answer = answers.get(file, {"error": "no answer"})
        if "error" in answer or answer["flavour"] != flavour or (flavour and not answer["compliant"]):
            findings[file] = f"veraPDF: {answer.get('error') or answer['flavour'] + ' ' + str(answer['failed'][:3])}"
    return findings


def mustang(files):
    """Mustang on all electronic invoices; gives findings by file."""
    if not files:
        return {}
    java = pathlib.Path(os.environ["CACHE_DIR"]) / "einvoice"
    done = subprocess.run(["java", "-Djava.awt.headless=true", "-cp", f"{java}/classes:{java}/lib/*", "EInvoice", *files],
                          capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    return {file: "Mustang: " + (lines[lines.index(f"invalid {file}") + 1][:1500] if f"invalid {file}" in lines else "no answer")
            for file in files if f"valid {file}" not in lines}


def controls(work, made):
    """Each check must refuse a document that is wrong in its way. made has the files by job; gives what was not refused."""
    def first(**wanted):
        return next((job, file) for job, file in made.items() if all(getattr(job, name) == value for name, value in wanted.items()))

    def damaged(name, file, old, new):
        changed = work / f"control-{name}.pdf"
        data = file.read_bytes()
        assert old in data, name
        changed.write_bytes(data.replace(old, new, 1))
        return changed

    missed = []
    job, file = first(standard="pdf/a-2b", seal="unsealed")
    if not mustang([file]):
        missed.append("Mustang passes a document without an invoice")
    if not vera([damaged("vera", file, b"/OutputIntents", b"/OutputIntentz")], ["2b"]):
        missed.append("veraPDF passes a document without its output intent")
    job, file = first(seal="sealed")
    data = bytearray(file.read_bytes())
    data[data.index(b"stream") + 20] ^= 1
    for what, check in (("our verifier passes a document that was changed", lambda: verify(bytes(data))),
                        ("a seal that is not seen passes for one that is", lambda: same(Job(job.case, job.standard, "visible"), file, file, 1)),
                        ("a text that is not there is found", lambda: read(Job(Case("", "", shows=("never said",)), "", ""), file, 1))):
        try:
            check()
            missed.append(what)
        except Finding:
            pass
    return missed


def chosen(whole):
    """The documents of this run, and why these. The invoices that Mustang judges are in every run."""
    turn = rotation.WHOLE if whole else rotation.of_commit(HERE, ROTATIONS)
    every = [Job(case, standard, seal) for case in cases() if whole or not case.whole for standard in STANDARDS for seal in SEALS]
    mine = []
    for standard in STANDARDS:
        for seal in SEALS:  # each of these in every run
            ranked = sorted((j for j in every if (j.standard, j.seal) == (standard, seal)), key=lambda job: rotation.digest(job.name))
            mine += ranked[turn.number :: turn.count]
    always = [job for job in every if job.case.name == "invoice" and job.standard == "pdf/a-3b"]
    controlled = [next(job for job in every if job.standard == "pdf/a-2b" and job.seal == "unsealed"), next(j for j in every if j.seal == "sealed")]
    print(f"generate: {'all documents' if turn.whole else f'rotation {turn.number} of {turn.count}, {turn.reason}'}", flush=True)
    return list(dict.fromkeys(mine + always + controlled))


def tell(name, finding):
    """Says what is wrong with a document."""
    print(f"generate: {name}: {finding}", file=sys.stderr, flush=True)


def main(work, whole):
    """Makes and judges; gives the number of findings."""
    jobs, made, findings = chosen(whole), {}, {}
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        running = {job: pool.submit(make, job, work) for job in jobs}
        for job, result in running.items():
            try:
                made[job] = result.result()
            except Finding as finding:
                findings[job.name] = str(finding)
                tell(job.name, finding)  # a whole run takes long, and may be ended
    files = list(made.values())
    for file, finding in (vera(files, [STANDARDS[job.standard] for job in made]) |
                          mustang([file for job, file in made.items() if job.case.invoice and job.standard == "pdf/a-3b"])).items():
        findings[file.stem] = finding
        tell(file.stem, finding)
    for missed in controls(work, made):
        findings[f"control: {missed}"] = "x"
        tell("control", missed)
    counts = collections.Counter(f"{job.standard} {job.seal}" for job in made)
    if min(counts[f"{standard} {seal}"] for standard in STANDARDS for seal in SEALS) == 0 or len(made) < LEAST[whole]:
        findings["too few"] = "x"
        print(f"generate: too few documents were made: {dict(counts)}", file=sys.stderr)
    print(f"generate: {len(made)} documents of {len({job.case.name for job in made})} templates with data; {len(made) - len(findings)} passed, "
          f"{len(findings)} failed")
    return len(findings)


if __name__ == "__main__":
    sys.exit(min(main(pathlib.Path(sys.argv[1]), "--all" in sys.argv[2:]), 1))
