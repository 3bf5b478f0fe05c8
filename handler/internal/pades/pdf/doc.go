// Package pdf is the file-syntax layer of ISO 32000-2 (PDF 2.0), clause 7: objects,
// cross-references, revisions, object streams, the filters that these need, and incremental
// updates. It knows nothing of signatures.
//
// It reads hostile files within Limits and never loads or scans a document: everything goes through
// small windows. Open never repairs a file: what it reads is what the cross-references say. Rebuild
// reads a file without them, but only where every reader that repairs files comes to the same
// document. Encrypted files open with the password of the context, or the empty one.
//
// Read first: file.go (opening), value.go (an object by its reference), strictupdate.go (what an
// update may be).
package pdf
