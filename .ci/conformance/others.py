"""Our verifier on documents of other products, good and tampered, against EU DSS."""

import dataclasses
from pathlib import Path

import agreement
import tamper
from ask import ask, needed_lists
from judges import Case
from report import table
from rotation import core, share

HERE = Path(__file__).resolve().parent
TAMPERED_KINDS = ("table", "object-streams")
LEVEL = {"pkcs7": "B-B", "pkcs7-T": "B-T"}


def chosen(documents, root, folder, rotation):
    """The (case, variant) pairs of a rotation: every good document, every kind of tampering with each product's, and those whose turn it is."""
    good, tampered = [], []
    for one in documents:
        case = Case(one.path, one.source, 1, root, (), LEVEL.get(one.level, one.level), one.product)
        good.append((case, f"good {one.level}"))
        if one.source.stem in TAMPERED_KINDS:
            made = [(dataclasses.replace(case, path=path), variant) for variant, path, fault in tamper.variants(case, folder) if not fault]
            tampered += made
    wanted = {case.path for case, _ in core(tampered, traits) + share(tampered, name, rotation)}
    return good + [(case, variant) for case, variant in tampered if case.path in wanted]


def traits(pair):
    case, variant = pair
    return {("product", case.label), ("variant", variant)}


def name(pair):
    return pair[0].path.name


def compared(programs, made, folder, rotation):
    """Returns (passed, failures)."""
    folder.mkdir()
    asked = chosen(made.documents, made.root, folder, rotation)
    judged = ask(programs, [case for case, _ in asked], needed_lists(made.crls))
    results = [(case.label, variant, case.path.name, case.answer("dss"), case.answer("own")) for case, (_, variant) in zip(judged, asked)]
    cells, passed, failures, explained = agreement.report(results, HERE / "disagreements.txt")
    kinds = ("agree", "same indication", "differ")
    table(f"Documents of other products: {len(results)}; our verifier against EU DSS, by signature", kinds,
          [(f"{product}: {variant}", [counts[kind] for kind in kinds]) for (product, variant), counts in sorted(cells.items())])
    for (product, variant, dss, own, reason), count in sorted(explained.items()):
        print(f"explained: {product}: {variant}: DSS says {dss}, ours {own} ({count}): {reason}")
    return passed, [f"not signed by another product: {fault}" for fault in made.faults] + failures
