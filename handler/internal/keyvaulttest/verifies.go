package keyvaulttest

import (
	"crypto"
	"crypto/x509"

	"influxion/handler/internal/pades/cms"
)

// T is the part of testing.TB that Verifies uses. Programs link this package too, and should not
// link package testing.
type T interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
}

// Verifies signs with the key of a chain, leaf first, and fails the test unless the signature
// verifies.
func Verifies(t T, chain []*x509.Certificate, key crypto.Signer) {
	t.Helper()
	digest, err := cms.DefaultDigest(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	h := digest.New()
	h.Write([]byte("content"))
	der, err := cms.Sign(cms.Request{Chain: chain, Key: key, Digest: digest, MessageDigest: h.Sum(nil)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := cms.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(h.Sum(nil)); err != nil {
		t.Errorf("got %v, want a signature that verifies", err)
	}
	if err := s.Baseline(); err != nil {
		t.Errorf("got %v, want a signature of baseline level", err)
	}
	if signer, err := s.Signer(); err != nil || !signer.Equal(chain[0]) {
		t.Errorf("got %v, want the leaf as signer", err)
	}
}
