package material_test

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pkitest"
)

// TestIssuersAreProved offers a false issuer with the name and the key identifier of the real one,
// and two certificates of the real issuer.
func TestIssuersAreProved(t *testing.T) {
	t.Parallel()
	now := time.Now()
	root, err := pkitest.NewRoot("Test Root", now)
	if err != nil {
		t.Fatal(err)
	}
	issuer := func(key crypto.Signer, days int) []*x509.Certificate {
		chain, err := root.Issue(&x509.Certificate{
			Subject: pkix.Name{CommonName: "Test Issuer"}, IsCA: true, BasicConstraintsValid: true,
			KeyUsage:  x509.KeyUsageCertSign,
			NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, days), SubjectKeyId: []byte("the issuer's key"),
		}, key.Public())
		if err != nil {
			t.Fatal(err)
		}
		return chain
	}
	issuerKey, key := newKey(t, pkitest.P256), newKey(t, pkitest.P256)
	impostor, short, long := issuer(newKey(t, pkitest.P256), 30), issuer(issuerKey, 10), issuer(issuerKey, 20)
	chain, err := (&pkitest.Authority{Chain: long, Key: issuerKey}).Issue(pkitest.SigningTemplate("Seal", now),
		key.Public())
	if err != nil {
		t.Fatal(err)
	}
	offered := []*x509.Certificate{impostor[0], short[0], root.Root(), long[0], chain[0]}
	for range 2 {
		got, _, err := parse(typePEM, encoded(t, offered, key), now)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, chain, (*x509.Certificate).Equal) {
			t.Errorf("got a chain of %d, want the leaf, the issuer's certificate that is valid longest, and the root",
				len(got))
		}
		slices.Reverse(offered)
	}
}

func TestChainIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	authority := issuer(t)
	for i := len(authority.Chain); i < 10; i++ {
		template := &x509.Certificate{
			Subject: pkix.Name{CommonName: "Test Issuer " + strings.Repeat("i", i)}, IsCA: true,
			BasicConstraintsValid: true,
			NotBefore:             now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
			KeyUsage: x509.KeyUsageCertSign,
		}
		key := newKey(t, pkitest.P256)
		chain, err := authority.Issue(template, key.Public())
		if err != nil {
			t.Fatal(err)
		}
		authority = &pkitest.Authority{Chain: chain, Key: key}
	}
	key := newKey(t, pkitest.P256)
	chain, err := authority.Issue(pkitest.SigningTemplate("Seal", now), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = parse(typePEM, encoded(t, chain, key), now)
	if err == nil || !strings.Contains(err.Error(), "chain of over 10") {
		t.Errorf("got %v for a chain of %d, want a refusal", err, len(chain))
	}
}
