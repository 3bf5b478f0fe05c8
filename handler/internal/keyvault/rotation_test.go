package keyvault_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
)

// unfit are versions that must not sign, or not yet. Each follows a good version of the same name.
var unfit = []struct {
	name, reason string
	change       func(t *testing.T, c *cloud, held *keyvaulttest.Certificate)
	memory       bool // can occur with a key in memory too
}{
	{"not valid yet", "not_valid_yet", func(t *testing.T, c *cloud, held *keyvaulttest.Certificate) {
		held.Chain = c.issue(t, held.Key,
			func(leaf *x509.Certificate) { leaf.NotBefore = c.clock.Now().Add(24 * time.Hour) })
	}, true},
	{"expired", "expired", func(t *testing.T, c *cloud, held *keyvaulttest.Certificate) {
		held.Chain = c.issue(t, held.Key, func(leaf *x509.Certificate) {
			leaf.NotBefore, leaf.NotAfter = c.clock.Now().AddDate(-2, 0, 0), c.clock.Now().AddDate(-1, 0, 0)
		})
	}, true},
	{"for encryption", "not_for_signing", func(t *testing.T, c *cloud, held *keyvaulttest.Certificate) {
		held.Chain = c.issue(t, held.Key,
			func(leaf *x509.Certificate) { leaf.KeyUsage = x509.KeyUsageKeyEncipherment })
	}, true},
	{"an authority", "not_for_signing", func(t *testing.T, c *cloud, held *keyvaulttest.Certificate) {
		held.Chain = c.issue(t, held.Key, func(leaf *x509.Certificate) {
			leaf.IsCA, leaf.BasicConstraintsValid, leaf.KeyUsage = true, true, x509.KeyUsageCertSign
		})
	}, true},
	{"chain merged in part", "chain_incomplete", func(_ *testing.T, _ *cloud, held *keyvaulttest.Certificate) {
		held.Chain = held.Chain[:1]
	}, true},
	{"root left out", "chain_incomplete", func(_ *testing.T, _ *cloud, held *keyvaulttest.Certificate) {
		held.Chain = held.Chain[:2]
	}, true},
	{"another key than the certificate's", "self_test_failed",
		func(t *testing.T, _ *cloud, held *keyvaulttest.Certificate) {
			held.Key = newKey(t, pkitest.P256)
		}, false},
	{"a key that the vault does not sign with", "unreadable",
		func(t *testing.T, c *cloud, held *keyvaulttest.Certificate) {
			held.Key = newKey(t, pkitest.P224)
			held.Chain = c.issue(t, held.Key)
		}, false},
	{"a key that is not valid yet", "self_test_failed", func(_ *testing.T, c *cloud, held *keyvaulttest.Certificate) {
		held.KeyNotBefore = c.clock.Now().Add(24 * time.Hour)
	}, false},
}

// While a new version must not sign, the old one signs: in a source that has it in the cache, and
// in a new source. The new version signs when the reason against it has ended, or when a better
// version follows.
func TestRotationThatGoesWrong(t *testing.T) {
	t.Parallel()
	for _, mode := range []keyvault.KeyMode{keyvault.KeysAuto, keyvault.KeysInVault, keyvault.KeysInMemory} {
		for _, row := range unfit {
			if mode == keyvault.KeysInMemory && !row.memory ||
				mode == keyvault.KeysInVault && row.reason == "chain_incomplete" {
				continue // the vault returns the leaf only
			}
			t.Run(string(mode)+"/"+row.name, func(t *testing.T) {
				t.Parallel()
				c := newCloud(t)
				exportable := func(held *keyvaulttest.Certificate) { held.Exportable = mode == keyvault.KeysInMemory }
				old, chain := c.hold(t, "seal", exportable)
				known := func(config *keyvault.Config) {
					if mode == keyvault.KeysInVault {
						config.Keys.Known = chain[1:]
					}
				}
				warm := c.source(t, inMode(mode), known)
				get(t, warm, "seal", "")
				c.clock.Advance(time.Minute)
				bad, _ := c.hold(t, "seal", exportable, func(held *keyvaulttest.Certificate) { row.change(t, c, held) })
				c.clock.Advance(10 * time.Minute)

				for name, source := range map[string]*keyvault.Source{"warm": warm,
					"new": c.source(t, inMode(mode), known)} {
					got := get(t, source, "seal", "")
					if got.Version != old || got.Successor == nil || got.Successor.Version != bad ||
						got.Successor.Reason != row.reason {
						t.Fatalf("%s: got version %s with successor %v, want the old %s and %s because %s", name,
							got.Version,
							got.Successor, old, bad, row.reason)
					}
					signs(t, got, crypto.SHA256, crypto.SHA256)
				}
				if got := strings.Count(c.logs.String(), "does not sign yet"); got != 2 {
					t.Errorf("got %d lines about it, want one of each source: %s", got, c.logs)
				}
				c.clock.Advance(time.Minute)
				good, _ := c.hold(t, "seal", exportable)
				c.clock.Advance(10 * time.Minute)
				if got := get(t, warm, "seal", ""); got.Version != good || got.Successor != nil {
					t.Errorf("got version %s with successor %v, want %s", got.Version, got.Successor, good)
				}
				if !strings.Contains(c.logs.String(), "a new version of the certificate signs") {
					t.Errorf("got no line about the new version: %s", c.logs)
				}
			})
		}
	}
}

