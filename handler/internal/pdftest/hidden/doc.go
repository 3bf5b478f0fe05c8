// Package hidden makes signed documents with a later revision of an attacker's, for tests and for
// the comparison with PDF readers. The cross-references of that revision list what a certification
// permits. Other content lies beside what they list, and a quirk of the syntax makes some readers
// find it (incremental saving and shadow attacks). It makes later revisions of honest writers too.
//
// A file is one quirk × one place × one kind of document. Places and quirks are tables: place.go,
// signedplace.go; tablequirk.go, streamquirk.go, endquirk.go, objectquirk.go. revision.go lays a
// revision out. It must never be linked into the production binary. Read file.go and quirk.go
// first.
package hidden
