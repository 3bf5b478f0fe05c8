"""Prints what the validators said, and finds what must not be."""

from collections import Counter
from pathlib import Path

MOST_FAILED = 0.02  # of the real documents


def table(title, columns, rows):
    print(f"\n{title}")
    width = max(len(name) for name, _ in rows)
    print(" " * width, *(f"{column:>{max(7, len(column))}}" for column in columns))
    for name, cells in rows:
        print(f"{name:{width}}", *(f"{cell:>{max(7, len(column))}}" for column, cell in zip(columns, cells)))


def grid(title, names, judged, of):
    """Prints validator × what of gives for a case: accepted documents, and refused ones behind a minus."""
    good, bad, rows = Counter(), Counter(), {}
    for case, outcome in judged:
        rows[of(case)] = None
        for name, reasons, _ in outcome:
            (bad if reasons else good)[of(case), name] += 1
    table(title, names, [(row, [f"{good[row, n]}" + (f" -{bad[row, n]}" if bad[row, n] else "") for n in names]) for row in sorted(rows)])


def report_judgements(found, judged, limits, listed):
    """Prints validator × kind, level and key; returns how many judgements passed, and the failures but for those listed of real
    documents."""
    passed, failures, met = 0, [], Counter()
    pairs = list(zip(found, judged))
    for case, outcome in pairs:
        for name, reasons, allowed in outcome:
            passed += not reasons
            cause = listed.get((case.label, name)) if case.set == "corpus" else None
            failures += [f"{case.path.name}: {name}: {reason}" for reason in reasons if not (cause and cause.match(reason))]
            met.update((name, case.label) for _ in allowed[:1])
    names = [name for name, _, _ in judged[0]] if judged else []
    if names:
        grid("Signed documents, by kind of input: accepted -refused", names, pairs,
             lambda case: f"{case.set}: {case.label}" if case.set == "matrix" else case.set)
        grid("By level", names, pairs, lambda case: case.level)
        grid("By key", names, pairs, lambda case: case.key)
        grid("By place", names, pairs, lambda case: case.place)
    for (name, label), count in sorted(met.items()):
        print(f"a limit of {name}, which its own signature meets: {label} ({count}): {limits[label, name][1][:140]}")
    return passed, failures


def size_faults(signed, found, judged, missing, least):
    """What the suite lacks of the sizes that are promised: of signed documents, judged ones, and real ones that every validator accepts."""
    content = {case.source for case, outcome in zip(found, judged)
               if case.set == "corpus" and not any(reasons or allowed for _, reasons, allowed in outcome)}
    if len(signed) < least.signed:
        yield f"{len(signed)} signed documents, want at least {least.signed}"
    if len(found) < least.judged:
        yield f"{len(found)} judged documents, want at least {least.judged}"
    for line in missing:
        if line["set"] != "corpus":
            yield f"{Path(line['file']).name}: not signed: {line['error']}"
    if len(content) < least.real:
        yield f"{len(content)} real documents that every validator accepts, want at least {least.real}"


def real_documents(found, judged, missing, always=0):
    """The real documents: which of them a validator refuses though it accepts its own product's signature there; too many are a failure,
    where as many as always are never too many."""
    refused = {line["source"]: f"not signed: {line['error']}" for line in missing if line["set"] == "corpus"}
    every = {str(case.source) for case in found if case.set == "corpus"} | set(refused)
    limited = set()
    for case, outcome in zip(found, judged):
        if case.set == "corpus":
            for name, reasons, allowed in outcome:
                if reasons:
                    refused.setdefault(str(case.source), f"{name}: {reasons[0]}")
                if allowed:
                    limited.add(str(case.source))
    limited -= set(refused)
    for source, cause in sorted(refused.items()):
        print(f"real document refused: {Path(source).name}: {cause}")
    if every:
        accepted = len(every) - len(refused) - len(limited)
        print(f"\nReal documents: {len(every)}, of which every validator accepts {accepted}; on {len(limited)} one of them refuses its own "
              f"product's signature too; {len(refused)} failed ({len(refused) / len(every):.1%}, at most {MOST_FAILED:.0%} allowed)")
        if len(refused) > max(always, MOST_FAILED * len(every)):
            yield f"{len(refused)} of {len(every)} real documents fail"
