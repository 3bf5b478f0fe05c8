"""A short-lived certification authority, for testing the conformance check without the signer under test."""

import asyncio
import io
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509


def named(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """A root certificate and its key."""

    def __init__(self, name):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._issue(named(name), self.key.public_key(), named(name), ca=True)

    def _issue(self, subject, public_key, issuer, ca, age=timedelta(days=1), life=timedelta(days=2)):
        start = datetime.now(timezone.utc) - age
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
            .serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(start + life)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(
                digital_signature=not ca, content_commitment=False, key_encipherment=False, data_encipherment=False,
                key_agreement=False, key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False), critical=True)
        )
        return builder.sign(self.key, hashes.SHA256())

    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def crl(self):
        """A CRL that names nobody, DER."""
        now = datetime.now(timezone.utc)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(now - timedelta(minutes=1)).next_update(now + timedelta(days=1))
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def signer(self, **validity):
        """A pyHanko signer with a certificate of this authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = self._issue(named("Self-test Signer"), key.public_key(), self.certificate.subject, ca=False, **validity)
        store = SimpleCertificateStore()
        store.register(asn1(self.certificate))
        return signers.SimpleSigner(
            signing_cert=asn1(leaf), cert_registry=store,
            signing_key=asn1_keys.PrivateKeyInfo.load(key.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())))


def asn1(certificate):
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def sign(data, signer, name, prepare=None, subfilter=fields.SigSeedSubFilter.PADES):
    """The document with one more signature, in the same kind of cross-reference section that it has."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    if prepare:
        prepare(writer)
    meta = signers.PdfSignatureMetadata(field_name=name, subfilter=subfilter, md_algorithm="sha256")
    out = io.BytesIO()
    asyncio.run(signers.PdfSigner(meta, signer).async_sign_pdf(writer, output=out))
    return out.getvalue()
