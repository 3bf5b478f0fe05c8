"""Tampers with a sample of what was accepted, and with documents of other products."""

import dataclasses
import shutil
from collections import Counter
from pathlib import Path

import pki
import tamper
from ask import ask, in_parallel, needed_lists, takers
from judges import LEVELS, STRICT
from report import table
from rotation import ROTATIONS, Rotation, share

OTHER_ROOT = "other root"
KINDS = (*tamper.VARIANTS, OTHER_ROOT)


def sample(found, rotation):
    """Documents that are signed twice, for tampering: one of each level in every rotation."""
    for number in range(ROTATIONS) if rotation.whole else (rotation.number,):
        mine = share([case for case in found if case.count == 2], name, Rotation(number))
        for level in LEVELS:
            yield from [case for case in mine if case.level == level][:1]


def name(case):
    return case.path.name


def tampered_cases(programs, chosen, folder, crls):
    """The tampered variants of some cases, asked: (case, variant) pairs; and what could not be made."""
    changed, faults = [], []
    stranger = stranger_root(folder)
    for case in chosen:
        for variant, path, fault in tamper.variants(case, folder):
            if fault:
                faults.append(f"{case.path.name}: {variant}: cannot be made: {fault}")
            else:
                changed.append((dataclasses.replace(case, path=path), variant))
        copy = Path(folder, f"{case.path.stem}--other-root.pdf")
        shutil.copyfile(case.path, copy)
        changed.append((dataclasses.replace(case, path=copy, root=stranger), OTHER_ROOT))
    asked = ask(programs, [case for case, _ in changed], needed_lists(crls))
    return list(zip(asked, [variant for _, variant in changed])), faults


def stranger_root(folder):
    """A trust anchor that has signed nothing."""
    path = Path(folder, "stranger.pem")
    path.write_bytes(pki.Authority("Stranger Root").pem())
    return path


def report_tampering(changed, accepted_by):
    """Prints variant × validator; a tampered document passes when ours refuses it, and one of the others too."""
    passed, failures, made, accepted = 0, [], Counter(), Counter()
    for (case, variant), names in zip(changed, accepted_by):
        made[variant] += 1
        accepted.update((variant, name) for name in names)
        if "own" in names:
            failures.append(f"{case.path.name}: {variant}: our verifier accepts it")
        elif set(STRICT) - {"own"} <= set(names):
            failures.append(f"{case.path.name}: {variant}: no validator that is not ours refuses it")
        else:
            passed += 1
    columns = (*STRICT, "qpdf")
    rows = [(f"{v} ({made[v]})", [f"{accepted[v, n]} pass!" if accepted[v, n] else "refused" for n in columns]) for v in sorted(made)]
    if rows:
        table(f"Tampered documents: {len(changed)}; a validator with «pass!» is not trusted for that kind", columns, rows)
    failures += [f"no document was tampered with this way: {variant}" for variant in KINDS if not made[variant]]
    return passed, failures


def tampering(programs, found, judged, folder, crls, rotation):
    """Tampers with a sample of what was accepted before; returns (passed, failures, how many documents)."""
    folder.mkdir()
    content = [case for case, outcome in zip(found, judged)
               if not any(reasons or allowed for name, reasons, allowed in outcome if name in STRICT)]
    changed, faults = tampered_cases(programs, list(sample(content, rotation)), folder, crls)
    passed, failures = report_tampering(changed, in_parallel(takers, [case for case, _ in changed], 4))
    return passed, faults + failures, len(changed)
