package keyvault_test

import (
	"crypto"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/signing"
)

// signFaults is the table of faults when the vault signs: the error that callers get, and whether
// the certificate stays in the cache. Only rows without a code give a signature.
var signFaults = []struct {
	name     string
	fault    keyvaulttest.Fault
	kind     signing.Kind
	code     string // "" = a signature
	says     string // a part of the cause
	survives bool
}{
	{name: "none", survives: true},
	{name: "forbidden by RBAC", fault: keyvaulttest.Fault{Kind: keyvaulttest.ForbiddenByRBAC},
		kind: signing.Unavailable, code: "vault_forbidden", says: "keys/sign"},
	{name: "forbidden by policy", fault: keyvaulttest.Fault{Kind: keyvaulttest.ForbiddenByPolicy},
		kind: signing.Unavailable, code: "vault_forbidden", says: "ForbiddenByPolicy"},
	{name: "forbidden by firewall", fault: keyvaulttest.Fault{Kind: keyvaulttest.ForbiddenByFirewall},
		kind: signing.Unavailable, code: "vault_forbidden", says: "network rules"},
	{name: "no such key", fault: keyvaulttest.Fault{Kind: keyvaulttest.NotFound},
		kind: signing.NotFound, code: "certificate_not_found", says: "404"},
	{name: "throttled once", fault: keyvaulttest.Fault{Kind: keyvaulttest.Throttled, Times: 1}, survives: true},
	{name: "throttled with Retry-After", fault: keyvaulttest.Fault{Kind: keyvaulttest.Throttled, RetryAfter: "30"},
		kind: signing.Unavailable, code: "vault_unavailable", says: "throttles", survives: true},
	{name: "throttled for ever", fault: keyvaulttest.Fault{Kind: keyvaulttest.Throttled},
		kind: signing.Unavailable, code: "vault_unavailable", says: "throttles", survives: true},
	{name: "500", fault: keyvaulttest.Fault{Kind: keyvaulttest.ServerError},
		kind: signing.Unavailable, code: "vault_unavailable", says: "500", survives: true},
	{name: "500 twice", fault: keyvaulttest.Fault{Kind: keyvaulttest.ServerError, Times: 2}, survives: true},
	{name: "503", fault: keyvaulttest.Fault{Kind: keyvaulttest.Unavailable},
		kind: signing.Unavailable, code: "vault_unavailable", says: "503", survives: true},
	{name: "down", fault: keyvaulttest.Fault{Kind: keyvaulttest.Down},
		kind: signing.Unavailable, code: "vault_unavailable", says: "closed the connection", survives: true},
	{name: "slow", fault: keyvaulttest.Fault{Kind: keyvaulttest.Slow},
		kind: signing.Unavailable, code: "vault_unavailable", says: "no answer in time", survives: true},
	{name: "good token refused once", fault: keyvaulttest.Fault{Kind: keyvaulttest.TokenRefused, Times: 1},
		survives: true},
	{name: "good token refused for ever", fault: keyvaulttest.Fault{Kind: keyvaulttest.TokenRefused},
		kind: signing.Unavailable, code: "identity_unavailable", says: "401", survives: true},
	{name: "garbage", fault: keyvaulttest.Fault{Kind: keyvaulttest.Garbage},
		kind: signing.Unavailable, code: "vault_unavailable", says: "cannot be read", survives: true},
	{name: "empty object", fault: keyvaulttest.Fault{Kind: keyvaulttest.Empty},
		kind: signing.Unavailable, code: "vault_unavailable", says: "no ID", survives: true},
	{name: "huge", fault: keyvaulttest.Fault{Kind: keyvaulttest.Huge},
		kind: signing.Unavailable, code: "vault_unavailable", says: "larger", survives: true},
	{name: "redirect", fault: keyvaulttest.Fault{Kind: keyvaulttest.Redirect},
		kind: signing.Unavailable, code: "vault_unavailable", says: "307", survives: true},
	{name: "gateway 403", fault: keyvaulttest.Fault{Kind: keyvaulttest.GatewayForbidden},
		kind: signing.Unavailable, code: "vault_unavailable", says: "403", survives: true},
	{name: "gateway 404", fault: keyvaulttest.Fault{Kind: keyvaulttest.GatewayNotFound},
		kind: signing.Unavailable, code: "vault_unavailable", says: "404", survives: true},
	{name: "broken challenge", fault: keyvaulttest.Fault{Kind: keyvaulttest.BrokenChallenge},
		kind: signing.Unavailable, code: "vault_unavailable", says: "cannot be read", survives: true},
	{name: "challenge that the SDK cannot cope with", fault: keyvaulttest.Fault{Kind: keyvaulttest.PathlessChallenge},
		kind: signing.Unavailable, code: "vault_unavailable", says: "cannot be read", survives: true},
	{name: "challenge of another vault", fault: keyvaulttest.Fault{Kind: keyvaulttest.ForeignChallenge},
		kind: signing.Unavailable, code: "vault_unavailable", says: "cannot be read", survives: true},
	{name: "another key", fault: keyvaulttest.Fault{Kind: keyvaulttest.OtherKey},
		kind: signing.Unavailable, code: "vault_unavailable", says: "another key", survives: true},
	{name: "another version of the key", fault: keyvaulttest.Fault{Kind: keyvaulttest.OtherKeyVersion},
		kind: signing.Unavailable, code: "vault_unavailable", says: "another key", survives: true},
	{name: "no kid", fault: keyvaulttest.Fault{Kind: keyvaulttest.NoKID},
		kind: signing.Unavailable, code: "vault_unavailable", says: "no key", survives: true},
	{name: "wrong signature", fault: keyvaulttest.Fault{Kind: keyvaulttest.WrongSignature},
		kind: signing.Unavailable, code: "vault_unavailable", says: "does not verify", survives: true},
	{name: "short signature", fault: keyvaulttest.Fault{Kind: keyvaulttest.ShortSignature},
		kind: signing.Unavailable, code: "vault_unavailable", says: "does not verify", survives: true},
	{name: "long signature", fault: keyvaulttest.Fault{Kind: keyvaulttest.LongSignature},
		kind: signing.Unavailable, code: "vault_unavailable", says: "does not verify", survives: true},
	{name: "no signature", fault: keyvaulttest.Fault{Kind: keyvaulttest.NoSignature},
		kind: signing.Unavailable, code: "vault_unavailable", says: "does not verify", survives: true},
	{name: "zero signature", fault: keyvaulttest.Fault{Kind: keyvaulttest.ZeroSignature},
		kind: signing.Unavailable, code: "vault_unavailable", says: "does not verify", survives: true},
}

