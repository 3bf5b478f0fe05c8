package keyvault_test

import (
	"context"
	"crypto"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvault/connection"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/signing"
)

func TestClientSecretRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "seal")
	c.loginDown.Store(true)
	source := c.source(t)
	_, err := source.Certificate(t.Context(), "seal", "")
	check(t, err, signing.Unavailable, "identity_unavailable")
	if !strings.Contains(err.Error(), "401 invalid_client AADSTS7000215") {
		t.Errorf("got %v, want the codes of Entra ID in the cause", err)
	}
	if got := c.vault.Requests(""); got != 0 {
		t.Errorf("got %d requests with a token, want none", got)
	}
}

func TestIdentityDownServesStale(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "seal")
	first := c.source(t)
	get(t, first, "seal", "")
	c.loginDown.Store(true)
	c.clock.Advance(10 * time.Minute)
	// The SDK still has a token. It asks the identity again only when the vault refuses that token.
	c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.TokenRefused})
	get(t, first, "seal", "")
	if text := c.logs.String(); !strings.Contains(text, "identity_unavailable") {
		t.Errorf("got log %q, want the identity's failure", text)
	}
}

func TestSettingsOfCredential(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		identity connection.Identity
		good     bool
	}{
		{"system-assigned", connection.Identity{}, true},
		{"user-assigned", connection.Identity{ClientID: clientID}, true},
		{"service principal", connection.Identity{TenantID: tenantID, ClientID: clientID, ClientSecret: secret}, true},
		{"sovereign cloud", connection.Identity{
			TenantID: tenantID, ClientID: clientID, ClientSecret: secret,
			AuthorityHost: "https://login.microsoftonline.us",
		}, true},
		{"secret without client", connection.Identity{TenantID: tenantID, ClientSecret: secret}, false},
		{"secret without tenant", connection.Identity{ClientID: clientID, ClientSecret: secret}, false},
		{"bad tenant", connection.Identity{TenantID: "a/b", ClientID: clientID, ClientSecret: secret}, false},
		{"authority over plain HTTP", connection.Identity{
			TenantID: tenantID, ClientID: clientID, ClientSecret: secret, AuthorityHost: "http://login.example.org",
		}, false},
	} {
		credential, err := connection.NewCredential(row.identity)
		if (err == nil) != row.good || (credential != nil) != row.good {
			t.Errorf("%s: got %v, want good = %t", row.name, err, row.good)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got %v, which tells the secret", row.name, err)
		}
	}
}

func TestSettingsOfSource(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for url, good := range map[string]bool{
		"https://" + vaultHost: true, "https://" + vaultHost + "/": true, "https://EXAMPLE-seals.vault.azure.net": true,
		"https://example-seals.vault.azure.cn": true,
		"":                                     false, "http://" + vaultHost: false, vaultHost: false,
		"https://" + vaultHost + ":8443": false,
		"https://user@" + vaultHost:      false, "https://" + vaultHost + "/secrets": false,
		"https://" + vaultHost + "?x=y": false,
		"https://localhost":             false, "https://127.0.0.1": false, "https://[::1]": false,
		"https://%zz": false, "https://": false,
	} {
		source, err := keyvault.New(keyvault.Config{
			VaultURL: url, Credential: c.credential(t), Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		})
		if (err == nil) != good {
			t.Errorf("%q: got %v, want good = %t", url, err, good)
		}
		if source != nil {
			source.Close()
		}
	}
	if _, err := keyvault.New(keyvault.Config{VaultURL: "https://" + vaultHost}); err == nil {
		t.Error("got a source without credential, logger and clock")
	}
	if _, err := keyvault.New(keyvault.Config{
		VaultURL: "https://" + vaultHost, Credential: c.credential(t), Now: time.Now,
		Logger: slog.New(slog.DiscardHandler), Probes: []string{"seal", "a/b"},
	}); err == nil {
		t.Error("got a source with a probe that is no name")
	}
}

// brittle is a credential that panics when it is asked for the first time.
type brittle struct{ asked atomic.Int64 }

