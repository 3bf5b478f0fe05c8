package main

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"time"

	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// seal is one throw-away certificate with the kind of signature to make with it.
type seal struct {
	name   string
	chain  []*x509.Certificate
	key    crypto.Signer // for other signers, whose tools want a file
	signer crypto.Signer // that of the product: the vault, or key itself
	digest crypto.Hash
	pss    bool
}

func newSeals(services *trusttest.Services) ([]seal, error) {
	now := time.Now()
	var seals []seal
	for _, kind := range []struct {
		name      string
		algorithm pkitest.Algorithm
		digest    crypto.Hash
	}{
		{"RSA-2048", pkitest.RSA2048, crypto.SHA256}, {"RSA-4096", pkitest.RSA4096, crypto.SHA512},
		{"RSA-PSS", pkitest.RSA3072, crypto.SHA256}, {"P-256", pkitest.P256, crypto.SHA256},
		{"P-384", pkitest.P384, crypto.SHA384},
	} {
		key, err := pkitest.NewKey(kind.algorithm)
		if err != nil {
			return nil, err
		}
		chain, err := services.Issue(pkitest.SigningTemplate("Seal "+kind.name, now), key.Public())
		if err != nil {
			return nil, err
		}
		seals = append(seals, seal{kind.name, chain, key, key, kind.digest, kind.name == "RSA-PSS"})
	}
	return seals, nil
}

// pem encodes the private key and the chain, leaf first.
func (s seal) pem() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		return nil, fmt.Errorf("encode key %s: %w", s.name, err)
	}
	return slices.Concat(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), pkitest.PEM(s.chain...)), nil
}
