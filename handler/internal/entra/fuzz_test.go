package entra_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"influxion/handler/internal/signing"
)

// FuzzAuthenticate: no text except the good token itself is accepted, and no error repeats any part
// of the input.
func FuzzAuthenticate(f *testing.F) {
	c := newCloud(f, nil)
	a := c.authenticator(f, nil)
	good := c.lasting()
	if _, err := a.Authenticate(f.Context(), good); err != nil {
		f.Fatal(err)
	}
	header, claims, err := texts(c)
	if err != nil {
		f.Fatal(err)
	}
	seeds := 0
	add := func(text string) { f.Add(text); seeds++ }
	add(good)
	add(good + "=")
	add(strings.ToUpper(good))
	add(good[:len(good)-1])
	add(strings.Replace(good, ".", "..", 1))
	add(encodeSegment(header) + "." + encodeSegment(claims) + "." + encodeSegment("x"))
	add(encodeSegment(`{"typ":"JWT","alg":"none"}`) + "." + encodeSegment(claims) + ".")
	for _, group := range [][]badToken{badHeaders(), badForms()} {
		for _, bad := range group {
			add(bad.make(c))
		}
	}
	if seeds < 50 {
		f.Fatalf("got %d seeds, want 50 at least", seeds)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := a.Authenticate(t.Context(), text)
		if (err == nil) != (text == good) {
			t.Fatalf("got %v for a token that is the good one: %v", err, text == good)
		}
		if err == nil {
			return
		}
		failure, ok := errors.AsType[*signing.Error](err)
		// While no fetch is allowed, a kid that may be new gives Unavailable.
		if !ok || failure.Kind != refused && failure.Kind != signing.Unavailable || failure.Err == nil {
			t.Fatalf("got %v, want Unauthenticated or Unavailable with a cause", err)
		}
		if len(err.Error()) > 200 {
			t.Errorf("got an error of %d bytes, want a short one", len(err.Error()))
		}
	})
}

// FuzzSignedClaims: whatever the authority signs, the answer is a principal or a classified error,
// and a principal only for claims that encoding/json reads in the same way.
func FuzzSignedClaims(f *testing.F) {
	c := newCloud(f, nil)
	a := c.authenticator(f, nil)
	header, claims, err := texts(c)
	if err != nil {
		f.Fatal(err)
	}
	seeds := []string{claims, "{}", "null", claims[:len(claims)-1] + `,"x":[{"y":1e5},-0.5,true,null,"\ud83d\ude00"]}`,
		" " + claims + "\n", claims[:len(claims)-1] + `,"scp":"x"}`, strings.Replace(claims, `"`, `"\u0069`, 1)}
	for _, seed := range seeds {
		f.Add(seed)
	}
	if len(seeds) == 0 {
		f.Fatal("got no seeds")
	}
	f.Fuzz(func(t *testing.T, claims string) {
		principal, err := a.Authenticate(t.Context(), c.MintRaw([]byte(header), []byte(claims)))
		if err != nil {
			if _, ok := errors.AsType[*signing.Error](err); !ok {
				t.Fatalf("got %v, want a *signing.Error", err)
			}
			return
		}
		var read struct {
			Issuer   string `json:"iss"`
			Audience string `json:"aud"`
			Tenant   string `json:"tid"`
			Object   string `json:"oid"`
			Client   string `json:"azp"`
			AppID    string `json:"appid"`
			Scope    string `json:"scp"`
		}
		if err := json.Unmarshal([]byte(claims), &read); err != nil {
			t.Fatalf("got a principal for claims that encoding/json refuses: %v", err)
		}
		client := read.Client
		if read.Issuer == issuerV1Home {
			client = read.AppID
		} else if read.Issuer != issuerV2Home {
			t.Errorf("got a principal for issuer %q", read.Issuer)
		}
		if read.Audience != apiID && read.Audience != apiURI || read.Tenant != tenantID ||
			principal.TenantID != tenantID ||
			!strings.EqualFold(read.Object, principal.ObjectID) || !strings.EqualFold(client, principal.ClientID) {
			t.Errorf("got %+v from %q, want what encoding/json reads", principal, claims)
		}
		if len(principal.Scopes) > 0 && !strings.Contains(read.Scope, scope) {
			t.Errorf("got scopes %v from %q", principal.Scopes, read.Scope)
		}
	})
}

func texts(c *cloud) (header, claims string, err error) {
	h, err := json.Marshal(c.Header())
	if err != nil {
		return "", "", err
	}
	p, err := json.Marshal(with(c.delegated(), map[string]any{"exp": c.Now().Add(1000 * hour).Unix()}))
	return string(h), string(p), err
}
