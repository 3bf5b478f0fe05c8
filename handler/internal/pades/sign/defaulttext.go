package sign

import (
	"cmp"
	"crypto/x509"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/appearance"
	"influxion/handler/internal/pades/pdf"
)

// caption is the default text of a visible signature.
func caption(o pades.Options, signer *x509.Certificate) *appearance.Caption {
	v := values(o, signer)
	c := &appearance.Caption{Label: signedBy, Name: signerName(o, signer),
		Details: [][]string{{"Date: " + v["time"], v["time"], v["date"]}}}
	if o.Reason != "" {
		c.Details = append(c.Details, []string{"Reason: " + o.Reason})
	}
	if o.Location != "" {
		c.Details = append(c.Details, []string{"Location: " + v["location"], v["location"]})
	}
	return c
}

// alternateName is the /TU of a field, which assistive technology reads: ISO 32000-2, table 226.
func (r *increment) alternateName() pdf.String {
	return pdf.Text(signedBy + " " + signerName(r.options, r.signer))
}

// signedBy stands before the name of the signer.
const signedBy = "Signed by"

func signerName(o pades.Options, signer *x509.Certificate) string {
	return cmp.Or(o.Name, pades.CommonName(signer))
}
