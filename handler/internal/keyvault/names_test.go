package keyvault_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
)

func TestNames(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for _, name := range []string{"Zulu", "alpha", "mike", "kilo", "gone"} {
		c.put(t, name)
	}
	if err := c.vault.SetEnabled("gone", "", false); err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string]keyvaulttest.Secret{
		"password":    {Value: "x", ContentType: "text/plain"},
		"unmanaged":   {Value: "x", ContentType: typePEM},
		"storage-key": {Value: "x", ContentType: "application/vnd.ms-StorageAccountAccessKey", Managed: true},
		"expired":     {Value: "x", ContentType: typePEM, Managed: true, Expires: c.clock.Now()},
	} {
		if _, err := c.vault.Put(name, secret); err != nil {
			t.Fatal(err)
		}
	}
	source := c.source(t)
	want := []string{"Zulu", "alpha", "kilo", "mike"}
	for range 3 {
		got, err := source.Names(t.Context())
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("got %v, %v, want %v", got, err, want)
		}
		got[0] = "changed by the caller"
	}
	if got := c.vault.Requests("/secrets"); got != 3 {
		t.Errorf("got %d requests, want one for each of 3 pages", got)
	}
	// While the vault is down, the last list is served.
	c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.ServerError})
	c.clock.Advance(10 * time.Minute)
	if got, err := source.Names(t.Context()); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want the last list", got, err)
	}
	c.clock.Advance(time.Hour)
	_, err := source.Names(t.Context())
	check(t, err, signing.Unavailable, "vault_unavailable")
}

// A letter that is an ASCII letter in lower case names no certificate, not even one that is cached.
func TestLookAlikeNames(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "kilo")
	source := c.source(t)
	get(t, source, "KILO", "")
	for _, name := range []string{"\u212ailo", "k\u0130lo", "ｋilo", "kilo ", "kilo\x00"} {
		_, err := source.Certificate(t.Context(), name, "")
		check(t, err, signing.NotFound, "certificate_not_found")
	}
}

func TestNamesFaults(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		kind     keyvaulttest.Kind
		code     string
		says     string
		requests int
	}{
		{keyvaulttest.ForbiddenByRBAC, "vault_forbidden", "INFLUXION_SIGNING_CERTIFICATES", 1},
		{keyvaulttest.ForbiddenByFirewall, "vault_forbidden", "network rules", 1},
		{keyvaulttest.Throttled, "vault_unavailable", "429", 3},
		{keyvaulttest.Garbage, "vault_unavailable", "cannot be read", 1},
		{keyvaulttest.Huge, "vault_unavailable", "larger", 1},
		{keyvaulttest.ForeignNextLink, "vault_unavailable", "another host", 1},
		{keyvaulttest.EndlessList, "vault_unavailable", "more than 100 pages", 100},
	} {
		t.Run(string(row.kind), func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			source := c.source(t)
			c.vault.SetFault(keyvaulttest.Fault{Kind: row.kind})
			names, err := source.Names(t.Context())
			check(t, err, signing.Unavailable, row.code)
			if len(names) > 0 || !strings.Contains(err.Error(), row.says) {
				t.Errorf("got %v, %v, want a cause that says %q", names, err, row.says)
			}
			if got := c.vault.Requests(""); got != row.requests {
				t.Errorf("got %d requests, want %d", got, row.requests)
			}
		})
	}
}

func TestNamesAreBounded(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for i := range keyvault.MaxCertificates + 1 {
		if _, err := c.vault.Put(fmt.Sprintf("seal-%d", i),
			keyvaulttest.Secret{ContentType: typePEM, Managed: true}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.source(t).Names(t.Context())
	check(t, err, signing.Unavailable, "vault_unavailable")
}

func TestReady(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	source := c.source(t)
	if err := source.Ready(t.Context()); err != nil {
		t.Fatalf("got %v, want ready: that there is no such secret is an answer", err)
	}
	c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.ForbiddenByRBAC})
	check(t, source.Ready(t.Context()), signing.Unavailable, "vault_forbidden")
	c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.Down})
	check(t, source.Ready(t.Context()), signing.Unavailable, "vault_unavailable")
	c.vault.ClearFault()
	check(t, source.Ready(t.Context()), 0, "")
	c.loginDown.Store(true)
	check(t, c.source(t).Ready(t.Context()), signing.Unavailable, "identity_unavailable")
}

