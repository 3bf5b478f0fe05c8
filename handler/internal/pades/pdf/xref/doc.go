// Package xref is the cross-references of a file: ISO 32000-2, 7.5.4 and 7.5.8. It reads the chain
// of their sections, tells where each object is in any revision, and writes the section of an
// update.
//
// It must never read an object, nor repair cross-references: what it tolerates it names, and
// whoever finds objects without them hands those over (rebuiltchain.go).
//
// Read first: readchain.go (reading), lookup.go (asking). The other files:
//   - the forms of a section: table.go, stream.go; section.go is what both give
//   - the index of all entries: entry.go, index.go, layer.go
//   - writing: write.go
package xref
