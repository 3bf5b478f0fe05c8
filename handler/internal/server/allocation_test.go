package server_test

import (
	"net/http"
	"runtime"
	"strings"
	"testing"

	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/server"
)

// discard is a response that nobody reads.
type discard struct {
	header http.Header
	status int
	bytes  int
}

func (d *discard) Header() http.Header { return d.header }

func (d *discard) WriteHeader(status int) { d.status = status }

func (d *discard) Write(p []byte) (int, error) { d.bytes += len(p); return len(p), nil }

// TestSigningAllocates bounds what signing a document allocates, as a ratio to the document, by the
// last measurement and a fifth more. Each byte is garbage to collect. The test detects document
// memory that is not lent to the next document, a buffer for each request, or a table that is
// rebuilt each time. It counts what the whole process allocates, so it does not run beside other
// tests, nor under the race detector.
func TestSigningAllocates(t *testing.T) {
	for size, most := range map[int]float64{100 << 10: 1.1, 1000 << 10: 0.108} {
		var api http.Handler
		a := newAPI(t, func(config *server.Config) { api = server.New(*config).Handler() })
		a.vault.certificate.Chain, a.vault.certificate.Key = pkitest.SignerOf(t, pkitest.P256)
		document := pdfWith("", strings.Repeat("% padding of a content stream\n", size/30))
		sign := func() {
			answer := &discard{header: http.Header{}}
			api.ServeHTTP(answer, a.request(t, http.MethodPost, "/api/sign", "application/pdf", document))
			if answer.status != http.StatusOK || answer.bytes <= len(document) {
				t.Fatalf("got status %d and %d bytes, want the signed document", answer.status, answer.bytes)
			}
		}
		const each = 50
		sign() // what is made once is there
		var before, after runtime.MemStats
		least := 0.0
		for range 5 { // a collection takes what is kept for the next document
			runtime.ReadMemStats(&before)
			for range each {
				sign()
			}
			runtime.ReadMemStats(&after)
			took := float64(after.TotalAlloc-before.TotalAlloc) / each / float64(len(document))
			if least == 0 || took < least {
				least = took
			}
		}
		if least > most {
			t.Errorf("got %.3f bytes allocated for each byte of a document of %d, want %.3f at most", least,
				len(document), most)
		}
	}
}
