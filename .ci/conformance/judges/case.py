"""The document that is judged."""

from dataclasses import dataclass, field
from pathlib import Path

from asn1crypto import cms

from signed_document import signatures

LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")
TAIL_ONLY = "the last signature does not cover the whole file"


@dataclass(frozen=True)
class Case:
    """A signed document to be judged."""

    path: Path       # the signed document
    source: Path     # the document before our signatures: every byte of it must still be there
    count: int       # how many signatures we added
    root: Path       # PEM file of the trust anchors
    revisions: tuple = field(default=())  # the documents after each earlier signature of ours, when they are at hand
    level: str = "B-B"
    label: str = ""  # what the tables and allowances call it: kind of input, or name of the document
    set: str = ""    # matrix or corpus
    key: str = ""
    visible: bool = False
    answers: dict = field(default_factory=dict, compare=False)  # of those who were asked in one go: {(validator, path): answer}

    @property
    def place(self):
        """Which of our signatures it is about, or how it looks."""
        return "visible" if self.visible else f"signature {self.count}"

    def added(self):
        """The signatures and document timestamps that we added."""
        return signatures(self.path.read_bytes(), self.source.stat().st_size)

    def ours(self):
        """The signatures that we added."""
        return [one for one in self.added() if not is_timestamp(one)]

    def timestamps(self):
        """The document timestamps that we added."""
        return [one for one in self.added() if is_timestamp(one)]

    def has(self, level):
        """Whether the case is of that level or a higher one."""
        return LEVELS.index(self.level) >= LEVELS.index(level)

    def answer(self, validator, path=None):
        """What a validator that was asked in one go says of the document, or of another one."""
        return self.answers.get((validator, str(path or self.path))) or {"error": "was not asked"}


def is_timestamp(one):
    """Whether a signature is a document timestamp: RFC 3161 token in /Contents."""
    try:
        return cms.ContentInfo.load(one.contents)["content"]["encap_content_info"]["content_type"].native == "tst_info"
    except (ValueError, TypeError, KeyError):
        return False
