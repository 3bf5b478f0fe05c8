package main_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"testing"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// BenchmarkJSONDocument compares processor times of the staged handler for a large document: in
// base64 in JSON, with an answer in JSON, and as plain PDF.
func BenchmarkJSONDocument(b *testing.B) {
	p := start(b, cloudtest.Config{Algorithm: pkitest.RSA2048}, hosttest.Config{})
	const size = 50_000_000
	document := pdftest.Sample(size)
	object := make([]byte, 0, base64.StdEncoding.EncodedLen(len(document))+32)
	object = append(base64.StdEncoding.AppendEncode(append(object, `{"document":"`...), document), `"}`...)
	token := p.token(b)
	post := func(mediaType string, body []byte) float64 {
		before := processorTime(b, p.host.PID())
		request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, p.host.HandlerURL()+"/api/sign",
			bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("Content-Type", mediaType)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			b.Fatal(err)
		}
		defer response.Body.Close()
		got, err := io.Copy(io.Discard, response.Body)
		if err != nil || response.StatusCode != http.StatusOK || got <= int64(len(body)) {
			b.Fatalf("got status %d and %d bytes (%v), want the signed document", response.StatusCode, got, err)
		}
		return processorTime(b, p.host.PID()) - before
	}
	post("application/pdf", document) // keys and certificate are there before the clock runs
	post("application/json", object)
	var raw, encoded float64
	for b.Loop() {
		raw += post("application/pdf", document)
		encoded += post("application/json", object)
	}
	b.ReportMetric(raw*1000/float64(b.N), "raw-ms")
	b.ReportMetric(encoded/raw, "raw")
	b.ReportMetric(2.3, "raw-limit")
}