// A version with a later start of validity signs from that day on, and the old version until then.
func TestRotationThatIsDatedAhead(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	old, _ := c.hold(t, "seal")
	c.clock.Advance(time.Minute)
	next, _ := c.hold(t, "seal", func(held *keyvaulttest.Certificate) {
		held.Chain = c.issue(t, held.Key,
			func(leaf *x509.Certificate) { leaf.NotBefore = c.clock.Now().Add(2 * time.Hour) })
	})
	source := c.source(t)
	for range 3 {
		if got := get(t, source, "seal", "").Version; got != old {
			t.Errorf("got version %s, want the old one until the new one's first day", got)
		}
		c.clock.Advance(30 * time.Minute)
	}
	c.clock.Advance(time.Hour)
	if got := get(t, source, "seal", "").Version; got != next {
		t.Errorf("got version %s, want the new one from its first day on", got)
	}
}

// Of several older versions the newest that passes its self-test signs. Disabled ones are skipped.
func TestNewestThatPasses(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			bad := unfit[0].change
			ahead := func(held *keyvaulttest.Certificate) { bad(t, c, held) }
			var versions []string
			for _, change := range [][]func(*keyvaulttest.Certificate){nil, nil, nil, {ahead}, {ahead}} {
				version, _ := c.hold(t, "seal", change...)
				versions = append(versions, version)
				c.clock.Advance(time.Minute)
			}
			if err := c.vault.SetEnabled("seal", versions[2], false); err != nil {
				t.Fatal(err)
			}
			if got := get(t, c.source(t, inMode(mode)), "seal", "").Version; got != versions[1] {
				t.Errorf("got version %s of %v, want the second", got, versions)
			}
		})
	}
}

// The cost of listing versions is bounded, and a fault in the listing is no refusal of the
// certificate.
func TestOlderVersionsAreBounded(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for range 20 {
		c.hold(t, "seal", func(held *keyvaulttest.Certificate) { unfit[0].change(t, c, held) })
		c.clock.Advance(time.Second)
	}
	_, err := c.source(t).Certificate(t.Context(), "seal", "")
	check(t, err, signing.NotFound, "certificate_not_found")
	if !strings.Contains(err.Error(), "not valid yet") {
		t.Errorf("got %v, want what speaks against the current version", err)
	}
	if got := c.vault.Asked(keyvaulttest.GetSecret); got > 10 {
		t.Errorf("got %d versions read, want few", got)
	}
}

// What an operator stops is no failed rotation: while the current version is disabled, or the right
// is taken away, no version of that name signs.
func TestOperatorStopsRotation(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		for name, stop := range map[string]func(c *cloud) error{
			"disabled": func(c *cloud) error { return c.vault.SetEnabled("seal", "", false) },
			"no right": func(c *cloud) error {
				c.vault.SetGrants(keyvaulttest.Grant{Name: "nothing"})
				return nil
			},
			"no right to sign": func(c *cloud) error { c.vault.SetGrants(allBut(keyvaulttest.Sign)...); return nil },
			"key disabled":     func(c *cloud) error { return c.vault.ChangeKey("seal", "", disableKey) },
		} {
			t.Run(string(mode)+"/"+name, func(t *testing.T) {
				t.Parallel()
				c := newCloud(t)
				c.hold(t, "seal")
				old := c.source(t, inMode(mode))
				get(t, old, "seal", "")
				c.clock.Advance(time.Hour)
				c.hold(t, "seal")
				if err := stop(c); err != nil {
					t.Fatal(err)
				}
				for _, source := range []*keyvault.Source{old, c.source(t, inMode(mode))} {
					got, err := source.Certificate(t.Context(), "seal", "")
					if err == nil {
						t.Errorf("got version %s, want nothing that signs", got.Version)
					}
				}
			})
		}
	}
}

func disableKey(held *keyvaulttest.Certificate) { held.KeyDisabled = true }

func allBut(not keyvaulttest.Operation) []keyvaulttest.Grant {
	var grants []keyvaulttest.Grant
	for _, operation := range []keyvaulttest.Operation{keyvaulttest.GetSecret, keyvaulttest.ListSecrets,
		keyvaulttest.GetCertificate, keyvaulttest.ListCertificates, keyvaulttest.GetKey, keyvaulttest.ListKeys,
		keyvaulttest.Sign} {
		if operation != not {
			grants = append(grants, keyvaulttest.Grant{Operation: operation})
		}
	}
	return grants
}

