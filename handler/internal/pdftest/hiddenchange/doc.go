// Package hiddenchange makes signed documents with a later revision by an attacker, which changes
// what some readers show (incremental saving and shadow attacks). Tests of package pades verify
// these documents. cmd/hiddenchanges writes them for .ci/readers, which compares how PDF readers
// show them.
//
// The cross-references of that revision list only what a certification permits. Other content lies
// outside of what they list, and a quirk of the syntax makes some readers find it. The package also
// makes later revisions in the form that honest writers use. It must never be linked into the
// handler.
//
// A file is one quirk × one place × one kind of document. Places and quirks are tables: place.go,
// signedplace.go, roleplace.go, blindplace.go; tablequirk.go, streamquirk.go, endquirk.go,
// objectquirk.go. hiddenrevision.go writes a revision. Read hiddenfile.go and quirk.go first.
package hiddenchange
