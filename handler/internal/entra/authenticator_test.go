package entra_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/entra"
	"influxion/handler/internal/entratest"
	"influxion/handler/internal/signing"
)

func TestGoodTokens(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	for _, defaultScope := range []string{"", apiURI + "/.default", apiID + "/.default", apiURI + "/" + scope} {
		authenticator := c.authenticator(t, func(config *entra.Config) { config.DefaultScope = defaultScope })
		for _, version := range []int{1, 2} {
			for _, audience := range []string{apiID, apiURI} {
				name := strings.Join([]string{defaultScope, string(rune('0' + version)), audience}, " ")
				t.Run("delegated "+name, func(t *testing.T) {
					got, err := authenticator.Authenticate(t.Context(),
						c.Mint(nil, c.DelegatedClaims(tenantID, version, audience, person)))
					if err != nil {
						t.Fatalf("got %v, want a principal", err)
					}
					check(t, got, signing.Principal{TenantID: tenantID, ObjectID: userID, ClientID: clientID,
						Scopes: []string{scope}})
				})
				t.Run("app-only "+name, func(t *testing.T) {
					got, err := authenticator.Authenticate(t.Context(),
						c.Mint(nil, c.AppClaims(tenantID, version, audience, service)))
					if err != nil {
						t.Fatalf("got %v, want a principal", err)
					}
					check(t, got, signing.Principal{TenantID: tenantID, ObjectID: servicePID, ClientID: clientID,
						Roles: []string{role}})
				})
			}
		}
	}
}

