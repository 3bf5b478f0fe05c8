"""The suite from the inputs to the figures, whole or one rotation of it."""

import time
from dataclasses import dataclass
from pathlib import Path

import control
import elsewhere
import foreign
import inputs
import judges
import others
import own
from ask import ask, in_parallel, judge_all, needed_lists, settle
from judges import Case
from report import real_documents, report_judgements, size_faults
from rotation import ROTATIONS, Rotation, core, pairs, share
from tampering import tampering

HERE = Path(__file__).resolve().parent
START = time.monotonic()


@dataclass(frozen=True)
class Promise:
    """The sizes below which a run proves too little."""

    signed: int    # documents, which every run signs
    judged: int    # of them
    tampered: int  # documents
    real: int      # documents of the corpus that every validator accepts
    failed: int    # documents of the corpus that may fail, however few are judged


WHOLE = Promise(signed=500, judged=500, tampered=200, real=200, failed=0)
ROTATION = Promise(signed=500, judged=150, tampered=60, real=25, failed=1)


def say(text):
    print(f"[{time.monotonic() - START:5.0f}s] {text}", flush=True)


def cases(lines, root):
    """The cases of a manifest, and the lines of the documents that could not be signed."""
    found, missing = [], []
    for line in lines:
        if line.get("error"):
            missing.append(line)
            continue
        if line["set"] == "corpus" and line["count"] == 1:
            continue  # the document with the second signature holds it, byte for byte, and costs enough
        earlier = (Path(line["previous"]),) if line.get("previous") else ()
        found.append(Case(Path(line["file"]), Path(line["source"]), line["count"], root, earlier, line["level"], line["kind"],
                          line["set"], line["key"], line["visible"]))
    return sorted(found, key=lambda case: case.path), missing


def traits(case):
    """What the core of the matrix has every pair of."""
    return {("kind", case.label), ("level", case.level), ("key", case.key), ("place", case.place)}


def selected(found, rotation):
    """The cases that a rotation judges: the core of the matrix, and those whose turn it is."""
    chosen = core([case for case in found if case.set == "matrix"], traits) + share(found, lambda case: case.path.name, rotation)
    wanted = {case.path for case in chosen}
    return [case for case in found if case.path in wanted]


def uncovered(found, choose=selected):
    """What the rotations leave out of the suite, or each of them of its core."""
    core_pairs = set().union(*(pairs(traits(case)) for case in found if case.set == "matrix"))
    every, judged = {case.path for case in found}, set()
    for number in range(ROTATIONS):
        chosen = choose(found, Rotation(number))
        judged |= {case.path for case in chosen}
        had = set().union(*(pairs(traits(case)) for case in chosen if case.set == "matrix"))
        if core_pairs - had:
            yield f"rotation {number} lacks {len(core_pairs - had)} pairs of kind, level, key and place: {sorted(core_pairs - had)[0]}"
        if not any(case.set == "corpus" for case in chosen):
            yield f"rotation {number} has no real document"
    if every - judged:
        yield f"{len(every - judged)} documents are in no rotation: {sorted(every - judged)[0].name}"


def due(missing, rotation):
    """The unsigned documents that count in a rotation: all of the matrix, and those of the corpus whose turn it is."""
    mine = share([line for line in missing if line["set"] == "corpus"], lambda line: Path(line["file"]).name, rotation)
    return [line for line in missing if line["set"] != "corpus"] + mine


@dataclass(frozen=True)
class Made:
    """Everything that was signed, by us and by others."""

    signed: list     # cases
    missing: list    # lines of the manifest
    chosen: list     # the cases to be judged
    documents: list  # of other products
    faults: list     # why another product could not sign
    limits: dict     # of validators, which their own products' signatures meet
    root: Path
    crls: tuple


def make(work, corpus, rotation):
    """Signs all documents, ours with each kind of key at each level, and those of other products."""
    programs, kinds, signed = work / "bin", work / "inputs", work / "signed"
    own.build(programs)
    if inputs.main(kinds):
        raise RuntimeError("the inputs cannot be made")
    root = signed / "root.pem"
    with own.sealed(programs, kinds, corpus, signed):
        found, missing = cases(own.manifest(signed), root)
        chosen = selected(found, rotation)
        say(f"{len(found)} documents signed, {len(missing)} not; {len(chosen)} to be judged; now the other products")
        documents, faults = foreign.sign_all(kinds, signed, work / "foreign")
        judged = {case.label for case in chosen}
        known = {key: pattern for key, pattern in judges.allowances(HERE / "allowances.txt").items() if key[0] in judged}
        controls = control.sign(known, (kinds, corpus), signed, work / "control")
    say("asking the validators of their own products' signatures")
    limits = control.confirmed(known, controls, lambda made: ask(programs, made, lambda case: ()))
    return Made(found, due(missing, rotation), chosen, documents, faults, limits, root, tuple(sorted(signed.glob("*.crl"))))


def run(work, corpus, rotation):
    """Runs it; returns (passed, failures)."""
    promise, programs = WHOLE if rotation.whole else ROTATION, work / "bin"
    try:
        made = make(work, corpus, rotation)
    except RuntimeError as fault:
        return 0, [str(fault)]
    say("asking DSS, PDFBox, veraPDF and ours")
    found = ask(programs, made.chosen, needed_lists(made.crls), sources=True)
    say("judging")
    judged = [settle(case, outcome, made.limits) for case, outcome in zip(found, in_parallel(judge_all, found, 8))]
    passed, failures = report_judgements(found, judged, made.limits, judges.allowances(HERE / "failures.txt"))
    failures += real_documents(found, judged, made.missing, promise.failed)
    failures += uncovered(made.signed)
    failures += size_faults(made.signed, found, judged, made.missing, promise)
    say("tampering")
    good, more, changed = tampering(programs, found, judged, work / "tampered", made.crls, rotation)
    if changed < promise.tampered:
        more.append(f"{changed} tampered documents, want at least {promise.tampered}")
    say("documents of other products")
    better, rest = others.compared(programs, made, work / "foreign-tampered", rotation)
    say("documents signed elsewhere")
    agreed, differing = elsewhere.compared(programs, corpus.parent / "packages", made, rotation)
    say("done")
    return passed + good + better + agreed, failures + more + rest + differing
