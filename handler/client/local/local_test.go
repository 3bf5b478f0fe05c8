package local_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/client"
	"influxion/handler/client/local"
	"influxion/handler/internal/audit"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/server"
	"influxion/handler/internal/signing"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

// world is a deployment with its trust services. It records what callers send.
type world struct {
	trust *trusttest.Services
	roles []string
	names []string // names under which the deployment has the certificate

	certificate *signing.Certificate
	signer      *local.Signer

	calls   atomic.Int64 // of the API
	renewAt int64        // number of calls after which the access token changes; 0 = never

	mu   sync.Mutex
	sent bytes.Buffer // bodies of requests
}

func newWorld(t *testing.T, algorithm pkitest.Algorithm, names ...string) *world {
	t.Helper()
	w := &world{names: names}
	for _, name := range names {
		w.roles = append(w.roles, "hash."+name)
	}
	var err error
	if w.trust, err = trusttest.New(trusttest.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.trust.Close() })
	key, err := pkitest.NewKey(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := w.trust.Issue(pkitest.SigningTemplate("Test Seal", time.Now()), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	w.certificate = &signing.Certificate{Version: strings.Repeat("a", 32), Chain: chain, Key: key}
	anchors := x509.NewCertPool()
	anchors.AddCert(w.trust.Root)
	timestamper, err := trustservices.NewTimestamper(
		trustservices.TimestamperConfig{URLs: []string{w.trust.TSAURL()}, Anchors: anchors})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(timestamper.Close)
	w.serve(t, timestamper)
	return w
}

func (w *world) serve(t *testing.T, timestamper pades.Timestamper) {
	t.Helper()
	directory := &signing.Directory{Source: w}
	handler := server.New(server.Config{
		Authenticator: w,
		Sealer:        &signing.Sealer{Source: w, Now: time.Now},
		Extender:      &signing.Extender{Now: time.Now},
		Verifier:      &signing.Verifier{Directory: directory, Now: time.Now},
		Directory:     directory,
		Hashes: &signing.HashSigner{Source: w, Policy: signing.Policy{HomeTenant: "home"},
			Timestamper: timestamper},
		Audit: audit.New(audit.Config{Out: io.Discard}),
	}).Handler()
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.mu.Lock()
		w.sent.WriteString(r.URL.String())
		w.sent.Write(body)
		w.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler.ServeHTTP(rw, r)
	}))
	t.Cleanup(s.Close)
	signer, err := local.New(client.New(s.URL, w, "scope"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(signer.Close)
	w.signer = signer
}

func (w *world) Authenticate(context.Context, string) (signing.Principal, error) {
	return signing.Principal{TenantID: "home", Roles: w.roles}, nil
}

func (w *world) Certificate(_ context.Context, name, _ string) (*signing.Certificate, error) {
	found := *w.certificate
	found.Name = name
	return &found, nil
}

func (w *world) Names(context.Context) ([]string, error) { return w.names, nil }

func (w *world) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token := "token"
	if n := w.calls.Add(1); w.renewAt > 0 && n >= w.renewAt {
		token = "token.renewed"
	}
	return azcore.AccessToken{Token: token, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// The access token may change before any of the calls of one signature.
func TestRenewedToken(t *testing.T) {
	t.Parallel()
	for renewAt := range int64(6) {
		w := newWorld(t, pkitest.P256, "seal")
		w.renewAt = renewAt
		signed, err := w.signer.Sign(t.Context(), bytes.NewReader(pdftest.Sample(0)), client.Options{})
		if err != nil || w.verify(t, read(t, signed)).Signatures[0].Indication != pades.TotalPassed {
			t.Errorf("got %v with a new token from call %d on, want a signature", err, renewAt)
		}
	}
}

// verify returns the report on a signed document.
func (w *world) verify(t *testing.T, file []byte) *pades.Report {
	t.Helper()
	online, err := trustservices.NewRevocation(
		trustservices.RevocationConfig{AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	defer online.Close()
	report, err := verify.Verify(t.Context(), bytes.NewReader(file),
		pades.Trust{Anchors: []*x509.Certificate{w.trust.Root}, Time: time.Now(), Online: online})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// Each kind of key and each level gives a signature that verifies, and no part of the document is
// sent.
func TestOnlyHashesTravel(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []pkitest.Algorithm{pkitest.RSA2048, pkitest.P256, pkitest.P384, pkitest.P521} {
		w := newWorld(t, algorithm, "seal")
		for _, level := range []string{"", "B-B", "B-T", "B-LT", "B-LTA"} {
			source := pdftest.Sample(100_000)
			signed, err := w.signer.Sign(t.Context(), bytes.NewReader(source),
				client.Options{Level: level, Reason: "canary-reason", Visible: &client.Visible{Text: "canary-text"}})
			if err != nil {
				t.Fatalf("%s %s: %v", algorithm, level, err)
			}
			var file bytes.Buffer
			if _, err := signed.WriteTo(&file); err != nil || int64(file.Len()) != signed.Size {
				t.Fatalf("%s %s: got %d bytes (%v), want %d", algorithm, level, file.Len(), err, signed.Size)
			}
			report := w.verify(t, file.Bytes())
			want := level
			if want == "" {
				want = "B-B"
			}
			got := report.Signatures[0]
			if got.Indication != pades.TotalPassed || string(got.Level) != want || signed.Level != want ||
				signed.Certificate != "seal" || signed.Fingerprint != w.certificate.Fingerprint() ||
				!bytes.HasPrefix(file.Bytes(), source) {
				t.Errorf("%s %s: got %+v, want a signature that passes", algorithm, level, got)
			}
		}
		for _, canary := range []string{"canary", "%PDF", "/api/sign"} {
			if bytes.Contains(w.sent.Bytes(), []byte(canary)) {
				t.Errorf("%s: got %q sent", algorithm, canary)
			}
		}
		if w.sent.Len() == 0 || w.sent.Len() > 20_000 {
			t.Errorf("%s: got %d bytes sent for five documents, want hashes alone", algorithm, w.sent.Len())
		}
	}
}

// Each failure names the reason and returns no document.
func TestLocalRefusals(t *testing.T) {
	t.Parallel()
	document := pdftest.Sample(0)
	tests := []struct {
		name     string
		world    func(w *world)
		names    []string
		document []byte
		options  client.Options
		want     string
	}{
		{"two certificates", nil, []string{"one", "two"}, document, client.Options{}, "one, two"},
		{"one of two", nil, []string{"one", "two"}, document, client.Options{Certificate: "two"}, ""},
		{"none", func(w *world) { w.roles = nil }, []string{"seal"}, document, client.Options{}, "hash.<certificate>"},
		{"without the role", func(w *world) { w.roles = nil }, []string{"seal"}, document,
			client.Options{Certificate: "seal"}, "invalid_request"},
		{"a version", nil, []string{"seal"}, document, client.Options{Version: strings.Repeat("a", 32)}, "version"},
		{"what is no PDF", nil, []string{"seal"}, []byte("nothing"), client.Options{}, "not_a_pdf"},
		{"a level that there is not", nil, []string{"seal"}, document, client.Options{Level: "B-X"}, "level"},
		{"a certification that there is not", nil, []string{"seal"}, document, client.Options{Certify: "all"},
			"form-filling"},
		{"a timestamp authority that is down", func(w *world) {
			w.trust.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Down})
		}, []string{"seal"}, document, client.Options{Level: "B-T"}, "TSA"},
		{"the same, where a lower level will do", func(w *world) {
			w.trust.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Down})
		}, []string{"seal"}, document, client.Options{Level: "B-T", AllowLower: true}, ""},
		{"a key that is not the certificate's", func(w *world) {
			w.certificate.Key, _ = pkitest.NewKey(pkitest.P256)
		}, []string{"seal"}, document, client.Options{}, "server_error"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, pkitest.P256, test.names...)
			if test.world != nil {
				test.world(w)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			signed, err := w.signer.Sign(ctx, bytes.NewReader(test.document), test.options)
			if test.want == "" {
				if err != nil || w.verify(t, read(t, signed)).Signatures[0].Indication != pades.TotalPassed {
					t.Errorf("got %v, want a signature", err)
				}
				return
			}
			if err == nil || signed != nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func read(t *testing.T, signed *client.Signed) []byte {
	t.Helper()
	var file bytes.Buffer
	if _, err := signed.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// A document with a password is signed, and the password is not sent either.
func TestLocalPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, pkitest.P256, "seal")
	locked := pdftest.File{Objects: pdftest.Pages(1, ""),
		Encryption: &pdftest.Encryption{Revision: 6, User: "canary-password", Owner: "owner"}}.Bytes()
	if _, err := w.signer.Sign(t.Context(), bytes.NewReader(locked), client.Options{}); err == nil {
		t.Error("got a signature without the password")
	}
	signed, err := w.signer.Sign(t.Context(), client.WithPassword(bytes.NewReader(locked), "canary-password"),
		client.Options{})
	if err != nil || !bytes.HasPrefix(read(t, signed), locked) {
		t.Errorf("got %v, want a signature", err)
	}
	if bytes.Contains(w.sent.Bytes(), []byte("canary")) {
		t.Error("got the password sent")
	}
}

// Writing detects that a document has changed since it was signed.
func TestLocalChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, pkitest.P256, "seal")
	source := pdftest.Sample(10_000)
	signed, err := w.signer.Sign(t.Context(), bytes.NewReader(source), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	source[len(source)/2] ^= 1
	if _, err := signed.WriteTo(io.Discard); !errors.Is(err, client.ErrChanged) {
		t.Errorf("got %v, want %v", err, client.ErrChanged)
	}
}

// largeFile is a document of a given size. Nearly all of it is a stream of zeros that takes no
// space on disk.
func largeFile(t *testing.T, size int64) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "large.pdf")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	head := fmt.Sprintf("%%PDF-1.7\n4 0 obj\n<< /Length %d >>\nstream\n", size)
	tail := "\nendstream\nendobj\n"
	offsets := []int64{int64(len(head)) + size + int64(len(tail))}
	for i, object := range pdftest.Pages(1, "") {
		text := fmt.Sprintf("%d 0 obj\n%s\nendobj\n", i+1, object)
		tail += text
		offsets = append(offsets, offsets[i]+int64(len(text)))
	}
	start := offsets[len(offsets)-1]
	tail += fmt.Sprintf("xref\n0 5\n0000000000 65535 f \n%010d 00000 n \n%010d 00000 n \n%010d 00000 n \n"+
		"0000000009 00000 n \ntrailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", offsets[0], offsets[1],
		offsets[2], start)
	if _, err := file.WriteAt([]byte(head), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt([]byte(tail), int64(len(head))+size); err != nil {
		t.Fatal(err)
	}
	return name
}

// The memory for signing does not grow with the document: signing and writing a document of 2 GiB
// allocates less than 25 MiB in total.
func TestMemoryOfLocalSigning(t *testing.T) {
	size := int64(2 << 30)
	if testing.Short() {
		size = 256 << 20
	}
	w := newWorld(t, pkitest.P256, "seal")
	document, err := client.Open(largeFile(t, size))
	if err != nil {
		t.Fatal(err)
	}
	defer document.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	signed, err := w.signer.Sign(t.Context(), document, client.Options{Level: "B-LTA"})
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.New()
	if n, err := signed.WriteTo(digest); err != nil || n != signed.Size || n < size {
		t.Fatalf("got %d bytes (%v), want all", n, err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 25<<20 {
		t.Errorf("got %d bytes allocated, want less than 25 MiB", got)
	}
}
