package accesstoken_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"influxion/handler/cmd/influxion/internal/accesstoken"
)

func token(header, claims string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := accesstoken.Parse(token(`{"alg":"RS256","kid":"k"}`,
		`{"iss":"i","aud":"a","ver":"2.0","tid":"t","oid":"o","sub":"s","azp":"c","azpacr":"1","appid":"x","scp":"a b","roles":["r"],"iat":1,"nbf":2,"exp":3}`))
	if err != nil {
		t.Fatal(err)
	}
	if got.Issuer != "i" || got.Audience != "a" || got.TenantID != "t" || got.ObjectID != "o" || got.ClientID != "c" ||
		got.ClientAuth != "1" ||
		!got.Delegated || !slices.Equal(got.Scopes, []string{"a", "b"}) || !slices.Equal(got.Roles, []string{"r"}) ||
		got.IssuedAt.Unix() != 1 || got.NotBefore.Unix() != 2 || got.Expires.Unix() != 3 || got.Algorithm != "RS256" ||
		got.KeyID != "k" {
		t.Errorf("got %+v", got)
	}
	old, err := accesstoken.Parse(token(`{"nonce":"n"}`, `{"aud":["a","b"],"ver":"1.0","appid":"c","appidacr":"2","azp":"x","nonce":"n","cnf":{}}`))
	if err != nil || old.ClientID != "c" || old.ClientAuth != "2" || old.Audience != "a b" || old.Delegated ||
		!old.ForGraph || !old.IsIDToken || !old.ProofRequired {
		t.Errorf("got %+v (%v)", old, err)
	}
	for _, text := range []string{"", "secret", "a.b", "a.b.c", "a.b.c.d", token("secret", "{}"), token("{}", `{"aud":{}}`), token("{}", `{"exp":"secret"}`),
		token("{}", "{}") + strings.Repeat("x", 1<<17)} {
		if got, err := accesstoken.Parse(text); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %+v (%v) for %.20q, want an error that quotes nothing", got, err, text)
		}
	}
	if got, err := accesstoken.Parse(token("{}", `{"exp":1e300,"nbf":-5}`)); err != nil || !got.Expires.IsZero() || !got.NotBefore.IsZero() {
		t.Errorf("got %+v (%v), want no time that cannot be", got, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "..", token("{}", "{}"), token(`{"alg":"none"}`, `{"exp":9e99,"scp":"","aud":[]}`)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := accesstoken.Parse(text); (got == nil) == (err == nil) {
			t.Errorf("got %v and %v", got, err)
		}
	})
}
