// Reads the queries of a page with Microsoft's own parser, against the columns of Application Insights: node kql.mjs PAGE.md
// Every fence of language kusto is one query, and so is each query of a Bicep file; a page without any is a fault.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { runInThisContext } from "node:vm";

const require = createRequire(import.meta.url);
for (const file of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
  runInThisContext(readFileSync(require.resolve(`@kusto/language-service-next/${file}`), "utf8"));
}
const { GlobalState, KustoCode, Symbols } = globalThis.Kusto.Language;

const time = "TimeGenerated: datetime";
const tables = [
  ["traces", "timestamp: datetime, message: string, severityLevel: int, operation_Id: string, cloud_RoleInstance: string"],
  ["requests", "timestamp: datetime, id: string, name: string, resultCode: string, duration: real, operation_Id: string, cloud_RoleInstance: string"],
  ["AppTraces", `${time}, Message: string, OperationId: string`],
  ["AppRequests", `${time}, Id: string, ResultCode: string, OperationId: string`],
  ["AZKVAuditLogs", `${time}, OperationName: string, CallerIpAddress: string, Identity: dynamic, HttpStatusCode: int, Id: string`],
  ["AADServicePrincipalSignInLogs", `${time}, AppId: string, IPAddress: string, ResourceDisplayName: string, ResultType: string`],
].map(([name, columns]) => Symbols.TableSymbol.From(`(${columns})`).WithName(name));
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor("app", tables));

const page = process.argv[2];
const text = readFileSync(page, "utf8");
const [, lines] = text.match(/^var lines = '(.*)'$/m) ?? [];
const queries = page.endsWith(".bicep")
  ? [...text.matchAll(/^ *query: '(.*)'$/gm)].map(([, query]) => query.replace("${lines}", lines))
  : [...text.matchAll(/^ *```kusto\n(.*?)^ *```$/gms)].map(([, query]) => query);
let faults = queries.length === 0 ? 1 : 0;
for (const query of queries) {
  const found = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  for (let i = 0; i < found.Count; i++) {
    const fault = found.getItem(i);
    console.error(`${page}: ${fault.Message}, at: ${query.slice(fault.Start, fault.Start + 60)}`);
    faults++;
  }
}
console.log(`${queries.length} queries, ${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
