"""Signs a document in memory again and again with a key that is loaded once, and prints the processor time for each."""

import io
import logging
import sys
import time

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers


def main(key, password, document, count):
    logging.disable(logging.CRITICAL)
    signer = signers.SimpleSigner.load_pkcs12(key, passphrase=password.encode())
    with open(document, "rb") as file:
        data = file.read()

    def sign():
        metadata = signers.PdfSignatureMetadata(field_name="Signature1", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES)
        signed = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(data)), metadata, signer=signer).getvalue()
        if len(signed) <= len(data):
            raise SystemExit("nothing was signed")

    for _ in range(max(1, count // 4)):
        sign()
    before = time.process_time()
    for _ in range(count):
        sign()
    print(f"{(time.process_time() - before) * 1000 / count:.3f}")


main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
