package keyvault_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"influxion/handler/internal/clocktest"
	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvault/connection"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/logtest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
)

const (
	vaultHost = "example-seals.vault.azure.net"
	loginHost = "login.microsoftonline.com"
	tenantID  = "11111111-2222-3333-4444-555555555555"
	clientID  = "66666666-7777-8888-9999-aaaaaaaaaaaa"
	secret    = "the-client-secret-of-this-test"
	token     = "an-access-token-for-the-vault"
)

// cloud is a vault and the authority that gives tokens for it, behind their real host names on one
// TLS socket.
type cloud struct {
	vault     *keyvaulttest.Vault
	clock     *clocktest.Clock
	logs      *logtest.Log
	transport *http.Transport
	issuer    *pkitest.Authority
	tokens    atomic.Int64 // requests for a token
	loginDown atomic.Bool
}

// shared makes the authorities once, because they never change.
var shared = sync.OnceValues(func() (*pkitest.Authority, error) {
	root, err := pkitest.NewRoot("Test Root", time.Now())
	if err != nil {
		return nil, err
	}
	return root.NewIntermediate("Test Issuer", time.Now())
})

func newCloud(t testing.TB) *cloud {
	t.Helper()
	issuer, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	c := &cloud{clock: clocktest.New(time.Now()), logs: &logtest.Log{}, issuer: issuer}
	c.vault = keyvaulttest.New(keyvaulttest.Config{
		BaseURL: "https://" + vaultHost, TenantID: tenantID, AuthorityHost: "https://" + loginHost, PageSize: 3,
		Now: c.clock.Now,
		Authorize: func(got string) error {
			if got != token {
				return errors.New("another token")
			}
			return nil
		},
	})
	certificate, err := issuer.IssueServer(time.Now(), vaultHost, loginHost)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == loginHost {
			c.login(w, r)
			return
		}
		c.vault.ServeHTTP(w, r)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	roots := x509.NewCertPool()
	roots.AddCert(issuer.Root())
	c.transport = &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasSuffix(address, ":443") {
				address = server.Listener.Addr().String()
			}
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
	t.Cleanup(func() {
		c.vault.ClearFault()
		c.transport.CloseIdleConnections()
		server.Close()
	})
	return c
}

// login is the part of Entra ID that the client credentials flow needs.
func (c *cloud) login(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	base := "https://" + loginHost + "/" + tenantID
	if strings.HasSuffix(r.URL.Path, "/openid-configuration") {
		json.NewEncoder(w).Encode(map[string]string{
			"issuer": base + "/v2.0", "token_endpoint": base + "/oauth2/v2.0/token",
			"authorization_endpoint": base + "/oauth2/v2.0/authorize",
		})
		return
	}
	c.tokens.Add(1)
	body, _ := io.ReadAll(r.Body)
	if c.loginDown.Load() || !bytes.Contains(body, []byte(secret)) {
		w.WriteHeader(http.StatusUnauthorized)
		json.NewEncoder(w).Encode(map[string]string{
			"error": "invalid_client",
			"error_description": "AADSTS7000215: Invalid client secret provided for app " + clientID + " in tenant " +
				tenantID,
		})
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": token})
}

func (c *cloud) credential(t testing.TB) azcore.TokenCredential {
	t.Helper()
	credential, err := connection.NewCredential(connection.Identity{
		TenantID: tenantID, ClientID: clientID, ClientSecret: secret, Transport: c.transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

func (c *cloud) source(t testing.TB, change ...func(*keyvault.Config)) *keyvault.Source {
	t.Helper()
	config := keyvault.Config{
		VaultURL: "https://" + vaultHost, Credential: c.credential(t), Now: c.clock.Now,
		Logger:    c.logs.Logger(),
		Transport: c.transport, RetryDelay: time.Millisecond,
	}
	for _, apply := range change {
		apply(&config)
	}
	source, err := keyvault.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	return source
}

// issue makes a chain for a key from the template of a signing certificate.
func (c *cloud) issue(t testing.TB, key crypto.Signer, change ...func(*x509.Certificate)) []*x509.Certificate {
	t.Helper()
	template := pkitest.SigningTemplate("Seal", c.clock.Now())
	for _, apply := range change {
		apply(template)
	}
	chain, err := c.issuer.Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

// put makes a certificate with a new P-256 key and puts it into the vault.
func (c *cloud) put(t testing.TB, name string,
	change ...func(*x509.Certificate)) (version string, leaf *x509.Certificate) {
	t.Helper()
	key := newKey(t, pkitest.P256)
	chain := c.issue(t, key, change...)
	version, err := c.vault.PutCertificate(name, keyvaulttest.Modern, chain, key)
	if err != nil {
		t.Fatal(err)
	}
	return version, chain[0]
}

func newKey(t testing.TB, algorithm pkitest.Algorithm) crypto.Signer {
	t.Helper()
	key, err := pkitest.NewKey(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// check fails the test unless err is a signing.Error of that kind and code; an empty code wants no
// error.
func check(t testing.TB, err error, kind signing.Kind, code string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Fatalf("got %v, want no error", err)
		}
		return
	}
	fault, ok := errors.AsType[*signing.Error](err)
	if !ok {
		t.Fatalf("got %v, want a signing.Error with code %s", err, code)
	}
	if fault.Kind != kind || fault.Code != code {
		t.Fatalf("got kind %d code %s (%v), want kind %d code %s", fault.Kind, fault.Code, err, kind, code)
	}
	if kind == signing.Unavailable && (fault.RetryAfter < time.Second || fault.RetryAfter > time.Minute) {
		t.Errorf("got RetryAfter %v, want one of 1 s to 1 min", fault.RetryAfter)
	}
	for _, private := range []string{"vault.azure.net", "example-seals", tenantID, clientID, loginHost, "127.0.0.1",
		token, secret} {
		if strings.Contains(fault.Detail, private) || strings.Contains(err.Error(), private) {
			t.Errorf("got %v, which tells %s", err, private)
		}
	}
}
