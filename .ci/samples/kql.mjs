// Reads the queries of a page with Microsoft's own parser, against the columns of Application Insights: node kql.mjs PAGE.md
// Every fence of language kusto is one query; a page without any is a fault.
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
  ["AZKVAuditLogs", `${time}, OperationName: string, CallerIpAddress: string, Identity: dynamic, HttpStatusCode: int, Id: string`],
  ["AADServicePrincipalSignInLogs", `${time}, AppId: string, IPAddress: string, ResourceDisplayName: string, ResultType: string`],
].map(([name, columns]) => Symbols.TableSymbol.From(`(${columns})`).WithName(name));
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor("app", tables));

const page = process.argv[2];
const queries = [...readFileSync(page, "utf8").matchAll(/^ *```kusto\n(.*?)^ *```$/gms)];
let faults = queries.length === 0 ? 1 : 0;
for (const [, query] of queries) {
  const found = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  for (let i = 0; i < found.Count; i++) {
    const fault = found.getItem(i);
    console.error(`${page}: ${fault.Message}, at: ${query.slice(fault.Start, fault.Start + 60)}`);
    faults++;
  }
}
console.log(`${queries.length} queries, ${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
