package keyvault_test

import (
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/signing"
)

// faults is the table of faults of the vault: the error that callers get, the number of requests
// with a token before it, and whether a cached certificate stays in the cache.
var faults = []struct {
	name     string
	fault    keyvaulttest.Fault
	version  bool // ask for the version that exists instead of the current one
	kind     signing.Kind
	code     string // "" = a certificate
	says     string // a part of the cause
	requests int
	survives bool
}{
	{name: "none", requests: 1, survives: true},
	{name: "forbidden by RBAC", fault: keyvaulttest.Fault{Kind: keyvaulttest.ForbiddenByRBAC},
		kind: signing.Unavailable, code: "vault_forbidden", says: "Key Vault Secrets User", requests: 1},
	{name: "forbidden by policy", fault: keyvaulttest.Fault{Kind: keyvaulttest.ForbiddenByPolicy},
		kind: signing.Unavailable, code: "vault_forbidden", says: "access policy", requests: 1},
	{name: "forbidden by firewall", fault: keyvaulttest.Fault{Kind: keyvaulttest.ForbiddenByFirewall},
		kind: signing.Unavailable, code: "vault_forbidden", says: "network rules", requests: 1},
	{name: "not found", fault: keyvaulttest.Fault{Kind: keyvaulttest.NotFound},
		kind: signing.NotFound, code: "certificate_not_found", says: "SecretNotFound", requests: 1},
	{name: "disabled by its attributes", fault: keyvaulttest.Fault{Kind: keyvaulttest.NotEnabled},
		kind: signing.NotFound, code: "certificate_not_found", says: "not enabled", requests: 1},
	{name: "another version", fault: keyvaulttest.Fault{Kind: keyvaulttest.OtherVersion}, version: true,
		kind: signing.NotFound, code: "certificate_not_found", says: "another version", requests: 1},
	{name: "another name", fault: keyvaulttest.Fault{Kind: keyvaulttest.OtherName},
		kind: signing.Unavailable, code: "vault_unavailable", says: "another secret", requests: 1, survives: true},
	{name: "throttled", fault: keyvaulttest.Fault{Kind: keyvaulttest.Throttled},
		kind: signing.Unavailable, code: "vault_unavailable", says: "429", requests: 3, survives: true},
	{name: "throttled with Retry-After", fault: keyvaulttest.Fault{Kind: keyvaulttest.Throttled, RetryAfter: "10"},
		kind: signing.Unavailable, code: "vault_unavailable", says: "429", requests: 1, survives: true},
	{name: "throttled with a huge Retry-After",
		fault: keyvaulttest.Fault{Kind: keyvaulttest.Throttled, RetryAfter: "999999999"},
		kind:  signing.Unavailable, code: "vault_unavailable", says: "429", requests: 1, survives: true},
	{name: "throttled once", fault: keyvaulttest.Fault{Kind: keyvaulttest.Throttled, Times: 1}, requests: 2,
		survives: true},
	{name: "500", fault: keyvaulttest.Fault{Kind: keyvaulttest.ServerError},
		kind: signing.Unavailable, code: "vault_unavailable", says: "500", requests: 3, survives: true},
	{name: "500 twice", fault: keyvaulttest.Fault{Kind: keyvaulttest.ServerError, Times: 2}, requests: 3,
		survives: true},
	{name: "503", fault: keyvaulttest.Fault{Kind: keyvaulttest.Unavailable},
		kind: signing.Unavailable, code: "vault_unavailable", says: "503", requests: 3, survives: true},
	{name: "503 with Retry-After", fault: keyvaulttest.Fault{Kind: keyvaulttest.Unavailable, RetryAfter: "30"},
		kind: signing.Unavailable, code: "vault_unavailable", says: "503", requests: 1, survives: true},
	{name: "down", fault: keyvaulttest.Fault{Kind: keyvaulttest.Down},
		kind: signing.Unavailable, code: "vault_unavailable", says: "closed the connection", requests: 3,
		survives: true},
	{name: "slow", fault: keyvaulttest.Fault{Kind: keyvaulttest.Slow},
		kind: signing.Unavailable, code: "vault_unavailable", says: "no answer in time", requests: 3, survives: true},
	{name: "good token refused once", fault: keyvaulttest.Fault{Kind: keyvaulttest.TokenRefused, Times: 1}, requests: 2,
		survives: true},
	{name: "good token refused for ever", fault: keyvaulttest.Fault{Kind: keyvaulttest.TokenRefused},
		kind: signing.Unavailable, code: "identity_unavailable", says: "401", requests: 3, survives: true},
	{name: "garbage", fault: keyvaulttest.Fault{Kind: keyvaulttest.Garbage},
		kind: signing.Unavailable, code: "vault_unavailable", says: "cannot be read", requests: 1, survives: true},
	{name: "empty object", fault: keyvaulttest.Fault{Kind: keyvaulttest.Empty},
		kind: signing.Unavailable, code: "vault_unavailable", says: "no ID", requests: 1, survives: true},
	{name: "huge", fault: keyvaulttest.Fault{Kind: keyvaulttest.Huge},
		kind: signing.Unavailable, code: "vault_unavailable", says: "larger", requests: 1, survives: true},
	{name: "redirect", fault: keyvaulttest.Fault{Kind: keyvaulttest.Redirect},
		kind: signing.Unavailable, code: "vault_unavailable", says: "307", requests: 1, survives: true},
	{name: "gateway 403", fault: keyvaulttest.Fault{Kind: keyvaulttest.GatewayForbidden},
		kind: signing.Unavailable, code: "vault_unavailable", says: "403", requests: 1, survives: true},
	{name: "gateway 404", fault: keyvaulttest.Fault{Kind: keyvaulttest.GatewayNotFound},
		kind: signing.Unavailable, code: "vault_unavailable", says: "404", requests: 1, survives: true},
	{name: "broken challenge", fault: keyvaulttest.Fault{Kind: keyvaulttest.BrokenChallenge},
		kind: signing.Unavailable, code: "vault_unavailable", says: "cannot be read", requests: 1, survives: true},
	{name: "challenge of another tenant", fault: keyvaulttest.Fault{Kind: keyvaulttest.ForeignTenant},
		kind: signing.Unavailable, code: "identity_unavailable", says: "another tenant", requests: 4, survives: true},
	{name: "challenge of another vault", fault: keyvaulttest.Fault{Kind: keyvaulttest.ForeignChallenge},
		kind: signing.Unavailable, code: "vault_unavailable", says: "cannot be read", requests: 1, survives: true},
}

