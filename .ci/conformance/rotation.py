"""Chooses the share of the conformance suite that one commit is judged by.

The whole suite takes longer than a change can wait. Commits that follow each other take the shares in turn, so that as many commits as
there are rotations judge every document. A core is judged every time.
"""

import hashlib
import itertools
import os
import subprocess
from dataclasses import dataclass

ROTATIONS = 10


@dataclass(frozen=True)
class Rotation:
    """The turn of one commit: share number of count, and what decided it."""

    number: int
    count: int = ROTATIONS
    reason: str = ""

    @property
    def whole(self):
        """Whether nothing is left out."""
        return self.count == 1


WHOLE = Rotation(0, 1)


def of_commit(folder, count=ROTATIONS):
    """The turn of the commit that is checked out in a folder, of so many; ROTATION=k in the environment goes before it."""
    named = os.environ.get("ROTATION")
    if named:
        if not named.isdecimal() or int(named) >= count:
            raise ValueError(f"ROTATION={named}: want a number from 0 to {count - 1}")
        return Rotation(int(named), count, reason="ROTATION says so")
    commit = git(folder, "rev-parse", "HEAD")
    if not commit:
        return Rotation(0, count, reason="no commit is checked out here")
    if git(folder, "rev-parse", "--is-shallow-repository") == "true":
        # The length of the history is unknown here. Over many commits a digest also reaches every turn, but not in order.
        return Rotation(int(commit, 16) % count, count, reason=f"the digest of commit {commit[:12]} in a shallow clone")
    place = int(git(folder, "rev-list", "--count", "--first-parent", commit))
    return Rotation(place % count, count, reason=f"commit {commit[:12]} is number {place} of its line")


def git(folder, *command):
    """What git prints, or "" when it fails. The folder may belong to another user than the one who runs the check."""
    done = subprocess.run(["git", "-c", "safe.directory=*", *command], cwd=folder, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def share(items, label, rotation):
    """The items whose turn it is, in an order without meaning. Whose turn it is depends on the label alone, so that a new document moves no
    other."""
    mine = [item for item in items if digest(label(item)) % rotation.count == rotation.number]
    return sorted(mine, key=lambda item: digest(label(item)))


def digest(label):
    return int.from_bytes(hashlib.sha256(label.encode()).digest())


def core(items, traits):
    """Few items that have every pair of traits that any item has; traits gives a set for an item."""
    offered = [(item, pairs(traits(item))) for item in items]
    wanted = set().union(*(covered for _, covered in offered))
    chosen = []
    while wanted:
        best, covered = max(offered, key=lambda offer: len(wanted & offer[1]))
        chosen.append(best)
        wanted -= covered
    return chosen


def pairs(traits):
    """Every two of some traits."""
    return set(itertools.combinations(sorted(traits), 2))
