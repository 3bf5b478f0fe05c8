"""Gathers real documents: those of all packages of the corpus, of the collections of ../corpus/collections.txt, and of other folders."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

LISTING = Path(__file__).resolve().parent.parent / "corpus" / "collections.txt"
HOME = "https://github.com"
SECONDS = 300  # for one collection


def collections(listing=LISTING):
    """The (repository, commit) pairs of the listing."""
    for line in listing.read_text().splitlines():
        if line and not line.startswith("#"):
            repository, commit = line.split()
            yield repository, commit


def cloned(repository, commit, cache):
    """The folder of a collection's documents, which are fetched once, at that commit alone; None if it cannot be fetched."""
    folder = cache / f"{repository.replace('/', '+')}-{commit[:12]}"
    partial = folder.with_suffix(".partial")
    if folder.exists():
        return folder
    print(f"refusals: fetching {repository}", flush=True)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)

    def git(*command):
        subprocess.run(["git", "-C", str(partial), *command], check=True, timeout=SECONDS, stdin=subprocess.DEVNULL)

    git("init", "--quiet")
    try:
        git("fetch", "--quiet", "--depth", "1", f"{os.environ.get('COLLECTIONS', HOME)}/{repository}", commit)
        # Only documents are checked out: other names in a repository may differ only in case, or be invalid on this system.
        git("checkout", "--quiet", "FETCH_HEAD", "--", ":(icase,glob)**/*.pdf")
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as fault:
        print(f"refusals: {repository} cannot be fetched: {fault}", file=sys.stderr)
        return None
    shutil.rmtree(partial / ".git")
    partial.rename(folder)
    return folder


def gather(cache, folders, into):
    """Links every document into a folder, once, under a name that says where it is from: ({source: count}, sources left out)."""
    sources = {"packages": cache / "corpus" / "packages"}
    sources |= {repository: cloned(repository, commit, cache / "collections") for repository, commit in collections()}
    sources |= {str(folder): folder for folder in folders}
    into.mkdir(parents=True)
    seen, counts = set(), {}
    missing = [source for source, folder in sources.items() if folder is None]
    for source, folder in sources.items():
        if folder is None:
            continue
        for path in sorted(folder.rglob("*.[pP][dD][fF]")):
            if path.is_symlink() or not path.is_file():
                continue
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if digest in seen:
                continue
            seen.add(digest)
            counts[source] = counts.get(source, 0) + 1
            name = re.sub(r"[^A-Za-z0-9._-]+", "_", "--".join(path.relative_to(folder).parts)).removesuffix(path.suffix)
            (into / f"{Path(source).name}--{name[-120:]}-{digest[:8]}.pdf").symlink_to(path.resolve())
    return counts, missing