func (b *brittle) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if b.asked.Add(1) == 1 {
		panic("a panic that tells " + tenantID)
	}
	return azcore.AccessToken{Token: token, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// A panic of the credential is an error of one request, and the next one gets a token.
func TestCredentialThatPanics(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		c := newCloud(t)
		c.hold(t, "seal")
		source := c.source(t, inMode(mode), func(config *keyvault.Config) { config.Credential = &brittle{} })
		_, err := source.Certificate(t.Context(), "seal", "")
		check(t, err, signing.Unavailable, "identity_unavailable")
		if !strings.Contains(err.Error(), "cannot process the answer") {
			t.Errorf("%s: got %v, want a cause that says so", mode, err)
		}
		c.clock.Advance(time.Minute)
		signs(t, get(t, source, "seal", ""), crypto.SHA256, crypto.SHA256)
	}
}

// TestManagedIdentity is not parallel, because the SDK reads the address of the identity endpoint
// from the environment.
func TestManagedIdentity(t *testing.T) {
	endpoint := &identityEndpoint{header: "the-identity-header"}
	server := httptest.NewServer(endpoint)
	t.Cleanup(server.Close)
	t.Setenv("IDENTITY_ENDPOINT", server.URL+"/msi/token")
	t.Setenv("IDENTITY_HEADER", endpoint.header)
	for i, row := range []struct {
		name, clientID string
		status         int
		code           string
		asked          int
	}{
		// The SDK caches tokens of managed identities for the whole process. So each row needs an
		// identity of its own. The system-assigned identity has no ID, so its failure must be
		// tested before its success.
		{"system-assigned, refused", "", http.StatusBadRequest, "identity_unavailable", 1},
		{"system-assigned", "", 0, "", 1},
		{"user-assigned", "%08d-0000-0000-0000-000000000001", 0, "", 1},
		{"user-assigned, refused", "%08d-0000-0000-0000-000000000002", http.StatusBadRequest, "identity_unavailable",
			1},
		{"user-assigned, endpoint down", "%08d-0000-0000-0000-000000000003", http.StatusInternalServerError,
			"identity_unavailable", 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newCloud(t)
			c.put(t, "seal")
			identity := connection.Identity{Transport: c.transport}
			if row.clientID != "" {
				identity.ClientID = fmt.Sprintf(row.clientID, i)
			}
			credential, err := connection.NewCredential(identity)
			if err != nil {
				t.Fatal(err)
			}
			source := c.source(t, func(config *keyvault.Config) { config.Credential = credential })
			endpoint.set(row.status)
			_, err = source.Certificate(t.Context(), "seal", "")
			check(t, err, signing.Unavailable, row.code)
			asked, clientID := endpoint.seen()
			if asked != row.asked || clientID != identity.ClientID {
				t.Errorf("got %d requests with client ID %q, want %d with %q", asked, clientID, row.asked,
					identity.ClientID)
			}
		})
	}
}

// identityEndpoint is the part of the identity endpoint of Functions that the tests need.
type identityEndpoint struct {
	header string

	mu       sync.Mutex
	status   int
	asked    int
	clientID string
}

func (e *identityEndpoint) set(status int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status, e.asked, e.clientID = status, 0, ""
}

func (e *identityEndpoint) seen() (asked int, clientID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.asked, e.clientID
}

func (e *identityEndpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	query := r.URL.Query()
	e.asked++
	e.clientID = query.Get("client_id")
	w.Header().Set("Content-Type", "application/json")
	good := r.Header.Get("X-IDENTITY-HEADER") == e.header && query.Get("resource") == "https://vault.azure.net" &&
		query.Get("api-version") == "2019-08-01"
	if e.status != 0 || !good {
		w.WriteHeader(max(e.status, http.StatusBadRequest))
		json.NewEncoder(w).Encode(map[string]any{"statusCode": e.status,
			"message": "no identity in tenant " + tenantID})
		return
	}
	json.NewEncoder(w).Encode(map[string]string{
		"access_token": token, "expires_on": fmt.Sprint(time.Now().Add(time.Hour).Unix()),
		"resource": "https://vault.azure.net", "token_type": "Bearer", "client_id": e.clientID,
	})
}
