package pades_test

import (
	"crypto/x509"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/certificate"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// oddAuthority is an authority below a root, whose certificate has an oddity; plain is the same one
// without it.
func oddAuthority(t *testing.T, odd pkitest.Oddity) (authority, plain *pkitest.Authority) {
	t.Helper()
	root, err := pkitest.NewRoot("Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	template := pkitest.SigningTemplate("Odd CA", time.Now())
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := root.IssueParts(template, key.Public(), odd.Alter)
	if err != nil {
		t.Fatal(err)
	}
	altered, err := certificate.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := root.Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return &pkitest.Authority{Chain: []*x509.Certificate{altered, root.Root()}, Key: key},
		&pkitest.Authority{Chain: chain, Key: key}
}

// issuedBy is a signer below an authority, whose name need not be one that crypto/x509 reads.
func issuedBy(t *testing.T, authority, plain *pkitest.Authority) signer {
	t.Helper()
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	der, err := plain.IssueParts(pkitest.SigningTemplate("Good Seal", time.Now()), key.Public(),
		func(p *pkitest.Parts) { p.Issuer = authority.Chain[0].RawSubject })
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := certificate.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	return signer{append([]*x509.Certificate{leaf}, authority.Chain...), key}
}

// Whatever crypto/x509 refuses in the certificate of the signer's issuer, the signature is intact
// and its signer named. Nobody is trusted by way of that certificate.
func TestIssuersThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, odd := range pkitest.Oddities() {
		t.Run(odd.Name, func(t *testing.T) {
			t.Parallel()
			authority, plain := oddAuthority(t, odd)
			s := issuedBy(t, authority, plain)
			document := s.sign(t, pdftest.Sample(0), pades.Options{})
			for name, anchors := range map[string][]*x509.Certificate{"the root": s.chain[2:],
				"the issuer": s.chain[1:2]} {
				got := verified(t, document, pades.Trust{Anchors: anchors, Time: time.Now()})[0]
				if got.Integrity != pades.IntegrityIntact || got.Signer == nil || got.Indication == pades.TotalFailed {
					t.Errorf("%s is the anchor: got %+v, want it intact and the signer named", name, got)
				}
				if name == "the root" && (got.Indication != pades.Indeterminate || got.Trust == pades.SignerTrusted) {
					t.Errorf("got %s and %s, want no trust by way of a refused issuer", got.Indication, got.Trust)
				}
			}
		})
	}
}

// A certificate that crypto/x509 refuses, in the document security store beside what is needed,
// changes nothing.
func TestOddCertificatesInTheStore(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{})
	signed := e.signAt(t, sample(), pades.LevelBLT, pades.Options{})
	for _, odd := range pkitest.Oddities() {
		t.Run(odd.Name, func(t *testing.T) {
			t.Parallel()
			authority, _ := oddAuthority(t, odd)
			document := withStore(t, signed, authority.Chain[:1])
			got := verified(t, document, e.offline())[0]
			if got.Indication != pades.TotalPassed || got.Level != pades.LevelBLT {
				t.Errorf("got %s %s (%s), want it to pass at B-LT", got.Indication, got.Level, got.Detail)
			}
		})
	}
}
