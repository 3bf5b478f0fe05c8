// Package certificate reads X.509 certificates, also those that crypto/x509 refuses. Of a refused
// certificate, it reads what is needed to judge a signature and to name its signer. It also writes
// distinguished names as text, and compares them.
//
// A certificate that crypto/x509 refuses is never trusted: Parse marks it, so that crypto/x509
// builds no chain with it, and Refusal says why. The package must never remove such a mark.
//
// Sources: RFC 5280 (certificates and names), RFC 4514 (names as text), ITU-T X.690. Read first:
// parse.go and refused.go, then distinguishedname.go.
package certificate
