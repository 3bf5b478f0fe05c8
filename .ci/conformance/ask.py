"""Puts documents before the validators, many in one go where a validator takes many."""

import dataclasses
import logging
import os
from concurrent.futures import ProcessPoolExecutor

import java
import judges
import own


def ask(programs, cases, crls_of, sources=False):
    """Asks those validators that judge many documents in one go; gives the cases with their answers."""
    answers, groups = {}, {}
    for case in cases:
        groups.setdefault((case.root, crls_of(case)), []).append(case.path)
    for (root, crls), paths in groups.items():
        answers.update(java.judge(("dss", "pdfbox"), paths, root, crls))
        answers.update(own.verify(programs, paths, root, crls))
    if sources:
        answers.update(java.judge(("verapdf",), [case.source for case in cases], "/dev/null"))
        pdfa = [case.path for case in cases if answers["verapdf", str(case.source)].get("compliant")]
        answers.update(java.judge(("verapdf",), pdfa, "/dev/null"))

    def relevant(case):
        keys = [(name, str(path)) for name in judges.ASKED for path in (case.path, case.source)]
        return {key: answers[key] for key in keys if key in answers}
    return [dataclasses.replace(case, answers=relevant(case)) for case in cases]


def needed_lists(crls):
    """The CRLs that a case's validators get: from B-LT on none, because the document must have all of them."""
    return lambda case: () if case.has("B-LT") else crls


def judge_all(case):
    """The objections of each validator to one case: (validator, reasons) pairs."""
    logging.disable(logging.CRITICAL)
    return [(name, judges.judge(name, case)) for name in judges.JUDGES]


def takers(case):
    """The validators that accept a tampered document."""
    logging.disable(logging.CRITICAL)
    return [name for name in (*judges.STRICT, "qpdf") if not judges.judge(name, case)]


def in_parallel(judgement, cases, chunk):
    """A judgement of each case, on all cores."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(judgement, cases, chunksize=chunk))


def settle(case, outcome, limits):
    """Sets the reasons apart that are limits of a validator: (validator, reasons, reasons that are its limits) triples."""
    settled = []
    for name, reasons in outcome:
        pattern, _ = limits.get((case.label, name), (None, ""))
        allowed = [reason for reason in reasons if pattern and pattern.match(reason)]
        settled.append((name, [reason for reason in reasons if reason not in allowed], allowed))
    return settled
