// Package certificate reads X.509 certificates as they are in the world: crypto/x509 first, and
// what it refuses a second time, as far as a signature needs it to be judged and its signer to be
// named. It also puts distinguished names into words, and compares them.
//
// A certificate that crypto/x509 refuses is never trusted: Parse marks it, so that crypto/x509
// builds no chain with it, and Refusal says why. The package must never remove such a mark.
//
// Sources: RFC 5280 (certificates and names), RFC 4514 (names as text), ITU-T X.690. Read
// parse.go and refused.go first, then distinguishedname.go.
package certificate
