// Sends a document in each form that fetch makes: node forms.mjs URL IN.pdf OUT-FOLDER, with the access token in TOKEN. Each signed
// document lands in the folder under the name of its form.
import { readFile, writeFile } from "node:fs/promises";
import { openAsBlob } from "node:fs";

const [url, source, folder] = process.argv.slice(2);
const document = await readFile(source);

async function sign(name, body, { query = {}, headers = {}, ...more } = {}) {
  const answer = await fetch(`${url}/api/sign?${new URLSearchParams(query)}`, {
    method: "POST", body, headers: { Authorization: `Bearer ${process.env.TOKEN}`, ...headers }, ...more,
  });
  if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
  const signed = answer.headers.get("Content-Type") === "application/json"
    ? Buffer.from((await answer.json()).document, "base64") : Buffer.from(await answer.arrayBuffer());
  await writeFile(`${folder}/${name}.pdf`, signed);
}

const pdf = { "Content-Type": "application/pdf" };
const json = { "Content-Type": "application/json" };
const blob = await openAsBlob(source, { type: "application/pdf" });

// What FileReader.readAsDataURL gives in a browser.
const dataURI = `data:${blob.type};base64,${Buffer.from(await blob.arrayBuffer()).toString("base64")}`;

function form(name, fields) {
  const parts = new FormData();
  parts.append(name, blob, "a ü.pdf");
  for (const [field, value] of Object.entries(fields)) parts.append(field, value);
  return parts;
}

await sign("raw", document, { headers: pdf, query: { level: "b-b", reason: "a+b & c" } });
await sign("raw-blob", blob, { query: { visible: false } });
await sign("raw-stream", blob.stream(), { headers: pdf, duplex: "half" });
await sign("form", form("document", { reason: "Approved", visible: true, box: [36, 36, 200, 72] }));
await sign("form-file", form("file", { "allow-lower": false }), { query: { level: "B-B" } });
await sign("json", JSON.stringify({ document: dataURI, visible: true, page: -1, box: [36.25, 36, 200, 72] }), { headers: json });
await sign("json-plain", JSON.stringify({ file: document.toString("base64"), reason: undefined, location: null }), { headers: json, query: { level: "b-B" } });
