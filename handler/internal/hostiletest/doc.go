// Package hostiletest makes documents of at most one mebibyte that cost much memory or processor
// time to read, sign, extend or verify. Each attacks another part of that work. Some are valid
// documents. cmd/hostile measures what they cost the handler, and tests measure what they cost the
// packages.
//
// It must never be linked into the handler. Read files.go first.
package hostiletest
