"""Asks the Java judge (../validators/java) in one process for many jobs."""

import json
import subprocess
from pathlib import Path

JUDGE = Path(__file__).resolve().parent.parent / "validators" / "java" / "judge.sh"
SECONDS = 3600


def work(jobs):
    """The answers to jobs, in their order."""
    lines = "".join(json.dumps({**job, "number": number}) + "\n" for number, job in enumerate(jobs))
    done = subprocess.run([str(JUDGE)], input=lines.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS)
    answers = [{**job, "error": "no answer"} for job in jobs]
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        answer = json.loads(line)
        answers[answer["number"]] = answer
    if done.returncode:
        raise RuntimeError(f"the Java judge ended with {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-500:]}")
    return answers


def judge(validators, paths, root, crls=()):
    """What each validator says of each file: {(validator, path): answer}."""
    pairs = [(name, path) for path in dict.fromkeys(map(str, paths)) for name in validators]
    jobs = [{"do": name, "file": path, "root": str(root), "crls": [str(crl) for crl in crls]} for name, path in pairs]
    return dict(zip(pairs, work(jobs)))
