package trustservices_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"
	"time"

	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

// The indirect CRL of an authority is read with the certificate of its signer. The CRL names the
// address of that certificate.
func TestIndirectList(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	services.Fault(trusttest.CRL, trusttest.Fault{Kind: trusttest.Indirect})
	point, err := services.IndirectPoint(trusttest.Issuing)
	if err != nil {
		t.Fatal(err)
	}
	named := func(template *x509.Certificate) { template.ExtraExtensions = []pkix.Extension{point} }
	good, bad := issue(t, services, named, trusttest.OCSP, trusttest.CRL),
		issue(t, services, named, trusttest.OCSP, trusttest.CRL)
	if err := services.Revoke(bad[0], time.Now(), 1); err != nil {
		t.Fatal(err)
	}
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
	for want, chain := range map[revocation.Status][]*x509.Certificate{revocation.Good: good, revocation.Revoked: bad} {
		e, err := source.Revocation(t.Context(), chain[0], chain[1])
		if err != nil {
			t.Fatal(err)
		}
		if e.Status != want || e.Kind != revocation.KindCRL || e.Signer.Equal(chain[1]) {
			t.Errorf("got %s by %s, want %s by another authority than the issuer", e.Status, e.Signer.Subject, want)
		}
	}
	services.Fault(trusttest.Issuers, trusttest.Fault{Kind: trusttest.NotFound})
	other := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
	_, err = other.Revocation(t.Context(), good[0], good[1])
	if got := refused(t, err); got.Detail != "the CRL is indirect, and its signer's certificate from the "+
		"issuer of the certificate is missing" {
		t.Errorf("got %q without the signer's certificate", got.Detail)
	}
}
