"""Our verifier beside EU DSS and pyHanko on documents that were signed elsewhere: what is intact and unchanged, whoever is trusted."""

import logging
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import java
import own
from judges import by_pyhanko
from report import table
from rotation import share

HERE = Path(__file__).resolve().parent
MOST_REFUSED = 0.01  # of the signatures that both others call valid
LEAST = 100          # such signatures in a whole run

# We verify attributes that are not in DER over the bytes as they are (RFC 5652, 5.4), and report that. Other validators do not try this.
AS_THEY_STAND = "the signed attributes are not encoded, or not ordered, as DER demands"


@dataclass(frozen=True)
class Finding:
    """What a verifier says of one signature."""

    intact: bool   # bytes and signature value
    allowed: bool  # and what came later
    told: tuple = ()

    @property
    def valid(self):
        return self.intact and self.allowed


def single(findings):
    """Findings by byte range, without those ranges that several signatures claim."""
    counts = Counter(key for key, _ in findings)
    return {key: finding for key, finding in findings if counts[key] == 1}


def range_of(one):
    return tuple(one.get("byte_range") or ())


def of_dss(answer):
    return single([(range_of(one), Finding(bool(one.get("intact")), not (one.get("modified") or one.get("undefined_changes"))))
                   for one in answer.get("signatures") or ()])


def of_ours(answer):
    def finding(one):
        refused = one["indication"] == "TOTAL-FAILED" or one.get("sub_indication") in ("SIG_CONSTRAINTS_FAILURE", "FORMAT_FAILURE")
        return Finding(one["integrity"] == "intact", not refused and not one.get("forbidden_revisions"), tuple(one.get("remarks") or ()))
    return single([(range_of(one), finding(one)) for one in answer.get("report", {}).get("signatures") or ()])


def of_pyhanko(path):
    """pyHanko's findings; none of a signature or a document that it gives up on."""
    logging.disable(logging.CRITICAL)
    try:
        found = by_pyhanko.statuses(path, [], False)
    except Exception:  # with any exception it does not judge the document
        return {}
    return {key: Finding(bool(one.intact and one.valid), getattr(one.modification_level, "name", "OTHER") != "OTHER")
            for key, one in found.items() if not isinstance(one, Exception)}


def signed(packages):
    """The signed documents of the corpus, each once."""
    seen = {}
    for path in sorted(packages.rglob("*.[pP][dD][fF]")):
        if not path.is_file():
            continue  # some packages have folders of such names
        content = path.read_bytes()
        if b"/ByteRange" in content:
            seen.setdefault(content, path)
    return list(seen.values())


def known(listing):
    """The listed documents that only ours refuses: name → reason."""
    lines = [line for line in Path(listing).read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split(None, 1) for line in lines)


def compared(programs, packages, made, rotation):
    """Returns (passed, failures)."""
    paths = share(signed(packages) + [one.path for one in made.documents], lambda path: path.name, rotation)
    dss = java.judge(("dss",), paths, made.root)
    ours = own.verify(programs, paths, made.root)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        pyhanko = dict(zip(paths, pool.map(of_pyhanko, paths, chunksize=4)))
    counts, failures, refused = Counter(), [], 0
    explained = known(HERE / "elsewhere.txt")
    for path in paths:
        others = of_dss(dss["dss", str(path)]), pyhanko[path]
        mine = of_ours(ours["own", str(path)])
        for key in sorted({*others[0], *others[1], *mine}):
            one, judged = mine.get(key), [other[key] for other in others if key in other]
            cell, fault = compare(one, judged)
            counts[cell] += 1
            if fault == "refused" and path.name in explained:
                refused += 1
                print(f"only ours refuses a signature of {path.name}: {explained[path.name]}")
            elif fault:
                failures.append(f"{path.name}: the signature over {list(key)}: {fault}")
    table(f"Documents signed elsewhere: {len(paths)}; signatures, by what EU DSS and pyHanko say", ("ours valid", "ours not"),
          [(name, (counts[name, True], counts[name, False])) for name in ("both valid", "one valid", "none valid")])
    both = counts["both valid", True] + counts["both valid", False]
    print(f"of {both} signatures that both call valid, ours refuses {counts['both valid', False]}")
    if rotation.whole and (refused > MOST_REFUSED * both or both < LEAST):
        failures.append(f"ours refuses {refused} of {both} signatures that both others call valid")
    return sum(counts.values()) - len(failures), failures


def compare(one, judged):
    """((row, whether ours calls it valid), what is wrong with that) of one signature."""
    valid = sum(other.valid for other in judged)
    row = ("none valid", "one valid", "both valid")[valid]
    mine = bool(one and one.valid)
    broken = any(not other.intact for other in judged)
    if mine and broken and AS_THEY_STAND not in one.told and valid == 0:
        return (row, mine), "ours calls valid what another verifier calls broken, and none valid"
    return (row, mine), "refused" if valid == 2 and not mine else ""
