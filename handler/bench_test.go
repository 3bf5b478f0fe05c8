package main_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// BenchmarkPostSign measures signatures a second over HTTP, straight at the staged handler with real access tokens, against the bare
// private-key operations a second that the same cores make. The client runs on these cores too.
func BenchmarkPostSign(b *testing.B) {
	p := start(b, cloudtest.Config{Algorithm: pkitest.RSA2048}, hosttest.Config{})
	key, err := pkitest.NewKey(pkitest.RSA2048)
	if err != nil {
		b.Fatal(err)
	}
	document := pdftest.Sample(100 << 10)
	authorization := "Bearer " + p.token(b)
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	defer transport.CloseIdleConnections()
	caller := &http.Client{Transport: transport}
	post := func() error {
		request, err := http.NewRequest(http.MethodPost, p.host.HandlerURL()+"/api/sign", bytes.NewReader(document))
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", authorization)
		request.Header.Set("Content-Type", "application/pdf")
		response, err := caller.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d: %w", response.StatusCode, err)
		}
		return nil
	}
	digest := sha256.Sum256(document)
	bare := func() error {
		_, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
		return err
	}
	for range 20 { // connections, keys and certificate are there before the clock runs
		if err := post(); err != nil {
			b.Fatal(err)
		}
	}
	var bareRate, postRate float64
	for b.Loop() {
		bareRate += rate(b, runtime.GOMAXPROCS(0), bare)
		postRate += rate(b, 2*runtime.GOMAXPROCS(0), post)
	}
	b.ReportMetric(postRate/float64(b.N), "signatures/s")
	b.ReportMetric(postRate/bareRate, "ratio")
	b.ReportMetric(0.7, "ratio-floor")
}

// rate is how often a second the workers get a call done, over one second.
func rate(b *testing.B, workers int, call func() error) float64 {
	var done atomic.Int64
	var wait sync.WaitGroup
	began := time.Now()
	for range workers {
		wait.Go(func() {
			for time.Since(began) < time.Second {
				if err := call(); err != nil {
					b.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	wait.Wait()
	return float64(done.Load()) / time.Since(began).Seconds()
}

// BenchmarkStart measures the time from starting the staged handler to the first connection that it accepts.
func BenchmarkStart(b *testing.B) {
	var total time.Duration
	for b.Loop() {
		taken := freePort(b)
		command := exec.Command(filepath.Join(staged, "handler"))
		command.Dir = b.TempDir()
		command.Env = []string{"FUNCTIONS_CUSTOMHANDLER_PORT=" + taken, "INFLUXION_AZURE_TENANT_ID=11111111-2222-3333-4444-555555555555",
			"INFLUXION_AZURE_API_CLIENT_ID=11111111-2222-3333-4444-555555555555", "INFLUXION_VAULT_URL=https://seals.vault.azure.net",
			"HTTPS_PROXY=http://127.0.0.1:1"}
		began := time.Now()
		if err := command.Start(); err != nil {
			b.Fatal(err)
		}
		for {
			connection, err := net.Dial("tcp", "127.0.0.1:"+taken)
			if err == nil {
				connection.Close()
				break
			}
		}
		total += time.Since(began)
		command.Process.Kill()
		command.Wait() // the kill is its end
	}
	b.ReportMetric(float64(total.Microseconds())/1000/float64(b.N), "ms")
	b.ReportMetric(50, "ms-limit")
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
