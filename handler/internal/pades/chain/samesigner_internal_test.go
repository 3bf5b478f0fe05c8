package chain

import (
	"crypto/x509"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pkitest"
)

// The answer about a certificate does not depend on how often it was parsed: a document can embed
// the certificate of a signer or TSA more often than the reader keeps it.
func TestSignersThatAreParsedTwice(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	template := pkitest.SigningTemplate("Seal", f.now)
	template.OCSPServer = []string{"http://ocsp.example.org"}
	issued, err := f.issuer.Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	// a responder whose certificate has expired since it answered
	template = &x509.Certificate{NotBefore: f.now.Add(-time.Hour), NotAfter: f.now.Add(time.Minute),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}}
	expired, err := f.issuer.Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	own, answered := f.issuer.Chain[0], f.now
	f.now = f.now.Add(time.Hour)
	for _, test := range []struct {
		name         string
		answer       ocsp.Response // SerialNumber nil = none
		timestamping bool
		want         pades.SubIndication
	}{
		{"no evidence", ocsp.Response{}, false, pades.TryLater},
		{"no evidence about a TSA", ocsp.Response{}, true, pades.TryLater},
		{"revoked", ocsp.Response{Status: ocsp.Revoked, RevokedAt: answered,
			SerialNumber: issued[0].SerialNumber}, false, pades.RevokedNoPOE},
		{"evidence that is not proved older than its responder's end", ocsp.Response{Certificate: expired[0],
			SerialNumber: issued[0].SerialNumber}, false, pades.RevocationOutOfBounds},
		{"the same about a TSA", ocsp.Response{Certificate: expired[0],
			SerialNumber: issued[0].SerialNumber}, true, ""},
	} {
		v := f.validator(pades.Trust{Anchors: f.root.Chain}, false, f.issuer.Chain...)
		if test.answer.SerialNumber != nil {
			by, with := own, f.issuer.Key
			if test.answer.Certificate != nil {
				by, with = test.answer.Certificate, key
			}
			test.answer.ThisUpdate, test.answer.NextUpdate = answered, f.now.Add(time.Hour)
			der, err := ocsp.CreateResponse(own, by, test.answer, with)
			if err != nil {
				t.Fatal(err)
			}
			v.store.addResponse(der, Span{})
		}
		for _, again := range []bool{false, true} {
			signer := issued[0]
			if again {
				if signer, err = x509.ParseCertificate(signer.Raw); err != nil {
					t.Fatal(err)
				}
			}
			judged, err := v.Validate(t.Context(), Question{Signer: signer, At: f.now, Fresh: f.now,
				Timestamping: test.timestamping})
			if err != nil || subOf(judged.Err) != test.want {
				t.Errorf("%s, parsed again %v: got %v, %v, want %q", test.name, again, judged.Err, err, test.want)
			}
		}
	}
}
