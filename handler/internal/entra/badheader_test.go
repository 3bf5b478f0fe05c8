package entra_test

import (
	"crypto"
	"encoding/json"
	"fmt"
	"strings"

	"influxion/handler/internal/entratest"
)

// headed is a token that is good except for its header; the signature is right.
func headed(changes map[string]any) func(*cloud) string {
	return func(c *cloud) string { return c.Mint(with(c.Header(), changes), c.delegated()) }
}

func badHeaders() []badToken {
	var tokens []badToken
	for what, kid := range map[string]any{
		"missing": nil, "empty": "", "unknown": "unknown", "path": "../../../../dev/null", "SQL": "x' OR '1'='1",
		"URL":     "https://evil.example.org/key",
		"command": "|id", "line break": "a\nb", "number": 1,
		"null": json.RawMessage("null"), "list": []string{"a"}, "long": strings.Repeat("k", 1000),
	} {
		tokens = append(tokens, badToken{"kid " + what, refused, headed(map[string]any{"kid": kid})})
	}
	for name, value := range map[string]any{
		"jku": "https://evil.example.org/keys", "x5u": "https://evil.example.org/cert", "crit": []string{"exp"},
		"b64": false,
		"x5c": []string{"MIIB"}, "jwk": map[string]any{"kty": "RSA"}, "zip": "DEF", "enc": "A128GCM", "cty": "JWT",
		"nonce": "x", "x5t": 1, "epk": map[string]any{"kty": "EC"}, "apu": "x", "apv": "x", "iv": "x", "tag": "x",
		"p2s": "x", "p2c": 1,
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
		{"header deep", refused, header(`{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) +
			`,"typ":"JWT","alg":"RS256","kid":%q}`)},
		{"header not UTF-8", refused, header("{\"x\":\"\xff\",\"typ\":\"JWT\",\"alg\":\"RS256\",\"kid\":%q}")},
		{"jwk that signed it", refused, func(c *cloud) string {
			key := strangerKey()
			jwk := entratest.NewJWK(&key.PublicKey, "mine")
			return signed(c, with(c.Header(), map[string]any{"jwk": jwk, "kid": "mine"}), rs(key, crypto.SHA256))
		}},
	}...)
}
