package main_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/client"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

func tokenRequest(scope string) policy.TokenRequestOptions {
	return policy.TokenRequestOptions{Scopes: []string{scope}}
}

// The main job, end to end, in both modes of the host, with each identity, each form of the vault's
// secret and each kind of token.
func TestAccessTokenAndPDFInSignedPDFOut(t *testing.T) {
	for _, test := range []struct {
		name  string
		cloud cloudtest.Config
		mode  hosttest.Mode
	}{
		{"proxy, system-assigned, PKCS#12, v2.0", cloudtest.Config{}, hosttest.Proxy},
		{"forward, system-assigned, PKCS#12, v2.0", cloudtest.Config{}, hosttest.Forward},
		{"proxy, user-assigned, PEM, v1.0",
			cloudtest.Config{Identity: cloudtest.UserAssigned, Format: keyvaulttest.PEM, TokenVersion: 1},
			hosttest.Proxy},
		{"forward, service principal, 3DES, P-384",
			cloudtest.Config{Identity: cloudtest.ServicePrincipal, Format: keyvaulttest.LegacyDES,
				Algorithm: pkitest.P384}, hosttest.Forward},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start(t, test.cloud, hosttest.Config{Mode: test.mode})
			original := pdftest.Sample(200_000)
			application, err := p.Credential()
			if err != nil {
				t.Fatal(err)
			}
			for name, caller := range map[string]*client.Client{"user": p.client(),
				"application": p.clientAs(application)} {
				file, signed, err := sign(t.Context(), caller, original,
					client.Options{Reason: "Prüfung & Freigabe", Field: "Seal"})
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if !bytes.HasPrefix(file, original) || len(file) == len(original) {
					t.Fatalf("%s: got %d bytes that do not continue the %d sent", name, len(file), len(original))
				}
				digest := sha256.Sum256(file)
				if !bytes.Equal(signed.SHA256, digest[:]) {
					t.Errorf("%s: got the digest %x, want %x", name, signed.SHA256, digest)
				}
				report, err := caller.Verify(t.Context(), bytes.NewReader(file))
				if err != nil {
					t.Fatal(err)
				}
				if len(report.Signatures) != 1 {
					t.Fatalf("%s: got %d signatures, want 1", name, len(report.Signatures))
				}
				got := report.Signatures[0]
				if got.Indication != "TOTAL-PASSED" || got.Level != "B-B" || got.CoversWholeDocument == nil ||
					!*got.CoversWholeDocument || got.Reason != "Prüfung & Freigabe" || got.Field != "Seal" {
					t.Errorf("%s: got %+v, want a B-B signature that passes", name, got)
				}
				if got.Signer.Fingerprint != signed.Fingerprint || signed.Certificate != p.CertificateName {
					t.Errorf("%s: got certificate %s %s, want %s %s", name, signed.Certificate, signed.Fingerprint,
						p.CertificateName, got.Signer.Fingerprint)
				}
			}
			checkAudits(t, p, original)
		})
	}
}

func checkAudits(t *testing.T, p *program, original []byte) {
	t.Helper()
	lines := p.audits(t, 2)
	if len(lines) != 2 {
		t.Fatalf("got %d audit records, want one for each attempt: %s", len(lines), lines)
	}
	digest := sha256.Sum256(original)
	for _, line := range lines {
		var entry struct{ Audit map[string]any }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		audit := entry.Audit
		for key, want := range map[string]any{
			"tenant_id": p.TenantID, "client_id": p.Cloud.Client.ID, "document_digest": hex.EncodeToString(digest[:]),
			"certificate": p.CertificateName, "level": "B-B", "outcome": "signed",
		} {
			if audit[key] != want {
				t.Errorf("got %s %v, want %v", key, audit[key], want)
			}
		}
		for _, key := range []string{"time", "invocation_id", "object_id", "signed_digest", "certificate_version",
			"certificate_fingerprint"} {
			if text, _ := audit[key].(string); text == "" {
				t.Errorf("got no %s in the audit record, want it", key)
			}
		}
	}
}

