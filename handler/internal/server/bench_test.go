package server_test

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"influxion/handler/internal/pkitest"
)

// BenchmarkSign compares POST /api/sign over real HTTP on all cores with the bare private-key operation.
func BenchmarkSign(b *testing.B) {
	chain, key := pkitest.SignerOf(b, pkitest.RSA2048)
	b.Run("key alone", func(b *testing.B) {
		digest := sha256.Sum256(nil)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
					b.Error(err)
				}
			}
		})
	})
	for _, size := range []int{100 << 10, 1000 << 10} {
		a := newAPI(b)
		a.vault.certificate.Chain, a.vault.certificate.Key = chain, key
		document := pdfWith("", strings.Repeat("% padding of a content stream\n", size/30))
		b.Run(fmt.Sprintf("%d KB", size>>10), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(document)))
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					response, err := a.Client().Do(a.request(b, http.MethodPost, "/api/sign", "application/pdf", document))
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, response.Body)
					response.Body.Close()
					if response.StatusCode != http.StatusOK {
						b.Errorf("got status %d, want 200", response.StatusCode)
					}
				}
			})
		})
	}
}