// A certificate that we may not read does not make the vault unready while there is another one.
func TestReadyByAnother(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		for _, test := range []struct {
			name   string
			grants []string
			code   string
		}{
			{"the first", []string{"a"}, ""},
			{"the last", []string{"c"}, ""},
			{"one that is none of them", []string{"d"}, "vault_forbidden"},
		} {
			t.Run(string(mode)+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				c := newCloud(t)
				var grants []keyvaulttest.Grant
				for _, name := range test.grants {
					grants = append(grants, keyvaulttest.Grant{Operation: keyvaulttest.GetSecret, Name: name},
						keyvaulttest.Grant{Operation: keyvaulttest.GetCertificate, Name: name})
				}
				c.vault.SetGrants(grants...)
				source := c.source(t, inMode(mode),
					func(config *keyvault.Config) { config.Probes = []string{"a", "b", "c"} })
				err := source.Ready(t.Context())
				check(t, err, map[bool]signing.Kind{true: signing.Unavailable}[test.code != ""], test.code)
				c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.Unavailable})
				before := c.vault.Requests("/secrets/b") + c.vault.Requests("/certificates/b")
				check(t, source.Ready(t.Context()), signing.Unavailable, "vault_unavailable")
				if got := c.vault.Requests("/secrets/b") + c.vault.Requests("/certificates/b"); got != before {
					t.Errorf("got %d requests for the second probe of a vault that is down, want none", got-before)
				}
			})
		}
	}
}

func TestReadyByDisabledSecret(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "seal")
	if err := c.vault.SetEnabled("seal", "", false); err != nil {
		t.Fatal(err)
	}
	source := c.source(t, func(config *keyvault.Config) { config.Probes = []string{"seal"} })
	check(t, source.Ready(t.Context()), 0, "")
	if got := c.vault.Requests("/secrets/seal"); got != 1 {
		t.Errorf("got %d requests for the probe, want 1", got)
	}
}

func TestWarm(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "seal")
	c.put(t, "other")
	source := c.source(t)
	source.Warm(t.Context(), []string{"seal", "missing", "other"})
	if got := c.vault.Requests(""); got != 3 {
		t.Errorf("got %d requests, want 3", got)
	}
	get(t, source, "seal", "")
	get(t, source, "other", "")
	if got := c.vault.Requests(""); got != 3 {
		t.Errorf("got %d requests after use, want still 3", got)
	}
	if text := c.logs.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, `"certificate":"missing"`) {
		t.Errorf("got log %q, want one line about the missing one", text)
	}
}

func TestRotationOfEveryFormat(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	source := c.source(t)
	for i, format := range []keyvaulttest.Format{keyvaulttest.PEM, keyvaulttest.LegacyDES, keyvaulttest.Modern} {
		name := fmt.Sprintf("seal-%d", i)
		key := newKey(t, pkitest.P384)
		if _, err := c.vault.PutCertificate(name, format, c.issue(t, key), key); err != nil {
			t.Fatal(err)
		}
		old := get(t, source, name, "")
		next := newKey(t, pkitest.P256)
		if _, err := c.vault.Rotate(name, c.issue(t, next), next); err != nil {
			t.Fatal(err)
		}
		c.clock.Advance(10 * time.Minute)
		if got := get(t, source, name, ""); got.Version == old.Version || got.Fingerprint() == old.Fingerprint() {
			t.Errorf("%s: got the old certificate after a rotation", format)
		}
	}
}
