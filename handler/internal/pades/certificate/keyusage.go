package certificate

import (
	"crypto/x509"
	encoding_asn1 "encoding/asn1"
)

// Permits reports whether a certificate permits at least one of the uses for its key: RFC 5280,
// section 4.2.1.3. A certificate without the extension permits all uses. A certificate whose
// extension has no known bit permits none, although both have a KeyUsage of zero.
func Permits(c *x509.Certificate, uses x509.KeyUsage) bool {
	if c.KeyUsage != 0 {
		return c.KeyUsage&uses != 0
	}
	_, restricted := extensionOf(c, encoding_asn1.ObjectIdentifier{2, 5, 29, 15})
	return !restricted
}
