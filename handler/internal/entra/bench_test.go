package entra_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/entra"
)

// BenchmarkAuthenticate checks a token that was never seen.
func BenchmarkAuthenticate(b *testing.B) {
	verification, authentication := byTurns(b, (*entra.Authenticator).Forget)
	b.ReportMetric(float64(verification), "ns/verification")
	b.ReportMetric(float64(authentication), "ns/authentication")
	b.ReportMetric(float64(authentication)/float64(verification), "ratio")
	b.ReportMetric(3, "ratio-limit")
}

// BenchmarkAuthenticateAgain checks a token that was seen before.
func BenchmarkAuthenticateAgain(b *testing.B) {
	verification, authentication := byTurns(b, func(*entra.Authenticator) {})
	b.ReportMetric(float64(authentication)/float64(verification), "ratio")
	b.ReportMetric(float64(authentication)/1000, "µs/authentication")
	b.ReportMetric(5, "µs/authentication-limit")
}

// byTurns checks a token and does one bare RSA verification in turn, so that the ratio of their
// medians is meaningful on a busy machine. It calls prepare before each check.
func byTurns(b *testing.B, prepare func(*entra.Authenticator)) (verification, authentication time.Duration) {
	b.Helper()
	c := newCloud(b, nil)
	a := c.authenticator(b, nil)
	token := warm(b, c, a)
	verify := bareVerification(b, c, token)
	var bare, whole []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		prepare(a)
		start := time.Now()
		verify()
		between := time.Now()
		if _, err := a.Authenticate(b.Context(), token); err != nil {
			b.Fatal(err)
		}
		bare, whole = append(bare, between.Sub(start)), append(whole, time.Since(between))
	}
	return median(bare), median(whole)
}

// warm gives a token of the usual size that a has accepted once.
func warm(b *testing.B, c *cloud, a *entra.Authenticator) string {
	b.Helper()
	token := c.Mint(nil, with(c.delegated(), map[string]any{
		"name": "Some Person", "wids": []string{apiID, apiID}, "xms_idrel": strings.Repeat("1 ", 100),
	}))
	if _, err := a.Authenticate(b.Context(), token); err != nil {
		b.Fatal(err)
	}
	return token
}

// bareVerification gives the least that verifying the token takes: one RSA verification.
func bareVerification(b *testing.B, c *cloud, token string) func() {
	b.Helper()
	dot := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256([]byte(token[:dot]))
	key := c.PublicKey()
	return func() {
		if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature); err != nil {
			b.Fatal(err)
		}
	}
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
