// Package hostiletest makes documents of at most a mebibyte that are written to cost much memory or
// processor time of whoever reads, signs, extends or verifies them. cmd/hostile measures what they
// cost the handler, and tests what they cost the packages. Each attacks another part of that work.
// Some are valid documents.
//
// It must never be linked into the handler. Read files.go first.
package hostiletest
