// Package trustservices is the edge to the trust services that levels above B-B need: TSAs (RFC
// 3161), OCSP responders (RFC 6960), CRL distribution points and CA certificates (RFC 5280). It
// implements pades.Timestamper and pades.RevocationSource.
//
// The operator configures the TSAs. All other addresses are in certificates, which anyone can
// write: guard decides which of them are followed. The package must never pass on a text that a
// service wrote, nor the address of a service.
//
// Read first: timestamper.go, revocation.go, guard.go (who may be asked).
package trustservices
