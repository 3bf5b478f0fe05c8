package entra_test

import (
	"crypto/rand"
	"crypto/rsa"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/entra"
	"influxion/handler/internal/entratest"
	"influxion/handler/internal/signing"
)

func TestMetadataFaults(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	keys := publicHost + "/" + tenantID + "/discovery/v2.0/keys"
	for name, change := range map[string]map[string]any{
		"issuer of another tenant": {"issuer": issuerV2Other},
		"issuer v1.0":              {"issuer": issuerV1Home},
		"issuer huge":              {"issuer": strings.Repeat("x", 400_000)},
		"issuer template":          {"issuer": publicHost + "/{tenantid}/v2.0"},
		"no issuer":                {"issuer": nil},
		"issuer of a wrong type":   {"issuer": 1},
		"no keys":                  {"jwks_uri": nil},
		"keys of a wrong type":     {"jwks_uri": []string{keys}},
		"keys on another host":     {"jwks_uri": "https://keys.example.org/keys"},
		"keys over http":           {"jwks_uri": strings.Replace(keys, "https", "http", 1)},
		"keys on another port":     {"jwks_uri": strings.Replace(keys, ".com", ".com:8443", 1)},
		"keys behind user info":    {"jwks_uri": "https://login.microsoftonline.com@evil.example.org/keys"},
		"keys with user info": {"jwks_uri": "https://a:b@login.microsoftonline.com/" + tenantID +
			"/discovery/v2.0/keys"},
		"keys in a file":              {"jwks_uri": "file:///etc/passwd"},
		"keys on a host that extends": {"jwks_uri": strings.Replace(keys, ".com", ".com.example.org", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			c.EditMetadata(func(metadata map[string]any) { with(metadata, change) })
			failure := rejected(t, c.authenticator(t, nil), c.token(), signing.Unavailable)
			if got := len(failure.Error()); got > 400 {
				t.Errorf("got an error of %d bytes, want a short one", got)
			}
			fetches(t, c, 0)
		})
	}
}

func TestKeySetFaults(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	stranger := entratest.NewJWK(&strangerKey().PublicKey, "stranger")
	weakKey, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	each := func(edit func(*entratest.JWK)) func([]entratest.JWK) []entratest.JWK {
		return func(keys []entratest.JWK) []entratest.JWK {
			for i := range keys {
				edit(&keys[i])
			}
			return keys
		}
	}
	for name, test := range map[string]struct {
		edit func([]entratest.JWK) []entratest.JWK
		kind signing.Kind // Internal = accepted
	}{
		"as it is": {each(func(*entratest.JWK) {}), signing.Internal},
		"issuer template": {each(func(k *entratest.JWK) { k.Issuer = publicHost + "/{tenantid}/v2.0" }),
			signing.Internal},
		"no issuer": {each(func(k *entratest.JWK) { k.Issuer = "" }), signing.Internal},
		"alg RS256": {each(func(k *entratest.JWK) { k.Algorithm = "RS256" }), signing.Internal},
		"twice the same": {func(keys []entratest.JWK) []entratest.JWK { return append(keys, keys...) },
			signing.Internal},
		"beside a stranger": {func(keys []entratest.JWK) []entratest.JWK {
			return append(keys,
				stranger)
		}, signing.Internal},
		"issuer is another tenant": {each(func(k *entratest.JWK) { k.Issuer = issuerV2Other }),
			signing.Unavailable},
		"issuer in another cloud": {each(func(k *entratest.JWK) {
			k.Issuer = "https://login.microsoftonline.us/" + tenantID + "/v2.0"
		}), signing.Unavailable},
		"for encryption":        {each(func(k *entratest.JWK) { k.Use = "enc" }), signing.Unavailable},
		"for no use":            {each(func(k *entratest.JWK) { k.Use = "" }), signing.Unavailable},
		"for another algorithm": {each(func(k *entratest.JWK) { k.Algorithm = "RS512" }), signing.Unavailable},
		"of another type":       {each(func(k *entratest.JWK) { k.KeyType = "EC" }), signing.Unavailable},
		"symmetric":             {each(func(k *entratest.JWK) { k.KeyType = "oct" }), signing.Unavailable},
		"without kid":           {each(func(k *entratest.JWK) { k.KeyID = "" }), signing.Unavailable},
		"without modulus":       {each(func(k *entratest.JWK) { k.Modulus = "" }), signing.Unavailable},
		"modulus no base64url": {each(func(k *entratest.JWK) { k.Modulus = "+" + k.Modulus[1:] }),
			signing.Unavailable},
		"modulus even": {each(func(k *entratest.JWK) {
			k.Modulus = k.Modulus[:len(k.Modulus)-4] +
				"AAAA"
		}), signing.Unavailable},
		"modulus huge": {each(func(k *entratest.JWK) { k.Modulus = strings.Repeat(k.Modulus, 50) }),
			signing.Unavailable},
		"exponent 1":    {each(func(k *entratest.JWK) { k.Exponent = "AQ" }), signing.Unavailable},
		"exponent 3":    {each(func(k *entratest.JWK) { k.Exponent = "Aw" }), signing.Unavailable},
		"exponent even": {each(func(k *entratest.JWK) { k.Exponent = "AQAA" }), signing.Unavailable},
		"exponent beyond 31 bits": {each(func(k *entratest.JWK) { k.Exponent = "AQAAAAAB" }),
			signing.Unavailable},
		"exponent missing": {each(func(k *entratest.JWK) { k.Exponent = "" }), signing.Unavailable},
		"1024 bits": {each(func(k *entratest.JWK) {
			*k = entratest.NewJWK(&weakKey.PublicKey,
				k.KeyID)
		}), signing.Unavailable},
		"none": {func([]entratest.JWK) []entratest.JWK { return nil }, signing.Unavailable},
		"too many": {func(keys []entratest.JWK) []entratest.JWK {
			return slices.Repeat(keys,
				100)
		}, signing.Unavailable},
		"one kid for two keys": {sameKid(stranger), signing.Unavailable},
		"one kid for two keys, beside": {func(keys []entratest.JWK) []entratest.JWK {
			return append(sameKid(stranger)(keys), stranger)
		}, refused},
		"another key under this kid": {each(func(k *entratest.JWK) { k.Modulus = stranger.Modulus }), refused},
		"its certificate alone is ours": {each(func(k *entratest.JWK) {
			k.Modulus, k.Exponent = stranger.Modulus,
				stranger.Exponent
		}), refused},
	} {
		t.Run(name, func(t *testing.T) {
			c.EditKeys(test.edit)
			a := c.authenticator(t, nil)
			if test.kind == signing.Internal {
				accepted(t, a, c.token())
				return
			}
			rejected(t, a, c.token(), test.kind)
		})
	}
}

