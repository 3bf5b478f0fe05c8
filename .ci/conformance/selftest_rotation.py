"""Proves that the rotations together are the whole suite, and that a commit decides which of them it is."""

import os
import subprocess
from pathlib import Path

import suite
from judges import LEVELS, Case
from rotation import ROTATIONS, WHOLE, of_commit
from tampering import sample

KINDS, KEYS, REAL = 12, 5, 200


def matrix():
    """Cases as handler/cmd/sealmatrix plans them."""
    for kind in range(KINDS):
        for number, level in enumerate(LEVELS):
            for key in range(KEYS):
                for count in (1, 2):
                    yield case(f"kind-{kind}--{level}-key-{key}.{count}", "matrix", f"kind-{kind}", level, f"key-{(key + count) % KEYS}", count)
            yield case(f"kind-{kind}--{level}-visible.1", "matrix", f"kind-{kind}", level, f"key-{number}", 1, True)
    for number in range(REAL):
        yield case(f"corpus--{number}.2", "corpus", f"real-{number}", LEVELS[-1], f"key-{number % KEYS}", 2)


def case(name, part, label, level, key, count, visible=False):
    path = Path(f"{name}.pdf")
    return Case(path, path, count, path, (), level, label, part, key, visible)


def stories(folder):
    """(What is wrong, whether it was noticed), or (what is right, whether it holds)."""
    every = list(matrix())
    yield "the rotations together are the suite, and each has the core", not list(suite.uncovered(every))
    thin = max(len(suite.selected(every, turn)) for turn in turns())
    yield f"a rotation judges {thin} of {len(every)} documents: less than 40 %", thin < 0.4 * len(every)
    yield "the whole suite leaves nothing out", suite.selected(every, WHOLE) == every
    yield "a document in no rotation", bool(list(suite.uncovered(every, lambda found, turn: suite.selected(found[1:], turn))))
    yield "a rotation without its core", bool(list(suite.uncovered(every, lambda found, turn: suite.share(found, name, turn))))
    yield "a rotation without real documents", bool(list(suite.uncovered(every, without_real)))
    yield "each rotation tampers with a document of each level", all(
        {one.level for one in sample(suite.selected(every, turn), turn)} == set(LEVELS) for turn in turns())
    rotated = {name(one) for turn in turns() for one in sample(suite.selected(every, turn), turn)}
    yield "the whole suite tampers with what the rotations do", {name(one) for one in sample(every, WHOLE)} == rotated
    yield from commits(folder / "line")


def turns():
    return [suite.Rotation(number) for number in range(ROTATIONS)]


def name(one):
    return one.path.name


def without_real(found, turn):
    return [one for one in suite.selected(found, turn) if one.set == "matrix" or turn.number]


def commits(folder):
    """Commits that follow each other take turns; a shallow clone has a turn too; a wrong name is refused."""
    git(folder.parent, "init", "-q", folder.name)
    numbers = []
    for _ in range(ROTATIONS):
        git(folder, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "--allow-empty", "-m", "x")
        numbers.append(number_of(folder))
    yield "commits in a row take all rotations", sorted(numbers) == list(range(ROTATIONS))
    git(folder.parent, "clone", "-q", "--depth", "1", f"file://{folder}", "shallow")
    shallow = number_of(folder.parent / "shallow")
    yield "a shallow clone has a rotation, and the same again", shallow == number_of(folder.parent / "shallow") and shallow in numbers
    yield "ROTATION names a rotation", [number_of(folder, str(number)) for number in numbers] == numbers
    yield "a rotation that there is not", all(number_of(folder, wrong) is None for wrong in (str(ROTATIONS), "-1", "x", "²"))


def git(folder, *command):
    subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)


def number_of(folder, named=""):
    """The rotation of a folder where ROTATION has that value; None where it is refused."""
    before = os.environ.get("ROTATION", "")
    os.environ["ROTATION"] = named
    try:
        return of_commit(folder).number
    except ValueError:
        return None
    finally:
        os.environ["ROTATION"] = before
