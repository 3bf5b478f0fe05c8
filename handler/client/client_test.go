package client_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/client"
	"influxion/handler/internal/audit"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/render"
	"influxion/handler/internal/server"
	"influxion/handler/internal/signing"
)

const goodToken = "token.good"

// credential issues one token, for one scope.
type credential struct{ token string }

func (c credential) GetToken(_ context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if len(options.Scopes) != 1 || options.Scopes[0] != "api://influxion/.default" {
		return azcore.AccessToken{}, fmt.Errorf("got scopes %v", options.Scopes)
	}
	return azcore.AccessToken{Token: c.token, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// parts are a server's caller check and certificates.
type parts struct {
	certificate signing.Certificate
	busy        atomic.Int64 // so many fetches to refuse
	after       time.Duration
	services    pades.Services // none but in examples
	renderer    *render.Renderer
}

func (p *parts) Authenticate(_ context.Context, token string) (signing.Principal, error) {
	if token != goodToken {
		return signing.Principal{}, &signing.Error{Kind: signing.Unauthenticated, Code: "invalid_token", Detail: "no"}
	}
	return signing.Principal{TenantID: "tenant", ObjectID: "object", ClientID: "client"}, nil
}

func (p *parts) Certificate(_ context.Context, name, _ string) (*signing.Certificate, error) {
	if p.busy.Add(-1) >= 0 {
		return nil, &signing.Error{Kind: signing.Unavailable, Code: "vault_unavailable",
			Detail: "the vault does not answer", RetryAfter: p.after}
	}
	certificate := p.certificate
	certificate.Name = name
	return &certificate, nil
}

func (p *parts) Names(context.Context) ([]string, error) { return []string{"seal"}, nil }

func newParts(t *testing.T) *parts {
	t.Helper()
	p, err := makeParts()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func makeParts() (*parts, error) {
	root, err := pkitest.NewRoot("Test Root", time.Now())
	if err != nil {
		return nil, err
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		return nil, err
	}
	chain, err := root.Issue(pkitest.SigningTemplate("Test Seal", time.Now()), key.Public())
	if err != nil {
		return nil, err
	}
	return &parts{certificate: signing.Certificate{Version: "0123456789abcdef0123456789abcdef", Chain: chain,
		Key: key}}, nil
}

func (p *parts) handler() http.Handler {
	rules := signing.Policy{Certificates: []string{"seal"}}
	directory := &signing.Directory{Source: p, Policy: rules}
	return server.New(server.Config{
		Authenticator: p,
		Sealer:        &signing.Sealer{Source: p, Policy: rules, Services: p.services, Now: time.Now},
		Extender:      &signing.Extender{Services: p.services, Now: time.Now},
		Verifier:      &signing.Verifier{Directory: directory, Now: time.Now},
		Directory:     directory,
		Renderer:      p.renderer,
		Audit:         audit.New(audit.Config{Out: io.Discard}),
		Ready: []server.Check{{Name: "vault",
			Check: func(context.Context) error { return errors.New("down") }}},
		Version: "1.2.3",
	}).Handler()
}

func newClient(t *testing.T) (*client.Client, *parts) {
	t.Helper()
	p := newParts(t)
	s := httptest.NewServer(p.handler())
	t.Cleanup(s.Close)
	return client.New(s.URL+"/", credential{goodToken}, "api://influxion/.default"), p
}

func TestSignAndVerify(t *testing.T) {
	t.Parallel()
	c, p := newClient(t)
	document := pdftest.Sample(0)
	signed, err := c.Sign(t.Context(), bytes.NewReader(document),
		client.Options{Certificate: "seal", Reason: "Approved & done, finally", Field: "Approval"})
	if err != nil {
		t.Fatal(err)
	}
	defer signed.Body.Close()
	body, err := io.ReadAll(signed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(body, document) || int64(len(body)) != signed.Size || len(body) == len(document) {
		t.Errorf("got %d bytes, want %d that begin with the document", len(body), signed.Size)
	}
	if sum := sha256.Sum256(body); !bytes.Equal(signed.SHA256, sum[:]) {
		t.Errorf("got digest %x, want %x", signed.SHA256, sum)
	}
	if signed.Certificate != "seal" || signed.Version != p.certificate.Version ||
		signed.Fingerprint != p.certificate.Fingerprint() ||
		signed.Level != "B-B" || signed.InvocationID == "" {
		t.Errorf("got %+v, want certificate, level and invocation", signed)
	}
	drift(t, p, body)
	report, err := c.Verify(t.Context(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if want := (client.Summary{Total: 1, Passed: 1}); report.Summary != want {
		t.Errorf("got %+v, want %+v", report.Summary, want)
	}
	if len(report.Signatures) != 1 || report.Signatures[0].Signer == nil ||
		report.Signatures[0].Signer.Fingerprint != signed.Fingerprint {
		t.Errorf("got %+v, want one signature by the certificate", report.Signatures)
	}
}

// drift compares the client's types with the server's answers: the types must know every member.
func drift(t *testing.T, p *parts, signed []byte) {
	t.Helper()
	for path, into := range map[string]any{"/api/verify": &client.Report{},
		"/api/certificates/seal": &client.Certificate{}, "/api/health?ready=1": &client.Health{}} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		if path == "/api/verify" {
			r = httptest.NewRequest(http.MethodPost, path, bytes.NewReader(signed))
			r.Header.Set("Content-Type", "application/pdf")
		}
		if !strings.HasPrefix(path, "/api/health") {
			r.Header.Set("Authorization", "Bearer "+goodToken)
		}
		recorder := httptest.NewRecorder()
		p.handler().ServeHTTP(recorder, r)
		decoder := json.NewDecoder(recorder.Body)
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(into); err != nil {
			t.Errorf("got %v from %s, want nothing that the client does not know", err, path)
		}
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	c, p := newClient(t)
	list, err := c.Certificates(t.Context())
	if err != nil || len(list) != 1 || list[0].Fingerprint != p.certificate.Fingerprint() || list[0].NotAfter.IsZero() {
		t.Fatalf("got %+v (%v), want the one certificate", list, err)
	}
	one, err := c.Certificate(t.Context(), "seal", p.certificate.Version)
	if err != nil || !reflect.DeepEqual(*one, list[0]) {
		t.Errorf("got %+v (%v), want %+v", one, err, list[0])
	}
	chain, err := c.Chain(t.Context(), "seal", "")
	if block, _ := pem.Decode(chain); err != nil || block == nil ||
		!bytes.Equal(block.Bytes, p.certificate.Leaf().Raw) {
		t.Errorf("got %q (%v), want the leaf first", chain, err)
	}
	for _, name := range []string{"absent", "a/b", "../health", "a?version=1", "%2e%2e"} {
		_, err := c.Certificate(t.Context(), name, "")
		if problem, ok := errors.AsType[*client.Problem](err); !ok || problem.Code != "certificate_not_found" {
			t.Errorf("got %v for %q, want certificate_not_found", err, name)
		}
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t)
	if got, err := c.Health(t.Context(), false); err != nil || got.Status != "ok" || got.Version != "1.2.3" {
		t.Errorf("got %+v (%v), want ok", got, err)
	}
	if got, err := c.Health(t.Context(), true); err != nil || got.Status != "unavailable" ||
		got.Checks["vault"] != "unavailable" {
		t.Errorf("got %+v (%v), want an unavailable vault", got, err)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	p := newParts(t)
	s := httptest.NewServer(p.handler())
	defer s.Close()
	good := client.New(s.URL, credential{goodToken}, "api://influxion/.default")
	bad := client.New(s.URL, credential{"token.bad"}, "api://influxion/.default")
	tests := []struct {
		name   string
		client *client.Client
		body   string
		option client.Options
		status int
		code   string
	}{
		{"token", bad, "%PDF", client.Options{}, 401, "invalid_token"},
		{"certificate", good, "%PDF", client.Options{Certificate: "absent"}, 404, "certificate_not_found"},
		{"option", good, "%PDF", client.Options{Certify: "1"}, 400, "option_invalid"},
		{"document", good, "nonsense", client.Options{}, 422, "not_a_pdf"},
		{"no document", good, "", client.Options{}, 400, "document_missing"},
	}
	for _, test := range tests {
		_, err := test.client.Sign(t.Context(), strings.NewReader(test.body), test.option)
		problem, ok := errors.AsType[*client.Problem](err)
		if !ok || problem.Status != test.status || problem.Code != test.code ||
			!strings.HasPrefix(problem.Instance, "urn:uuid:") {
			t.Errorf("%s: got %v, want %d %s", test.name, err, test.status, test.code)
		}
	}
	wrongScope := client.New(s.URL, credential{goodToken}, "other")
	if _, err := wrongScope.Certificates(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "get access token") {
		t.Errorf("got %v, want the credential's error", err)
	}
}

// inProcess is a transport without sockets, so that a synctest clock can move.
type inProcess struct {
	handler http.Handler
	calls   int
}

func (p *inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	p.calls++
	recorder := httptest.NewRecorder()
	p.handler.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

func TestRetries(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		busy  int64
		after time.Duration
		calls int
		fails bool
		waits time.Duration
	}{
		{"none needed", 0, 0, 1, false, 0},
		{"once", 1, 3 * time.Second, 2, false, 3 * time.Second},
		{"twice", 2, 3 * time.Second, 3, false, 6 * time.Second},
		{"too often", 9, 3 * time.Second, 3, true, 6 * time.Second},
		{"too long a wait", 1, time.Minute, 1, true, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newParts(t)
				p.after = test.after
				p.busy.Store(test.busy)
				transport := &inProcess{handler: p.handler()}
				c := client.New("https://influxion.example", credential{goodToken},
					"api://influxion/.default").WithHTTPClient(&http.Client{Transport: transport})
				start := time.Now()
				signed, err := c.Sign(t.Context(), bytes.NewReader(pdftest.Sample(0)), client.Options{})
				if (err != nil) != test.fails || transport.calls != test.calls || time.Since(start) != test.waits {
					t.Errorf("got %v after %d calls and %v, want failure %v after %d and %v", err, transport.calls,
						time.Since(start), test.fails, test.calls, test.waits)
				}
				if err == nil {
					body, _ := io.ReadAll(signed.Body)
					if !bytes.HasPrefix(body, pdftest.Sample(0)) {
						t.Errorf("got %d bytes, want the whole document again", len(body))
					}
				}
			})
		})
	}
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{-1: 1, 1: 1, 2: 2, 5: 5} {
		synctest.Test(t, func(t *testing.T) {
			p := newParts(t)
			p.busy.Store(9)
			p.after = time.Second
			transport := &inProcess{handler: p.handler()}
			usual := client.New("https://influxion.example", credential{goodToken},
				"api://influxion/.default").WithHTTPClient(&http.Client{Transport: transport})
			if _, err := usual.WithAttempts(n).Certificates(t.Context()); err == nil || transport.calls != want {
				t.Errorf("got %d calls (%v), want %d", transport.calls, err, want)
			}
			if _, err := usual.Certificates(t.Context()); err == nil || transport.calls != want+3 {
				t.Errorf("got %d calls (%v), want the first client as it was", transport.calls, err)
			}
		})
	}
}

func TestRetryEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newParts(t)
		p.busy.Store(9)
		p.after = 20 * time.Second
		c := client.New("https://influxion.example", credential{goodToken}, "api://influxion/.default").
			WithHTTPClient(&http.Client{Transport: &inProcess{handler: p.handler()}})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		start := time.Now()
		_, err := c.Certificates(ctx)
		if !errors.Is(err, context.Canceled) || time.Since(start) != 5*time.Second {
			t.Errorf("got %v after %v, want the context's end after 5s", err, time.Since(start))
		}
	})
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"http://signing.example.org", "ftp://signing.example.org", "signing.example.org", "",
		"https://", "https://user:secret@signing.example.org",
		"https://signing.example.org?code=secret", "http://127.0.0.1.example.org", "https://signing.example.org/%zz"} {
		transport := &inProcess{}
		c := client.New(base, credential{goodToken},
			"api://influxion/.default").WithHTTPClient(&http.Client{Transport: transport})
		if _, err := c.Certificates(t.Context()); err == nil || transport.calls != 0 ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v after %d calls for %q, want a refusal that keeps secrets", err, transport.calls, base)
		}
		if _, err := c.Health(t.Context(), false); err == nil || transport.calls != 0 {
			t.Errorf("got %v after %d calls for %q, want a refusal", err, transport.calls, base)
		}
	}
}

