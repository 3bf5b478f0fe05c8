// Package pdf is the file-syntax layer of ISO 32000-2 (PDF 2.0), clause 7: objects,
// cross-references, revisions, object streams, the filters that these need, and incremental
// updates. It must never know signatures.
//
// It reads hostile files within Limits and through small windows: to open a file and to read its
// objects, it neither loads nor scans the document. Open never repairs a file: it reads what the
// cross-references list. Rebuild reads a file without its cross-references, but only where every
// reader that repairs files comes to the same document. Encrypted files open with the password of
// the context, or with the empty one.
//
// Read first: file.go (opening), value.go (an object by its reference), updatecheck.go (what an
// update may be). What needs no File is in the packages below: bounds (limits and errors), syntax
// (objects and their written form), filter, xref (cross-references), strict (the syntax without
// tolerance). Their types that callers need are named here, in objects.go, error.go, limits.go,
// entries.go and reading.go. The other files, by what they serve:
//   - where offsets count from: header.go
//   - which objects a revision lists, and where two revisions differ in that: entries.go
//   - an object at its place, or parts of one without making it: reading.go, objectstream.go,
//     objectcache.go, stream.go, decode.go
//   - pages in their order: pagetree.go
//   - encryption: openencrypted.go, encryptiondict.go, decryption.go
//   - whether all readers take an update alike: updatecheck.go, updatechain.go (its
//     cross-references), updatemembers.go (its object streams)
//   - what other readers find: unlisted.go, mentions.go
//   - files without usable cross-references: rebuild.go, rebuildscan.go
//   - writing: update.go
//   - what is wrong with a document, and where: error.go
package pdf