// hasty shortens the deadline of a signature, for the rows that reach it. One pause of a throttled
// key fits into it, however long the calls take: two tries and one pause with its jitter are
// shorter than the deadline. A second pause does not fit, even if the calls take no time.
func hasty(config *keyvault.Config) {
	config.TryTimeout, config.Deadline = time.Second, 5*time.Second
	config.Keys.Limits.Rest, config.Keys.Limits.MaxRest = 2*time.Second, 20*time.Second
}

// No fault of a key releases a signature that does not verify. Other certificates still sign
// meanwhile, one that was not fetched before too.
func TestSignFaults(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		for _, row := range signFaults {
			t.Run(string(mode)+"/"+row.name, func(t *testing.T) {
				t.Parallel()
				c := newCloud(t)
				c.hold(t, "seal")
				c.hold(t, "other")
				c.hold(t, "cold")
				source := c.source(t, inMode(mode), hasty)
				certificate, other := get(t, source, "seal", ""), get(t, source, "other", "")
				fault := row.fault
				fault.Name, fault.On = "seal", keyvaulttest.Sign
				if fault.Kind != "" {
					c.vault.SetFault(fault)
				}
				signature, err := certificate.Signer(t.Context()).Sign(nil, make([]byte, 32), crypto.SHA256)
				check(t, err, row.kind, row.code)
				if (signature == nil) != (row.code != "") {
					t.Errorf("got a signature of %d bytes, want one only without a fault", len(signature))
				}
				if row.code != "" && !strings.Contains(err.Error(), row.says) {
					t.Errorf("got %v, want a cause that says %q", err, row.says)
				}
				signs(t, other, crypto.SHA256, crypto.SHA256)
				if get(t, source, "other", "") != other {
					t.Error("got the other certificate fetched anew, want it left alone")
				}
				signs(t, get(t, source, "cold", ""), crypto.SHA256, crypto.SHA256)
				_, err = source.Certificate(t.Context(), "seal", "")
				if (err == nil) != row.survives {
					t.Errorf("got %v for the certificate afterwards, survives: %t", err, row.survives)
				}
				c.vault.ClearFault()
				c.clock.Advance(time.Minute)
				if fault.Kind == keyvaulttest.Throttled && fault.Times == 0 {
					return // the key's pause follows the real clock
				}
				signs(t, get(t, source, "seal", ""), crypto.SHA256, crypto.SHA256)
			})
		}
	}
}

