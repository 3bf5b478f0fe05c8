// Package verify verifies the signatures and document timestamps of a document and reports the
// result. It follows ETSI EN 319 102-1 for the validation, EN 319 142-1 for the baseline levels,
// and ISO 32000-2, 12.8, for the changes that may come after a signature. It reads hostile files
// within bounds of time, depth and memory. It must never repair a file, and must never log.
//
// Read verify.go first: its method judge is the order of the steps. The steps are in read.go,
// documentdigests.go, check.go, laterrevisions.go, timestamps.go and validatesignature.go.
// signedprefix.go reads a document that a later revision made unreadable.
package verify