// TestHostileServer answers as Influxion never does.
func TestHostileServer(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		}, "influxion answers 307"},
		{"other error page",
			func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) },
			"influxion answers 502"},
		{"other type", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, "want a PDF"},
		{"endless problem", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusBadRequest)
			for range 100 {
				_, _ = w.Write(bytes.Repeat([]byte(" "), 64<<10))
			}
		}, "influxion answers 400"},
		{"terminal escapes", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"detail":"\u001b[2J"}`))
		}, `influxion answers 400: "\x1b[2J"`},
		{"status of the body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"status":200}`))
		}, "influxion answers 403"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := httptest.NewServer(test.answer)
			defer s.Close()
			c := client.New(s.URL, credential{goodToken}, "api://influxion/.default")
			_, err := c.Sign(t.Context(), bytes.NewReader(pdftest.Sample(0)), client.Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	if got := elsewhere.Load(); got != 0 {
		t.Errorf("got %d calls of another server, want 0", got)
	}
}

func TestTruncatedDocument(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write(pdftest.Sample(0)[:20])
	}))
	defer s.Close()
	signed, err := client.New(s.URL, credential{goodToken}, "api://influxion/.default").Sign(t.Context(),
		bytes.NewReader(pdftest.Sample(0)), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer signed.Body.Close()
	if _, err := io.Copy(io.Discard, signed.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want %v", err, io.ErrUnexpectedEOF)
	}
}
