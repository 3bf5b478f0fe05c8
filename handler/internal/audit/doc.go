// Package audit writes the audit log so that it can be proved: each line carries the instance that
// wrote it, its sequence and the SHA-256 of the line before it, heads of such chains are
// timestamped (RFC 3161), and where a Store is set, a signature leaves only once its line is there
// too. Each start of the program is an instance, with two chains: attempts of verified callers,
// which go into the store, and refusals of everybody else, which stay out of it, so that nobody can
// fill it.
//
// It must never write a document, a token or a key, never let a signature go without its lines, and
// never write two different lines of one sequence.
//
// Read line.go first, then log.go, queue.go and stamp.go; package verify checks what was written.
package audit
