// Has a PDF signed by Influxion: node sign.mjs IN.pdf OUT.pdf [LEVEL]. Needs Node.js 20.
//
// Settings, from the environment: INFLUXION_CLIENT_URL, _SCOPE, _TENANT_ID, _ID, and for a program without a user _SECRET. Without a
// secret a person signs in, by device code.
import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { ConfidentialClientApplication, PublicClientApplication } from "@azure/msal-node";

const {
  INFLUXION_CLIENT_URL: url, INFLUXION_CLIENT_SCOPE: scope, INFLUXION_CLIENT_TENANT_ID: tenant,
  INFLUXION_CLIENT_ID: clientId, INFLUXION_CLIENT_SECRET: clientSecret,
} = process.env;
const scopes = [scope];
const authority = `https://login.microsoftonline.com/${tenant}`;

// A program that runs on keeps the application object: it caches tokens and renews them.
async function accessToken() {
  if (clientSecret) {
    const app = new ConfidentialClientApplication({ auth: { clientId, clientSecret, authority } });
    return (await app.acquireTokenByClientCredential({ scopes })).accessToken;
  }
  const app = new PublicClientApplication({ auth: { clientId, authority } });
  return (await app.acquireTokenByDeviceCode({ scopes, deviceCodeCallback: (flow) => console.error(flow.message) })).accessToken;
}

async function post(route, token, document, options = {}) {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(`${url}/api/${route}?${new URLSearchParams(options)}`, {
      method: "POST", body: document, redirect: "error", signal: AbortSignal.timeout(120_000),
      headers: { authorization: `Bearer ${token}`, "content-type": "application/pdf" },
    });
    if (answer.ok) return answer;
    const pause = Number(answer.headers.get("retry-after"));
    if ((answer.status === 503 || answer.status === 429) && attempt < 3 && pause > 0 && pause <= 30) {
      console.error(`${answer.status}: trying again in ${pause} s`);
      await sleep(pause * 1000);
      continue;
    }
    if (!answer.headers.get("content-type")?.startsWith("application/problem+json")) {
      throw new Error(`${answer.status}: not from Influxion itself`);
    }
    const problem = await answer.json(); // RFC 9457
    throw new Error(`${problem.status} ${problem.code}: ${problem.detail} (${problem.instance})`);
  }
}

async function sign(token, document, level) {
  const answer = await post("sign", token, document, { reason: "Approved", ...(level && { level }) });
  const signed = Buffer.from(await answer.arrayBuffer());
  const digest = createHash("sha256").update(signed).digest("base64");
  if (answer.headers.get("repr-digest") !== `sha-256=:${digest}:` || !signed.subarray(0, document.length).equals(document)) {
    throw new Error("what arrived is not the signed document");
  }
  console.log("signed by", answer.headers.get("influxion-certificate"), "at level", answer.headers.get("influxion-level"),
    answer.headers.get("influxion-shortfall") ?? "");
  return signed;
}

async function main(source, target, level) {
  const document = await readFile(source);
  const token = await accessToken();
  const signed = await sign(token, document, level);
  await writeFile(`${target}.part`, signed);
  await rename(`${target}.part`, target);
  const { summary } = await (await post("verify", token, signed)).json();
  console.log(`verified: ${summary.passed} of ${summary.total} signatures and timestamps passed`);
}

const words = process.argv.slice(2);
if (words.length !== 2 && words.length !== 3) {
  console.error("usage: node sign.mjs IN.pdf OUT.pdf [LEVEL]");
  process.exit(2);
}
try {
  await main(...words);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