// A certificate whose key fails its self-test is never returned.
func TestSignFaultsCold(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		for _, row := range signFaults {
			t.Run(string(mode)+"/"+row.name, func(t *testing.T) {
				t.Parallel()
				c := newCloud(t)
				c.hold(t, "seal")
				source := c.source(t, inMode(mode), hasty)
				fault := row.fault
				fault.On = keyvaulttest.Sign
				if fault.Kind != "" {
					c.vault.SetFault(fault)
				}
				kind, code := row.kind, row.code
				if strings.Contains(row.says, "does not verify") {
					kind, code = signing.NotFound, "certificate_not_found" // the key is another's
				}
				_, err := source.Certificate(t.Context(), "seal", "")
				check(t, err, kind, code)
				if row.code != "" && !strings.Contains(err.Error(), row.says) {
					t.Errorf("got %v, want a cause that says %q", err, row.says)
				}
			})
		}
	}
}

// A key that an operator has disabled, or whose own dates forbid its use, has an error of its own.
func TestKeyStates(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*keyvaulttest.Certificate, time.Time){
		"KeyDisabled": func(held *keyvaulttest.Certificate, _ time.Time) { held.KeyDisabled = true },
		"KeyExpired":  func(held *keyvaulttest.Certificate, now time.Time) { held.KeyExpires = now },
		"KeyNotYetValid": func(held *keyvaulttest.Certificate, now time.Time) {
			held.KeyNotBefore = now.Add(time.Hour)
		},
	} {
		for _, mode := range modes {
			t.Run(name+"/"+string(mode), func(t *testing.T) {
				t.Parallel()
				c := newCloud(t)
				version, _ := c.hold(t, "seal")
				source := c.source(t, inMode(mode))
				certificate := get(t, source, "seal", "")
				if err := c.vault.ChangeKey("seal", "", func(held *keyvaulttest.Certificate) {
					change(held, c.clock.Now())
				}); err != nil {
					t.Fatal(err)
				}
				_, err := certificate.Signer(t.Context()).Sign(nil, make([]byte, 32), crypto.SHA256)
				for range 3 { // in use, and asked for anew by either name
					check(t, err, signing.Unavailable, "key_unusable")
					if !strings.Contains(err.Error(), name) {
						t.Errorf("got %v, want a cause that says %s", err, name)
					}
					asked := map[bool]string{true: "", false: version}[err != nil]
					_, err = source.Certificate(t.Context(), "seal", asked)
					known := signing.AsError(err).Certificate
					if known == nil || known.Fingerprint() != certificate.Fingerprint() {
						t.Errorf("got %v, want the certificate of the key: what it has signed is still verified", known)
					}
				}
			})
		}
	}
}