func sameKid(other entratest.JWK) func([]entratest.JWK) []entratest.JWK {
	return func(keys []entratest.JWK) []entratest.JWK {
		twin := other
		twin.KeyID = keys[0].KeyID
		return append(keys, twin, keys[0])
	}
}

func TestAllowedTenants(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	token := func(tenant string, version int) string {
		return c.Mint(nil, c.DelegatedClaims(tenant, version, apiID, person))
	}
	several := c.authenticator(t, func(config *entra.Config) {
		config.AllowedTenants = []string{strings.ToUpper(partnerID), tenantID, partnerID}
	})
	partner := c.authenticator(t, func(config *entra.Config) { config.AllowedTenants = []string{partnerID} })
	for _, version := range []int{1, 2} {
		accepted(t, several, token(tenantID, version))
		accepted(t, several, token(partnerID, version))
		rejected(t, several, token(strangerID, version), refused)
		accepted(t, partner, token(partnerID, version))
		rejected(t, partner, token(tenantID, version), refused)
	}
	fetches(t, c, 3)
	// Each tenant has keys of its own. A key that is published for the home tenant alone verifies
	// no partner's token.
	c.EditKeys(func(keys []entratest.JWK) []entratest.JWK {
		return slices.DeleteFunc(keys, func(key entratest.JWK) bool { return !strings.Contains(key.Issuer, tenantID) })
	})
	rotate(t, c)
	accepted(t, several, token(tenantID, 2))
	rejected(t, several, token(partnerID, 2), signing.Unavailable)
}

func TestSovereignClouds(t *testing.T) {
	t.Parallel()
	for authority, issuerV1 := range map[string]string{
		"https://login.microsoftonline.us":         "https://sts.windows.net/" + tenantID + "/",
		"https://login.partner.microsoftonline.cn": "https://sts.chinacloudapi.cn/" + tenantID + "/",
	} {
		t.Run(authority, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t, func(config *entratest.Config) { config.AuthorityHost = authority })
			a := c.authenticator(t, func(config *entra.Config) { config.AuthorityHost = authority + "/" })
			accepted(t, a, c.token())
			v1 := c.DelegatedClaims(tenantID, 1, apiURI, person)
			if v1["iss"] != issuerV1 {
				t.Fatalf("got issuer %v, want %s", v1["iss"], issuerV1)
			}
			accepted(t, a, c.Mint(nil, v1))
			rejected(t, a, set("iss", issuerV2Home)(c), refused)
			other := map[string]any{"iss": "https://sts.chinacloudapi.cn/" + tenantID + "/"}
			if strings.HasSuffix(authority, ".cn") {
				other["iss"] = issuerV1Home
			}
			rejected(t, a, c.Mint(nil, with(v1, other)), refused)
		})
	}
}

func TestUnknownAuthorityHasNoV1(t *testing.T) {
	t.Parallel()
	const authority = "https://login.example.org"
	c := newCloud(t, func(config *entratest.Config) { config.AuthorityHost = authority })
	a := c.authenticator(t, func(config *entra.Config) { config.AuthorityHost = authority })
	accepted(t, a, c.token())
	rejected(t, a, c.Mint(nil, c.DelegatedClaims(tenantID, 1, apiID, person)), refused)
}

// TestDefaultClientTrustsTheSystemOnly shows that the default client checks certificates.
func TestDefaultClientTrustsTheSystemOnly(t *testing.T) {
	t.Parallel()
	var answered bool
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter,
		*http.Request) {
		answered = true
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	a, err := entra.New(entra.Config{AuthorityHost: server.URL, TenantID: tenantID, Audiences: []string{apiID}})
	if err != nil {
		t.Fatal(err)
	}
	want(t, a.Ready(t.Context()), signing.Unavailable)
	if answered {
		t.Error("got an answer from a server with an unknown certificate, want none")
	}
}
