// Package audit writes an audit log that can be proved. Each line has the instance that wrote it, a
// sequence number and the SHA-256 of the line before it. Timestamps (RFC 3161) cover the heads of
// these chains. If a Store is set, a signature is released only after its line is in the store too.
// Each start of the program is an instance with two chains. Attempts of verified callers go into
// the store. Refusals of all other callers do not, so that nobody can fill the store.
//
// It must never write a document, a token or a key. It must never let a signature be released
// without its lines, and never write two different lines with one sequence number.
//
// Read line.go first, then log.go, queue.go and timestampheads.go. Package verify checks the log.
package audit
