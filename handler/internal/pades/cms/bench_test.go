package cms_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"testing"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

var benchmarkAlgorithms = []pkitest.Algorithm{pkitest.RSA2048, pkitest.P256}

// BenchmarkSign compares Sign with the private-key operation alone.
func BenchmarkSign(b *testing.B) {
	for _, algorithm := range benchmarkAlgorithms {
		p := newParty(b, algorithm)
		digest := digestOf(crypto.SHA256, content)
		b.Run(string(algorithm)+"/key", func(b *testing.B) {
			for b.Loop() {
				if _, err := p.key.Sign(rand.Reader, digest, crypto.SHA256); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(string(algorithm)+"/cms", func(b *testing.B) {
			b.ReportAllocs()
			request := cms.Request{Chain: p.chain, Key: p.key, Digest: crypto.SHA256, MessageDigest: digest}
			for b.Loop() {
				if _, err := cms.Sign(request); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(string(algorithm)+"/overhead", func(b *testing.B) { // the same with a key that costs nothing
			signature, err := p.key.Sign(rand.Reader, digest, crypto.SHA256)
			if err != nil {
				b.Fatal(err)
			}
			request := cms.Request{Chain: p.chain, Key: answering{p.key, signature, nil}, Digest: crypto.SHA256,
				MessageDigest: digest}
			for b.Loop() {
				if _, err := cms.Sign(request); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkVerify compares Parse and Verify with the public-key operation alone.
func BenchmarkVerify(b *testing.B) {
	for _, algorithm := range benchmarkAlgorithms {
		p := newParty(b, algorithm)
		digest := digestOf(crypto.SHA256, content)
		signature, err := p.key.Sign(rand.Reader, digest, crypto.SHA256)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(string(algorithm)+"/key", func(b *testing.B) {
			for b.Loop() {
				if !verifies(p.key.Public(), digest, signature) {
					b.Fatal("got an invalid signature")
				}
			}
		})
		der, err := cms.Sign(cms.Request{Chain: p.chain, Key: p.key, Digest: crypto.SHA256, MessageDigest: digest})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(string(algorithm)+"/parse", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := cms.Parse(der); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(string(algorithm)+"/verify", func(b *testing.B) {
			s, err := cms.Parse(der)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := s.Verify(digest); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func verifies(public crypto.PublicKey, digest, signature []byte) bool {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, digest, signature)
	}
	return false
}
