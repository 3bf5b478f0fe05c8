// Package pdf is the file-syntax layer of ISO 32000-2 (PDF 2.0), clause 7: objects,
// cross-references, revisions, object streams, the filters that these need, and incremental
// updates. It must never know signatures.
//
// It reads hostile files within Limits and through small windows. It neither loads nor scans the
// whole document to open it or to read its objects. Open never repairs a file: it reads only what
// the cross-references list. Rebuild reads a file without its cross-references, but only where all
// readers that repair files come to the same document. Encrypted files open with the password of
// the context, or with the empty password.
//
// Read first: file.go (opening), value.go (an object by its reference), updatecheck.go (what an
// update may be). Code that needs no File is in the packages below: bounds (limits and errors),
// syntax (objects and their written form), filter, xref (cross-references), strict (the syntax
// without tolerance). objects.go, error.go, limits.go, entries.go and reading.go name the types of
// these packages that callers need. The other files, by purpose:
//   - where offsets count from: header.go
//   - which objects a revision lists, and how two revisions differ in that: entries.go
//   - an object at its offset, or parts of it without building it: reading.go, objectstream.go,
//     objectcache.go, stream.go, decode.go
//   - pages in their order: pagetree.go
//   - encryption: openencrypted.go, encryptiondict.go, decryption.go
//   - whether all readers read an update alike: updatecheck.go, updatechain.go (its
//     cross-references), updatemembers.go (its object streams)
//   - what other readers may find: unlisted.go, mentions.go
//   - files without usable cross-references: rebuild.go, rebuildscan.go
//   - writing: update.go
//   - what is wrong with a document, and where: error.go
package pdf
