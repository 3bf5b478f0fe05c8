package pades

import (
	"crypto/x509"
	"unicode"
)

// CommonName gives the name by which a certificate is spoken of: its common name, or else its
// organisation's, at most 64 printable characters of it, as many as RFC 5280 allows. A certificate
// may come from a hostile document.
func CommonName(certificate *x509.Certificate) string {
	if name := printable(certificate.Subject.CommonName); name != "" {
		return name
	}
	for _, organization := range certificate.Subject.Organization {
		if name := printable(organization); name != "" {
			return name
		}
	}
	return "a certificate without a name"
}

func printable(text string) string {
	const most = 64
	var name []rune
	for _, r := range text {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar && len(name) < most {
			name = append(name, r)
		}
	}
	return string(name)
}
