package pades

import (
	"crypto/x509"
	"unicode"
)

// CommonName gives a short name for a certificate: its common name, or else its organization, at
// most 64 printable characters, the limit of RFC 5280. The certificate may come from a hostile
// document.
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
