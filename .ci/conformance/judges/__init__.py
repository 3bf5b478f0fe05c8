"""The validators that judge a signed document: each gives the reasons why it does not accept it, none when it does.

No validator here was written beside the signer. One that joins gets a function from a case to its reasons, and a line in JUDGES.
"""

import re
import signal
from contextlib import contextmanager
from pathlib import Path

from .asked import dss, own, pdfbox, verapdf
from .by_pyhanko import pyhanko
from .case import LEVELS, Case
from .form import form, prefix
from .programs import openssl, pdfsig, qpdf

__all__ = ["ASKED", "JUDGES", "LEVELS", "STRICT", "Case", "allowances", "judge", "patience"]

SECONDS = 240
JUDGES = {
    "prefix": prefix, "form": form, "pdfsig": pdfsig, "qpdf": qpdf, "openssl": openssl, "pyhanko": pyhanko, "dss": dss,
    "pdfbox": pdfbox, "verapdf": verapdf, "own": own,
}
# The judges that check many documents in one run, before the cases are judged.
ASKED = ("dss", "pdfbox", "verapdf", "own")
# qpdf, veraPDF and the form checks do not check digests. These judges claim to verify signatures; the last one is ours.
STRICT = ("pdfsig", "openssl", "pyhanko", "dss", "pdfbox", "own")


def judge(name, case):
    """The reasons of one validator; a validator that fails itself, or does not answer in time, has not accepted."""
    reasons = []
    try:
        with patience():
            for reason in JUDGES[name](case):
                reasons.append(reason)
    except Exception as fault:  # hostile bytes can end any parser anywhere
        reasons.append(f"{type(fault).__name__}: {fault}")
    return reasons


@contextmanager
def patience():
    """Raises TimeoutError when the body does not end in time. For the main thread of a process."""
    def end(*_):
        raise TimeoutError(f"no answer in {SECONDS} seconds")

    signal.signal(signal.SIGALRM, end)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)


def allowances(listing):
    """The lines of allowances.txt or failures.txt: {(document or kind of input, validator): pattern of the reason}."""
    known = {}
    for line in Path(listing).read_text().splitlines():
        if line and not line.startswith("#"):
            document, validator, pattern = line.split(None, 2)
            known[document, validator] = re.compile(pattern)
    return known
