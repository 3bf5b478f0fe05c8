package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/logtest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/server"
	"influxion/handler/internal/server/page"
	"influxion/handler/internal/signing"
)

// Tokens that the callers of these tests send. Their words must not occur in any log.
const (
	goodToken    = "canary-token.good"
	scopeToken   = "canary-token.no-scope"
	outageToken  = "canary-token.outage"
	panicToken   = "canary-token.panic"
	currentValue = "0123456789abcdef0123456789abcdef"
)

// canaries are words that callers send and that no log may contain.
var canaries = []string{"canary-token", "canary-document", "canary-option", "canary-path", "canary-query",
	"canary-password", "canary-owner", "canary-other"}

// api is a whole server with the parts that tests inspect.
type api struct {
	*httptest.Server
	vault *vault
	trust *trust
	jobs  *jobRunner
	audit *lines
	log   *lines

	lastID, lastBatch string // of the job that an answer was about
}

// newAPI starts a server; change may alter its parts first.
func newAPI(t testing.TB, change ...func(*server.Config)) *api {
	t.Helper()
	a := &api{vault: newVault(t), trust: &trust{t: t}, audit: &lines{}, log: &lines{}}
	config := a.config()
	for _, alter := range change {
		alter(&config)
	}
	s := server.New(config)
	a.jobs.start(s, config)
	a.Server = httptest.NewServer(s.Handler())
	a.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() {
		a.Close() // waits for every request, and so for its log line
		for _, canary := range canaries {
			if strings.Contains(a.log.String()+a.audit.String(), canary) {
				t.Errorf("got %q in a log, want it nowhere:\n%s", canary, a.log)
			}
		}
	})
	return a
}

func (a *api) config() server.Config {
	if a.jobs == nil {
		a.jobs = newJobRunner()
	}
	directory := &signing.Directory{Source: a.vault, Policy: signing.Policy{Certificates: []string{"seal", "spare"},
		HomeTenant: "Tenant-1"}}
	return server.Config{
		Authenticator: callers{},
		Sealer: &signing.Sealer{Source: a.vault, Policy: directory.Policy, Services: a.trust.services(),
			Now: time.Now},
		Extender:  &signing.Extender{Services: a.trust.services(), Now: time.Now},
		Verifier:  &signing.Verifier{Directory: directory, Now: time.Now},
		Directory: directory,
		Hashes:    &signing.HashSigner{Source: a.vault, Policy: directory.Policy, Timestamper: a.trust},
		Jobs:      &server.Jobs{Store: a.jobs.store, Queue: a.jobs},
		Audit:     audit.New(audit.Config{Out: a.audit}),
		Challenge: server.Challenge{
			AuthorizationURI: "https://authority.example/tenant/oauth2/v2.0/authorize",
			Scope:            "api://influxion/access_as_user",
		},
		Page: &page.Config{ClientID: "client-2", AuthorityHost: "https://authority.example", TenantID: "tenant-1",
			Scope: "api://influxion/.default", Level: "B-B", MaxDocumentBytes: 1 << 20, Version: "1.2.3"},
		MaxDocumentBytes: 1 << 20,
		Logger:           slog.New(slog.NewJSONHandler(a.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Version:          "1.2.3",
	}
}

// callers is the Authenticator.
type callers struct{}

func (callers) Authenticate(_ context.Context, token string) (signing.Principal, error) {
	switch token {
	case goodToken:
		return signing.Principal{TenantID: "tenant-1", ObjectID: "object-1", ClientID: "client-1",
			Scopes: []string{"access_as_user"}, Roles: []string{"Hash.Seal", "hash.locked"}}, nil
	case scopeToken:
		return signing.Principal{}, &signing.Error{Kind: signing.PermissionDenied, Code: "insufficient_scope",
			Detail: "the access token has no scope or role of this API"}
	case outageToken:
		return signing.Principal{}, &signing.Error{Kind: signing.Unavailable, Code: "identity_unavailable",
			Detail: "the token authority does not answer", RetryAfter: 1500 * time.Millisecond,
			Err: errors.New("dial authority.internal")}
	case strings.Repeat("a", 17<<10):
		panic("internal error: an over-long token has come this far")
	case panicToken:
		panic("canary-document in a panic")
	}
	return signing.Principal{}, &signing.Error{Kind: signing.Unauthenticated, Code: "token_expired",
		Detail: "the token expired a minute ago"}
}

// vault is the CertificateSource: one certificate under each name, until a fault is set.
type vault struct {
	certificate *signing.Certificate
	mu          sync.Mutex
	fault       func(ctx context.Context) error
	calls       atomic.Int64
}

func newVault(t testing.TB) *vault {
	t.Helper()
	chain, key := pkitest.Signer(t)
	return &vault{certificate: &signing.Certificate{Version: currentValue, Chain: chain, Key: key}}
}

func (v *vault) fail(fault func(ctx context.Context) error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fault = fault
}

func (v *vault) Certificate(ctx context.Context, name, version string) (*signing.Certificate, error) {
	v.calls.Add(1)
	v.mu.Lock()
	fault := v.fault
	v.mu.Unlock()
	if fault != nil {
		if err := fault(ctx); err != nil {
			return nil, err
		}
	}
	if version != "" && version != v.certificate.Version {
		return nil, signing.CertificateNotFound(errors.New("no such version"))
	}
	found := *v.certificate
	found.Name = name
	return &found, nil
}

func (v *vault) Names(context.Context) ([]string, error) { return []string{"seal", "spare"}, nil }

// lines is a writer that keeps what is written to it.
type lines struct{ logtest.Log }

// record is an audit line as a reader of the log sees it.
type record struct {
	Audit struct {
		InvocationID   string          `json:"invocation_id"`
		Action         signing.Action  `json:"action"`
		TenantID       string          `json:"tenant_id"`
		DocumentDigest string          `json:"document_digest"`
		DocumentBytes  int64           `json:"document_bytes"`
		SignedDigest   string          `json:"signed_digest"`
		Certificate    string          `json:"certificate"`
		Level          string          `json:"level"`
		Outcome        signing.Outcome `json:"outcome"`
		Code           string          `json:"code"`
		Hash           string          `json:"hash"`
		Algorithm      string          `json:"algorithm"`
	} `json:"audit"`
}

func (l *lines) records(t testing.TB) []record {
	t.Helper()
	var found []record
	for line := range strings.Lines(l.String()) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("got audit line %q, want JSON", line)
		}
		found = append(found, r)
	}
	return found
}

