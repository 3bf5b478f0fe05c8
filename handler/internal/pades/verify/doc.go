// Package verify reports what the signatures of a document are worth: ETSI EN 319 102-1 for the
// signatures, EN 319 142-1 for their levels, and ISO 32000-2, 12.8, for what may come after them.
// It reads hostile files within bounds of time, depth and memory, never repairs them, and never
// logs.
//
// Read verify.go first: its judge is the order of the steps, which are read.go, documentdigests.go,
// check.go, laterrevisions.go, timestamps.go and validatesignature.go.
package verify
