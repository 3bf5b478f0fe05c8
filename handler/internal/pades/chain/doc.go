// Package chain judges certificates: it builds paths to the trust anchors (RFC 5280, 6.1), weighs
// revocation evidence, and keeps the proofs of when each part of a document existed (ETSI EN 319
// 102-1, 5.2.6 and 5.6). It bounds the cost that a hostile document can cause. It must never ask
// anyone but the source that Trust names.
//
// Read first: validator.go, then path.go and revocationstatus.go; evidencestore.go keeps the
// validation data.
package chain
