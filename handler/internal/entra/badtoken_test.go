package entra_test

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"influxion/handler/internal/entratest"
	"influxion/handler/internal/signing"
)

// badToken is a token that must be refused, by name.
type badToken struct {
	name string
	kind signing.Kind
	make func(c *cloud) string
}

const (
	refused   = signing.Unauthenticated
	forbidden = signing.PermissionDenied
)

// TestTokenFaults sends every bad token to one authenticator, whose keys are loaded and whose log and
// errors are searched for any part of any token.
func TestTokenFaults(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	var log bytes.Buffer
	authenticator := c.authenticator(t, logTo(&log))
	if _, err := authenticator.Authenticate(t.Context(), c.token()); err != nil {
		t.Fatal(err)
	}
	var tokens []badToken
	for _, group := range [][]badToken{badClaims(), badTimes(), badTypes(), badHeaders(), badAlgorithms(), badForms(), badRights()} {
		tokens = append(tokens, group...)
	}
	if len(tokens) < 60 {
		t.Fatalf("got %d tokens, want 60 at least", len(tokens))
	}
	details := map[signing.Kind]string{}
	for _, f := range tokens {
		t.Run(f.name, func(t *testing.T) {
			token := f.make(c)
			principal, err := authenticator.Authenticate(t.Context(), token)
			failure := want(t, err, f.kind)
			if principal.TenantID != "" && f.kind == refused {
				t.Errorf("got principal %+v, want none", principal)
			}
			if known, ok := details[f.kind]; ok && known != failure.Detail {
				t.Errorf("got detail %q, want the same for every check: %q", failure.Detail, known)
			}
			details[f.kind] = failure.Detail
			noCanary(t, token, err.Error(), log.String())
		})
	}
	if got := c.Requests(entratest.Keys); got > 2 {
		t.Errorf("got %d requests for keys, want 2 at most", got)
	}
	if _, err := authenticator.Authenticate(t.Context(), c.token()); err != nil {
		t.Errorf("got %v, want the good token still accepted", err)
	}
}

// noCanary looks for parts of the token, and for the person in it, where they must not be.
func noCanary(t *testing.T, token string, texts ...string) {
	t.Helper()
	needles := []string{userName, userID, servicePID}
	for _, segment := range strings.Split(token, ".") {
		if len(segment) >= 12 {
			needles = append(needles, segment[:12], segment[len(segment)-12:])
		}
	}
	for _, text := range texts {
		for _, needle := range needles {
			if strings.Contains(text, needle) {
				t.Errorf("got %q in %q, want nothing of a token there", needle, text)
			}
		}
	}
}

