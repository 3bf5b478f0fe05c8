"""EU DSS, PDFBox with BouncyCastle, veraPDF and our own verifier. They were asked about all documents in one go: see ask.py."""

BASELINE = {"B-B": "PAdES-BASELINE-B", "B-T": "PAdES-BASELINE-T", "B-LT": "PAdES-BASELINE-LT", "B-LTA": "PAdES-BASELINE-LTA"}


def by_range(answer):
    """The signatures of a validator's answer by their byte range."""
    if "error" in answer:
        raise ValueError(answer["error"])
    return {tuple(one.get("byte_range") or ()): one for one in answer["signatures"]}


def dss(case):
    """EU DSS with its default policy: TOTAL-PASSED, and the level that was asked for."""
    after = by_range(case.answer("dss"))
    ours, timestamps = case.ours(), case.timestamps()
    if len(ours) != case.count:
        yield f"{len(ours)} signatures of ours, want {case.count}"
    for number, one in enumerate(ours, 1):
        found = after.get(one.byte_range, {"indication": "not found"})
        if found["indication"] != "TOTAL-PASSED":
            yield f"signature {number}: {found['indication']} {found.get('sub_indication')}: {'; '.join(found.get('errors', ()))}"
        elif found["level"] != BASELINE[case.level]:
            yield f"signature {number}: level {found['level']}"
    for number, one in enumerate(timestamps, 1):
        found = after.get(one.byte_range, {"indication": "not found"})
        if found["indication"] != "PASSED":
            yield f"document timestamp {number}: {found['indication']} {found.get('sub_indication')}: {'; '.join(found.get('errors', ()))}"


def pdfbox(case):
    """PDFBox and BouncyCastle."""
    after = by_range(case.answer("pdfbox"))
    if len(case.ours()) != case.count:
        yield f"{len(case.ours())} signatures of ours, want {case.count}"
    for number, one in enumerate(case.added(), 1):
        for fault in after.get(one.byte_range, {"faults": ["not found"]})["faults"]:
            yield f"signature {number}: {fault}"


def verapdf(case):
    """A document that was PDF/A or PDF/UA is it still."""
    before, after = case.answer("verapdf", case.source), case.answer("verapdf")
    if before.get("compliant") and not after.get("compliant"):
        yield f"no longer {before['flavour']}: {after.get('error') or '; '.join(after.get('failed', ()))}"


def own(case):
    """Our own verifier, which must accept what the others accept."""
    report = case.answer("own").get("report", {})
    after = by_range({**case.answer("own"), **report})
    ours, timestamps = case.ours(), case.timestamps()
    if len(ours) != case.count:
        yield f"{len(ours)} signatures of ours, want {case.count}"
    for number, one in enumerate(ours + timestamps, 1):
        found = after.get(one.byte_range)
        if found is None:
            yield f"signature {number}: not found"
            continue
        if found["indication"] != "TOTAL-PASSED":
            yield f"signature {number}: {found['indication']} {found.get('sub_indication')}: {found.get('detail')}"
        elif one in ours and found.get("level") != case.level:
            yield f"signature {number}: level {found.get('level')}, want {case.level}"
        if found["changes_after"] not in ("none", "dss", "signature"):
            yield f"signature {number}: changed afterwards: {found['changes_after']}"
        elif number == len(ours) and one in ours and found["changes_after"] == "signature":
            yield f"signature {number}: changed afterwards by a signature that is not there"
        later = report.get("revisions", [])[found.get("revision", 0):]
        if (later[-1]["end"] if later else one.end) != case.path.stat().st_size:
            yield f"signature {number}: neither it nor a later revision goes to the end of the file"
        if any(revision["change"] == "none" for revision in later):
            yield f"signature {number}: bytes after it that belong to no signature and no validation data"
