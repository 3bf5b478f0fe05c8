// Package verify checks audit logs, whoever kept them: every edit, gap, reordering and cut is named
// with its place, as far as digests and timestamps can show it. docs/audit.md says what they
// cannot.
//
// It must never call a log whole of which a line was passed over. Read log.go first, then chain.go
// and timestamp.go.
package verify
