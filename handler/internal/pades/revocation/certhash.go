package revocation

import (
	"bytes"
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
)

// certHash is the extension CertHash of a SingleResponse: Common PKI Part 4, section 3.1.2. The
// responder states which certificate it knows, and not only its serial number.
type certHash struct {
	algorithm algorithm.Digest
	sum       []byte
}

// readCertHash reads a CertHash. It returns nil if it cannot evaluate it.
func readCertHash(s cryptobyte.String) (h *certHash, ok bool) {
	var inner cryptobyte.String
	var a algorithm.Identifier
	h = new(certHash)
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !s.Empty() || !a.Read(&inner, asn1.SEQUENCE) ||
		!inner.ReadASN1Bytes(&h.sum, asn1.OCTET_STRING) || !inner.Empty() || a.Digest() == "" {
		return nil, false
	}
	h.algorithm = a.Digest()
	return h, true
}

// names reports whether the statement can be about the certificate. If it knows another one of the
// serial number, it does not say that this one is good. A revocation is of the serial number.
func (one single) names(c *x509.Certificate) bool {
	return one.hash == nil || one.status == Revoked || bytes.Equal(one.hash.sum, one.hash.algorithm.Sum(c.Raw))
}
