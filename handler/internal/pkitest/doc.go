// Package pkitest is a small certification authority for tests and for the local Azure. It makes
// keys and certificates on demand, and keeps them in memory. It must never be linked into the
// handler. Source: RFC 5280. Read authority.go and signer.go first; oddity.go has the certificates
// that crypto/x509 refuses.
package pkitest
