package material_test

import (
	"testing"
	"time"

	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
)

// BenchmarkParse measures parsing the secret in a fetch. The vault's own latency hides it.
func BenchmarkParse(b *testing.B) {
	now := time.Now()
	key := newKey(b, pkitest.RSA2048)
	chain, err := issuer(b).Issue(pkitest.SigningTemplate("Seal", now), key.Public())
	if err != nil {
		b.Fatal(err)
	}
	for _, format := range []keyvaulttest.Format{keyvaulttest.PEM, keyvaulttest.Modern, keyvaulttest.LegacyDES} {
		contentType, value, err := keyvaulttest.Encode(format, chain, key)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(string(format), func(b *testing.B) {
			for b.Loop() {
				if _, _, err := parse(contentType, value, now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