// Every hostile document gets its 4xx problem, and the handler stays healthy.
func TestHostileDocuments(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256}, hosttest.Config{})
	caller := p.client()
	files := append(pdftest.HostileFiles(), pdftest.Hostile{Name: "empty", Code: "document_missing"})
	for _, hostile := range files {
		t.Run(hostile.Name, func(t *testing.T) {
			file, _, err := sign(t.Context(), caller, hostile.File, client.Options{})
			if file != nil {
				t.Fatal("got a signed file, want a refusal")
			}
			want := "422 " + hostile.Code
			if hostile.Name == "empty" {
				want = "400 " + hostile.Code
			}
			if got := refusal(err); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
	if _, _, err := sign(t.Context(), caller, pdftest.Sample(0), client.Options{}); err != nil {
		t.Errorf("got %v after all that, want a signature", err)
	}
	if got, want := len(p.audits(t, len(files)+1)), len(files)+1; got != want {
		t.Errorf("got %d audit records, want %d", got, want)
	}
	if errors := p.log.Handler(hosttest.Error); len(errors) > 0 {
		t.Errorf("got %q on standard error, want nothing", errors)
	}
}

func TestDocumentOverTheLimit(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256},
		hosttest.Config{Environ: []string{"INFLUXION_MAX_DOCUMENT_BYTES=10000"}})
	for _, size := range []int{10_001, 200_000} {
		if _, _, err := sign(t.Context(), p.client(), make([]byte, size),
			client.Options{}); !strings.HasPrefix(refusal(err), "413 ") {
			t.Errorf("%d bytes: got %s, want 413", size, refusal(err))
		}
		// This request states no length, so the limit must hold while the body is read. hosttest's
		// proxy passes chunks on.
		response, body := p.do(t, "POST", "/api/sign", "application/pdf",
			struct{ *bytes.Buffer }{bytes.NewBuffer(make([]byte, size))})
		if response.StatusCode != 413 {
			t.Errorf("%d bytes in chunks: got %d %s, want 413", size, response.StatusCode, body)
		}
	}
}

// Each fault of the vault has its documented answer and never a signature.
func TestVaultFaults(t *testing.T) {
	document := pdftest.Sample(0)
	for _, test := range []struct {
		fault keyvaulttest.Kind
		want  string
	}{
		{keyvaulttest.ForbiddenByRBAC, "503 vault_forbidden"},
		{keyvaulttest.ForbiddenByPolicy, "503 vault_forbidden"},
		{keyvaulttest.ForbiddenByFirewall, "503 vault_forbidden"},
		{keyvaulttest.NotFound, "404 certificate_not_found"},
		{keyvaulttest.Throttled, "503 vault_unavailable"},
		{keyvaulttest.ServerError, "503 vault_unavailable"},
		{keyvaulttest.Unavailable, "503 vault_unavailable"},
		{keyvaulttest.TokenRefused, "503 "},
		{keyvaulttest.Slow, "503 vault_unavailable"},
		{keyvaulttest.Down, "503 vault_unavailable"},
		{keyvaulttest.Garbage, "503 vault_unavailable"},
		{keyvaulttest.Empty, "503 vault_unavailable"},
		{keyvaulttest.Huge, "503 vault_unavailable"},
		{keyvaulttest.OtherName, "503 vault_unavailable"},
		{keyvaulttest.NotEnabled, "404 certificate_not_found"},
		{keyvaulttest.BrokenChallenge, "503 "},
		{keyvaulttest.ForeignChallenge, "503 "},
		{keyvaulttest.Redirect, "503 vault_unavailable"},
	} {
		t.Run(string(test.fault), func(t *testing.T) {
			t.Parallel()
			// The settings do not name the certificate, so the handler fetches nothing before the
			// fault is set.
			p := start(t, cloudtest.Config{Algorithm: pkitest.P256},
				hosttest.Config{Environ: []string{"INFLUXION_SIGNING_CERTIFICATES="}})
			p.Vault.SetFault(keyvaulttest.Fault{Kind: test.fault})
			// This does not use the client, because the client tries again.
			response, body := p.do(t, http.MethodPost, "/api/sign?certificate="+p.CertificateName, "application/pdf",
				bytes.NewReader(document))
			var problem struct{ Code string }
			if err := json.Unmarshal(body, &problem); err != nil {
				t.Fatalf("got %d and no problem: %v", response.StatusCode, err)
			}
			if got := fmt.Sprintf("%d %s", response.StatusCode, problem.Code); !strings.HasPrefix(got, test.want) {
				t.Fatalf("got %s, want %s", got, test.want)
			}
			if (response.Header.Get("Retry-After") != "") != (response.StatusCode == http.StatusServiceUnavailable) {
				t.Errorf("got Retry-After %q with %d, want it with 503 alone", response.Header.Get("Retry-After"),
					response.StatusCode)
			}
			// The host collects the log concurrently with the answer.
			if audits := p.audits(t, 1); len(audits) != 1 || strings.Contains(audits[0], `"signed"`) {
				t.Errorf("got %s, want one record of a failure", audits)
			}
		})
	}
}

// until repeats an attempt until it succeeds. The test's own deadline is the limit.
func until(t *testing.T, what string, attempt func() bool) {
	t.Helper()
	for !attempt() {
		if t.Context().Err() != nil {
			t.Fatalf("%s has not come", what)
		}
	}
}

