// Signs a document in memory again and again with a key that is read once, and prints the processor time for each.
import { readFileSync } from "node:fs";
import { plainAddPlaceholder } from "@signpdf/placeholder-plain";
import { P12Signer } from "@signpdf/signer-p12";
import { SignPdf } from "@signpdf/signpdf";

const [key, passphrase, file, count] = process.argv.slice(2);
const document = readFileSync(file);
const p12 = readFileSync(key);

async function sign() {
  const prepared = plainAddPlaceholder({
    pdfBuffer: document, reason: "peers", contactInfo: "-", name: "-", location: "-", signatureLength: 8192,
  });
  const signed = await new SignPdf().sign(prepared, new P12Signer(p12, { passphrase }));
  if (signed.length <= document.length) throw new Error("nothing was signed");
}

for (let i = 0; i < count / 4 + 1; i++) await sign();
const before = process.cpuUsage();
for (let i = 0; i < count; i++) await sign();
const used = process.cpuUsage(before);
console.log(((used.user + used.system) / 1000 / count).toFixed(3));