// problem is an error answer as a client sees it.
type problem struct {
	Type, Title, Detail, Code, Instance string
	Status                              int
}

// samplePDF is a one-page document with a classic cross-reference table.
func samplePDF() []byte { return pdfWith("", "BT /F1 12 Tf 72 720 Td (canary-document) Tj ET") }

// encryptedPDF declares that it is encrypted.
func encryptedPDF() []byte {
	return pdfWith("/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O ("+strings.Repeat("o", 32)+") /U ("+
		strings.Repeat("u", 32)+") >>", "")
}

// lockedPDF opens with a password.
func lockedPDF() []byte { return encryptedWith("canary-password", -4) }

// restrictedPDF opens without a password and permits nothing.
func restrictedPDF() []byte { return encryptedWith("", -3904) }

func encryptedWith(user string, permissions int32) []byte {
	return pdftest.File{
		Objects:    pdftest.Pages(1, ""),
		Encryption: &pdftest.Encryption{Revision: 6, User: user, Owner: "canary-owner", Permissions: permissions},
	}.Bytes()
}

// accessiblePDF declares PDF/UA-1 and PDF/A-2a, and has a structure tree with more in its root.
func accessiblePDF(root string) []byte {
	const declared = `<d xmlns:u="http://www.aiim.org/pdfua/ns/id/" xmlns:a="http://www.aiim.org/pdfa/ns/id/" ` +
		`u:part="1" a:part="2" a:conformance="A"/>`
	objects := pdftest.Pages(1, "/MarkInfo << /Marked true >> /StructTreeRoot 4 0 R /Metadata 5 0 R")
	return pdftest.File{Objects: append(objects, "<< /Type /StructTreeRoot "+root+" >>",
		pdftest.Stream("/Type /Metadata /Subtype /XML", declared))}.Bytes()
}

// carelessPDF has a number in its list of form fields.
func carelessPDF() []byte {
	return pdftest.File{Objects: pdftest.Pages(1, "/AcroForm << /Fields [7] >>")}.Bytes()
}

func pdfWith(trailer, content string) []byte {
	return pdftest.File{Trailer: trailer, Objects: []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R " +
			"/Resources << /Font << /F1 5 0 R >> >> >>",
		pdftest.Stream("", content),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}}.Bytes()
}

// vaultDown is a fault of the vault. Its cause contains names that no caller may learn.
func vaultDown(context.Context) error {
	return &signing.Error{Kind: signing.Unavailable, Code: "vault_unavailable", Detail: "the vault does not answer",
		Err: errors.New("dial secret-vault.vault.azure.net: timeout")}
}

// request makes a request with a good token.
func (a *api) request(t testing.TB, method, path, mediaType string, body []byte) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, a.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+goodToken)
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	return r
}
