package material_test

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"

	"influxion/handler/internal/keyvault/material"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
)

const (
	typePKCS12 = "application/x-pkcs12"
	typePEM    = "application/x-pem-file"
)

// parse reads a secret's value.
func parse(contentType, value string, now time.Time) ([]*x509.Certificate, crypto.Signer, error) {
	held, err := material.Read(contentType, value)
	if err != nil {
		return nil, nil, err
	}
	return held.ChainAndKey(now)
}

func newKey(t testing.TB, algorithm pkitest.Algorithm) crypto.Signer {
	t.Helper()
	key, err := pkitest.NewKey(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issuer makes an authority below a root.
func issuer(t testing.TB) *pkitest.Authority {
	t.Helper()
	root, err := pkitest.NewRoot("Test Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	authority, err := root.NewIntermediate("Test Issuer", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return authority
}

// encoded returns a secret's value in PEM.
func encoded(t *testing.T, chain []*x509.Certificate, key crypto.Signer) string {
	t.Helper()
	_, value, err := keyvaulttest.Encode(keyvaulttest.PEM, chain, key)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// keyPEM writes a key as PKCS#8.
func keyPEM(t *testing.T, key crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// Changes of the template that make a leaf unfit.
func expired(c *x509.Certificate)      { c.NotAfter = c.NotBefore.Add(time.Minute) }
func encipherment(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }
