package pkitest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
)

// Algorithm names a kind of key.
type Algorithm string

// The kinds of key that the product signs with, and two that it refuses.
const (
	RSA1024 Algorithm = "RSA-1024"
	RSA2048 Algorithm = "RSA-2048"
	RSA3072 Algorithm = "RSA-3072"
	RSA4096 Algorithm = "RSA-4096"
	P224    Algorithm = "P-224"
	P256    Algorithm = "P-256"
	P384    Algorithm = "P-384"
	P521    Algorithm = "P-521"
)

// NewKey makes a private key.
func NewKey(algorithm Algorithm) (crypto.Signer, error) {
	bits := map[Algorithm]int{RSA1024: 1024, RSA2048: 2048, RSA3072: 3072, RSA4096: 4096}
	if size, ok := bits[algorithm]; ok {
		return rsa.GenerateKey(rand.Reader, size)
	}
	curves := map[Algorithm]elliptic.Curve{P224: elliptic.P224(), P256: elliptic.P256(), P384: elliptic.P384(),
		P521: elliptic.P521()}
	curve, ok := curves[algorithm]
	if !ok {
		return nil, fmt.Errorf("unknown algorithm %q", algorithm)
	}
	return ecdsa.GenerateKey(curve, rand.Reader)
}
