// Package verify checks audit logs, whoever stored them. It reports every change, gap, reordering
// and cut with its place, as far as digests and timestamps show it. docs/audit.md says what they
// cannot show.
//
// It must never call a log complete if it has skipped a line.
//
// Read log.go first, then chain.go and timestamp.go.
package verify
