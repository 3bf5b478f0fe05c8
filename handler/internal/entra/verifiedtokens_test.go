package entra_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"influxion/handler/internal/entra"
	"influxion/handler/internal/entratest"
	"influxion/handler/internal/signing"
)

// remembered fails the test unless the cache's answer for the token is want.
func remembered(t *testing.T, a *entra.Authenticator, token string, want bool) {
	t.Helper()
	if got := a.Remembers(token); got != want {
		t.Errorf("got remembered %v, want %v", got, want)
	}
}

func TestAcceptedTokensAreRemembered(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	for name, token := range map[string]string{
		"delegated": c.token(), "app-only": c.Mint(nil, c.app()), "v1.0": c.Mint(nil,
			c.DelegatedClaims(tenantID, 1, apiURI, person)),
	} {
		remembered(t, a, token, false)
		first, err := a.Authenticate(t.Context(), token)
		if err != nil {
			t.Fatalf("%s: got %v, want the token accepted", name, err)
		}
		remembered(t, a, token, true)
		again, err := a.Authenticate(t.Context(), token)
		if err != nil {
			t.Fatalf("%s: got %v, want the token accepted again", name, err)
		}
		check(t, again, first)
	}
	if got := a.Remembered(); got != 3 {
		t.Errorf("got %d tokens remembered, want 3", got)
	}
}

// TestOnlyTheSameTokenIsRemembered changes each character of a token that is remembered.
func TestOnlyTheSameTokenIsRemembered(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	token := c.token()
	accepted(t, a, token)
	for i := range len(token) {
		other := "A"
		if token[i] == 'A' {
			other = "B"
		}
		changed := token[:i] + other + token[i+1:]
		remembered(t, a, changed, false)
		if _, err := a.Authenticate(t.Context(), changed); err == nil {
			t.Fatalf("got a token accepted with character %d changed, want it refused", i)
		}
	}
	remembered(t, a, token, true)
}

func TestRememberedTokenExpires(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	token := c.Mint(nil, with(c.delegated(), map[string]any{"exp": c.Now().Unix() + 60}))
	accepted(t, a, token)
	c.Advance(minute - 1)
	remembered(t, a, token, true)
	accepted(t, a, token)
	c.Advance(1)
	rejected(t, a, token, refused)
	if got := a.Remembered(); got != 0 {
		t.Errorf("got %d tokens remembered, want none after exp", got)
	}
	c.Advance(-1) // the entry is gone, not hidden
	remembered(t, a, token, false)
}

// TestRememberedTokenBeforeItsTime sets the clock back behind nbf and iat.
func TestRememberedTokenBeforeItsTime(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"nbf", "iat"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t, nil)
			a := c.authenticator(t, nil)
			token := c.Mint(nil, with(c.delegated(), map[string]any{name: c.Now().Unix() + 300}))
			accepted(t, a, token)
			c.Advance(-time.Second)
			remembered(t, a, token, false)
			rejected(t, a, token, refused)
		})
	}
}

func TestSameKeysAgainForgetNothing(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	token := c.lasting()
	accepted(t, a, token)
	rejected(t, a, c.unknownKid(), refused)
	fetches(t, c, 2)
	remembered(t, a, token, true)
}

// TestChangeOfKeysForgetsAll has each way in which a key set can change.
func TestChangeOfKeysForgetsAll(t *testing.T) {
	t.Parallel()
	stranger := entratest.NewJWK(&strangerKey().PublicKey, "stranger")
	for name, test := range map[string]struct {
		change func(t *testing.T, c *cloud)
		after  signing.Kind // of the old tokens; Internal = accepted
	}{
		"a key more": {func(t *testing.T, c *cloud) {
			if err := c.PublishKey(); err != nil {
				t.Fatal(err)
			}
		}, signing.Internal},
		"a new key signs": {rotate, signing.Internal},
		"the key is gone": {func(t *testing.T, c *cloud) {
			rotate(t, c)
			c.RemoveOldKeys()
		}, refused},
		"the kid is another key's": {func(_ *testing.T, c *cloud) {
			c.EditKeys(func(keys []entratest.JWK) []entratest.JWK {
				for i := range keys {
					keys[i].Modulus = stranger.Modulus
				}
				return keys
			})
		}, refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t, nil)
			a := c.authenticator(t, nil)
			old, other := c.lasting(), c.Mint(nil, c.app())
			accepted(t, a, old)
			accepted(t, a, other)
			test.change(t, c)
			remembered(t, a, old, true) // nobody has seen the new keys yet
			rejected(t, a, c.unknownKid(), refused)
			remembered(t, a, old, false)
			if got := a.Remembered(); got != 0 {
				t.Errorf("got %d tokens remembered after a change of keys, want none", got)
			}
			if test.after != signing.Internal {
				rejected(t, a, old, test.after)
				remembered(t, a, old, false)
				return
			}
			accepted(t, a, old)
			remembered(t, a, old, true)
		})
	}
}

