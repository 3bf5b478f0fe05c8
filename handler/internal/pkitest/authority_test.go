package pkitest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"testing"
	"time"

	"influxion/handler/internal/pkitest"
)

func TestChainVerifies(t *testing.T) {
	t.Parallel()
	now := time.Now()
	root, err := pkitest.NewRoot("Test Root", now)
	if err != nil {
		t.Fatal(err)
	}
	intermediate, err := root.NewIntermediate("Test Issuer", now)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := intermediate.Issue(pkitest.SigningTemplate("Seal", now), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	if len(chain) != 3 {
		t.Fatalf("got a chain of %d, want 3", len(chain))
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(root.Root())
	between.AddCert(chain[1])
	options := x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	if _, err := chain[0].Verify(options); err != nil {
		t.Errorf("got %v, want a chain that verifies", err)
	}
	server, err := intermediate.IssueServer(now, "127.0.0.1", "vault.example.org")
	if err != nil {
		t.Fatal(err)
	}
	options.DNSName, options.KeyUsages = "vault.example.org", nil
	if _, err := server.Leaf.Verify(options); err != nil {
		t.Errorf("got %v, want a server certificate that verifies", err)
	}
}

func TestSigner(t *testing.T) {
	t.Parallel()
	chain, key := pkitest.SignerOf(t, pkitest.P384, func(leaf *x509.Certificate) { leaf.Subject.CommonName = "Changed" })
	public, ok := key.Public().(*ecdsa.PublicKey)
	if len(chain) != 2 || !ok || public.Curve != elliptic.P384() || !public.Equal(chain[0].PublicKey) {
		t.Fatalf("got a chain of %d and a key %T, want the leaf of a P-384 key and its root", len(chain), key.Public())
	}
	if err := chain[0].CheckSignatureFrom(chain[1]); err != nil || chain[0].Subject.CommonName != "Changed" {
		t.Errorf("got %v for %s, want a leaf that was changed and that the root issued", err, chain[0].Subject)
	}
}
