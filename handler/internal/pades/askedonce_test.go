package pades_test

import (
	"context"
	"crypto/x509"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/trusttest"
)

// counter counts the questions about certificates.
type counter struct {
	*estate
	asked map[string]int // by serial number
}

func (c counter) Revocation(ctx context.Context, about, issuer *x509.Certificate) (*revocation.Evidence, error) {
	c.asked[about.SerialNumber.String()]++
	return c.estate.Revocation(ctx, about, issuer)
}

// The verification of one document requests current evidence about each certificate only once,
// whether or not there is an answer.
func TestEachCertificateIsAskedAboutOnce(t *testing.T) {
	t.Parallel()
	for fault, want := range map[trusttest.Kind]pades.Indication{
		"": pades.TotalPassed, trusttest.Garbage: pades.Indeterminate,
	} {
		e := newEstate(t, trusttest.Config{})
		document := sample()
		for range 3 {
			document = e.signAt(t, document, pades.LevelBB, pades.Options{})
		}
		if fault != "" {
			e.Fault(trusttest.OCSP, trusttest.Fault{Kind: fault})
		}
		trust, asked := e.offline(), map[string]int{}
		trust.Online = counter{e, asked}
		for _, got := range verified(t, document, trust) {
			if got.Indication != want {
				t.Errorf("fault %q: got %s (%s), want %s", fault, got.Indication, got.Detail, want)
			}
		}
		if len(asked) != 2 {
			t.Errorf("fault %q: got questions about %d certificates, want the signer's and its issuer's", fault,
				len(asked))
		}
		for serial, n := range asked {
			if n != 1 {
				t.Errorf("fault %q: got %d questions about %s, want one", fault, n, serial)
			}
		}
	}
}