func TestNothingIsRememberedWithoutKeys(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	token := c.lasting()
	accepted(t, a, token)
	c.SetFault(entratest.Discovery, entratest.ServerError)
	c.Advance(12*hour - 1)
	remembered(t, a, token, true)
	c.Advance(1)
	remembered(t, a, token, false) // callers wait for a fetch now
	accepted(t, a, token)          // and where it fails, the last good keys serve
	remembered(t, a, token, false)
	c.Advance(12 * hour)
	remembered(t, a, token, false)
	rejected(t, a, token, signing.Unavailable)
	c.SetFault(entratest.Discovery, entratest.None)
	c.Advance(minute)
	accepted(t, a, token)
	remembered(t, a, token, true)
}

func TestRememberedTokenKeepsKeysFresh(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	token := c.lasting()
	accepted(t, a, token)
	rotate(t, c)
	c.RemoveOldKeys()
	c.Advance(hour)
	started := c.Started(entratest.Keys)
	accepted(t, a, token) // starts the fetch, though the token is remembered
	<-started
	accepted(t, a, c.token()) // joins it
	fetches(t, c, 2)
	rejected(t, a, token, refused)
}

func TestEachTenantHasItsOwnKeysForRememberedTokens(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, func(config *entra.Config) { config.AllowedTenants = []string{tenantID, partnerID} })
	home := c.lasting()
	partner := c.Mint(nil, with(c.DelegatedClaims(partnerID, 2, apiID, person),
		map[string]any{"exp": c.Now().Add(1000 * hour).Unix()}))
	accepted(t, a, home)
	c.Advance(hour)
	accepted(t, a, partner) // its keys are an hour younger
	c.SetFault(entratest.Discovery, entratest.ServerError)
	c.Advance(11 * hour)
	remembered(t, a, home, false)
	remembered(t, a, partner, true)
	c.Advance(12 * hour)
	rejected(t, a, home, signing.Unavailable)
	accepted(t, a, partner)
}

func TestPrincipalsAreNotShared(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	token := c.Mint(nil, with(c.delegated(), map[string]any{"roles": []string{"Approver"}}))
	for range 3 {
		principal, err := a.Authenticate(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		want := signing.Principal{TenantID: tenantID, ObjectID: userID, ClientID: clientID, Scopes: []string{scope},
			Roles: []string{"Approver"}}
		check(t, principal, want)
		principal.Scopes[0], principal.Roles[0] = "everything", "Owner"
	}
}

// TestManyCallersAtOnce mixes callers, bad tokens, key changes and the end of tokens.
func TestManyCallersAtOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	accepted(t, a, c.token())
	var tokens []string
	for i := range 8 {
		object := strings.Repeat("0123456789abcdef"[i:i+1], 8) + userID[8:]
		tokens = append(tokens, c.Mint(nil, with(c.delegated(),
			map[string]any{"oid": object, "exp": c.Now().Unix() + 10000})))
	}
	bad := tokens[0][:len(tokens[0])-8] + "AAAAAAAA"
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for i := range 200 {
				token := tokens[i%len(tokens)]
				principal, err := a.Authenticate(t.Context(), token)
				if want := strings.Repeat("0123456789abcdef"[i%8:i%8+1], 8) + userID[8:]; err != nil ||
					principal.ObjectID != want {
					t.Errorf("got %q and %v, want %q", principal.ObjectID, err, want)
				}
				if _, err := a.Authenticate(t.Context(), bad); err == nil {
					t.Error("got a bad token accepted, want it refused")
				}
			}
		})
	}
	for range 4 {
		if err := c.PublishKey(); err != nil {
			t.Error(err)
		}
		c.Advance(20 * time.Second)
		_, _ = a.Authenticate(t.Context(), c.unknownKid())
	}
	callers.Wait()
	c.Advance(10000 * time.Second)
	for _, token := range tokens {
		rejected(t, a, token, refused)
	}
	if got := a.Remembered(); got > 1 {
		t.Errorf("got %d tokens remembered, want none of those that have expired", got)
	}
}
