"""Shows page 1 of PDF files with one reader: a name a line on standard input, a JSON object a line on standard output with the pixels
(RGB, base64) or an error.

    show.py poppler | mupdf | pdfium | ghostscript
"""

import base64
import json
import subprocess
import sys
import tempfile
from pathlib import Path

DOTS = 18  # an inch
SECONDS = 20


def plain(ppm):
    """The pixels of a PPM file of 8 bits."""
    at, fields = 2, []
    if ppm[:2] != b"P6":
        raise ValueError("no page was drawn")
    while len(fields) < 3:
        at += 1
        if ppm[at:at + 1] == b"#":
            at = ppm.index(b"\n", at)
            continue
        end = at
        while ppm[end:end + 1].isdigit():
            end += 1
        if end > at:
            fields.append(int(ppm[at:end]))
            at = end
    return ppm[at + 1:]


def poppler():
    def show(name):
        done = subprocess.run(["pdftoppm", "-r", str(DOTS), "-f", "1", "-l", "1", "-singlefile", name], capture_output=True, timeout=SECONDS)
        return plain(done.stdout)
    return show


def mupdf():
    import pymupdf
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)

    def show(name):
        with pymupdf.open(name) as document:
            return bytes(document[0].get_pixmap(dpi=DOTS, alpha=False).samples)
    return show


def pdfium():
    import pypdfium2

    def show(name):
        document = pypdfium2.PdfDocument(name)
        try:
            # Widgets are drawn by the form.
            document.init_forms()
            bitmap = document[0].render(scale=DOTS / 72, rev_byteorder=True, may_draw_forms=True)
            width, stride, samples = bitmap.width * 3, bitmap.stride, bytes(bitmap.buffer)
            return b"".join(samples[at:at + width] for at in range(0, len(samples), stride))
        finally:
            document.close()
    return show


# Reads names from standard input line by line: the interpreter itself would read piped input in blocks.
POSTSCRIPT = """
/names (%stdin) (r) file def
/show1 {{
  << /OutputFile ({page}) >> setpagedevice
  {{ run }} stopped pop clear
  << /OutputFile (/dev/null) >> setpagedevice
  (\\nshown) = flush
}} def
{{ names 4096 string readline not {{ quit }} if show1 }} loop
"""


def ghostscript():
    """One interpreter shows many files: to start it takes longer than to show a page."""
    folder = tempfile.mkdtemp()
    page = Path(folder, "page.ppm")
    process = subprocess.Popen(["gs", "-q", "-dNOPAUSE", "-dSAFER", "--permit-file-read=/*", f"--permit-file-write={folder}/", "-sDEVICE=ppmraw",
                                f"-r{DOTS}", "-dFirstPage=1", "-dLastPage=1", "-sOutputFile=/dev/null", "-c", POSTSCRIPT.format(page=page)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace")

    def show(name):
        page.unlink(missing_ok=True)
        process.stdin.write(f"{name}\n")
        process.stdin.flush()
        for line in process.stdout:
            if line == "shown\n":
                return plain(page.read_bytes() if page.exists() else b"")
        sys.exit("Ghostscript ended")
    return show


def main(reader):
    show = {"poppler": poppler, "mupdf": mupdf, "pdfium": pdfium, "ghostscript": ghostscript}[reader]()
    for line in sys.stdin:
        try:
            answer = {"pixels": base64.b64encode(show(line.rstrip("\n"))).decode()}
        except Exception as error:  # a reader may refuse a file with any exception
            answer = {"error": f"{type(error).__name__}: {error}"[:200]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
