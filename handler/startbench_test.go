package main_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// BenchmarkStart measures the time from starting the staged handler to the first connection that it
// accepts: the least of several starts.
func BenchmarkStart(b *testing.B) {
	least := time.Duration(0)
	for b.Loop() {
		for range 5 {
			taken := freePort(b)
			began := time.Now()
			end := launch(b, taken, []string{
				"INFLUXION_AZURE_TENANT_ID=11111111-2222-3333-4444-555555555555",
				"INFLUXION_AZURE_API_CLIENT_ID=11111111-2222-3333-4444-555555555555",
				"INFLUXION_VAULT_URL=https://seals.vault.azure.net",
				"HTTPS_PROXY=http://127.0.0.1:1"})
			took := time.Since(began)
			end()
			if least == 0 || took < least {
				least = took
			}
		}
	}
	b.ReportMetric(float64(least.Microseconds())/1000, "ms")
	b.ReportMetric(5, "ms-limit")
}

// BenchmarkFirstSignature measures the time from the first connection that a new handler accepts to
// the end of the first signed document. Token keys, the token of the identity and the certificate
// come from servers on loopback. The result is the least of several starts.
func BenchmarkFirstSignature(b *testing.B) {
	p := start(b, cloudtest.Config{Algorithm: pkitest.RSA2048}, hosttest.Config{})
	document, token := pdftest.Sample(100<<10), p.token(b)
	least := time.Duration(0)
	for b.Loop() {
		for range 5 {
			taken := freePort(b)
			end := launch(b, taken, p.Environ())
			began := time.Now()
			request, err := http.NewRequestWithContext(b.Context(), http.MethodPost,
				"http://127.0.0.1:"+taken+"/api/sign", bytes.NewReader(document))
			if err != nil {
				b.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+token)
			request.Header.Set("Content-Type", "application/pdf")
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				b.Fatal(err)
			}
			got, err := io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if took := time.Since(began); least == 0 || took < least {
				least = took
			}
			end()
			if err != nil || response.StatusCode != http.StatusOK || got <= int64(len(document)) {
				b.Fatalf("got status %d and %d bytes (%v), want the signed document", response.StatusCode, got, err)
			}
		}
	}
	b.ReportMetric(float64(least.Microseconds())/1000, "ms")
	b.ReportMetric(15, "ms-limit")
}

// launch starts the staged handler and waits until it accepts a connection. The caller ends it.
func launch(b *testing.B, port string, environ []string) (end func()) {
	b.Helper()
	command := exec.Command(filepath.Join(staged, "handler"))
	command.Dir = b.TempDir()
	command.Env = append([]string{"FUNCTIONS_CUSTOMHANDLER_PORT=" + port}, environ...)
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; {
		connection, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			connection.Close()
			break
		}
		if time.Now().After(deadline) {
			command.Process.Kill()
			b.Fatalf("got no connection within a minute: %v", err)
		}
	}
	return func() {
		command.Process.Kill()
		command.Wait() // the kill is its end
	}
}

func freePort(b *testing.B) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	return port
}