// brief keeps the rows of a slow vault short, yet long enough for a busy machine's TLS handshake.
func brief(config *keyvault.Config) {
	config.TryTimeout = time.Second
}

func TestFaultsCold(t *testing.T) {
	t.Parallel()
	for _, row := range faults {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			old, _ := c.put(t, "seal")
			c.put(t, "seal")
			change := func(*keyvault.Config) {}
			if row.fault.Kind == keyvaulttest.Slow {
				change = brief
			}
			source := c.source(t, change)
			c.vault.SetFault(row.fault)
			version := ""
			if row.version {
				version = old
			}
			_, err := source.Certificate(t.Context(), "seal", version)
			check(t, err, row.kind, row.code)
			if row.code != "" && !strings.Contains(err.Error(), row.says) {
				t.Errorf("got %v, want a cause that says %q", err, row.says)
			}
			if got := c.vault.Requests(""); got != row.requests {
				t.Errorf("got %d requests, want %d", got, row.requests)
			}
			// Every error is remembered: the next call makes no request.
			if _, again := source.Certificate(t.Context(), "seal", version); (again == nil) != (err == nil) {
				t.Errorf("got %v the second time, %v the first", again, err)
			}
			if got := c.vault.Requests(""); got != row.requests {
				t.Errorf("got %d requests after asking again, want still %d", got, row.requests)
			}
		})
	}
}

func TestFaultsWarm(t *testing.T) {
	t.Parallel()
	for _, row := range faults {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			old, _ := c.put(t, "seal")
			c.put(t, "seal")
			version := ""
			if row.version {
				version = old
			}
			change := func(*keyvault.Config) {}
			if row.fault.Kind == keyvaulttest.Slow {
				change = brief
			}
			source := c.source(t, change)
			first := get(t, source, "seal", version)
			c.vault.SetFault(row.fault)
			c.clock.Advance(10 * time.Minute)
			got, err := source.Certificate(t.Context(), "seal", version)
			if !row.survives {
				check(t, err, row.kind, row.code)
				// It was dropped: it is not served stale either, after the refusal has ended and
				// while the vault is down.
				c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.ServerError})
				c.clock.Advance(30 * time.Second)
				_, err = source.Certificate(t.Context(), "seal", version)
				check(t, err, signing.Unavailable, "vault_unavailable")
				return
			}
			check(t, err, 0, "")
			if got.Version != first.Version {
				t.Errorf("got version %s, want the held %s", got.Version, first.Version)
			}
		})
	}
}

func TestDisabled(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "seal")
	source := c.source(t)
	if err := c.vault.SetEnabled("seal", "", false); err != nil {
		t.Fatal(err)
	}
	_, err := source.Certificate(t.Context(), "seal", "")
	check(t, err, signing.NotFound, "certificate_not_found")
	if !strings.Contains(err.Error(), "SecretDisabled") {
		t.Errorf("got %v, want a cause that says SecretDisabled", err)
	}
	if got := c.vault.Requests(""); got != 1 {
		t.Errorf("got %d requests, want 1", got)
	}
}

func TestNamesAreCheckedFirst(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	source := c.source(t)
	for _, row := range []struct{ name, certificate, version string }{
		{"empty", "", ""},
		{"path", "seal/../other", ""},
		{"escape", "seal%2F", ""},
		{"query", "seal?x", ""},
		{"not ASCII", "sëal", ""},
		{"long", strings.Repeat("a", 128), ""},
		{"very long", strings.Repeat("a", 1<<20), ""},
		{"newline", "seal\n", ""},
		{"version too short", "seal", "1234"},
		{"version not hexadecimal", "seal", strings.Repeat("g", 32)},
		{"version too long", "seal", strings.Repeat("0", 33)},
		{"version with a path", "seal", "../" + strings.Repeat("0", 29)},
		{"Kelvin sign that lowers to k", "\u212Aey", ""},
	} {
		_, err := source.Certificate(t.Context(), row.certificate, row.version)
		check(t, err, signing.NotFound, "certificate_not_found")
		if got := c.vault.Requests("") + c.vault.Challenged(); got != 0 {
			t.Fatalf("%s: got %d requests, want none", row.name, got)
		}
	}
}