func encodeSegment(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// claimed is a good delegated token but for its claims.
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
		{"issuer of another host", refused, set("iss", "https://login.microsoftonline.com.example.org/"+tenantID+"/v2.0")},
		{"issuer of the US Government cloud", refused, set("iss", "https://login.microsoftonline.us/"+tenantID+"/v2.0")},
		{"issuer of the China cloud", refused, set("iss", "https://login.partner.microsoftonline.cn/"+tenantID+"/v2.0")},
		{"v1.0 issuer of the China cloud", refused, v1(map[string]any{"iss": "https://sts.chinacloudapi.cn/" + tenantID + "/"})},
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
		{"ID token v2.0", refused, func(c *cloud) string { return c.Mint(nil, c.IDTokenClaims(tenantID, 2, apiID, person)) }},
		{"ID token v1.0", refused, func(c *cloud) string { return c.Mint(nil, c.IDTokenClaims(tenantID, 1, apiID, person)) }},
		{"ID token of a user with the app role", refused, func(c *cloud) string {
			caller := person
			caller.Roles = []string{role}
			return c.Mint(nil, with(c.IDTokenClaims(tenantID, 2, apiID, caller), map[string]any{"nonce": nil}))
		}},
		{"ID token with a scope", refused, func(c *cloud) string {
			return c.Mint(nil, with(c.IDTokenClaims(tenantID, 2, apiID, person), map[string]any{"scp": scope, "azp": clientID}))
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

// badTypes are claims and payloads that other readers may take for something else.
func badTypes() []badToken {
	var tokens []badToken
	for _, name := range []string{"exp", "nbf", "iat"} {
		for what, value := range map[string]string{
			"text": `"4102444800"`, "fraction": `4102444800.5`, "whole fraction": `4102444800.0`, "exponent": `4e9`, "negative": `-1`,
			"beyond int64": `99999999999999999999`, "beyond year 9999": `253402300800`, "true": `true`, "list": `[4102444800]`,
			"object": `{}`, "zero": `0`,
		} {
			tokens = append(tokens, badToken{name + " " + what, refused, set(name, json.RawMessage(value))})
		}
	}
	for _, name := range []string{"aud", "iss", "tid", "ver", "oid", "sub", "azp", "azpacr", "idtyp", "scp"} {
		for what, value := range map[string]any{"number": 2.0, "object": map[string]any{"a": 1}, "list": []string{"a"}, "true": true} {
			tokens = append(tokens, badToken{name + " " + what, refused, set(name, value)})
		}
	}
	for what, value := range map[string]any{"text": role, "object": map[string]any{role: true}, "numbers": []int{1}, "null": []any{nil}, "nested": []any{[]string{role}}} {
		tokens = append(tokens, badToken{"roles " + what, refused, set("roles", value)})
	}
	// payload is a good token but for the text of its claims.
	payload := func(edit func(string) string) func(*cloud) string {
		return func(c *cloud) string {
			header, err := json.Marshal(c.Header())
			if err != nil {
				panic(err)
			}
			claims, err := json.Marshal(c.delegated())
			if err != nil {
				panic(err)
			}
			return c.MintRaw(header, []byte(edit(string(claims))))
		}
	}
	insert := func(member string) func(*cloud) string {
		return payload(func(text string) string { return text[:len(text)-1] + "," + member + "}" })
	}
	return append(tokens, []badToken{
		{"claim twice", refused, insert(`"aud":"` + apiID + `"`)},
		{"unknown claim twice", refused, insert(`"x":1,"x":1`)},
		{"claim twice in another case", refused, insert(`"ISS":"` + issuerV2Home + `"`)},
		{"claim twice by escape", refused, insert(`"\u0069ss":"` + issuerV2Home + `"`)},
		{"claim with a name beyond ASCII", refused, insert(`"i\u017f\u017f":"x"`)},
		{"claim with a long s", refused, insert(`"iſſ":"x"`)},
		{"claim without a name", refused, insert(`"":1`)},
		{"deep claims", refused, insert(`"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000))},
		{"deep object", refused, insert(`"x":` + strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20))},
		{"too many claims", refused, payload(func(text string) string {
			for i := range 200 {
				text = text[:len(text)-1] + fmt.Sprintf(`,"x%d":1}`, i)
			}
			return text
		})},
		{"not UTF-8", refused, insert("\"x\":\"\xff\"")},
		{"UTF-8 of a surrogate", refused, insert("\"x\":\"\xed\xa0\x80\"")},
		{"half a surrogate pair", refused, insert(`"x":"\ud800"`)},
		{"raw control character", refused, insert("\"x\":\"\x00\"")},
		{"byte order mark", refused, payload(func(text string) string { return "\ufeff" + text })},
		{"trailing comma", refused, payload(func(text string) string { return text[:len(text)-1] + ",}" })},
		{"comment", refused, payload(func(text string) string { return text + "/**/" })},
		{"second object behind", refused, payload(func(text string) string { return text + "{}" })},
		{"NUL behind", refused, payload(func(text string) string { return text + "\x00" })},
		{"claims in a list", refused, payload(func(text string) string { return "[" + text + "]" })},
		{"claims as text", refused, payload(func(text string) string { return `"` + encodeSegment(text) + `"` })},
		{"claims null", refused, payload(func(string) string { return "null" })},
		{"claims cut off", refused, payload(func(text string) string { return text[:len(text)-1] })},
		{"claims in single quotes", refused, payload(func(text string) string { return strings.ReplaceAll(text, `"`, `'`) })},
		{"number with a leading zero", refused, insert(`"x":01`)},
		{"number that is none", refused, insert(`"x":NaN`)},
	}...)
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
		{"role of an app, held by a user, said so", forbidden, claimed(map[string]any{"scp": nil, "roles": []string{role}, "idtyp": "user"})},
		{"app-only without roles", forbidden, app(map[string]any{"roles": nil})},
		{"app-only with an empty list", forbidden, app(map[string]any{"roles": []string{}})},
		{"app-only with another role", forbidden, app(map[string]any{"roles": []string{"Files.Read.All"}})},
		{"app-only with the scope as a role", forbidden, app(map[string]any{"roles": []string{scope}})},
		{"app-only with the role in another case", forbidden, app(map[string]any{"roles": []string{"Access_As_Application"}})},
		{"app-only with a part of the role", forbidden, app(map[string]any{"roles": []string{"access_as_applicatio", "access_as_application2"}})},
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

// headed is a good token but for its header; the signature is right.
func headed(changes map[string]any) func(*cloud) string {
	return func(c *cloud) string { return c.Mint(with(c.Header(), changes), c.delegated()) }
}

func badHeaders() []badToken {
	var tokens []badToken
	for what, kid := range map[string]any{
		"missing": nil, "empty": "", "unknown": "unknown", "path": "../../../../dev/null", "SQL": "x' OR '1'='1", "URL": "https://evil.example.org/key",
		"command": "|id", "line break": "a\nb", "number": 1, "null": json.RawMessage("null"), "list": []string{"a"}, "long": strings.Repeat("k", 1000),
	} {
		tokens = append(tokens, badToken{"kid " + what, refused, headed(map[string]any{"kid": kid})})
	}
	for name, value := range map[string]any{
		"jku": "https://evil.example.org/keys", "x5u": "https://evil.example.org/cert", "crit": []string{"exp"}, "b64": false,
		"x5c": []string{"MIIB"}, "jwk": map[string]any{"kty": "RSA"}, "zip": "DEF", "enc": "A128GCM", "cty": "JWT",
		"nonce": "x", "x5t": 1,
	} {
		tokens = append(tokens, badToken{"header with " + name, refused, headed(map[string]any{name: value})})
	}
	for _, kind := range []any{nil, "", "jwt", "JOSE", "id_token+jwt", "pop", "secevent+jwt", "application/at+jwt", 1} {
		tokens = append(tokens, badToken{fmt.Sprintf("typ %v", kind), refused, headed(map[string]any{"typ": kind})})
	}
	header := func(format string) func(*cloud) string {
		return func(c *cloud) string {
			claims, err := json.Marshal(c.delegated())
			if err != nil {
				panic(err)
			}
			return c.MintRaw(fmt.Appendf(nil, format, c.Header()["kid"]), claims)
		}
	}
	return append(tokens, []badToken{
		{"b64 with crit", refused, headed(map[string]any{"b64": false, "crit": []string{"b64"}})},
		{"crit without a name", refused, headed(map[string]any{"crit": []string{}})},
		{"kid twice", refused, header(`{"typ":"JWT","alg":"RS256","kid":"x","kid":%q}`)},
		{"alg twice", refused, header(`{"typ":"JWT","alg":"none","alg":"RS256","kid":%q}`)},
		{"alg twice in another case", refused, header(`{"typ":"JWT","ALG":"none","alg":"RS256","kid":%q}`)},
		{"alg twice by escape", refused, header(`{"typ":"JWT","\u0061lg":"none","alg":"RS256","kid":%q}`)},
		{"header with text behind", refused, header(`{"typ":"JWT","alg":"RS256","kid":%q}x`)},
		{"header in a list", refused, header(`[{"typ":"JWT","alg":"RS256","kid":%q}]`)},
		{"header deep", refused, header(`{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `,"typ":"JWT","alg":"RS256","kid":%q}`)},
		{"header not UTF-8", refused, header("{\"x\":\"\xff\",\"typ\":\"JWT\",\"alg\":\"RS256\",\"kid\":%q}")},
		{"jwk that signed it", refused, func(c *cloud) string {
			key := strangerKey()
			jwk := entratest.NewJWK(&key.PublicKey, "mine")
			return signed(c, with(c.Header(), map[string]any{"jwk": jwk, "kid": "mine"}), rs(key, crypto.SHA256))
		}},
	}...)
}

func strangerKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// signed is a good token but for header and signature.
func signed(c *cloud, header map[string]any, sign func(text []byte) []byte) string {
	segments := make([]string, 2)
	for i, object := range []map[string]any{header, c.delegated()} {
		text, err := json.Marshal(object)
		if err != nil {
			panic(err)
		}
		segments[i] = encodeSegment(string(text))
	}
	text := strings.Join(segments, ".")
	return text + "." + encodeSegment(string(sign([]byte(text))))
}

func rs(key *rsa.PrivateKey, hash crypto.Hash) func([]byte) []byte {
	return func(text []byte) []byte {
		h := hash.New()
		h.Write(text)
		signature, err := rsa.SignPKCS1v15(nil, key, hash, h.Sum(nil))
		if err != nil {
			panic(err)
		}
		return signature
	}
}

func badAlgorithms() []badToken {
	var tokens []badToken
	nothing := func([]byte) []byte { return nil }
	for _, none := range []string{"none", "None", "NONE", "nOnE", "", " none", "none "} {
		for what, sign := range map[string]func([]byte) []byte{"no signature": nothing, "some signature": func([]byte) []byte { return []byte("x") }} {
			tokens = append(tokens, badToken{fmt.Sprintf("alg %q with %s", none, what), refused, func(c *cloud) string {
				return signed(c, with(c.Header(), map[string]any{"alg": none}), sign)
			}})
		}
		tokens = append(tokens, badToken{fmt.Sprintf("alg %q with the right signature", none), refused, headed(map[string]any{"alg": none})})
	}
	for _, alg := range []any{nil, "rs256", "RS256 ", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "RSA-OAEP", "dir", 256, []string{"RS256"}} {
		tokens = append(tokens, badToken{fmt.Sprintf("alg %v with the right signature", alg), refused, headed(map[string]any{"alg": alg})})
	}
	for what, secret := range map[string]func(*rsa.PublicKey) []byte{
		"PKCS#1 DER": x509.MarshalPKCS1PublicKey,
		"PKIX DER":   pkix,
		"PKIX PEM": func(key *rsa.PublicKey) []byte {
			return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix(key)})
		},
		"modulus": func(key *rsa.PublicKey) []byte { return key.N.Bytes() },
	} {
		for _, alg := range []string{"HS256", "RS256"} {
			tokens = append(tokens, badToken{alg + " by HMAC with the public key as " + what, refused, func(c *cloud) string {
				return signed(c, with(c.Header(), map[string]any{"alg": alg}), func(text []byte) []byte {
					mac := hmac.New(sha256.New, secret(c.PublicKey()))
					mac.Write(text)
					return mac.Sum(nil)
				})
			}})
		}
	}
	return append(tokens, []badToken{
		{"RS256 by a stranger's key", refused, func(c *cloud) string { return signed(c, c.Header(), rs(strangerKey(), crypto.SHA256)) }},
		{"RS512 in an RS256 token", refused, func(c *cloud) string { return signed(c, c.Header(), rs(strangerKey(), crypto.SHA512)) }},
		{"ES256", refused, func(c *cloud) string {
			return signed(c, with(c.Header(), map[string]any{"alg": "ES256"}), func(text []byte) []byte {
				key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
				if err != nil {
					panic(err)
				}
				digest := sha256.Sum256(text)
				r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
				if err != nil {
					panic(err)
				}
				return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
			})
		}},
		{"PS256 in an RS256 token", refused, func(c *cloud) string {
			return signed(c, c.Header(), func(text []byte) []byte {
				digest := sha256.Sum256(text)
				signature, err := rsa.SignPSS(rand.Reader, strangerKey(), crypto.SHA256, digest[:], nil)
				if err != nil {
					panic(err)
				}
				return signature
			})
		}},
		{"digest as signature", refused, func(c *cloud) string {
			return signed(c, c.Header(), func(text []byte) []byte { digest := sha512.Sum512(text); return digest[:] })
		}},
		{"signature of zeros", refused, func(c *cloud) string {
			return signed(c, c.Header(), func([]byte) []byte { return make([]byte, 256) })
		}},
		{"signature of one", refused, func(c *cloud) string {
			return signed(c, c.Header(), func([]byte) []byte { return append(make([]byte, 255), 1) })
		}},
		{"signature that is the modulus", refused, func(c *cloud) string {
			return signed(c, c.Header(), func([]byte) []byte { return c.PublicKey().N.Bytes() })
		}},
	}...)
}

func pkix(key *rsa.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic(err)
	}
	return der
}

// badForms are good tokens written otherwise.
func badForms() []badToken {
	edit := func(edit func(parts []string) string) func(*cloud) string {
		return func(c *cloud) string { return edit(strings.Split(c.token(), ".")) }
	}
	join := func(parts ...string) string { return strings.Join(parts, ".") }
	tokens := []badToken{
		{"empty", refused, func(*cloud) string { return "" }},
		{"space", refused, func(*cloud) string { return " " }},
		{"dots", refused, func(*cloud) string { return ".." }},
		{"1 MB", refused, func(*cloud) string { return strings.Repeat("a", 1<<20) }},
		{"1 MB of dots", refused, func(*cloud) string { return strings.Repeat(".", 1<<20) }},
		{"good but too long", refused, set("x", strings.Repeat("x", 16<<10))},
		{"two segments", refused, edit(func(p []string) string { return join(p[0], p[1]) })},
		{"four segments", refused, edit(func(p []string) string { return join(p[0], p[1], p[2], p[2]) })},
		{"five segments", refused, edit(func(p []string) string { return join(p[0], p[1], p[2], p[1], p[2]) })},
		{"dot behind", refused, edit(func(p []string) string { return join(p...) + "." })},
		{"dot before", refused, edit(func(p []string) string { return "." + join(p...) })},
		{"no header", refused, edit(func(p []string) string { return join("", p[1], p[2]) })},
		{"no claims", refused, edit(func(p []string) string { return join(p[0], "", p[2]) })},
		{"no signature", refused, edit(func(p []string) string { return join(p[0], p[1], "") })},
		{"signature cut", refused, edit(func(p []string) string { return join(p[0], p[1], p[2][:len(p[2])-4]) })},
		{"signature doubled", refused, edit(func(p []string) string { return join(p[0], p[1], p[2]+p[2]) })},
		{"stray bits behind the signature", refused, edit(func(p []string) string {
			// 256 bytes leave four bits of the last character unused; they are zero in the good spelling.
			return join(p[0], p[1], p[2][:len(p[2])-1]+string("BRhx"[strings.IndexByte("AQgw", p[2][len(p[2])-1])]))
		})},
		{"segments in another order", refused, edit(func(p []string) string { return join(p[1], p[0], p[2]) })},
		{"standard alphabet", refused, edit(func(p []string) string {
			return join(p[0], p[1], strings.NewReplacer("-", "+", "_", "/").Replace("-"+p[2][1:]))
		})},
		{"in quotes", refused, edit(func(p []string) string { return `"` + join(p...) + `"` })},
		{"with scheme", refused, edit(func(p []string) string { return "Bearer " + join(p...) })},
		{"percent-encoded", refused, edit(func(p []string) string { return strings.ReplaceAll(join(p...), ".", "%2E") })},
		{"beyond ASCII", refused, edit(func(p []string) string { return join(p...) + "é" })},
		{"full-width dots", refused, edit(func(p []string) string { return strings.Join(p, "．") })},
		{"two tokens", refused, edit(func(p []string) string { return join(p...) + "," + join(p...) })},
		{"signature of another token", refused, func(c *cloud) string {
			one, other := c.token(), c.token()
			return one[:strings.LastIndexByte(one, '.')] + other[strings.LastIndexByte(other, '.'):]
		}},
		{"claims of another token", refused, func(c *cloud) string {
			one, other := strings.Split(c.token(), "."), strings.Split(c.Mint(nil, c.app()), ".")
			return join(one[0], other[1], one[2])
		}},
		{"JSON serialization", refused, edit(func(p []string) string {
			return fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, p[1], p[0], p[2])
		})},
		{"flattened JSON serialization", refused, edit(func(p []string) string {
			return fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, p[1], p[0], p[2])
		})},
		{"nested", refused, func(c *cloud) string {
			header, err := json.Marshal(c.Header())
			if err != nil {
				panic(err)
			}
			return c.MintRaw(header, []byte(c.token()))
		}},
		{"compressed claims", refused, func(c *cloud) string {
			var packed bytes.Buffer
			w, err := flate.NewWriter(&packed, flate.BestCompression)
			if err != nil {
				panic(err)
			}
			claims, err := json.Marshal(c.delegated())
			if err != nil {
				panic(err)
			}
			_, _ = w.Write(claims)
			_ = w.Close()
			header, err := json.Marshal(c.Header())
			if err != nil {
				panic(err)
			}
			return c.MintRaw(header, packed.Bytes())
		}},
		{"JWE", refused, encrypted("")},
		{"JWE, compressed", refused, encrypted(jose.DEFLATE)},
	}
	for what, space := range map[string]string{"space": " ", "tab": "\t", "LF": "\n", "CR LF": "\r\n", "NUL": "\x00", "padding": "=", "double padding": "=="} {
		for i, where := range []string{"behind the header", "behind the claims", "behind the signature"} {
			tokens = append(tokens, badToken{what + " " + where, refused, edit(func(p []string) string {
				p[i] += space
				return join(p...)
			})})
		}
		tokens = append(tokens, badToken{what + " before", refused, edit(func(p []string) string { return space + join(p...) })})
		tokens = append(tokens, badToken{what + " inside", refused, edit(func(p []string) string { return join(p[0], p[1][:10]+space+p[1][10:], p[2]) })})
	}
	return tokens
}

// encrypted wraps a good token for the authority's own key, as if we held it.
func encrypted(compression jose.CompressionAlgorithm) func(*cloud) string {
	return func(c *cloud) string {
		recipient := jose.Recipient{Algorithm: jose.RSA_OAEP, Key: c.PublicKey()}
		encrypter, err := jose.NewEncrypter(jose.A128GCM, recipient, (&jose.EncrypterOptions{Compression: compression}).WithContentType("JWT"))
		if err != nil {
			panic(err)
		}
		object, err := encrypter.Encrypt([]byte(c.token()))
		if err != nil {
			panic(err)
		}
		text, err := object.CompactSerialize()
		if err != nil {
			panic(err)
		}
		return text
	}
}
