"""Runs the PDF readers: each as processes of its own that show many files, and that are started again when they die or hang."""

import base64
import contextlib
import json
import os
import select
import signal
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("CACHE_DIR", HERE.parent.parent / ".cache")) / "readers"
NAMES = ("poppler", "mupdf", "pdfium", "ghostscript", "pdfjs")
SECONDS = 30  # for one file
BATCH = 200  # files for one process


class Reader:
    """One process of a reader."""

    def __init__(self, name):
        command = [CACHE / "venv" / "bin" / "python", HERE / "show.py", name]
        if name == "pdfjs":
            command = ["node", CACHE / "node" / "pdfjs.mjs"]
        self.folder = tempfile.TemporaryDirectory()
        # In a session of its own, so that everything that the reader has started ends with it.
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        env=os.environ | {"TMPDIR": self.folder.name}, start_new_session=True)

    def show(self, path):
        """The pixels of page 1 or what the reader has against the file; None when the process died or hangs."""
        try:
            self.process.stdin.write(f"{path}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        if not select.select([self.process.stdout], [], [], SECONDS)[0]:
            return None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()
        self.folder.cleanup()


def show_batch(name, paths):
    """What one reader shows of some files: {path: pixels}, None where it shows nothing."""
    shown, reader = {}, Reader(name)
    try:
        for path in paths:
            answer = reader.show(path)
            if answer is None:
                reader.close()
                reader = Reader(name)
                answer = reader.show(path) or {}  # it may have died of the files before
            pixels = answer.get("pixels")
            shown[path] = base64.b64decode(pixels) if pixels else None
    finally:
        reader.close()
    return shown


def show(paths, names=NAMES):
    """What the readers show of files: {(reader, path): pixels}, None where it shows nothing."""
    paths = list(dict.fromkeys(map(str, paths)))
    batches = [(name, paths[at:at + BATCH]) for at in range(0, len(paths), BATCH) for name in names]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda batch: show_batch(*batch), batches)
        return {(name, path): pixels for (name, _), shown in zip(batches, results) for path, pixels in shown.items()}
