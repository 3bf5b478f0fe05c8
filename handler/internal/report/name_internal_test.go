package report

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ subject, who, where string }{
		{"CN=Jane Doe,O=Example,C=GB", "Jane Doe", "Example, GB"},
		{`CN=Doe\, Jane+SERIALNUMBER=1,O=Example\+Sons`, "Doe, Jane", "Example+Sons"},
		{"C=DE,O=City of Example", "City of Example", "DE"},
		{"SN=Núñez,GN=Ana,C=ES", "Ana Núñez", "ES"},
		{"surname=Núñez,givenName=Ana", "Ana Núñez", ""},
		{`CN=M\C3\BCller`, "Müller", ""},
		{`CN=a\00\1b[2J`, "a\uFFFD\uFFFD[2J", ""},
		{"CN=,O=Example", "Example", ""},
		{"emailAddress=a@example.org", "a@example.org", ""},
		{"2.5.4.97=#0c0156,CN=Seal", "Seal", ""},
		{"no name at all", "no name at all", ""},
		{`CN=ends in\`, `ends in\`, ""},
		{"", "", ""},
	} {
		if who, where := who(test.subject), where(test.subject); who != test.who || where != test.where {
			t.Errorf("got %q and %q for %q, want %q and %q", who, where, test.subject, test.who, test.where)
		}
	}
}

// FuzzName: what is shown of any name has only graphic characters, and a name never vanishes.
func FuzzName(f *testing.F) {
	for _, seed := range []string{"CN=Jane Doe,O=Example,C=GB", `CN=Doe\, Jane+SERIALNUMBER=1`, `CN=M\C3\BCller`, `CN=\00\`, "==,,++", "\xff=\xff", "CN=\u202e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, subject string) {
		subject = cleanText(subject, maxText)
		for _, got := range []string{who(subject), where(subject), called(subject)} {
			if !utf8.ValidString(got) ||
				strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsGraphic(r) }) {
				t.Errorf("got %q for %q", got, subject)
			}
		}
		if strings.TrimSpace(subject) != "" && who(subject) == "" {
			t.Errorf("got nothing for %q", subject)
		}
	})
}

// FuzzClean: cleaning a cleaned text changes nothing.
func FuzzClean(f *testing.F) {
	for _, seed := range []string{"plain", "\x1b[2J\r\n", "\u202e\u2066\u200b\ufeff", "Z\u0301\u0301\u0301\u0301\u0301",
		"\xff\xfe", "\U000E0041", "日本語"} {
		f.Add(seed, 10)
	}
	f.Fuzz(func(t *testing.T, text string, most int) {
		most = 1 + (most&0xff)%maxText
		got := cleanText(text, most)
		if strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsGraphic(r) }) ||
			utf8.RuneCountInString(got) > most+1 {
			t.Errorf("got %q for %q within %d", got, text, most)
		}
		if again := cleanText(got, most+1); again != got {
			t.Errorf("got %q of %q the second time", again, got)
		}
	})
}

func TestAlgorithms(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ECDSA-SHA256": "ECDSA-SHA256", "1.2.840.113549.1.1.5": "RSA with SHA-1 (1.2.840.113549.1.1.5)",
		"1.3.101.113": "Ed448 (1.3.101.113)",
		"1.2.3.4.5":   "1.2.3.4.5", "": "",
	} {
		if got := algorithm(name); got != want {
			t.Errorf("got %q for %q, want %q", got, name, want)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		grouped(0): "0", grouped(999): "999", grouped(1000): "1,000", grouped(-1234567): "-1,234,567",
		size(1): "1 byte", size(1234): "1,234 bytes",
		size(50_000): "50 kB (50,000 bytes)", size(1_250_000): "1.2 MB (1,250,000 bytes)", sentence("älter"): "Älter.",
		sentence(" a. "):         "A.",
		enumerate([]string{"a"}): "a", enumerate([]string{"a", "b", "c"}): "a, b and c", enumerate(nil): "",
		plural(1, "field", "fields"): "1 field", plural(0, "field", "fields"): "0 fields",
		plural(2000, "field", "fields"): "2,000 fields",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
