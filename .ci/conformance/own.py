"""Builds and runs the programs of the product that make and judge files: handler/cmd/sealmatrix and handler/cmd/verifyfiles."""

import json
import subprocess
from contextlib import contextmanager
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
SECONDS = 1800


def build(folder):
    """Builds both programs into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "build", "-o", f"{folder}/", "./handler/cmd/sealmatrix", "./handler/cmd/verifyfiles"], cwd=TOP, check=True)


@contextmanager
def sealed(programs, inputs, corpus, output, *more):
    """Signs everything; the trust services run until the context ends, and the CRLs of all authorities are in output then."""
    options = (["-inputs", str(inputs)] if inputs else []) + (["-corpus", str(corpus)] if corpus else []) + list(more)
    with subprocess.Popen([str(programs / "sealmatrix"), *options, str(output)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        for line in process.stdout:
            if line == "ready\n":
                break
            print(f"sealmatrix: {line}", end="")
        try:
            yield
        finally:
            process.stdin.close()
            process.wait(timeout=60)
    if process.returncode:
        raise RuntimeError(f"sealmatrix ended with {process.returncode}")


def manifest(output):
    """The lines of the manifest."""
    return [json.loads(line) for line in (output / "manifest.jsonl").read_text().splitlines()]


def verify(programs, paths, root, crls=()):
    """What our verifier says of each file: {("own", path): answer}."""
    paths = list(dict.fromkeys(map(str, paths)))
    lists = [option for crl in crls for option in ("-crl", str(crl))]
    done = subprocess.run([str(programs / "verifyfiles"), "-root", str(root), *lists], input="".join(f"{path}\n" for path in paths),
                          stdout=subprocess.PIPE, text=True, timeout=SECONDS)
    answers = {("own", path): {"error": f"no answer; exit status {done.returncode}"} for path in paths}
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        answers["own", answer["file"]] = answer
    return answers
