package revocation_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"strconv"
	"strings"
	"testing"

	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/pkitest"
)

func TestSources(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	certificate := p.issue(t, pkitest.P256, func(c *x509.Certificate) {
		c.OCSPServer = []string{"http://ocsp.example.org"}
		c.CRLDistributionPoints = []string{"ldap://example.org/cn=CRL", "http://crl.example.org/1"}
		c.IssuingCertificateURL = []string{"http://ca.example.org/issuer.cer"}
	}).certificate
	ocsp, crl, issuers := revocation.Sources(certificate)
	if !slices.Equal(ocsp, certificate.OCSPServer) || !slices.Equal(crl, certificate.CRLDistributionPoints) ||
		!slices.Equal(issuers, certificate.IssuingCertificateURL) {
		t.Errorf("got %q, %q, %q", ocsp, crl, issuers)
	}
	if ocsp, crl, issuers := revocation.Sources(p.leaf); ocsp != nil || crl != nil || issuers != nil {
		t.Errorf("got %q, %q, %q, want nothing", ocsp, crl, issuers)
	}
}

func TestSourcesAreBounded(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 10 {
		many = append(many, "http://example.org/"+strconv.Itoa(i))
	}
	long, longest := strings.Repeat("x", 2049), strings.Repeat("x", 2048)
	certificate := &x509.Certificate{OCSPServer: many, CRLDistributionPoints: []string{long, "", longest},
		IssuingCertificateURL: many[:8]}
	ocsp, crl, issuers := revocation.Sources(certificate)
	if !slices.Equal(ocsp, many[:8]) || !slices.Equal(crl, []string{longest}) || !slices.Equal(issuers, many[:8]) {
		t.Errorf("got %d OCSP, %d CRL and %d issuer addresses, want 8, 1 and 8", len(ocsp), len(crl), len(issuers))
	}
}

func TestHasNoCheck(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	marked := p.issue(t, pkitest.P256, func(c *x509.Certificate) {
		asResponder(c)
		c.ExtraExtensions = []pkix.Extension{
			{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: []byte{5, 0}}}
	})
	if !revocation.HasNoCheck(marked.certificate) || revocation.HasNoCheck(p.responder.certificate) {
		t.Error("got it the wrong way round")
	}
	if got, err := newAnswer(t, p).by(t, marked).ask(t, p); err != nil || !got.NoCheck {
		t.Errorf("got %v, %v, want evidence with no check", got, err)
	}
	// Only a responder's certificate can carry the mark: on the issuer itself it means nothing.
	q := newPKIWith(t, pkitest.P256, func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{
			{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: []byte{5, 0}}}
	})
	if got, err := newAnswer(t, q).ask(t, q); err != nil || got.NoCheck {
		t.Errorf("got %v, %v, want evidence without no check", got, err)
	}
}
