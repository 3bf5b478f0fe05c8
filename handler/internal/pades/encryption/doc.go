// Package encryption is the standard security handler of ISO 32000-2, 7.6: it turns a password into
// the file encryption key of a document, tells the rights that the document grants, and encrypts
// and decrypts strings and streams. It knows nothing of PDF syntax.
//
// It must never log or return a password or a key, nor take a document for open whose password
// check fails. RC4 and MD5 are here because documents have them, and for nothing that is relied on:
// a signature is what protects a document.
//
// Read securityhandler.go first, then cipher.go.
package encryption
