package certificate_test

import (
	"crypto/x509"
	"reflect"
	"testing"

	"influxion/handler/internal/pades/certificate"
	"influxion/handler/internal/pkitest"
)

// FuzzParse: Parse returns what crypto/x509 reads. A certificate that crypto/x509 refuses is an
// error or marked, and never verifies. No input is read in two different ways.
func FuzzParse(f *testing.F) {
	sound, issuer, _ := issue(f, func(*pkitest.Parts) {})
	f.Add(sound)
	for _, odd := range pkitest.Oddities() {
		der, _, _ := issue(f, odd.Alter)
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := certificate.Parse(der)
		want, refused := x509.ParseCertificate(der)
		if refused == nil && len(der) <= certificate.MaxSize &&
			(err != nil || !c.Equal(want) || certificate.Refused(c)) {
			t.Fatalf("got %v for a certificate that crypto/x509 reads", err)
		}
		if err != nil {
			if c != nil {
				t.Errorf("got %v and a certificate", err)
			}
			return
		}
		if again, err := certificate.Parse(der); err != nil || !reflect.DeepEqual(c, again) {
			t.Errorf("got another reading of the same bytes, %v", err)
		}
		if certificate.Refused(c) != (certificate.Refusal(c) != "") || len(certificate.Refusal(c)) > 1000 {
			t.Errorf("got refused %v for %q", certificate.Refused(c), certificate.Refusal(c))
		}
		if certificate.Refused(c) {
			isNeverSound(t, c, issuer)
		}
		_ = certificate.DistinguishedName(c.RawSubject) + certificate.DistinguishedName(c.RawIssuer)
	})
}
