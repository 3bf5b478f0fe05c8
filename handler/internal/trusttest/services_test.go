package trusttest_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

func start(t *testing.T, config trusttest.Config) *trusttest.Services {
	t.Helper()
	services, err := trusttest.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { services.Close() })
	return services
}

func issue(t *testing.T, services *trusttest.Services, without ...trusttest.Service) []*x509.Certificate {
	t.Helper()
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := services.Issue(pkitest.SigningTemplate("Seal", time.Now()), key.Public(), without...)
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

// ask sends one request and returns the answer's body.
func ask(t *testing.T, method, url, contentType string, body []byte) ([]byte, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	return answer, err
}

func TestCertificatesNameTheServices(t *testing.T) {
	t.Parallel()
	services := start(t, trusttest.Config{})
	chain := issue(t, services)
	for i, name := range []trusttest.Name{trusttest.Issuing, trusttest.Root} {
		certificate := chain[i]
		for service, got := range map[trusttest.Service][]string{
			trusttest.OCSP: certificate.OCSPServer, trusttest.CRL: certificate.CRLDistributionPoints,
			trusttest.Issuers: certificate.IssuingCertificateURL,
		} {
			if want := services.URL(name, service); len(got) != 1 || got[0] != want {
				t.Errorf("%s of %s: got %q, want %q", service, certificate.Subject.CommonName, got, want)
			}
		}
	}
	bare := issue(t, services, trusttest.OCSP)[0]
	if len(bare.OCSPServer) != 0 || len(bare.CRLDistributionPoints) != 1 {
		t.Errorf("got OCSP %q and CRL %q, want no OCSP and a CRL", bare.OCSPServer, bare.CRLDistributionPoints)
	}
	der, err := ask(t, "GET", chain[0].IssuingCertificateURL[0], "", nil)
	if err != nil || !bytes.Equal(der, chain[1].Raw) {
		t.Errorf("got %d bytes and %v, want the issuer's certificate", len(der), err)
	}
}

func TestStatusIsPublished(t *testing.T) {
	t.Parallel()
	for name, delegated := range map[string]bool{"by the authority": false, "by a responder": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			services := start(t, trusttest.Config{Delegated: delegated})
			chain := issue(t, services)
			status := func() *ocsp.Response {
				question, err := ocsp.CreateRequest(chain[0], chain[1], nil)
				if err != nil {
					t.Fatal(err)
				}
				der, err := ask(t, "POST", chain[0].OCSPServer[0], "application/ocsp-request", question)
				if err != nil {
					t.Fatal(err)
				}
				response, err := ocsp.ParseResponseForCert(der, chain[0], chain[1])
				if err != nil {
					t.Fatal(err)
				}
				return response
			}
			list := func() *x509.RevocationList {
				der, err := ask(t, "GET", chain[0].CRLDistributionPoints[0], "", nil)
				if err != nil {
					t.Fatal(err)
				}
				list, err := x509.ParseRevocationList(der)
				if err != nil {
					t.Fatal(err)
				}
				if err := list.CheckSignatureFrom(chain[1]); err != nil {
					t.Fatal(err)
				}
				return list
			}
			if got := status(); got.Status != ocsp.Good || (got.Certificate != nil) != delegated {
				t.Errorf("got status %d, certificate %v, want good and a certificate: %v", got.Status,
					got.Certificate != nil, delegated)
			}
			if got := list().RevokedCertificateEntries; len(got) != 0 {
				t.Errorf("got %d entries, want none", len(got))
			}
			at := time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
			if err := services.Revoke(chain[0], at, ocsp.KeyCompromise); err != nil {
				t.Fatal(err)
			}
			if got := status(); got.Status != ocsp.Revoked || !got.RevokedAt.Equal(at) ||
				got.RevocationReason != ocsp.KeyCompromise {
				t.Errorf("got %+v, want revoked at %v for key compromise", got, at)
			}
			if got := list().RevokedCertificateEntries; len(got) != 1 ||
				got[0].SerialNumber.Cmp(chain[0].SerialNumber) != 0 {
				t.Errorf("got %v, want the one certificate", got)
			}
		})
	}
}

// TestTokensSatisfyOpenSSL lets an independent program request a timestamp and verify it.
func TestTokensSatisfyOpenSSL(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("openssl is not installed: run .ci/validators/install.sh")
		}
		t.Skip("openssl is not installed")
	}
	for _, algorithm := range []pkitest.Algorithm{pkitest.RSA2048, pkitest.P256, pkitest.P384, pkitest.P521} {
		t.Run(string(algorithm), func(t *testing.T) {
			t.Parallel()
			services := start(t, trusttest.Config{TSAAlgorithm: algorithm})
			folder := t.TempDir()
			file := func(name string) string { return filepath.Join(folder, name) }
			write := func(name string, content []byte) {
				if err := os.WriteFile(file(name), content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write("root.pem", pkitest.PEM(services.Root))
			write("data", []byte("what is timestamped"))
			openssl := func(arguments ...string) {
				if output, err := exec.CommandContext(t.Context(), "openssl",
					arguments...).CombinedOutput(); err != nil {
					t.Fatalf("openssl %v: got %v: %s", arguments, err, output)
				}
			}
			openssl("ts", "-query", "-data", file("data"), "-sha384", "-cert", "-out", file("query"))
			query, err := os.ReadFile(file("query"))
			if err != nil {
				t.Fatal(err)
			}
			reply, err := ask(t, "POST", services.TSAURL(), "application/timestamp-query", query)
			if err != nil {
				t.Fatal(err)
			}
			write("reply", reply)
			openssl("ts", "-verify", "-queryfile", file("query"), "-in", file("reply"), "-CAfile", file("root.pem"))
			openssl("ts", "-verify", "-data", file("data"), "-in", file("reply"), "-CAfile", file("root.pem"))
		})
	}
}

func TestSlowHoldsUntilItIsCleared(t *testing.T) {
	t.Parallel()
	services := start(t, trusttest.Config{})
	url := services.URL(trusttest.Root, trusttest.Issuers)
	services.Fault(trusttest.Issuers, trusttest.Fault{Kind: trusttest.Slow})
	ctx, cancel := context.WithCancel(t.Context())
	started := services.Started(trusttest.Issuers)
	done := make(chan error)
	go func() {
		request, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
		_, err := http.DefaultClient.Do(request)
		done <- err
	}()
	<-started
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the client to have given up", err)
	}
	services.ClearFault(trusttest.Issuers)
	if _, err := ask(t, "GET", url, "", nil); err != nil {
		t.Errorf("got %v, want an answer", err)
	}
	if got := services.Requests(trusttest.Issuers); got != 2 {
		t.Errorf("got %d requests, want 2", got)
	}
}
