package certificate

import (
	"crypto/x509"
	encoding_asn1 "encoding/asn1"
)

// Permits reports whether the key of a certificate may be put to one of some uses: RFC 5280,
// section 4.2.1.3. A certificate without the extension permits all of them. One whose extension has
// no bit that is known permits none, although both have the same KeyUsage of zero.
func Permits(c *x509.Certificate, uses x509.KeyUsage) bool {
	if c.KeyUsage != 0 {
		return c.KeyUsage&uses != 0
	}
	return extensionOf(c, encoding_asn1.ObjectIdentifier{2, 5, 29, 15}) == nil
}
