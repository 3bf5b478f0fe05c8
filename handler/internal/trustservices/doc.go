// Package trustservices is the edge to the trust services that levels above B-B need: TSAs (RFC
// 3161), OCSP responders (RFC 6960), CRL distribution points and CA certificates (RFC 5280). It
// implements pades.Timestamper and pades.RevocationSource.
//
// TSAs are the operator's setting. All other addresses come out of certificates, which anyone can
// write: they are followed under the rules of its guard. Nothing that a service writes is passed on
// as text, and no address is.
//
// Read first: timestamper.go, revocation.go, guard.go (who may be asked).
package trustservices
