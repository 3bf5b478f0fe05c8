package entra

import (
	"encoding/json"
	"strings"
	"testing"
)

// read gives the members of an object by name.
func read(text string) (map[string]value, error) {
	members := map[string]value{}
	o := object{text: text}
	for o.next() {
		members[o.name] = o.value
	}
	return members, o.err
}

// FuzzObject: what is accepted, encoding/json accepts too and reads in the same way.
func FuzzObject(f *testing.F) {
	seeds := []string{
		`{}`, ` { } `, `{"a":1}`, `{"a":{"b":[1,2,{"c":null}]},"d":"\u00e9\n"}`, `{"a":-0.5e+10,"b":[],"c":{}}`, `{"a":"\ud83d\ude00"}`,
		`{"a":1,"a":2}`, `{"a":1,}`, `{"a":01}`, `{"a":"\ud800"}`, "{\"a\":\"\xff\"}", `{"a":1}x`, `[1]`, `{"a" : "b" , "c":true}`, `{"a":.5}`, `{"a":1.}`,
		`{"a":1e}`, `{"a":tru}`, `{"a":"\x"}`, `{"a":"`, `{"a"`, `{`, `{"a":-}`, `{"a":"\u12"}`, `{"a":"\ud800\u0041"}`,
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
	if len(seeds) == 0 {
		f.Fatal("got no seeds")
	}
	f.Fuzz(func(t *testing.T, text string) {
		members, err := read(text)
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("got members of %q, which encoding/json refuses: %v", text, err)
		}
		if len(members) != len(want) {
			t.Fatalf("got %d members of %q, want %d", len(members), text, len(want))
		}
		for name, value := range members {
			if string(value) != string(want[name]) {
				t.Errorf("got %q for %q, want %q", value, name, want[name])
			}
		}
	})
}

func TestObject(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{}`:                         true,
		" {\t\"a\" :\r\n1 } ":        true,
		`{"a":"\ud83d\ude00\/\"\\"}`: true,
		`{"a":-0,"b":0.5,"c":1E-9,"d":true,"e":false,"f":null,"g":[1,[]],"h":{"a":1,"a":2}}`: true,
		`{"a":` + strings.Repeat("[", 7) + strings.Repeat("]", 7) + `}`:                      true,
		`{"a":` + strings.Repeat("[", 8) + strings.Repeat("]", 8) + `}`:                      false,
		`{"a":` + strings.Repeat(`{"b":`, 8) + "1" + strings.Repeat("}", 8) + `}`:            false,
		``: false, `{`: false, `{"a"}`: false, `{"a":}`: false, `{a:1}`: false, `{,}`: false, `{"a":1,}`: false, `{"a":1 "b":2}`: false,
		`{"a":1,"a":1}`: false, `{"a":1,"A":1}`: false, `{"\u0061":1}`: false, `{"é":1}`: false, `{"":1}`: false,
		`{"a":1}{}`: false, `{"a":1}]`: false, `[]`: false, `null`: false, "{\"a\":1}\x00": false, "{\"a\":\"\n\"}": false,
		`{"a":"\u00"}`: false, `{"a":"\ud800"}`: false, `{"a":"\udc00"}`: false, `{"a":"\ud800\ud800"}`: false, `{"a":"\a"}`: false, `{"a":"\`: false,
		`{"a":01}`: false, `{"a":+1}`: false, `{"a":1.}`: false, `{"a":.1}`: false, `{"a":1e}`: false, `{"a":-}`: false, `{"a":nul}`: false, `{"a":[1,]}`: false,
		"{\"a\":\x00}": false,
	} {
		if _, err := read(text); (err == nil) != want {
			t.Errorf("%q: got %v, want accepted %v", text, err, want)
		}
	}
}

// FuzzKeySet: every key that comes out is strong, and the set holds it under its kid.
func FuzzKeySet(f *testing.F) {
	const issuer, template = "https://login.example.org/t/v2.0", "https://login.example.org/{tenantid}/v2.0"
	modulus := strings.Repeat("_", 342-1) + "w"
	seeds := []string{
		`{"keys":[{"kty":"RSA","use":"sig","kid":"k","n":"` + modulus + `","e":"AQAB","issuer":"` + issuer + `"}]}`,
		`{"keys":[{"kty":"RSA","use":"sig","kid":"k","n":"` + modulus + `","e":"AQAB"},{"kty":"EC"},1,null]}`,
		`{"keys":[]}`, `{"keys":null}`, `{}`, `[]`, `{"keys":[{"kty":"RSA","use":"sig","kid":"k","n":"AQAB","e":"AQAB"}]}`,
	}
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	if _, err := parseKeySet([]byte(seeds[0]), issuer, template); err != nil {
		f.Fatalf("got %v, want a key in the first seed", err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := parseKeySet(text, issuer, template)
		if err == nil && len(keys) == 0 {
			t.Error("got no key and no error")
		}
		for kid, key := range keys {
			if kid == "" || key.N.BitLen() < 2048 || key.N.BitLen() > 8192 || key.N.Bit(0) == 0 || key.E < 65537 || key.E%2 == 0 {
				t.Errorf("got key %q of %d bits, exponent %d", kid, key.N.BitLen(), key.E)
			}
		}
	})
}
