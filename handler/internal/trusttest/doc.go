// Package trusttest is a small certification authority with all its services over real sockets: a
// root, an issuing CA, a CA for timestamping, OCSP responders, CRLs, CA certificates, and an RFC
// 3161 timestamp authority (TSA). It makes keys at run time, and fails on demand.
//
// It is for tests, for the local Azure and for conformance documents. It must never be linked into
// the handler, and must share no code with the packages that read its output.
//
// Read services.go first, then tsa.go and responder.go.
package trusttest
