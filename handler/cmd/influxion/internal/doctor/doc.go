// Package doctor examines a deployment of Influxion from outside and, with a right on the vault,
// from inside. It names what is wrong, why that matters, and the exact remedy.
//
// It names causes, not their consequences: it skips a check whose result an earlier finding makes
// meaningless. It must never change anything, nor show a token: it shows only claims. Its two
// probes send a document of its own and leave entries in the audit log.
//
// Read doctor.go first, which has the order of the checks, then finding.go.
package doctor
