package revocation

import (
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Bounds of the addresses that a certificate can name.
const (
	maxSources = 8
	maxAddress = 2048 // bytes of one
)

// Sources returns the URLs that a certificate names, unchanged and in its order: OCSP responders
// and certificates of its issuer (authority information access), and CRL distribution points. It
// returns at most 8 of each, and none longer than 2048 bytes. The URLs come from outside: the
// caller must decide whether to follow one, and with which scheme.
func Sources(certificate *x509.Certificate) (ocsp, crl, issuers []string) {
	return addresses(certificate.OCSPServer), addresses(certificate.CRLDistributionPoints),
		addresses(certificate.IssuingCertificateURL)
}

func addresses(named []string) []string {
	var kept []string
	for _, address := range named {
		if len(kept) < maxSources && address != "" && len(address) <= maxAddress {
			kept = append(kept, address)
		}
	}
	return kept
}

// oidCAIssuers is id-ad-caIssuers, as the contents of its encoding.
const oidCAIssuers = "\x2b\x06\x01\x05\x05\x07\x30\x02"

// readAccess returns the URLs of the issuers' certificates in AuthorityInfoAccess (RFC 5280,
// section 4.2.2.1), as far as it can be read.
func readAccess(s cryptobyte.String) []string {
	const uri = 6
	var all, one, kind, address cryptobyte.String
	var named []string
	if !s.ReadASN1(&all, asn1.SEQUENCE) {
		return nil
	}
	for len(named) < maxSources && all.ReadASN1(&one, asn1.SEQUENCE) && one.ReadASN1(&kind, asn1.OBJECT_IDENTIFIER) {
		if string(kind) == oidCAIssuers && one.ReadASN1(&address, implicit(uri)) {
			named = append(named, string(address))
		}
	}
	return addresses(named)
}
