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
// Read first: file.go (opening), value.go (an object by its reference), strictupdate.go (what an
// update may be). The other files, by what they serve:
//   - objects and their written form: the package syntax; object.go, visit.go and span.go are its
//     mouth here
//   - cross-references: xrefchain.go reads them, and the other xref*.go are their parts
//   - an object at its place: reading.go, indirect.go, objectstream.go, stream.go, objectcache.go
//   - filters: decode.go, by the package filter
//   - encryption: encryption.go, encryptiondict.go, cryptfilter.go, decryption.go
//   - whether all readers take an update alike: strict*.go, unlisted.go, shadow.go, mentions.go, by
//     the package strict
//   - files without usable cross-references: rebuild*.go
//   - writing: update.go, xrefwriter.go
//   - what reading may cost, and the errors: the package bounds
package pdf