func TestRotatedAndDisabledCertificates(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256, CacheTTL: time.Second}, hosttest.Config{})
	document := pdftest.Sample(0)
	_, first, err := sign(t.Context(), p.client(), document, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	version, err := p.RotateCertificate()
	if err != nil {
		t.Fatal(err)
	}
	rotated := time.Now()
	until(t, "the rotated certificate", func() bool {
		_, signed, err := sign(t.Context(), p.client(), document, client.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return signed.Version == version
	})
	t.Logf("rotated from %s to %s after %v", first.Version, version, time.Since(rotated))
	// The earlier version can still be asked for.
	if _, signed, err := sign(t.Context(), p.client(), document, client.Options{Version: first.Version}); err != nil ||
		signed.Version != first.Version {
		t.Errorf("got %v, want a signature with the earlier version", err)
	}
	if err := p.EnableCertificate(false); err != nil {
		t.Fatal(err)
	}
	until(t, "the refusal of a disabled certificate", func() bool {
		_, _, err := sign(t.Context(), p.client(), document, client.Options{})
		return refusal(err) == "404 certificate_not_found"
	})
	for range 5 {
		if _, _, err := sign(t.Context(), p.client(), document, client.Options{}); err == nil {
			t.Fatal("got a signature with a disabled certificate")
		}
	}
	if err := p.EnableCertificate(true); err != nil {
		t.Fatal(err)
	}
}

func TestWarmCertificateServesWhileTheVaultIsDown(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256, CacheTTL: time.Second}, hosttest.Config{})
	document := pdftest.Sample(0)
	if _, _, err := sign(t.Context(), p.client(), document, client.Options{}); err != nil {
		t.Fatal(err)
	}
	p.Vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.Down})
	asked := p.Vault.Requests("")
	until(t, "a refresh that fails", func() bool {
		if _, _, err := sign(t.Context(), p.client(), document, client.Options{}); err != nil {
			t.Fatalf("got %v, want stale service", err)
		}
		return p.Vault.Requests("") > asked
	})
	if _, _, err := sign(t.Context(), p.client(), document, client.Options{}); err != nil {
		t.Errorf("got %v after the failed refresh, want stale service", err)
	}
}

func TestTokenKeysRollOver(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256}, hosttest.Config{})
	document := pdftest.Sample(0)
	if _, _, err := sign(t.Context(), p.client(), document, client.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := p.Entra.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := sign(t.Context(), p.client(), document, client.Options{}); err != nil {
		t.Errorf("got %v with a token of the new key, want a signature", err)
	}
}

func TestCallersWithoutRights(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256}, hosttest.Config{})
	stranger, err := p.CredentialFor(p.Stranger)
	if err != nil {
		t.Fatal(err)
	}
	document := pdftest.Sample(0)
	if _, _, err := sign(t.Context(), p.clientAs(stranger), document,
		client.Options{}); refusal(err) != "403 insufficient_scope" {
		t.Errorf("got %s for a client without a role, want 403", refusal(err))
	}
	if _, _, err := sign(t.Context(), p.client(), document,
		client.Options{Certificate: "payroll"}); refusal(err) != "404 certificate_not_found" {
		t.Errorf("got %s for a certificate that is not allowed, want 404", refusal(err))
	}
	audits := p.audits(t, 2)
	if len(audits) != 2 {
		t.Fatalf("got %d audit records, want one for each refusal", len(audits))
	}
	if !strings.Contains(audits[0], p.Stranger.ID) || !strings.Contains(audits[0], `"outcome":"refused"`) {
		t.Errorf("got %s, want the refused client in it", audits[0])
	}
	if requests := p.Vault.Requests("/secrets/payroll"); requests != 0 {
		t.Errorf("got %d requests for a certificate that is not allowed, want none", requests)
	}
}

func TestManySignaturesAtOnce(t *testing.T) {
	p := start(t, cloudtest.Config{Algorithm: pkitest.P256}, hosttest.Config{})
	caller := p.client()
	results := make(chan error, 40)
	for i := range cap(results) {
		go func() {
			document := pdftest.Sample(50_000 + i)
			file, _, err := sign(t.Context(), caller, document, client.Options{})
			if err == nil && !bytes.HasPrefix(file, document) {
				err = fmt.Errorf("document %d came back changed", i)
			}
			results <- err
		}()
	}
	for range cap(results) {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if requests := p.Vault.Requests(""); requests > 4 {
		t.Errorf("got %d requests at the vault for %d signatures, want the cached key used", requests, cap(results))
	}
}
