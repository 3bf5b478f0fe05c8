package cms_test

import (
	"crypto"
	"crypto/x509"
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// Certificates that fit the signer identifier can come from anywhere in a document: few of them are
// looked at.
func TestManyCertificatesThatFitTheSigner(t *testing.T) {
	t.Parallel()
	request := signCase{algorithm: pkitest.P256, digest: crypto.SHA256}.request(t)
	der, err := cms.Sign(request)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := pkitest.NewRoot("Test Issuer", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var namesakes []*x509.Certificate
	for range 16 {
		template := pkitest.SigningTemplate("Namesake", time.Now())
		template.SerialNumber = request.Chain[0].SerialNumber
		chain, err := authority.Issue(template, request.Key.Public())
		if err != nil {
			t.Fatal(err)
		}
		namesakes = append(namesakes, chain[0])
	}
	for count, want := range map[int]cms.Kind{0: "", 15: "", 16: cms.SignerNotFound} {
		s, err := cms.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		s.Certificates = slices.Concat(namesakes[:count], s.Certificates)
		if _, err := s.Signer(); kindOf(err) != want {
			t.Errorf("behind %d others: got %v, want %q", count, err, want)
		}
	}
}