func check(t *testing.T, got, want signing.Principal) {
	t.Helper()
	if got.TenantID != want.TenantID || got.ObjectID != want.ObjectID || got.ClientID != want.ClientID ||
		!slices.Equal(got.Scopes, want.Scopes) || !slices.Equal(got.Roles, want.Roles) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestRights has which callers each setting lets in.
func TestRights(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	app := func(changes map[string]any) string { return c.Mint(nil, with(c.app(), changes)) }
	user := func(changes map[string]any) string { return c.Mint(nil, with(c.delegated(), changes)) }
	const good = signing.Internal
	for name, test := range map[string]struct {
		change func(*entra.Config)
		token  string
		want   signing.Kind
	}{
		"scope among others":        {nil, user(map[string]any{"scp": "other access_as_user more"}), good},
		"user said so":              {nil, user(map[string]any{"idtyp": "user"}), good},
		"user with an app role too": {nil, user(map[string]any{"roles": []string{"Approver"}}), good},
		"names in capitals":         {nil, user(map[string]any{"azp": strings.ToUpper(clientID)}), good},
		"claims with a list of groups": {nil,
			user(map[string]any{"groups": slices.Repeat([]string{userID}, 50)}), good},
		"claims with a source of groups": {nil, user(map[string]any{
			"_claim_names":   map[string]any{"groups": "src1"},
			"_claim_sources": map[string]any{"src1": map[string]any{"endpoint": "https://example.org"}},
		}), good},
		"app said so":                      {nil, app(map[string]any{"idtyp": "app", "sub": "x"}), good},
		"app with a certificate":           {nil, app(map[string]any{"azpacr": "2"}), good},
		"app with further roles":           {nil, app(map[string]any{"roles": []string{"x", role, "y"}}), good},
		"expires in 1 s":                   {nil, user(map[string]any{"exp": c.Now().Unix() + 1}), good},
		"valid in 300 s":                   {nil, user(map[string]any{"nbf": c.Now().Unix() + 300}), good},
		"issued in 300 s":                  {nil, user(map[string]any{"iat": c.Now().Unix() + 300}), good},
		"typ at+jwt":                       {nil, headed(map[string]any{"typ": "at+jwt"})(c), good},
		"header without x5t":               {nil, headed(map[string]any{"x5t": nil})(c), good},
		"header with an unknown parameter": {nil, headed(map[string]any{"x": map[string]any{"y": 1}})(c), good},
		"issuer with escaped slashes":      {nil, escaped(c), good},
		"another scope, exposed": {func(c *entra.Config) { c.Scopes = []string{scope, "sign"} },
			user(map[string]any{"scp": "sign"}), good},
		"another scope, not exposed": {nil, user(map[string]any{"scp": "sign"}), forbidden},
		"the required scope": {func(c *entra.Config) { c.DefaultScope = apiURI + "/sign" },
			user(map[string]any{"scp": "sign"}), good},
		"another than the required scope": {func(c *entra.Config) { c.DefaultScope = apiURI + "/sign" }, user(nil),
			forbidden},
		"required scope, exposed one": {func(c *entra.Config) {
			c.DefaultScope, c.Scopes = apiURI+"/sign", []string{scope}
		}, user(nil), forbidden},
		"another role, set": {func(c *entra.Config) { c.AppRole = "Signer" },
			app(map[string]any{"roles": []string{"Signer"}}), good},
		"the usual role, another set": {func(c *entra.Config) { c.AppRole = "Signer" }, app(nil), forbidden},
		"allowed client without role": {allowClient, app(map[string]any{"roles": nil, "azp": trustedID}), good},
		"allowed client, public": {allowClient,
			app(map[string]any{"roles": nil, "azp": trustedID, "azpacr": "0"}), forbidden},
		"another client without role": {allowClient, app(map[string]any{"roles": nil}), forbidden},
		"allowed client, user, no scope": {allowClient, user(map[string]any{"scp": nil, "azp": trustedID}),
			forbidden},
		"allowed client, user, other scope": {allowClient, user(map[string]any{"scp": "other", "azp": trustedID}),
			forbidden},
		"allowed client as object": {allowClient,
			app(map[string]any{"roles": nil, "oid": trustedID, "sub": trustedID}), forbidden},
		"allowed client, v1.0": {allowClient, c.Mint(nil, c.AppClaims(tenantID, 1, apiURI,
			entratest.Caller{ClientID: trustedID, ObjectID: servicePID})), good},
		"allowed client in azp of v1.0": {allowClient, c.Mint(nil, with(c.AppClaims(tenantID, 1, apiURI,
			entratest.Caller{ClientID: clientID, ObjectID: servicePID}), map[string]any{"azp": trustedID})), forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			principal, err := c.authenticator(t, test.change).Authenticate(t.Context(), test.token)
			if test.want != good {
				want(t, err, test.want)
				if principal.ObjectID == "" {
					t.Error("got no principal, want the one that was refused")
				}
				return
			}
			if err != nil {
				t.Fatalf("got %v, want a principal", err)
			}
			if principal.ClientID != strings.ToLower(principal.ClientID) {
				t.Errorf("got client %q, want it in lower case", principal.ClientID)
			}
		})
	}
}

func allowClient(c *entra.Config) { c.AllowedClients = []string{strings.ToUpper(trustedID)} }

// escaped is a good token whose issuer has escapes that some JSON encoders write.
func escaped(c *cloud) string {
	header, err := json.Marshal(c.Header())
	if err != nil {
		panic(err)
	}
	claims, err := json.Marshal(c.delegated())
	if err != nil {
		panic(err)
	}
	return c.MintRaw(header, bytes.ReplaceAll(claims, []byte("/"), []byte(`\/`)))
}

// TestOtherAPIIsNamedInTheLog has the most frequent mistake of users.
func TestOtherAPIIsNamedInTheLog(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	for name, token := range map[string]string{
		"Microsoft Graph": headed(map[string]any{"nonce": "x"})(c),
		"another API":     set("aud", otherAPIID)(c),
	} {
		failure := rejected(t, a, token, refused)
		if !strings.Contains(failure.Err.Error(), "token is for another API") ||
			strings.Contains(failure.Detail, "another API") {
			t.Errorf("%s: got cause %q and detail %q, want the cause alone to say so", name, failure.Err,
				failure.Detail)
		}
	}
}
