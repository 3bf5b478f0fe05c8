package entra_test

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// badForms are good tokens in other spellings.
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
			// 256 bytes leave four bits of the last character unused. In the good spelling these
			// bits are zero.
			return join(p[0], p[1], p[2][:len(p[2])-1]+string("BRhx"[strings.IndexByte("AQgw", p[2][len(p[2])-1])]))
		})},
		{"segments in another order", refused, edit(func(p []string) string { return join(p[1], p[0], p[2]) })},
		{"standard alphabet", refused, edit(func(p []string) string {
			return join(p[0], p[1], strings.NewReplacer("-", "+", "_", "/").Replace("-"+p[2][1:]))
		})},
		{"in quotes", refused, edit(func(p []string) string { return `"` + join(p...) + `"` })},
		{"with scheme", refused, edit(func(p []string) string { return "Bearer " + join(p...) })},
		{"percent-encoded", refused, edit(func(p []string) string {
			return strings.ReplaceAll(join(p...), ".",
				"%2E")
		})},
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
	for what, space := range map[string]string{"space": " ", "tab": "\t", "LF": "\n", "CR LF": "\r\n", "NUL": "\x00",
		"padding": "=", "double padding": "=="} {
		for i, where := range []string{"behind the header", "behind the claims", "behind the signature"} {
			tokens = append(tokens, badToken{what + " " + where, refused, edit(func(p []string) string {
				p[i] += space
				return join(p...)
			})})
		}
		tokens = append(tokens, badToken{what + " before", refused,
			edit(func(p []string) string { return space + join(p...) })})
		tokens = append(tokens, badToken{what + " inside", refused,
			edit(func(p []string) string { return join(p[0], p[1][:10]+space+p[1][10:], p[2]) })})
	}
	return tokens
}

// encrypted wraps a good token for the authority's own key, as if we held it.
func encrypted(compression jose.CompressionAlgorithm) func(*cloud) string {
	return func(c *cloud) string {
		recipient := jose.Recipient{Algorithm: jose.RSA_OAEP, Key: c.PublicKey()}
		encrypter, err := jose.NewEncrypter(jose.A128GCM, recipient,
			(&jose.EncrypterOptions{Compression: compression}).WithContentType("JWT"))
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
