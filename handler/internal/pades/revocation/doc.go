// Package revocation reads what certification authorities say about their certificates: OCSP
// responses (RFC 6960) and CRLs (RFC 5280, section 5). It takes nothing on trust, never touches the
// network, and judges no time: whether an answer is fresh enough is for whoever asks.
//
// Read first: evidence.go, response.go (OCSP), list.go (CRL).
package revocation
