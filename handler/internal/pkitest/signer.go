package pkitest

import (
	"crypto"
	"crypto/x509"
	"time"
)

// T is what Signer takes of a testing.TB: programs link this package too.
type T interface {
	Helper()
	Fatal(args ...any)
}

// Signer makes a document-signing certificate right below a new root, valid now, and its P-256 key.
// Changes are made to the template of the leaf, in order. The chain has the leaf first.
func Signer(t T, changes ...func(leaf *x509.Certificate)) ([]*x509.Certificate, crypto.Signer) {
	t.Helper()
	return SignerOf(t, P256, changes...)
}

// SignerOf is Signer with a key of another algorithm. The root has a P-256 key all the same.
func SignerOf(t T, algorithm Algorithm, changes ...func(leaf *x509.Certificate)) ([]*x509.Certificate, crypto.Signer) {
	t.Helper()
	now := time.Now()
	root, err := NewRoot("Test Root", now)
	if err != nil {
		t.Fatal(err)
	}
	key, err := NewKey(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	template := SigningTemplate("Test Seal", now)
	for _, change := range changes {
		change(template)
	}
	chain, err := root.Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return chain, key
}