// grant is a right on the certificate, secret or key of that name alone.
func grant(operation keyvaulttest.Operation) keyvaulttest.Grant {
	return keyvaulttest.Grant{Operation: operation, Name: "seal"}
}

// The rights on single objects that docs/certificates.md lists are enough.
func TestRights(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		mode   keyvault.KeyMode
		grants []keyvaulttest.Grant
		code   string
		says   string
	}{
		{"sign-only", keyvault.KeysInVault,
			[]keyvaulttest.Grant{grant(keyvaulttest.GetCertificate), grant(keyvaulttest.Sign)}, "", ""},
		{"sign and secret", keyvault.KeysAuto,
			[]keyvaulttest.Grant{grant(keyvaulttest.GetSecret), grant(keyvaulttest.Sign)}, "", ""},
		{"no right to sign", keyvault.KeysInVault, []keyvaulttest.Grant{grant(keyvaulttest.GetCertificate)},
			"vault_forbidden", "keys/sign"},
		{"no right to sign, by its secret", keyvault.KeysAuto, []keyvaulttest.Grant{grant(keyvaulttest.GetSecret)},
			"vault_forbidden", "keys/sign"},
		{"no right on the certificate", keyvault.KeysInVault, []keyvaulttest.Grant{grant(keyvaulttest.Sign)},
			"vault_forbidden", "Key Vault Reader"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			c.hold(t, "seal")
			c.hold(t, "other")
			c.vault.SetGrants(row.grants...)
			source := c.source(t, inMode(row.mode))
			certificate, err := source.Certificate(t.Context(), "seal", "")
			check(t, err, signing.Unavailable, row.code)
			if row.code != "" {
				if !strings.Contains(err.Error(), row.says) {
					t.Errorf("got %v, want a cause that says %q", err, row.says)
				}
				known := signing.AsError(err).Certificate
				if (known != nil) != strings.Contains(row.says, "keys/sign") {
					t.Errorf("got the certificate %v, want it where only its key cannot be used", known)
				}
				return
			}
			signs(t, certificate, crypto.SHA256, crypto.SHA256)
			_, err = source.Certificate(t.Context(), "other", "")
			check(t, err, signing.Unavailable, "vault_forbidden")
		})
	}
}

// The table of faults applies to certificates that are read without their secret, both cached and
// not. A fault of one certificate does not stop another one.
func TestFaultsInVaultMode(t *testing.T) {
	t.Parallel()
	for _, row := range faults {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			old, _ := c.hold(t, "seal")
			c.hold(t, "seal")
			c.hold(t, "other")
			c.hold(t, "cold")
			version := ""
			if row.version {
				version = old
			}
			warm := c.source(t, inMode(keyvault.KeysInVault), hasty)
			first, other := get(t, warm, "seal", version), get(t, warm, "other", "")
			fault := row.fault
			fault.Name = "seal"
			if fault.Kind != "" {
				c.vault.SetFault(fault)
			}
			if _, err := c.source(t, inMode(keyvault.KeysInVault), hasty).Certificate(t.Context(), "seal",
				version); fault.Times == 0 {
				check(t, err, row.kind, row.code)
			}
			if fault.Kind != "" {
				c.vault.SetFault(fault)
			}
			c.clock.Advance(10 * time.Minute)
			got, err := warm.Certificate(t.Context(), "seal", version)
			switch {
			case !row.survives:
				check(t, err, row.kind, row.code)
			case err != nil || got.Version != first.Version:
				t.Errorf("got %v and %v, want the certificate that is held", got, err)
			}
			signs(t, other, crypto.SHA256, crypto.SHA256)
			if fault.Kind != keyvaulttest.Throttled { // which stops every fetch
				signs(t, get(t, warm, "cold", ""), crypto.SHA256, crypto.SHA256)
			}
		})
	}
}
