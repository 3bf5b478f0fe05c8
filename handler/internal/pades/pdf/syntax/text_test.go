package syntax_test

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"influxion/handler/internal/pades/pdf/syntax"
)

func TestText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		text string
		want syntax.String
	}{
		{"empty", "", syntax.String("")},
		{"ASCII", "I approve\n", syntax.String("I approve\n")},
		{"Latin-1", "Café", syntax.String("Caf\xe9")},
		{"Greek", "Ω", syntax.String("\xfe\xff\x03\xa9")},
		{"euro", "€", syntax.String("\xfe\xff\x20\xac")},
		{"beyond 16 bits", "😀", syntax.String("\xfe\xff\xd8\x3d\xde\x00")},
		{"control character", "\x01", syntax.String("\xfe\xff\x00\x01")},
		{"what looks like a byte order mark", "þÿ", syntax.String("\xfe\xff\x00\xfe\x00\xff")},
		{"what looks like a UTF-8 mark", "ï»¿", syntax.String("\xfe\xff\x00\xef\x00\xbb\x00\xbf")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := syntax.Text(test.text); !bytes.Equal(got, test.want) {
				t.Errorf("encoded: got %x, want %x", got, test.want)
			}
			if got := test.want.Text(); got != test.text {
				t.Errorf("decoded: got %q, want %q", got, test.text)
			}
		})
	}
}

func TestDecodeText(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"PDFDocEncoding", "\x80\x92\xa0\x18\x9e", "•™€˘ž"},
		{"undefined bytes", "\x00\x7f\x9f\xad", "\ufffd\ufffd\ufffd\ufffd"},
		{"UTF-16LE", "\xff\xfe\xa9\x03", "Ω"},
		{"UTF-8", "\xef\xbb\xbf\xce\xa9", "Ω"},
		{"broken UTF-8", "\xef\xbb\xbfa\xff", "a\ufffd"},
		{"odd UTF-16", "\xfe\xff\x00A\x00", "A\ufffd"},
		{"half a pair", "\xfe\xff\xd8\x3d", "\ufffd"},
	}
	for _, test := range tests {
		if got := syntax.String(test.in).Text(); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "abc", "Ω", "þÿ", "ï»¿", "€😀", "\xff\xfe"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := syntax.Text(text).Text(); utf8.ValidString(text) && got != text {
			t.Fatalf("got %q, want %q", got, text)
		}
		if !utf8.ValidString(syntax.String(text).Text()) {
			t.Fatalf("decoded bytes are no valid UTF-8")
		}
	})
}
