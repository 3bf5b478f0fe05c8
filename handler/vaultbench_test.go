package main_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

const (
	vaultLatency = 30 * time.Millisecond
	vaultRate    = 50 // signatures a second: 500 in ten seconds, as Key Vault allows of RSA-3072 in hardware
	vaultClients = 64

	vaultRounds = 16 // measurements of processor time in turn, of which the median counts
	vaultPeriod = 300 * time.Millisecond
)

// BenchmarkPostSignInVault measures signatures with a key that never leaves a vault; the vault
// takes 30 ms for each. It measures how much of the rate that the vault allows reaches 64 clients.
// It also measures the handler's processor time in addition to what the same signature costs with a
// key in memory, less the key operation itself. With a key in memory each client pauses for as long
// as the vault takes: a process that sleeps between requests takes more time for each, whatever it
// waits for. The three costs are measured in turn, in many short rounds, because each of them is
// greater than their difference and depends on what else the machine does.
func BenchmarkPostSignInVault(b *testing.B) {
	const held = "hardware-seal"
	p := start(b, cloudtest.Config{Algorithm: pkitest.RSA2048, HeldName: held}, hosttest.Config{})
	key, err := pkitest.NewKey(pkitest.RSA2048)
	if err != nil {
		b.Fatal(err)
	}
	document := pdftest.Sample(100 << 10)
	bearer := "Bearer " + p.token(b)
	api := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: vaultClients}}
	post := func(certificate string) func() error {
		return func() error {
			request, err := http.NewRequestWithContext(b.Context(), http.MethodPost,
				p.host.HandlerURL()+"/api/sign?certificate="+certificate, bytes.NewReader(document))
			if err != nil {
				return err
			}
			request.Header.Set("Authorization", bearer)
			request.Header.Set("Content-Type", "application/pdf")
			response, err := api.Do(request)
			if err != nil {
				return err
			}
			defer response.Body.Close()
			if response.StatusCode != http.StatusOK {
				return fmt.Errorf("status %d", response.StatusCode)
			}
			_, err = io.Copy(io.Discard, response.Body)
			return err
		}
	}
	digest := sha256.Sum256(document)
	bare := func() error {
		_, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
		return err
	}
	// cost is the processor time that a process takes for each of the calls, in ms.
	cost := func(pid, workers int, call func() error) float64 {
		before, began := processorTime(b, pid), time.Now()
		perSecond := rateOver(b, vaultPeriod, workers, call)
		made := perSecond * time.Since(began).Seconds()
		return 1000 * (processorTime(b, pid) - before) / made
	}
	inMemory := post(p.CertificateName)
	resting := func() error {
		time.Sleep(vaultLatency)
		return inMemory()
	}
	for _, certificate := range []string{p.CertificateName, held} {
		for range 20 {
			if err := post(certificate)(); err != nil {
				b.Fatal(err)
			}
		}
	}
	var share float64
	var beside, keys []float64
	for b.Loop() {
		p.Vault.SetSigning(keyvaulttest.Signing{Takes: vaultLatency, PerSecond: vaultRate})
		share += rate(b, vaultClients, post(held)) / vaultRate
		p.Vault.SetSigning(keyvaulttest.Signing{Takes: vaultLatency})
		for range vaultRounds {
			operation := cost(os.Getpid(), 1, bare)
			keys = append(keys, operation)
			beside = append(beside, cost(p.host.PID(), 8, post(held))-(cost(p.host.PID(), 8, resting)-operation))
		}
	}
	slices.Sort(beside)
	slices.Sort(keys)
	median := beside[len(beside)/2]
	b.ReportMetric(share/float64(b.N), "vault-share")
	b.ReportMetric(0.9, "vault-share-floor")
	b.ReportMetric(median, "ms-beside-memory")
	b.ReportMetric(0.25, "ms-beside-memory-limit")
	b.ReportMetric(median/keys[len(keys)/2], "keys-beside-memory")
}
