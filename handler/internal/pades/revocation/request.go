package revocation

import (
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
)

// Request returns the DER of an OCSPRequest for one certificate. The CertID has SHA-1, as RFC 5019
// demands. There is no nonce, so that answers can be cached.
func Request(certificate, issuer *x509.Certificate) ([]byte, error) {
	b := cryptobyte.NewBuilder(nil)
	sequence := func(inner cryptobyte.BuilderContinuation) cryptobyte.BuilderContinuation {
		return func(b *cryptobyte.Builder) { b.AddASN1(asn1.SEQUENCE, inner) }
	}
	id := func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(algorithm.SHA1.OID())
			b.AddASN1NULL()
		})
		b.AddASN1OctetString(algorithm.SHA1.Sum(certificate.RawIssuer))
		b.AddASN1OctetString(algorithm.SHA1.Sum(keyOf(issuer)))
		b.AddASN1BigInt(certificate.SerialNumber)
	}
	// OCSPRequest, tbsRequest, requestList, Request, reqCert.
	sequence(sequence(sequence(sequence(sequence(id)))))(b)
	return b.Bytes()
}
