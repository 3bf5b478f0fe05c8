package main_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"influxion/handler/client"
	"influxion/handler/internal/audit/verify"
	"influxion/handler/internal/blobtest"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// The production handler writes to a container with its identity. For each document that left, a
// record is in the container. While the container accepts nothing, no document leaves.
func TestAuditContainer(t *testing.T) {
	t.Parallel()
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256, AuditContainer: true}, hosttest.Config{})
	service := p.client().WithAttempts(1)
	file, _, err := sign(t.Context(), service, pdftest.Sample(0), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if ready, err := service.Health(t.Context(), true); err != nil || ready.Checks["audit"] != "ok" {
		t.Errorf("got %+v (%v), want the check of the container", ready, err)
	}
	p.Blobs.Fail(blobtest.Full, 0)
	for range 2 { // as the first that meets the fault, and as one that need not try
		_, _, err := sign(t.Context(), service, pdftest.Sample(0), client.Options{})
		if got := refusal(err); got != "503 audit_unavailable" {
			t.Errorf("got %s while the container is full, want 503 audit_unavailable", got)
		}
	}
	p.Blobs.Clear()
	for {
		if _, _, err := sign(t.Context(), service, pdftest.Sample(1), client.Options{}); err == nil {
			break
		} else if refusal(err) != "503 audit_unavailable" {
			t.Fatal(err)
		}
	}
	sum := sha256.Sum256(file)
	roots := x509.NewCertPool()
	roots.AddCert(p.Root())
	log := &verify.Log{Roots: roots, Digests: []string{hex.EncodeToString(sum[:])}}
	content := p.Blobs.Content()
	until(t, "what the container has", func() bool {
		printed := strings.Join(p.log.Handler(hosttest.Information), "\n")
		for _, blob := range content {
			for line := range strings.Lines(string(blob)) {
				if !strings.Contains(printed, strings.TrimSpace(line)) {
					return false
				}
			}
		}
		return true
	})
	for _, name := range slices.Sorted(maps.Keys(content)) {
		if err := log.AddGrowing(name, bytes.NewReader(content[name]), math.MaxInt64); err != nil {
			t.Fatal(err)
		}
	}
	printed := strings.Join(p.log.Handler(hosttest.Information), "\n")
	if err := log.Add("stdout", strings.NewReader(printed)); err != nil {
		t.Fatal(err)
	}
	report := log.Report()
	if len(report.Findings) != 0 || len(report.Chains) != 1 || report.Others == 0 {
		t.Errorf("got %+v, want one whole chain, the same in both", report)
	}
	found := log.Found()
	if len(found) != 1 || !found[0].Intact || found[0].Record.Certificate != p.CertificateName ||
		found[0].Record.TenantID != p.TenantID {
		t.Errorf("got %+v, want the document of the first call", found)
	}
	if refused := p.RefusedByProxy(); len(refused) != 0 {
		t.Errorf("got calls to %v, want none", refused)
	}
}
