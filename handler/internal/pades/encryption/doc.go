// Package encryption is the standard security handler of ISO 32000-2, 7.6. It turns a password into
// the file encryption key of a document, reads the rights that the document grants, and encrypts
// and decrypts strings and streams. It knows nothing of PDF syntax.
//
// It must never log or return a password or a key, nor open a document whose password check fails.
// RC4 and MD5 are here only because documents use them. No protection relies on them: a signature
// protects a document.
//
// Read first: securityhandler.go, then cipher.go.
package encryption
