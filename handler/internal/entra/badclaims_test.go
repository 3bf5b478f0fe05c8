package entra_test

import (
	"strings"
)

// claimed is a token that is good except for its claims.
func claimed(changes map[string]any) func(*cloud) string {
	return func(c *cloud) string { return c.Mint(nil, with(c.delegated(), changes)) }
}

// set is claimed for one claim; nil deletes it.
func set(name string, value any) func(*cloud) string { return claimed(map[string]any{name: value}) }

func badClaims() []badToken {
	var tokens []badToken
	for _, name := range []string{"aud", "iss", "tid", "ver", "exp", "nbf", "iat", "oid", "sub", "azp"} {
		tokens = append(tokens, badToken{"without " + name, refused, set(name, nil)})
		tokens = append(tokens, badToken{"null " + name, refused, func(c *cloud) string {
			claims := c.delegated()
			claims[name] = nil
			return c.Mint(nil, claims)
		}})
	}
	for _, name := range []string{"aud", "iss", "tid", "ver", "oid", "sub", "azp"} {
		tokens = append(tokens, badToken{"empty " + name, refused, set(name, "")})
	}
	v1 := func(changes map[string]any) func(*cloud) string {
		return func(c *cloud) string {
			return c.Mint(nil, with(c.DelegatedClaims(tenantID, 1, apiURI, person), changes))
		}
	}
	stranger := func(version int) func(*cloud) string {
		return func(c *cloud) string {
			return c.Mint(nil, c.DelegatedClaims(strangerID, version, apiID, person))
		}
	}
	return append(tokens, []badToken{
		{"token of another API of the tenant", refused, set("aud", otherAPIID)},
		{"audience of Microsoft Graph", refused, set("aud", "00000003-0000-0000-c000-000000000000")},
		{"audience in upper case", refused, set("aud", strings.ToUpper(apiID))},
		{"audience with a slash", refused, set("aud", apiURI+"/")},
		{"audience with a space", refused, set("aud", " "+apiID)},
		{"audience as substring", refused, set("aud", apiID+"0")},
		{"audience is the scope", refused, set("aud", apiURI+"/"+scope)},
		{"audience list with ours and another", refused, set("aud", []string{otherAPIID, apiID})},
		{"audience list with ours", refused, set("aud", []string{apiID})},
		{"right keys, another tenant, v2.0", refused, stranger(2)},
		{"right keys, another tenant, v1.0", refused, stranger(1)},
		{"issuer of another tenant, tid ours", refused, set("iss", issuerV2Other)},
		{"issuer ours, tid of another tenant", refused, set("tid", strangerID)},
		{"tid in upper case", refused, set("tid", strings.ToUpper(tenantID))},
		{"issuer without tenant", refused, set("iss", publicHost+"/common/v2.0")},
		{"issuer template", refused, set("iss", publicHost+"/{tenantid}/v2.0")},
		{"issuer with a slash", refused, set("iss", issuerV2Home+"/")},
		{"issuer without v2.0", refused, set("iss", publicHost+"/"+tenantID)},
		{"issuer in upper case", refused, set("iss", strings.ToUpper(issuerV2Home))},
		{"issuer over http", refused, set("iss", strings.Replace(issuerV2Home, "https", "http", 1))},
		{"issuer with another port", refused, set("iss", publicHost+":443/"+tenantID+"/v2.0")},
		{"issuer of another host", refused, set("iss",
			"https://login.microsoftonline.com.example.org/"+tenantID+"/v2.0")},
		{"issuer of the US Government cloud", refused,
			set("iss", "https://login.microsoftonline.us/"+tenantID+"/v2.0")},
		{"issuer of the China cloud", refused, set("iss",
			"https://login.partner.microsoftonline.cn/"+tenantID+"/v2.0")},
		{"v1.0 issuer of the China cloud", refused,
			v1(map[string]any{"iss": "https://sts.chinacloudapi.cn/" + tenantID + "/"})},
		{"v1.0 issuer without slash", refused, v1(map[string]any{"iss": "https://sts.windows.net/" + tenantID})},
		{"v1.0 issuer with v2.0 path", refused, v1(map[string]any{"iss": issuerV1Home + "v2.0"})},
		{"v1.0 issuer with v2.0 claims", refused, set("iss", issuerV1Home)},
		{"v1.0 issuer with another tenant", refused, v1(map[string]any{"tid": strangerID})},
		{"v2.0 issuer with v1.0 claims", refused, v1(map[string]any{"iss": issuerV2Home})},
		{"v1.0 token with azp alone", refused, v1(map[string]any{"appid": nil, "azp": clientID})},
		{"ver 1.0 with v2.0 issuer", refused, set("ver", "1.0")},
		{"ver 2", refused, set("ver", "2")},
		{"ver 3.0", refused, set("ver", "3.0")},
		{"oid no GUID", refused, set("oid", "admin\n")},
		{"client no GUID", refused, set("azp", "client")},
		{"bound to a key", refused, set("cnf", map[string]any{"kid": "x"})},
		{"ID token v2.0", refused, func(c *cloud) string {
			return c.Mint(nil, c.IDTokenClaims(tenantID, 2, apiID, person))
		}},
		{"ID token v1.0", refused, func(c *cloud) string {
			return c.Mint(nil, c.IDTokenClaims(tenantID, 1, apiID, person))
		}},
		{"ID token of a user with the app role", refused, func(c *cloud) string {
			caller := person
			caller.Roles = []string{role}
			return c.Mint(nil, with(c.IDTokenClaims(tenantID, 2, apiID, caller), map[string]any{"nonce": nil}))
		}},
		{"ID token with a scope", refused, func(c *cloud) string {
			return c.Mint(nil, with(c.IDTokenClaims(tenantID, 2, apiID, person),
				map[string]any{"scp": scope, "azp": clientID}))
		}},
		{"ID token of the hybrid flow", refused, set("at_hash", "x")},
		{"claims of an app and a scope", refused, set("idtyp", "app")},
		{"claims of a device", refused, set("idtyp", "device")},
	}...)
}

