// Package xref handles the cross-references of a file: ISO 32000-2, 7.5.4 and 7.5.8. It reads the
// chain of cross-reference sections, finds the place of each object in any revision, and writes the
// section of an update.
//
// It must never read an object, nor repair cross-references. It names each deviation that it
// tolerates. Code that finds objects without cross-references passes them in (rebuiltchain.go).
//
// Read first: readchain.go (reading), lookup.go (finding an entry). The other files:
//   - the forms of a section: table.go, stream.go; section.go is what both produce
//   - the index of all entries: entry.go, index.go, layer.go
//   - writing: write.go
package xref
