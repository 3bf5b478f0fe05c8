package chain

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/certificate"
)

// describer puts certificates into the form of a report, each once: issuers stand in many chains.
type describer struct {
	certificates map[*x509.Certificate]*pades.Certificate
	names        map[string]string // by their DER
}

// Describe gives a certificate as the report shows it, which must not be changed.
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

// name is a distinguished name as text. An issuer's stands in its own certificate too.
func (d describer) name(raw []byte) string {
	if text, known := d.names[string(raw)]; known {
		return text
	}
	text := certificate.DistinguishedName(raw)
	d.names[string(raw)] = text
	return text
}
