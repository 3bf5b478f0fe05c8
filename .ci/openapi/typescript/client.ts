// Signs, verifies and reads a problem with the client that openapi-generator makes: client.js URL IN.pdf OUT.pdf, with the access token in
// TOKEN.
import { readFile, writeFile } from "node:fs/promises";
import { Configuration, DocumentsApi, ProblemFromJSON, ResponseError, VerificationApi } from "./generated/index.js";

const [basePath, source, target] = process.argv.slice(2) as [string, string, string];
const settings = new Configuration({ basePath, accessToken: process.env.TOKEN! });
const documents = new DocumentsApi(settings);
const signed = await documents.sign({ body: new Blob([await readFile(source)]), level: "B-LTA", reason: "Approved" });
await writeFile(target, Buffer.from(await signed.arrayBuffer()));
const report = await new VerificationApi(settings).verify({ body: new Blob([await readFile(target)]) });
const refused = await documents.sign({ body: new Blob(["no document"]) }).then(
  () => { throw new Error("no problem where there is no document"); },
  (error: ResponseError) => error.response.json(),
);
const problem = ProblemFromJSON(refused);
console.log(report.verdict.indication, report.signatures[0]!.level, problem.status, problem.code, problem.instance.slice(0, 9));
