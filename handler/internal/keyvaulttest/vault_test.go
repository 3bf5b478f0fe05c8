package keyvaulttest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
)

const base = "https://example-seals.vault.azure.net"

func newVault(t *testing.T) *keyvaulttest.Vault {
	t.Helper()
	vault := keyvaulttest.New(keyvaulttest.Config{
		BaseURL: base, TenantID: "the-tenant", AuthorityHost: "https://login.microsoftonline.com", PageSize: 2,
		Authorize: func(token string) error {
			if token == "nobody's" {
				return keyvaulttest.ErrNoRole
			}
			if token != "good" {
				return errors.New("another token")
			}
			return nil
		},
	})
	t.Cleanup(vault.ClearFault)
	return vault
}

type answer struct {
	status int
	header http.Header
	body   map[string]any
}

func ask(t *testing.T, vault *keyvaulttest.Vault, target, token string) answer {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	recorder := httptest.NewRecorder()
	vault.ServeHTTP(recorder, request)
	got := answer{status: recorder.Code, header: recorder.Header()}
	if err := json.Unmarshal(recorder.Body.Bytes(), &got.body); err != nil {
		t.Fatalf("%s: got %q, want JSON", target, recorder.Body)
	}
	return got
}

func putCertificate(t *testing.T, vault *keyvaulttest.Vault, name string) string {
	t.Helper()
	chain, key := pkitest.Signer(t)
	version, err := vault.PutCertificate(name, keyvaulttest.Modern, chain, key)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func TestChallenge(t *testing.T) {
	t.Parallel()
	vault := newVault(t)
	want := `Bearer authorization="https://login.microsoftonline.com/the-tenant", resource="https://vault.azure.net"`
	for _, token := range []string{"", "bad"} {
		got := ask(t, vault, base+"/secrets/seal/?api-version=7.6", token)
		if got.status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") != want {
			t.Errorf("token %q: got %d %s, want the challenge", token, got.status, got.header.Get("WWW-Authenticate"))
		}
	}
	nobody := ask(t, vault, base+"/secrets/seal/?api-version=7.6", "nobody's")
	inner, _ := nobody.body["error"].(map[string]any)["innererror"].(map[string]any)
	if nobody.status != http.StatusForbidden || inner["code"] != "ForbiddenByRbac" {
		t.Errorf("got %d %v for who has no role, want a refusal", nobody.status, nobody.body)
	}
	if vault.Challenged() != 2 || vault.Requests("") != 0 {
		t.Errorf("got %d challenges and %d requests, want 2 and 0", vault.Challenged(), vault.Requests(""))
	}
}

func TestGetSecret(t *testing.T) {
	t.Parallel()
	vault := newVault(t)
	old := putCertificate(t, vault, "Seal")
	version := putCertificate(t, vault, "seal")
	if len(version) != 32 || version == old {
		t.Fatalf("got version %q after %q, want 32 digits", version, old)
	}
	for _, row := range []struct {
		name, path string
		status     int
		id, inner  string
	}{
		{"current", "/secrets/SEAL/?api-version=7.6", 200, "/secrets/Seal/" + version, ""},
		{"by version", "/secrets/seal/" + strings.ToUpper(old) + "?api-version=7.6", 200, "/secrets/Seal/" + old, ""},
		{"unknown", "/secrets/other/?api-version=7.6", 404, "", ""},
		{"unknown version", "/secrets/seal/0000?api-version=7.6", 404, "", ""},
		{"no API version", "/secrets/seal", 400, "", ""},
		{"unknown API version", "/secrets/seal?api-version=1999-01-01", 400, "", ""},
		{"another kind of object", "/storage/seal?api-version=7.6", 404, "", ""},
	} {
		got := ask(t, vault, base+row.path, "good")
		if got.status != row.status {
			t.Errorf("%s: got %d, want %d", row.name, got.status, row.status)
		}
		if row.id != "" && (got.body["id"] != base+row.id || got.body["managed"] != true || got.body["value"] == "") {
			t.Errorf("%s: got %v, want %s", row.name, got.body, row.id)
		}
	}
	if err := vault.SetEnabled("seal", "", false); err != nil {
		t.Fatal(err)
	}
	got := ask(t, vault, base+"/secrets/seal?api-version=7.6", "good")
	if fmt.Sprint(got.body["error"].(map[string]any)["innererror"]) != "map[code:SecretDisabled]" ||
		got.status != http.StatusForbidden {
		t.Errorf("got %d %v, want 403 SecretDisabled", got.status, got.body)
	}
	vault.Delete("seal")
	if got := ask(t, vault, base+"/secrets/seal?api-version=7.6", "good"); got.status != http.StatusNotFound {
		t.Errorf("got %d after Delete, want 404", got.status)
	}
}

func TestListSecrets(t *testing.T) {
	t.Parallel()
	vault := newVault(t)
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		if _, err := vault.Put(name, keyvaulttest.Secret{Value: "hidden", ContentType: "text/plain"}); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	pages := 0
	for next := base + "/secrets?api-version=7.6"; next != ""; pages++ {
		got := ask(t, vault, next, "good")
		for _, item := range got.body["value"].([]any) {
			ids = append(ids, item.(map[string]any)["id"].(string))
			if _, told := item.(map[string]any)["value"]; told {
				t.Error("got a value in the list, want none")
			}
		}
		next, _ = got.body["nextLink"].(string)
	}
	if want := base + "/secrets/e"; pages != 3 || len(ids) != 5 || ids[4] != want {
		t.Errorf("got %v on %d pages, want 5 on 3 that end with %s", ids, pages, want)
	}
}

func TestFaultsAreCounted(t *testing.T) {
	t.Parallel()
	vault := newVault(t)
	putCertificate(t, vault, "seal")
	putCertificate(t, vault, "other")
	vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.Throttled, RetryAfter: "7", Times: 1, Name: "seal"})
	if got := ask(t, vault, base+"/secrets/other?api-version=7.6", "good"); got.status != http.StatusOK {
		t.Errorf("got %d for another secret, want 200", got.status)
	}
	if got := ask(t, vault, base+"/secrets/seal/?api-version=7.6", "good"); got.status != 429 ||
		got.header.Get("Retry-After") != "7" {
		t.Errorf("got %d %q, want 429 with Retry-After", got.status, got.header.Get("Retry-After"))
	}
	if got := ask(t, vault, base+"/secrets/seal/?api-version=7.6", "good"); got.status != http.StatusOK {
		t.Errorf("got %d after the fault's one time, want 200", got.status)
	}
	if got := vault.Requests("/secrets/SEAL/"); got != 2 {
		t.Errorf("got %d requests, want 2", got)
	}
}

func TestNamesAreChecked(t *testing.T) {
	t.Parallel()
	vault := newVault(t)
	for _, name := range []string{"", "a/b", "ä", strings.Repeat("a", 128)} {
		if _, err := vault.Put(name, keyvaulttest.Secret{}); err == nil {
			t.Errorf("got %q put, want a refusal", name)
		}
	}
	if err := vault.SetEnabled("none", "", true); err == nil {
		t.Error("got a secret enabled that does not exist")
	}
	if _, err := vault.Rotate("none", nil, nil); err == nil {
		t.Error("got a certificate rotated that does not exist")
	}
}
