package cms_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// Certificates that match the signer identifier can come from anywhere in a document, so that
// Signer looks only at few of them.
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
	for count, want := range map[int]cms.Kind{0: "", 15: "", 16: cms.LimitExceeded} {
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

// Signers write the issuer of their certificate in another string type than the certificate has, in
// the identifier and in the signed reference. The issuer is still the same.
func TestIssuerInAnotherEncoding(t *testing.T) {
	t.Parallel()
	digest := digestOf(crypto.SHA256, content)
	for _, test := range []struct {
		name                  string
		identifier, reference string // the issuer, with its tag and length
		want                  cms.Kind
	}{
		{"UTF8String", "\x0c\x0bTest Issuer", "\x0c\x0bTest Issuer", ""},
		{"another case", "\x0c\x0bTest issuer", "\x13\x0bTest Issuer", cms.SignerNotFound},
		{"a type that names do not have", "\x04\x0bTest Issuer", "\x13\x0bTest Issuer", cms.SignerNotFound},
		{"another issuer", "\x0c\x0bTest Issues", "\x13\x0bTest Issuer", cms.SignerNotFound},
		{"another issuer in the reference", "\x13\x0bTest Issuer", "\x0c\x0bTest Issues", cms.BindingMismatch},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newForgery(t, pkitest.P256)
			issuer := f.party.leaf().RawIssuer
			as := func(text string) []byte {
				written := bytes.Replace(issuer, []byte("\x13\x0bTest Issuer"), []byte(text), 1)
				if text[0] != 0x13 && bytes.Equal(written, issuer) {
					t.Fatalf("got the issuer %q, want one with another name", issuer)
				}
				return written
			}
			f.signer = tlv(0x30, as(test.identifier), f.integer(0))
			f.reference = attr(oid(oidSigningCertificateV2...), f.referenceTo(nil,
				digestOf(crypto.SHA256, f.party.leaf().Raw),
				tlv(0x30, tlv(0x30, tlv(0xa4, as(test.reference))), f.integer(0))))
			if kind, detail := outcome(t, f.build(t), digest); kind != test.want {
				t.Errorf("got %q %s, want %q", kind, detail, test.want)
			}
		})
	}
}
