package entra_test

import (
	"encoding/json"
	"fmt"
	"strings"
)

// badTypes are claims and payloads that other readers may take for something else.
func badTypes() []badToken {
	var tokens []badToken
	for _, name := range []string{"exp", "nbf", "iat"} {
		for what, value := range map[string]string{
			"text": `"4102444800"`, "fraction": `4102444800.5`, "whole fraction": `4102444800.0`,
			"exponent": `4e9`, "negative": `-1`,
			"beyond int64": `99999999999999999999`, "beyond year 9999": `253402300800`, "true": `true`, "list": `[4102444800]`,
			"object": `{}`, "zero": `0`,
		} {
			tokens = append(tokens, badToken{name + " " + what, refused, set(name, json.RawMessage(value))})
		}
	}
	for _, name := range []string{"aud", "iss", "tid", "ver", "oid", "sub", "azp", "azpacr", "idtyp", "scp"} {
		for what, value := range map[string]any{"number": 2.0, "object": map[string]any{"a": 1},
			"list": []string{"a"}, "true": true} {
			tokens = append(tokens, badToken{name + " " + what, refused, set(name, value)})
		}
	}
	for what, value := range map[string]any{"text": role, "object": map[string]any{role: true}, "numbers": []int{1},
		"null": []any{nil}, "number behind": []any{role, 1}, "nested": []any{[]string{role}}} {
		tokens = append(tokens, badToken{"roles " + what, refused, set("roles", value)})
	}
	// payload is a token that is good except for the text of its claims.
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
		{"claims in single quotes", refused, payload(func(text string) string {
			return strings.ReplaceAll(text, `"`, `'`)
		})},
		{"number with a leading zero", refused, insert(`"x":01`)},
		{"number that is none", refused, insert(`"x":NaN`)},
	}...)
}
