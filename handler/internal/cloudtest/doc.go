// Package cloudtest is a local Azure. It combines Entra ID with its sign-in pages, managed
// identity, a Key Vault with a signing certificate, a two-level CA with OCSP responders and CRLs, a
// timestamp authority, and a proxy. Through the proxy the unmodified handler and its clients reach
// these services under their real names. It makes every kind of credential that a client may use
// and, on demand, one of the mistakes that people make. Whole-program tests and cmd/localazure use
// it.
//
// It is no identity provider and stores nothing: it makes every key, secret and ID at the start. It
// listens on loopback only, and must never be linked into the handler.
//
// Read cloud.go first, then directory.go (the registrations) and misconfiguration.go.
package cloudtest
