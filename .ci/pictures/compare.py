#!/usr/bin/env python3
"""Compares visible signatures as PDF readers show them with reviewed pictures.

The documents are those of TestGallery, signed anew. PDFium, MuPDF and Poppler show each; what is around the signature, in the default place
up to the corner of the page, is compared with golden/NAME.png in blocks, so that another way of smoothing letters does not count, and a line, a plate or a
place does. Run by ./build.sh pictures, in the environment of the readers.

    compare.py [--update] [--self-test]

--update writes the golden files as PDFium shows the documents: look at them before they are committed. --self-test proves that each picture
is told from every other one, from an empty page and from itself moved.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GOLDEN = HERE / "golden"
PYTHON = Path(os.environ.get("CACHE_DIR", ROOT / ".cache")) / "readers" / "venv" / "bin" / "python"
if Path(sys.executable) != PYTHON:
    os.execv(PYTHON, [str(PYTHON), __file__, *sys.argv[1:]])

import pymupdf  # noqa: E402: only the readers' environment has it
import pypdfium2  # noqa: E402

LEAST = 150  # comparisons, three of each picture, or the run says nothing
SCALE = 1.5  # pixels a point around a signature
MARGIN = 10  # points around a signature
CORNER = 40  # points around one in the default place, so that the corner of the page is there
BLOCK = 6  # pixels that are averaged
SAME, ALIKE = 24, 56  # of 255: the most that a block may differ, in the reader of the golden files and in another one


class Picture:
    """RGB pixels, eight bits a channel, row by row."""

    def __init__(self, width, height, samples):
        self.width, self.height, self.samples = width, height, samples

    @classmethod
    def of(cls, pixmap):
        if pixmap.alpha or pixmap.n != 3:
            pixmap = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.Pixmap(pixmap, 0) if pixmap.alpha else pixmap)
        return cls(pixmap.width, pixmap.height, bytes(pixmap.samples))

    def crop(self, box):
        left, top, right, bottom = box
        rows = [self.samples[3 * (y * self.width + left):3 * (y * self.width + right)] for y in range(top, bottom)]
        return Picture(right - left, bottom - top, b"".join(rows))

    def moved(self, by):
        """The picture further to the right, with its left edge repeated."""
        rows = []
        for y in range(self.height):
            row = self.samples[3 * y * self.width:3 * (y + 1) * self.width]
            rows.append(row[:3] * by + row[:-3 * by])
        return Picture(self.width, self.height, b"".join(rows))

    def blocks(self):
        """The mean of each channel in each block."""
        for top in range(0, self.height, BLOCK):
            rows = [self.samples[3 * y * self.width:3 * (y + 1) * self.width] for y in range(top, min(top + BLOCK, self.height))]
            for left in range(0, self.width, BLOCK):
                for channel in range(3):
                    values = [v for row in rows for v in row[3 * left + channel:3 * (left + BLOCK):3]]
                    yield sum(values) / len(values)

    def save(self, path):
        pymupdf.Pixmap(pymupdf.csRGB, self.width, self.height, self.samples, False).save(path)


def difference(one, other):
    """The most that a block differs; 255 for pictures of other sizes."""
    if (one.width, one.height) != (other.width, other.height):
        return 255
    return max(abs(a - b) for a, b in zip(one.blocks(), other.blocks()))


def pdfium(path, scale):
    document = pypdfium2.PdfDocument(path)
    document.init_forms()
    bitmap = document[0].render(scale=scale, rev_byteorder=True)
    samples, width = bytes(bitmap.buffer), 3 * bitmap.width
    rows = [samples[y * bitmap.stride:y * bitmap.stride + width] for y in range(bitmap.height)]
    picture = Picture(bitmap.width, bitmap.height, b"".join(rows))
    document.close()
    return picture


def mupdf(path, scale):
    with pymupdf.open(path) as document:
        return Picture.of(document[0].get_pixmap(matrix=pymupdf.Matrix(scale, scale), alpha=False))


def poppler(path, scale):
    drawn = subprocess.run(["pdftoppm", "-cropbox", "-r", str(72 * scale), "-singlefile", path], capture_output=True, check=True)
    return Picture.of(pymupdf.Pixmap(drawn.stdout))


def frame(path):
    """What is cut out of the page, in pixels: around the newest signature."""
    margin = CORNER if corner(path.stem) else MARGIN
    with pymupdf.open(path) as document:
        page = document[0]
        box = pymupdf.Rect()
        for widget in page.widgets():
            box = widget.rect * page.rotation_matrix
        box = (box + (-margin, -margin, margin, margin)) & page.rect
        return tuple(int(side * SCALE) for side in box)


def corner(name):
    return name.startswith("default-place")


def show(path, reader):
    left, top, right, bottom = frame(path)
    picture = reader(str(path), SCALE)
    return picture.crop((left, top, min(right, picture.width), min(bottom, picture.height)))


def signed(folder):
    command = ["go", "test", "./handler/internal/pades", "-count=1", "-run", "^TestGallery$", "-gallery", folder]
    subprocess.run(command, cwd=ROOT, check=True)
    return sorted(Path(folder).glob("*.pdf"))


def compare(documents):
    faults, compared = [], 0
    for path in documents:
        golden = GOLDEN / (path.stem + ".png")
        if not golden.exists():
            faults.append(f"{path.stem}: has no golden file: look at the picture, and run with --update")
            continue
        want = Picture.of(pymupdf.Pixmap(str(golden)))
        for name, reader, most in (("PDFium", pdfium, SAME), ("MuPDF", mupdf, ALIKE), ("Poppler", poppler, ALIKE)):
            got = show(path, reader)
            # Readers round the size of a page in different ways.
            if abs(got.width - want.width) <= 1 and abs(got.height - want.height) <= 1:
                size = (0, 0, min(got.width, want.width), min(got.height, want.height))
                off = difference(got.crop(size), want.crop(size))
            else:
                off = 255
            compared += 1
            if off > most:
                faults.append(f"{path.stem}: {name} shows it differently: a block differs by {off:.0f}, {most} at most")
    for stale in {p.stem for p in GOLDEN.glob("*.png")} - {p.stem for p in documents}:
        faults.append(f"{stale}: a golden file without a document")
    return faults, compared


def self_test():
    faults, checked = [], 0
    pictures = {p.stem: Picture.of(pymupdf.Pixmap(str(p))) for p in sorted(GOLDEN.glob("*.png"))}
    names = sorted(pictures)
    for at, name in enumerate(names):
        picture = pictures[name]
        blank = Picture(picture.width, picture.height, b"\xff" * len(picture.samples))
        others = [("an empty page", blank), ("itself, moved", picture.moved(BLOCK))]
        others += [(other, pictures[other]) for other in names[at + 1:] if not (corner(name) and corner(other))]
        for title, other in others:
            checked += 1
            if difference(picture, other) <= ALIKE:
                faults.append(f"{name}: is not distinguished from {title}")
    return faults, checked


def main():
    if "--self-test" in sys.argv:
        faults, count = self_test()
    else:
        with tempfile.TemporaryDirectory() as folder:
            documents = signed(folder)
            if "--update" in sys.argv:
                for path in documents:
                    show(path, pdfium).save(str(GOLDEN / (path.stem + ".png")))
            faults, count = compare(documents)
    if count < LEAST:
        faults.append(f"only {count} pictures were compared")
    for fault in faults:
        print(f"pictures: {fault}", file=sys.stderr)
    print(f"pictures: {count - len(faults)} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
