package entra

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// names gives the names of an object's members, in order.
func names(text string) ([]string, error) {
	var names []string
	err := readObject([]byte(text), func(o *object, name string) error {
		names = append(names, name)
		return o.skip()
	})
	return names, err
}

// value reads one member of an object.
func value[T any](text, name string, read func(*object) (T, error)) (T, error) {
	var value T
	err := readObject([]byte(text), func(o *object, other string) (err error) {
		if other != name {
			return o.skip()
		}
		value, err = read(o)
		return err
	})
	return value, err
}

// FuzzObject: whatever this package accepts, encoding/json accepts too and reads in the same way.
func FuzzObject(f *testing.F) {
	seeds := []string{
		`{}`, ` { } `, `{"a":1}`, `{"a":{"b":[1,2,{"c":null}]},"d":"\u00e9\n"}`, `{"a":-0.5e+10,"b":[],"c":{}}`,
		`{"a":"\ud83d\ude00"}`,
		`{"a":1,"a":2}`, `{"a":1,}`, `{"a":01}`, `{"a":"\ud800"}`, "{\"a\":\"\xff\"}", `{"a":1}x`, `[1]`,
		`{"a" : "b" , "c":true}`, `{"a":.5}`, `{"a":1.}`,
		`{"a":1e}`, `{"a":tru}`, `{"a":"\x"}`, `{"a":"`, `{"a"`, `{`, `{"a":-}`, `{"a":"\u12"}`, `{"a":"\ud800\u0041"}`,
		`{"a":["b","\u00e9"],"c":[1],"d":4102444800,"e":1e9,"f":1.0,"g":-1}`, `{"a":{"b":1,"b":2}}`,
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
	if len(seeds) == 0 {
		f.Fatal("got no seeds")
	}
	f.Fuzz(func(t *testing.T, text string) {
		names, err := names(text)
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("got members of %q, which encoding/json refuses: %v", text, err)
		}
		if len(names) != len(want) {
			t.Fatalf("got %d members of %q, want %d", len(names), text, len(want))
		}
		for _, name := range names {
			if want[name] == nil {
				t.Errorf("got %q, which encoding/json does not see in %q", name, text)
			}
			same(t, text, name, want[name], (*object).text)
			same(t, text, name, want[name], (*object).texts)
			same(t, text, name, want[name], (*object).seconds)
		}
	})
}

// same compares a value that is given with what encoding/json makes of it.
func same[T any](t *testing.T, text, name string, raw json.RawMessage, read func(*object) (T, error)) {
	t.Helper()
	got, err := value(text, name, read)
	if err != nil {
		return
	}
	var want T
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Errorf("got %v for %q of %q, which encoding/json refuses: %v", got, name, text, err)
	} else if fmt.Sprintf("%q", any(got)) != fmt.Sprintf("%q", any(want)) {
		t.Errorf("got %v for %q of %q, want %v", got, name, text, want)
	}
}

func TestObject(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{}`:                         true,
		" {\t\"a\" :\r\n1 } ":        true,
		`{"a":"\ud83d\ude00\/\"\\"}`: true,
		`{"a":-0,"b":0.5,"c":1E-9,"d":true,"e":false,"f":null,"g":[1,[]],"h":{"a":1,"A":2}}`: true,
		`{"a":` + strings.Repeat("[", 7) + strings.Repeat("]", 7) + `}`:                      true,
		`{"a":` + strings.Repeat("[", 8) + strings.Repeat("]", 8) + `}`:                      false,
		`{"a":` + strings.Repeat(`{"b":`, 8) + "1" + strings.Repeat("}", 8) + `}`:            false,
		``: false, `{`: false, `{"a"}`: false, `{"a":}`: false, `{a:1}`: false, `{,}`: false, `{"a":1,}`: false,
		`{"a":1 "b":2}`: false,
		`{"a":1,"a":1}`: false, `{"a":1,"A":1}`: false, `{"\u0061":1}`: false, `{"é":1}`: false, `{"":1}`: false,
		`{"a":{"b":1,"b":2}}`: false, `{"a":[{"b":1,"\u0062":2}]}`: false,
		`{"a":1}{}`: false, `{"a":1}]`: false, `[]`: false, `null`: false, "{\"a\":1}\x00": false, "{\"a\":\"\n\"}": false,
		`{"a":"\u00"}`: false, `{"a":"\ud800"}`: false, `{"a":"\udc00"}`: false, `{"a":"\ud800\ud800"}`: false,
		`{"a":"\a"}`: false, `{"a":"\`: false,
		`{"a":01}`: false, `{"a":+1}`: false, `{"a":1.}`: false, `{"a":.1}`: false, `{"a":1e}`: false,
		`{"a":-}`: false, `{"a":nul}`: false, `{"a":[1,]}`: false,
		"{\"a\":\x00}": false, "{\"a\":{\"\xff\":1}}": false,
		manyMembers(maxMembers): true, manyMembers(maxMembers + 1): false,
	} {
		if _, err := names(text); (err == nil) != want {
			t.Errorf("%q: got %v, want accepted %v", text, err, want)
		}
	}
}

func manyMembers(count int) string {
	var members []string
	for i := range count {
		members = append(members, fmt.Sprintf(`"x%d":1`, i))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// TestValues has the values that each type accepts.
func TestValues(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]struct{ text, texts, seconds bool }{
		`"a"`:            {text: true},
		`""`:             {text: true},
		`["a","\u00e9"]`: {texts: true},
		`[]`:             {texts: true},
		`["a",1]`:        {}, `["a",["b"]]`: {}, `[null]`: {}, `[{}]`: {}, `{}`: {}, `{"a":"b"}`: {}, `null`: {}, `true`: {},
		`1`: {seconds: true}, `253402300799`: {seconds: true},
		`253402300800`: {}, `0`: {}, `-1`: {}, `1.0`: {}, `1e3`: {}, `1E3`: {}, `99999999999999999999`: {}, `0.5`: {},
	} {
		text := `{"a":` + raw + `,"b":1}`
		if _, err := value(text, "a", (*object).text); (err == nil) != want.text {
			t.Errorf("%s as text: got %v, want accepted %v", raw, err, want.text)
		}
		if _, err := value(text, "a", (*object).texts); (err == nil) != want.texts {
			t.Errorf("%s as texts: got %v, want accepted %v", raw, err, want.texts)
		}
		if _, err := value(text, "a", (*object).seconds); (err == nil) != want.seconds {
			t.Errorf("%s as seconds: got %v, want accepted %v", raw, err, want.seconds)
		}
	}
}

// FuzzKeySet: every key that is accepted is strong, and the set has it under its kid.
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
			if kid == "" || key.N.BitLen() < 2048 || key.N.BitLen() > 8192 || key.N.Bit(0) == 0 || key.E < 65537 ||
				key.E%2 == 0 {
				t.Errorf("got key %q of %d bits, exponent %d", kid, key.N.BitLen(), key.E)
			}
		}
	})
}
