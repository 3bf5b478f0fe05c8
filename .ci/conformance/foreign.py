"""Documents that other products sign at every level, with our test authority's certificates and services: what our verifier is tried on."""

import asyncio
import io
import json
import logging
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from asn1crypto import keys, pem, x509
from cryptography import x509 as certificates
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import HTTPTimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

import java

LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")
KINDS = ("table", "object-streams", "form", "linearised", "pdfa-2b", "rotated-cropped")
PASSWORD = "foreign"


@dataclass(frozen=True)
class Foreign:
    """One document that another product signed."""

    path: Path
    source: Path
    product: str
    level: str  # B-B …, or "pkcs7" and "pkcs7-T"
    key: str


def parts(pem_file):
    """The private key and the chain of a PEM file, DER."""
    blocks = list(pem.unarmor(pem_file.read_bytes(), multiple=True))
    return blocks[0][2], [der for _, _, der in blocks[1:]]


def pkcs12_file(pem_file):
    """Writes the same as PKCS#12, which Java reads."""
    key, chain = parts(pem_file)
    leaf, *others = (certificates.load_der_x509_certificate(der) for der in chain)
    path = pem_file.with_suffix(".p12")
    path.write_bytes(pkcs12.serialize_key_and_certificates(
        b"key", serialization.load_der_private_key(key, None), leaf, others,
        serialization.BestAvailableEncryption(PASSWORD.encode())))
    return path


def sign_with_pyhanko(one, pem_file, tsa, field="Foreign"):
    """Signs with pyHanko; the reason when it cannot."""
    logging.disable(logging.CRITICAL)
    try:
        key, chain = parts(pem_file)
        leaf, *others = (x509.Certificate.load(der) for der in chain)
        store = SimpleCertificateStore()
        store.register_multiple(others)
        signer = signers.SimpleSigner(signing_cert=leaf, signing_key=keys.PrivateKeyInfo.load(key), cert_registry=store,
                                      prefer_pss=one.key == "RSA-PSS")
        # At B-B nothing is fetched, so a slow responder must not keep a document from being signed.
        context = None if one.level == "B-B" else ValidationContext(trust_roots=[others[-1]], other_certs=others, allow_fetching=True)
        meta = signers.PdfSignatureMetadata(
            field_name=field, subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256",
            embed_validation_info=one.level in ("B-LT", "B-LTA"), use_pades_lta=one.level == "B-LTA", validation_context=context)
        stamper = None if one.level == "B-B" else HTTPTimeStamper(tsa, timeout=60)
        writer = IncrementalPdfFileWriter(io.BytesIO(one.source.read_bytes()), strict=False)
        if writer.prev.encrypted:
            writer.encrypt(b"")
        out = io.BytesIO()
        asyncio.run(signers.PdfSigner(meta, signer, timestamper=stamper).async_sign_pdf(writer, output=out))
        one.path.write_bytes(out.getvalue())
    except Exception as fault:  # any exception is reported as the reason
        return f"{type(fault).__name__}: {fault}"
    return ""


def planned(inputs, folder, names):
    """Every product × level × kind, the kinds of key in turn."""
    ladders = {"pyhanko": LEVELS, "dss": LEVELS, "pdfbox": ("pkcs7", "pkcs7-T")}
    turn = 0
    for product, levels in ladders.items():
        for kind in KINDS:
            for level in levels:
                key = names[turn % len(names)]
                turn += 1
                if product == "pdfbox" and key == "RSA-PSS":
                    key = names[0]
                yield Foreign(folder / f"{product}--{kind}--{level}.pdf", inputs / f"{kind}.pdf", product, level, key)


def sign_all(inputs, sealed, folder):
    """Signs everything while the trust services run; returns the documents and what could not be signed."""
    folder.mkdir(parents=True, exist_ok=True)
    told = json.loads((sealed / "services.json").read_text())
    files = {name: sealed / "keys" / f"{name}.pem" for name in told["keys"]}
    stores = {name: pkcs12_file(path) for name, path in files.items()}
    plan = list(planned(inputs, folder, told["keys"]))
    mine = [one for one in plan if one.product == "pyhanko"]
    with ProcessPoolExecutor() as pool:
        reasons = list(pool.map(sign_with_pyhanko, mine, [files[one.key] for one in mine], [told["tsa"]] * len(mine)))
    jobs = []
    for one in plan:
        if one.product != "pyhanko":
            job = {"do": f"sign-{one.product}", "file": str(one.source), "out": str(one.path), "key": str(stores[one.key]),
                   "password": PASSWORD, "root": str(sealed / "root.pem"), "level": one.level, "pss": one.key == "RSA-PSS"}
            if one.level not in ("B-B", "pkcs7"):
                job["tsa"] = told["tsa"]
            jobs.append(job)
    faults = [f"{one.path.name}: {reason}" for one, reason in zip(mine, reasons) if reason]
    faults += [f"{Path(answer['out']).name}: {answer['error']}" for answer in java.work(jobs) if "error" in answer]
    return [one for one in plan if one.path.exists()], faults
