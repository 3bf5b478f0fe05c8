package pkitest

import (
	"crypto"
	"crypto/x509"
	"time"
)

// T is the part of testing.TB that Signer uses. Programs link this package too, and should not link
// package testing.
type T interface {
	Helper()
	Fatal(args ...any)
}

// Signer makes a document-signing certificate directly below a new root, valid now, and its P-256
// key. It applies the changes to the template of the leaf, in order. The chain has the leaf first.
func Signer(t T, changes ...func(leaf *x509.Certificate)) ([]*x509.Certificate, crypto.Signer) {
	t.Helper()
	return SignerOf(t, P256, changes...)
}

// SignerOf is Signer with a key of another algorithm. The root still has a P-256 key.
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
