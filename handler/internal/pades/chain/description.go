package chain

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/certificate"
)

// describer puts each certificate into the form of a report only once, because issuers are in many
// chains.
type describer struct {
	certificates map[*x509.Certificate]*pades.Certificate
	names        map[string]string // by their DER
}

// Describe returns a certificate as the report shows it. The caller must not change it.
func (v *Validator) Describe(c *x509.Certificate) *pades.Certificate {
	d := v.names
	if shown, known := d.certificates[c]; known {
		return shown
	}
	sum := sha256.Sum256(c.Raw)
	shown := &pades.Certificate{
		Subject: d.name(c.RawSubject), Issuer: d.name(c.RawIssuer), Serial: c.SerialNumber.Text(16),
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, Fingerprint: hex.EncodeToString(sum[:]),
	}
	d.certificates[c] = shown
	return shown
}

// name returns a distinguished name as text, and remembers it: an issuer's name is also in the
// issuer's own certificate.
func (d describer) name(raw []byte) string {
	if text, known := d.names[string(raw)]; known {
		return text
	}
	text := certificate.DistinguishedName(raw)
	d.names[string(raw)] = text
	return text
}
