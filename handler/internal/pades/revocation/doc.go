// Package revocation reads revocation evidence: OCSP responses (RFC 6960) and CRLs (RFC 5280,
// section 5). It must never trust anything unverified, use the network, or judge times: callers
// decide whether evidence is fresh enough.
//
// Read first: evidence.go, response.go (OCSP), list.go (CRL).
package revocation
