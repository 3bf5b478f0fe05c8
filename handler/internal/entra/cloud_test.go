package entra_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"influxion/handler/internal/clocktest"
	"influxion/handler/internal/entra"
	"influxion/handler/internal/entratest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
)

const (
	tenantID      = "11111111-aaaa-4aaa-8aaa-111111111111"
	partnerID     = "22222222-aaaa-4aaa-8aaa-222222222222"
	strangerID    = "33333333-aaaa-4aaa-8aaa-333333333333"
	apiID         = "44444444-bbbb-4bbb-8bbb-444444444444"
	apiURI        = "api://" + apiID
	otherAPIID    = "55555555-bbbb-4bbb-8bbb-555555555555"
	clientID      = "66666666-cccc-4ccc-8ccc-666666666666"
	trustedID     = "77777777-cccc-4ccc-8ccc-777777777777"
	servicePID    = "88888888-dddd-4ddd-8ddd-888888888888"
	userID        = "99999999-dddd-4ddd-8ddd-999999999999"
	userName      = "canary.person@example.org"
	scope         = "access_as_user"
	role          = "access_as_application"
	publicHost    = "https://login.microsoftonline.com"
	issuerV2Home  = publicHost + "/" + tenantID + "/v2.0"
	issuerV1Home  = "https://sts.windows.net/" + tenantID + "/"
	issuerV2Other = publicHost + "/" + strangerID + "/v2.0"
)

// cloud is an Entra ID behind real TLS sockets, under the real name of its host.
type cloud struct {
	*entratest.Server
	*clocktest.Clock // the time of a test, for both sides
	client           *http.Client
}

func newCloud(tb testing.TB, change func(*entratest.Config)) *cloud {
	tb.Helper()
	c := &cloud{Clock: clocktest.New(time.Now().Truncate(time.Second))}
	config := entratest.Config{TenantID: tenantID, OtherTenants: []string{partnerID, strangerID}, Now: c.Now}
	if change != nil {
		change(&config)
	}
	server, err := entratest.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	c.Server = server
	host := "login.microsoftonline.com"
	if config.AuthorityHost != "" {
		host = hostOf(tb, config.AuthorityHost)
	}
	c.client = serve(tb, server, host)
	return c
}

func hostOf(tb testing.TB, address string) string {
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	return u.Hostname()
}

// serve puts a handler on a TLS socket with a certificate for host, and gives a client for which
// every name resolves to that socket.
func serve(tb testing.TB, handler http.Handler, host string) *http.Client {
	tb.Helper()
	root, err := pkitest.NewRoot("Test Root", time.Now())
	if err != nil {
		tb.Fatal(err)
	}
	certificate, err := root.IssueServer(time.Now(), host)
	if err != nil {
		tb.Fatal(err)
	}
	listener := httptest.NewUnstartedServer(handler)
	listener.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	listener.Config.ErrorLog = log.New(io.Discard, "", 0)
	listener.StartTLS()
	roots := x509.NewCertPool()
	roots.AddCert(root.Root())
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, listener.Listener.Addr().String())
		},
	}
	tb.Cleanup(func() {
		transport.CloseIdleConnections()
		listener.CloseClientConnections()
		listener.Close()
	})
	return &http.Client{Transport: transport}
}

func (c *cloud) config() entra.Config {
	return entra.Config{
		TenantID:     tenantID,
		Audiences:    []string{apiID, apiURI},
		DefaultScope: apiURI + "/.default",
		HTTPClient:   c.client,
		Now:          c.Now,
	}
}

func (c *cloud) authenticator(tb testing.TB, change func(*entra.Config)) *entra.Authenticator {
	tb.Helper()
	config := c.config()
	if change != nil {
		change(&config)
	}
	authenticator, err := entra.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	return authenticator
}

var (
	person  = entratest.Caller{ClientID: clientID, ObjectID: userID, Name: userName, Scopes: []string{scope}}
	service = entratest.Caller{ClientID: clientID, ObjectID: servicePID, Roles: []string{role}}
)

func (c *cloud) delegated() map[string]any { return c.DelegatedClaims(tenantID, 2, apiID, person) }
func (c *cloud) app() map[string]any       { return c.AppClaims(tenantID, 2, apiID, service) }

// token is a good delegated v2.0 token.
func (c *cloud) token() string { return c.Mint(nil, c.delegated()) }

// with gives claims with some of them replaced, or deleted where the value is nil.
func with(claims map[string]any, changes map[string]any) map[string]any {
	for name, value := range changes {
		if value == nil {
			delete(claims, name)
		} else {
			claims[name] = value
		}
	}
	return claims
}

// want fails the test unless err is a *signing.Error of that kind with the code that goes with it.
func want(tb testing.TB, err error, kind signing.Kind) *signing.Error {
	tb.Helper()
	failure, ok := errors.AsType[*signing.Error](err)
	if !ok {
		tb.Fatalf("got %v, want a *signing.Error", err)
	}
	codes := map[signing.Kind]string{
		signing.Unauthenticated:  "invalid_token",
		signing.PermissionDenied: "insufficient_scope",
		signing.Unavailable:      "identity_unavailable",
	}
	if failure.Kind != kind || failure.Code != codes[kind] {
		tb.Errorf("got kind %d code %q (%v), want kind %d code %q", failure.Kind, failure.Code, failure.Err, kind,
			codes[kind])
	}
	if failure.Err == nil {
		tb.Error("got no cause, want one for the log")
	}
	if kind == signing.Unavailable && failure.RetryAfter <= 0 {
		tb.Errorf("got RetryAfter %v, want some", failure.RetryAfter)
	}
	return failure
}

// logTo gives the authenticator a log that the test can read. The log is written during fetches
// only, which callers wait for.
func logTo(out *bytes.Buffer) func(*entra.Config) {
	return func(config *entra.Config) {
		config.Logger = slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}