// Issuers that the vault does not return come from a file, from the known certificates, or from the
// network.
func TestChains(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	_, chain := c.hold(t, "Seal")
	issuers := func(_ context.Context, one *x509.Certificate) ([]*x509.Certificate, error) {
		for i := range chain[:len(chain)-1] {
			if chain[i].Equal(one) {
				return chain[i+1 : i+2], nil
			}
		}
		return nil, fmt.Errorf("asked about %s", one.Subject)
	}
	for name, change := range map[string]func(*keyvault.KeyConfig){
		"file":     func(keys *keyvault.KeyConfig) { keys.Files = map[string][]*x509.Certificate{"SEAL": chain} },
		"known":    func(keys *keyvault.KeyConfig) { keys.Known = chain[1:] },
		"network":  func(keys *keyvault.KeyConfig) { keys.Issuers = issuers },
		"of both":  func(keys *keyvault.KeyConfig) { keys.Known, keys.Issuers = chain[1:2], issuers },
		"of none":  func(*keyvault.KeyConfig) {},
		"a fault":  func(keys *keyvault.KeyConfig) { keys.Issuers = noIssuers },
		"a circle": func(keys *keyvault.KeyConfig) { keys.Issuers = theSame },
	} {
		source := c.source(t, inMode(keyvault.KeysInVault), func(config *keyvault.Config) { change(&config.Keys) })
		want := len(chain)
		if name == "of none" || name == "a fault" || name == "a circle" {
			want = 1
		}
		if got := get(t, source, "seal", ""); len(got.Chain) != want {
			t.Errorf("%s: got a chain of %d, want %d", name, len(got.Chain), want)
		} else {
			keyvaulttest.Verifies(t, got.Chain, got.Signer(t.Context()))
		}
	}
}

func noIssuers(context.Context, *x509.Certificate) ([]*x509.Certificate, error) {
	return nil, context.DeadlineExceeded
}

func theSame(_ context.Context, one *x509.Certificate) ([]*x509.Certificate, error) {
	return []*x509.Certificate{one}, nil
}

// The warning about a certificate that expires soon is logged once for each day that is left, for
// callers who name a version too.
func TestExpiryIsToldOf(t *testing.T) {
	t.Parallel()
	for _, mode := range []keyvault.KeyMode{keyvault.KeysAuto, keyvault.KeysInVault, keyvault.KeysInMemory} {
		for _, pinned := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/version %t", mode, pinned), func(t *testing.T) {
				t.Parallel()
				c := newCloud(t)
				version, _ := c.put(t, "seal",
					func(leaf *x509.Certificate) { leaf.NotAfter = c.clock.Now().AddDate(0, 0, 40).Add(time.Hour) })
				if !pinned {
					version = ""
				}
				source := c.source(t, inMode(mode))
				told := func() int { return strings.Count(c.logs.String(), "certificate expires soon") }
				for day := range 40 {
					for range 4 {
						got := get(t, source, "seal", version)
						if left := got.DaysLeft(c.clock.Now()); left != 40-day {
							t.Fatalf("got %d days left on day %d", left, day)
						}
						c.clock.Advance(15 * time.Minute)
					}
					if want := max(0, day-9); told() != want {
						t.Fatalf("got %d lines on day %d, want %d: %s", told(), day, want, c.logs)
					}
					c.clock.Advance(23 * time.Hour)
				}
				if !strings.Contains(c.logs.String(), `"days_left":1`) {
					t.Errorf("got no word about the last day: %s", c.logs)
				}
			})
		}
	}
}

// No day is left out if the certificate is asked for a little later each time than a day after the
// last warning.
func TestExpiryOmitsNoDay(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "seal",
		func(leaf *x509.Certificate) { leaf.NotAfter = c.clock.Now().AddDate(0, 0, 30).Add(10 * time.Hour) })
	source := c.source(t)
	for c.clock.Advance(time.Minute); ; c.clock.Advance(59 * time.Minute) {
		certificate, err := source.Certificate(t.Context(), "seal", "")
		if err != nil {
			break // it has expired
		}
		left := certificate.DaysLeft(c.clock.Now())
		if want := fmt.Sprintf(`"days_left":%d,`, left); left <= 30 && !strings.Contains(c.logs.String(), want) {
			t.Fatalf("got %s, want %s", c.logs, want)
		}
	}
	if got := strings.Count(c.logs.String(), "certificate expires soon"); got != 31 {
		t.Errorf("got %d lines, want one for each of the days from 30 to 0", got)
	}
}
