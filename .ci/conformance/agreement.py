"""Holds our verifier's findings against EU DSS's, signature for signature."""

import re
from collections import Counter
from pathlib import Path

# For a timestamp, DSS says PASSED where EN 319 102-1 says TOTAL-PASSED for a signature, and FAILED for TOTAL-FAILED.
SAME = {"PASSED": "TOTAL-PASSED", "FAILED": "TOTAL-FAILED"}


def verdicts(answer):
    """Indication and sub-indication of each signature of an answer, by its byte range; one entry under () when nothing was read."""
    if "error" in answer:
        return {(): "refused"}
    found = {}
    for one in answer.get("signatures") or answer.get("report", {}).get("signatures") or ():
        indication = one["indication"]
        sub = one.get("sub_indication") or ""
        found[tuple(one.get("byte_range") or ())] = f"{SAME.get(indication, indication)}{'/' if sub else ''}{sub}"
    return found or {(): "no signature"}


class Disagreements:
    """The explained ones: disagreements.txt."""

    def __init__(self, listing):
        self.rules, self.used = [], Counter()
        for line in Path(listing).read_text().splitlines():
            if line and not line.startswith("#"):
                product, variant, dss, own, reason = line.split(None, 4)
                self.rules.append((re.compile(product), re.compile(variant), re.compile(dss), re.compile(own), reason))

    def explains(self, product, variant, dss, own):
        """The reason of the first rule that fits, or ""."""
        for *patterns, reason in self.rules:
            if all(pattern.fullmatch(text.replace(" ", "-")) for pattern, text in zip(patterns, (product, variant, dss, own))):
                self.used[reason] += 1
                return reason
        return ""


def compare(product, variant, dss_answer, own_answer):
    """(DSS's verdict, ours) for each signature that either of them found."""
    dss, own = verdicts(dss_answer), verdicts(own_answer)
    if () in dss or () in own:
        return [(worst(dss), worst(own))]
    return [(dss.get(key, "not found"), own.get(key, "not found")) for key in sorted({*dss, *own})]


def worst(found):
    """One verdict for a document of which one side could not tell the signatures apart."""
    return min(found.values(), key=lambda verdict: ("TOTAL-PASSED" in verdict, verdict))


def indication(verdict):
    return verdict.split("/")[0]


def report(results, listing):
    """Prints the agreement; results are (product, variant, DSS's answer, ours). Returns (passed, failures)."""
    known, cells, passed, failures, explained = Disagreements(listing), {}, 0, [], Counter()
    for product, variant, name, dss_answer, own_answer in results:
        counts = cells.setdefault((product, variant), Counter())
        for dss, own in compare(product, variant, dss_answer, own_answer):
            if dss == own:
                counts["agree"] += 1
                passed += 1
                continue
            counts["same indication" if indication(dss) == indication(own) else "differ"] += 1
            reason = known.explains(product, variant, dss, own)
            if reason:
                passed += 1
                explained[product, variant, dss, own, reason] += 1
            else:
                detail = next((s.get("detail") for s in own_answer.get("report", {}).get("signatures", ()) if s.get("detail")), "")
                failures.append(f"{name}: {variant}: DSS says {dss}, ours {own} ({own_answer.get('error') or detail})")
    return cells, passed, failures, explained
