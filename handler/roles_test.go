package main_test

import (
	"bytes"
	"testing"

	"influxion/handler/client"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// A role in a token of Entra ID decides who signs with a certificate. To callers without it the
// certificate seems not to exist. Everybody may verify.
func TestCertificateRoles(t *testing.T) {
	t.Parallel()
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256, CertificateRoles: true}, hosttest.Config{})
	credential, err := p.Credential()
	if err != nil {
		t.Fatal(err)
	}
	holder := p.clientAs(credential)
	file, _, err := sign(t.Context(), holder, pdftest.Sample(0), client.Options{Certificate: p.CertificateName})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := holder.Certificates(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("got %v (%v), want the certificate that the role is for", list, err)
	}
	person := p.client()
	for _, name := range []string{"", p.CertificateName, "unknown"} {
		_, _, err := sign(t.Context(), person, pdftest.Sample(0), client.Options{Certificate: name})
		if got := refusal(err); got != "404 certificate_not_found" {
			t.Errorf("%q: got %s, want 404 certificate_not_found", name, got)
		}
	}
	if list, err := person.Certificates(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("got %v (%v) for a caller without roles, want nothing", list, err)
	}
	report, err := person.Verify(t.Context(), bytes.NewReader(file))
	if err != nil || report.Summary.Passed != 1 {
		t.Errorf("got %+v (%v), want a caller without roles to verify", report, err)
	}
}
