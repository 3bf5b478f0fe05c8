"""Finds the signatures of a PDF document in its bytes, knowing nothing of PDF but the shape of a signature dictionary.

The signer under test writes its signature dictionaries as plain objects at the end of the file, so a scan for /ByteRange is enough,
and shares no code and no idea with the signer's own reader.
"""

import re
from dataclasses import dataclass

BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


@dataclass(frozen=True)
class Signature:
    """One signature: where it lies, and the two things that it is made of."""

    byte_range: tuple  # the four numbers
    contents: bytes    # the CMS SignedData, without the padding behind it
    padded: int        # how many bytes fit into /Contents
    signed: bytes      # the bytes that it covers

    @property
    def end(self):
        """The length of the revision that it signs."""
        return self.byte_range[2] + self.byte_range[3]


class Malformed(Exception):
    """A signature dictionary that no signer should write."""


def der_length(data):
    """The length of the DER value that data begins with, header included."""
    if len(data) < 2 or data[0] != 0x30:
        raise Malformed("/Contents is not a DER SEQUENCE")
    if data[1] < 0x80:
        return 2 + data[1]
    size = data[1] & 0x7F
    if size == 0 or size > 4 or len(data) < 2 + size:
        raise Malformed("/Contents has no definite length")
    return 2 + size + int.from_bytes(data[2:2 + size], "big")


def signature(data, byte_range):
    """The signature of one /ByteRange; Malformed unless the gap is exactly one hexadecimal string."""
    a, b, c, d = byte_range
    if a != 0 or not a + b < c <= c + d <= len(data):
        raise Malformed(f"/ByteRange {list(byte_range)} does not fit a file of {len(data)} bytes")
    gap = data[a + b:c]
    if not re.fullmatch(rb"<[0-9A-Fa-f]*>", gap) or len(gap) % 2:
        raise Malformed(f"/ByteRange {list(byte_range)} leaves out something other than a hexadecimal string")
    raw = bytes.fromhex(gap[1:-1].decode())
    length = der_length(raw)
    if length > len(raw) or any(raw[length:]):
        raise Malformed("/Contents is cut short or padded with something other than zeros")
    return Signature(byte_range, raw[:length], len(raw), data[a:a + b] + data[c:c + d])


def signatures(data, start):
    """The signatures written behind an offset, in the order of their revisions.

    A signature dictionary that was copied there from an earlier revision is not one of them: it signs less than was there before.
    """
    found = {tuple(int(n) for n in match.groups()) for match in BYTE_RANGE.finditer(data, start)}
    return [signature(data, r) for r in sorted(found, key=lambda r: r[2] + r[3]) if r[2] + r[3] > start]
