#!/usr/bin/env python3
"""Holds what our verifier says of documents with a later revision against what PDF readers show of them.

    .ci/readers/compare.py [--all | --random N [--seed N] | --half N] [--place TEXT] [--work DIR]
    .ci/readers/compare.py --self-test            prove that the comparison can fail

Each document of handler/cmd/hiddenchanges is a signed one with a later revision. Page 1 is shown by five readers, and what they show of
the signed revision alone is the measure: a document that any of them shows differently, or not at all, must not pass. An honest writer's
revision must pass, and all readers must show what they did before. With --all each place goes with each quirk; of those, only what passes
is written and shown. So it is with --random, which makes documents of any quirks and changes some bytes besides. With --half all that
passes is shown, and of what does not pass the odd or the even half.

Exits 0 when nothing failed. Needs .ci/readers/install.sh to have run.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
import readers  # noqa: E402

TOP = Path(__file__).resolve().parent.parent.parent
LEAST = 900  # documents
TOLERANCE = 24  # of 255: what may differ in a colour
SECONDS = 1800
START = time.monotonic()


def say(text):
    print(f"[{time.monotonic() - START:5.0f}s] {text}", flush=True)


def make(folder, choice=()):
    """Makes the documents; gives the lines of their manifest."""
    subprocess.run(["go", "build", "-o", f"{folder}/", "./handler/cmd/hiddenchanges", "./handler/cmd/verifyfiles"], cwd=TOP, check=True)
    subprocess.run([f"{folder}/hiddenchanges", *choice, f"{folder}/files"], check=True, timeout=SECONDS)
    return [json.loads(line) for line in (folder / "files" / "manifest.jsonl").read_text().splitlines()]


def judge(folder, paths):
    """What our verifier says of the signature of each document: {path: (passed, text)}."""
    done = subprocess.run([f"{folder}/verifyfiles", "-root", f"{folder}/files/root.pem"], input="".join(f"{path}\n" for path in paths),
                          stdout=subprocess.PIPE, text=True, timeout=SECONDS, check=True)
    verdicts = {}
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        found = [one for one in (answer.get("report") or {}).get("signatures", []) if one["field"] == "Signature1"]
        text = answer.get("error") or (f"{found[0]['indication']} {found[0].get('detail', '')}" if found else "no signature")
        verdicts[answer["file"]] = (bool(found) and found[0]["indication"] == "TOTAL-PASSED", text.strip())
    if set(verdicts) != set(paths):
        sys.exit("readers: our verifier did not judge every document")
    return verdicts


def compare(before, after):
    """What a reader shows after a revision, held against what it showed before: same, other or nothing."""
    if after is None:
        return "same" if before is None else "nothing"
    if before is None or len(before) != len(after):
        return "other"
    return "other" if any(abs(one - old) > TOLERANCE for one, old in zip(before, after)) else "same"


def settle(lines, verdicts, shown, names):
    """Sets what is wrong with each document beside what each reader shows: (failures, {file: {reader: same | other | nothing}})."""
    failures, pictures = [], {}
    for line in lines:
        path, passed = line["file"], verdicts[line["file"]][0]
        title = f"{line['kind']} / {line['place']} / {line['quirk']}"
        pictures[path] = {name: compare(shown[name, line["reference"]], shown[name, path]) for name in names}
        odd = {name: what for name, what in pictures[path].items() if what != "same"}
        if passed and odd:
            failures.append((line, f"{title}: passes, but {', '.join(f'{name} shows {what}' for name, what in odd.items())}"))
        elif line.get("honest") and not passed:
            failures.append((line, f"{title}: an honest revision does not pass: {verdicts[path][1]}"))
        elif line.get("honest") and odd:
            failures.append((line, f"{title}: an honest revision is shown differently: {odd}"))
        elif line["place"] == "listed" and line["quirk"] == "none" and len(odd) != len(names):
            failures.append((line, f"{title}: what changes for all readers is shown as before by {set(names) - set(odd)}"))
    return failures, pictures


def table(title, lines, pictures, verdicts, key, names):
    """Prints how many documents each reader shows otherwise, and how many of them pass."""
    shown, passing, rows = Counter(), Counter(), {}
    for line in lines:
        for name, what in pictures[line["file"]].items():
            row = rows.setdefault(line[key], Counter())
            row["all"] += name == names[0]
            if what != "same":
                shown[line[key], name] += 1
                passing[line[key], name] += verdicts[line["file"]][0]
    width = max(map(len, rows))
    print(f"\n{title} (documents that a reader shows otherwise, and with a ! those of them that pass)")
    print(f"{'':{width}} {'all':>5}", *(f"{name:>12}" for name in names))
    for row in sorted(rows):
        cells = (f"{shown[row, name]}" + (f" !{passing[row, name]}" if passing[row, name] else "") for name in names)
        print(f"{row:{width}} {rows[row]['all']:>5}", *(f"{cell:>12}" for cell in cells))


def chosen(lines, verdicts, half):
    """The documents to be shown: all, or those that pass or should, and each second of the others, by the digest of what it is."""
    def turn(line):
        title = f"{line['kind']} / {line['place']} / {line['quirk']}"
        return hashlib.sha256(title.encode()).digest()[0] % 2
    return [line for line in lines if half is None or line.get("honest") or verdicts[line["file"]][0]
            or turn(line) == half % 2]


def run(folder, choice, half=None, names=readers.NAMES):
    lines = make(folder, choice)
    say(f"{len(lines)} documents of {len({line['reference'] for line in lines})} signed ones")
    references = sorted({line["reference"] for line in lines})
    verdicts = judge(folder, references + [line["file"] for line in lines])
    say(f"{sum(verdicts[line['file']][0] for line in lines)} of them pass")
    faults = [f"{path}: the signed revision alone does not pass: {verdicts[path][1]}" for path in references if not verdicts[path][0]]
    lines = chosen(lines, verdicts, half)
    asked = [line["file"] for line in lines]
    shown = readers.show(references + asked, names)
    # Not all readers need to show what an attacker prepared.
    plain = {line["reference"] for line in lines if not f"{line['place']} {line['quirk']}".count("signed, ")}
    faults += [f"{name} does not show {path}, which is only signed" for path in sorted(plain) for name in names if shown[name, path] is None]
    say(f"{len(asked)} documents shown by {', '.join(names)}")
    failures, pictures = settle(lines, verdicts, shown, names)
    for key in ("kind", "place", "quirk")[:1 if "-random" in choice else 3]:
        table(key, lines, pictures, verdicts, key, names)
    if len(lines) < LEAST and not choice:
        faults.append(f"{len(lines)} documents shown, where at least {LEAST} are wanted")
    return faults, failures


def self_test(folder):
    """Proves with documents of the comparison that each kind of failure is found."""
    lines = make(folder)
    of = {(line["place"], line["quirk"]): line for line in lines if line["kind"] == "tables"}
    changed, same = of["listed", "none"], of["nowhere", "none"]
    honest = next(line for line in lines if line.get("honest"))
    shown = readers.show([line[key] for line in (changed, same, honest) for key in ("file", "reference")])
    true = {line["file"]: (True, "forced") for line in (changed, same, honest)}
    false = {path: (False, "forced") for path in true}
    silent = {key: None if key == ("mupdf", same["file"]) else pixels for key, pixels in shown.items()}
    blind = {(name, path): shown[name, changed["reference"]] if (name, path) == ("pdfjs", changed["file"]) else pixels
             for (name, path), pixels in shown.items()}
    cases = {
        "a document that shows something else passes": (changed, true, shown, 1),
        "the same document does not pass": (changed, false, shown, 0),
        "a document that shows what was signed passes": (same, true, shown, 0),
        "a document that a reader does not show passes": (same, true, silent, 1),
        "a reader does not see what changed": (changed, false, blind, 1),
        "an honest revision does not pass": (honest, false, shown, 1),
        "an honest revision passes": (honest, true, shown, 0),
    }
    verdicts = {line["file"]: (line["quirk"] == "none", "forced") for line in lines}
    halves = [{line["file"] for line in chosen(lines, verdicts, half)} for half in (0, 1)]
    both = {line["file"] for line in lines if line.get("honest") or verdicts[line["file"]][0]}
    whole = halves[0] | halves[1] == set(verdicts) and halves[0] & halves[1] == both
    print(f"{'ok  ' if whole else 'FAIL'} the two halves are the whole, and what passes or should is in both")
    failed = 0 if whole else 1
    for name, (line, verdicts, pixels, want) in cases.items():
        found = [text for _, text in settle([line], verdicts, pixels, readers.NAMES)[0]]
        failed += len(found) != want
        print(f"{'ok  ' if len(found) == want else 'FAIL'} {name}: {found}, {want} wanted")
    return failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true", help="each place with each quirk, as far as it passes")
    parser.add_argument("--random", type=int, metavar="N", help="N documents of random quirks, as far as they pass")
    parser.add_argument("--half", type=int, metavar="N", help="N odd or even: of what does not pass, that half alone")
    parser.add_argument("--place", metavar="TEXT", help="the places with this text in their name alone")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of --random; the time without it")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--work", help="keep the documents there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.work or temporary).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        if options.self_test:
            sys.exit(self_test(folder))
        choice = ["-all"] if options.all else ["-random", str(options.random), "-seed", str(options.seed)] if options.random else []
        choice += ["-place", options.place] if options.place else []
        faults, failures = run(folder, choice, options.half)
    print()
    for text in faults + [text for _, text in failures]:
        print(f"FAIL {text}")
    say(f"{len(faults) + len(failures)} failures")
    sys.exit(bool(faults or failures))


if __name__ == "__main__":
    main()