func badTimes() []badToken {
	at := func(name string, seconds int64) func(*cloud) string {
		return func(c *cloud) string {
			return c.Mint(nil, with(c.delegated(), map[string]any{name: c.Now().Unix() + seconds}))
		}
	}
	return []badToken{
		{"expired by 1 s", refused, at("exp", -1)},
		{"expires now", refused, at("exp", 0)},
		{"expired by an hour", refused, at("exp", -3600)},
		{"valid in 301 s", refused, at("nbf", 301)},
		{"valid tomorrow", refused, at("nbf", 86400)},
		{"issued in 301 s", refused, at("iat", 301)},
		{"issued tomorrow", refused, at("iat", 86400)},
	}
}

// badRights are good tokens that do not authorize.
func badRights() []badToken {
	app := func(changes map[string]any) func(*cloud) string {
		return func(c *cloud) string { return c.Mint(nil, with(c.app(), changes)) }
	}
	return []badToken{
		{"without scp", forbidden, set("scp", nil)},
		{"empty scp", forbidden, set("scp", "")},
		{"scp of spaces", forbidden, set("scp", "  ")},
		{"scp with suffix", forbidden, set("scp", "access_as_user2")},
		{"scp with prefix", forbidden, set("scp", "xaccess_as_user")},
		{"scp with dot", forbidden, set("scp", "access_as_user.read")},
		{"scp in another case", forbidden, set("scp", "Access_As_User")},
		{"scp as a whole URI", forbidden, set("scp", apiURI+"/access_as_user")},
		{"scp .default", forbidden, set("scp", ".default")},
		{"scp of OpenID Connect", forbidden, set("scp", "openid profile email")},
		{"scp separated by commas", forbidden, set("scp", "other,access_as_user")},
		{"scp separated by a tab", refused, set("scp", "other\taccess_as_user")},
		{"scp separated by a no-break space", refused, set("scp", "other\u00a0access_as_user")},
		{"scp wrong, role of an app", forbidden, claimed(map[string]any{"scp": "other", "roles": []string{role}})},
		{"role of an app, held by a user", forbidden, claimed(map[string]any{"scp": nil, "roles": []string{role}})},
		{"role of an app, held by a user, said so", forbidden,
			claimed(map[string]any{"scp": nil, "roles": []string{role}, "idtyp": "user"})},
		{"app-only without roles", forbidden, app(map[string]any{"roles": nil})},
		{"app-only with an empty list", forbidden, app(map[string]any{"roles": []string{}})},
		{"app-only with another role", forbidden, app(map[string]any{"roles": []string{"Files.Read.All"}})},
		{"app-only with the scope as a role", forbidden, app(map[string]any{"roles": []string{scope}})},
		{"app-only with the role in another case", forbidden,
			app(map[string]any{"roles": []string{"Access_As_Application"}})},
		{"app-only with a part of the role", forbidden,
			app(map[string]any{"roles": []string{"access_as_applicatio", "access_as_application2"}})},
		{"app-only of a user", forbidden, app(map[string]any{"idtyp": "user"})},
		{"app-only with a subject of its own", forbidden, app(map[string]any{"sub": "x"})},
		{"app-only of a public client", forbidden, app(map[string]any{"azpacr": "0"})},
		{"app-only v1.0 without roles", forbidden, func(c *cloud) string {
			caller := service
			caller.Roles = nil
			return c.Mint(nil, c.AppClaims(tenantID, 1, apiURI, caller))
		}},
	}
}
