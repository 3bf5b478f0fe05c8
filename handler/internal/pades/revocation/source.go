package revocation

import "crypto/x509"

// Bounds of the addresses that a certificate can name.
const (
	maxSources = 8
	maxAddress = 2048 // bytes of one
)

// Sources gives the URLs that a certificate names, in its order and as they stand: OCSP responders and certificates of its issuer
// (authority information access), and CRL distribution points. At most 8 of each, and none longer than 2048 bytes. They are an
// outsider's words: whether to follow one, and with which scheme, is for the caller to decide.
func Sources(certificate *x509.Certificate) (ocsp, crl, issuers []string) {
	return addresses(certificate.OCSPServer), addresses(certificate.CRLDistributionPoints), addresses(certificate.IssuingCertificateURL)
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
