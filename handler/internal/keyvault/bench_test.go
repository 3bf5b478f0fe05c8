package keyvault_test

import (
	"crypto"
	"testing"
	"time"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/pkitest"
)

// BenchmarkCertificate measures a lookup of a cached certificate, which each signature needs, with
// and without contention.
func BenchmarkCertificate(b *testing.B) {
	c := newCloud(b)
	c.put(b, "seal")
	source := c.source(b, func(config *keyvault.Config) { config.Now = time.Now })
	if _, err := source.Certificate(b.Context(), "seal", ""); err != nil {
		b.Fatal(err)
	}
	b.Run("warm", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := source.Certificate(b.Context(), "seal", ""); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("warm-parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := source.Certificate(b.Context(), "seal", ""); err != nil {
					b.Error(err)
				}
			}
		})
	})
	if got := c.vault.Requests(""); got != 1 {
		b.Errorf("got %d requests, want 1", got)
	}
}

// BenchmarkSign measures the cost of a signature in the vault without the vault's own time: the
// client, TLS, and the verification of the answer. The small vault runs in the same process.
func BenchmarkSign(b *testing.B) {
	c := newCloud(b)
	c.hold(b, "seal", c.withKey(b, pkitest.RSA2048))
	certificate := get(b, c.source(b, func(config *keyvault.Config) { config.Now = time.Now }), "seal", "")
	key := certificate.Signer(b.Context())
	digest := make([]byte, 32)
	before := c.vault.Challenged()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := key.Sign(nil, digest, crypto.SHA256); err != nil {
			b.Fatal(err)
		}
	}
	if got := c.vault.Challenged(); got != before {
		b.Errorf("got %d challenges in %d signatures, want one client that needs none", got-before, b.N)
	}
}
