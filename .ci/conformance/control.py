"""Tells a validator's limit from a fault of ours: what allowances.txt says of a document counts only where the validator's own product,
signing the same document with the same certificates at the highest level, gets the same answer from it, or cannot sign it at all."""

import json
from concurrent.futures import ProcessPoolExecutor

import foreign
import java
import judges
from judges import Case

LEVEL = "B-LTA"
KEY = "RSA-2048"


def documents(known, folders):
    """The (label, validator) pairs of the allowances whose document is there, each with the document."""
    for label, validator in sorted(known):
        source = next((path for path in (folder / f"{label}.pdf" for folder in folders) if path.exists()), None)
        if source:
            yield (label, validator), source


def sign(known, folders, sealed, folder):
    """Signs each of those documents with the validator's own product, as often as we do, while the trust services run. Returns
    {(label, validator): (case, why it cannot be signed or "")}."""
    folder.mkdir(parents=True, exist_ok=True)
    told, root = json.loads((sealed / "services.json").read_text()), sealed / "root.pem"
    cases = {key: Case(folder / f"{key[1]}--{key[0]}.pdf", source, 1 if key[1] == "dss" else 2, root, (), LEVEL, key[0])
             for key, source in documents(known, folders)}
    faults = {}
    mine = [key for key in cases if key[1] == "pyhanko"]
    with ProcessPoolExecutor() as pool:
        jobs = [(cases[key], sealed / "keys" / f"{KEY}.pem", told["tsa"]) for key in mine]
        faults.update(zip(mine, pool.map(sign_twice, jobs)))
    theirs = [key for key in cases if key[1] == "dss"]
    store = foreign.pkcs12_file(sealed / "keys" / f"{KEY}.pem")
    answers = java.work([{"do": "sign-dss", "file": str(cases[key].source), "out": str(cases[key].path), "key": str(store),
                          "password": foreign.PASSWORD, "root": str(root), "level": LEVEL, "tsa": told["tsa"]} for key in theirs])
    faults.update((key, answer.get("error", "")) for key, answer in zip(theirs, answers))
    others = [key for key in cases if key[1] not in ("pyhanko", "dss")]
    if others:
        raise ValueError(f"allowances for validators that sign nothing: {others}")
    return {key: (case, faults[key]) for key, case in cases.items()}


def sign_twice(job):
    """Signs with pyHanko what pyHanko signed."""
    case, pem_file, tsa = job
    source = case.source
    for field in ("Control1", "Control2"):
        one = foreign.Foreign(case.path, source, "pyhanko", case.level, KEY)
        with judges.patience():
            fault = foreign.sign_with_pyhanko(one, pem_file, tsa, field)
        if fault:
            return fault
        source = case.path
    return ""


def confirmed(known, signed, ask):
    """The allowances that hold, each with what the validator says of its own product: {(label, validator): (pattern, reason)}."""
    made = [case for case, fault in signed.values() if not fault]
    asked = {case.path: case for case in ask(made)}
    with ProcessPoolExecutor() as pool:
        jobs = [(key, asked[case.path]) for key, (case, fault) in signed.items() if not fault]
        reasons = dict(zip((key for key, _ in jobs), pool.map(objections, jobs)))
    held = {}
    for key, (_, fault) in signed.items():
        same = [reason for reason in reasons.get(key, ()) if known[key].match(reason)]
        if fault or same:
            held[key] = known[key], f"cannot sign it: {fault}" if fault else same[0]
    return held


def objections(job):
    """A validator's objections to its own product's signatures."""
    (_, validator), case = job
    return judges.judge(validator, case)
