package main_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

var documentFile = flag.String("document", "", "`file` that BenchmarkPostSignTime signs in place of its own documents")

// BenchmarkPostSignTime measures two processor times: what the staged handler takes to sign a
// document at B-B, including the check of its output and the audit record; and what the same kind
// of key takes for its operation. Each is the least of several rounds, which are in turn: the mean
// of as many calls, by processor time.
func BenchmarkPostSignTime(b *testing.B) {
	for _, row := range []struct {
		algorithm pkitest.Algorithm
		size      int
		each      int // requests in a round
		unit      string
		limit     float64
	}{
		{pkitest.RSA2048, 100 << 10, 200, "keys", 1.45},
		{pkitest.P256, 100 << 10, 300, "ms", 0.60},
		{pkitest.RSA2048, 1 << 20, 50, "ms", 2.9},
		{pkitest.RSA2048, 50 << 20, 4, "ms", 85},
	} {
		b.Run(fmt.Sprintf("%s/%dKB", row.algorithm, row.size>>10), func(b *testing.B) {
			p := start(b, cloudtest.Config{Algorithm: row.algorithm}, hosttest.Config{})
			document, token := pdftest.Sample(row.size), p.token(b)
			if *documentFile != "" {
				var err error
				if document, err = os.ReadFile(*documentFile); err != nil {
					b.Fatal(err)
				}
			}
			post := func() {
				request, err := http.NewRequestWithContext(b.Context(), http.MethodPost,
					p.host.HandlerURL()+"/api/sign",
					bytes.NewReader(document))
				if err != nil {
					b.Fatal(err)
				}
				request.Header.Set("Authorization", "Bearer "+token)
				request.Header.Set("Content-Type", "application/pdf")
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					b.Fatal(err)
				}
				defer response.Body.Close()
				got, err := io.Copy(io.Discard, response.Body)
				if err != nil || response.StatusCode != http.StatusOK || got <= int64(len(document)) {
					b.Fatalf("got status %d and %d bytes (%v), want the signed document", response.StatusCode, got, err)
				}
			}
			operation := bareKey(b, row.algorithm)
			measure := func() (signing, key float64) {
				return costEach(b, p.host.PID(), row.each, post), costEach(b, os.Getpid(), 200, operation)
			}
			measure() // it fetches keys and certificate
			full, bare := measure()
			for range 5 * b.N {
				signing, key := measure()
				full, bare = min(full, signing), min(bare, key)
			}
			b.ReportMetric(full*1000, "ms")
			b.ReportMetric(full/bare, "keys") // operations of the bare key
			b.ReportMetric(full/barePass(document).Seconds(), "passes")
			b.ReportMetric(bare*1000, "bare-key-ms")
			b.ReportMetric(row.limit, row.unit+"-limit")
		})
	}
}

// bareKey is an operation of a private key of the kind.
func bareKey(b *testing.B, algorithm pkitest.Algorithm) func() {
	b.Helper()
	key, err := pkitest.NewKey(algorithm)
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256(nil)
	return func() {
		if _, err := key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
			b.Fatal(err)
		}
	}
}

// barePass is the least time that SHA-256 takes for a document.
func barePass(document []byte) time.Duration {
	least := time.Duration(0)
	for range max(5, 50<<20/len(document)) {
		began := time.Now()
		sha256.Sum256(document)
		if took := time.Since(began); least == 0 || took < least {
			least = took
		}
	}
	return least
}
