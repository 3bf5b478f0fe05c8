package strict_test

import (
	"testing"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/strict"
	"influxion/handler/internal/pades/pdf/syntax"
)

// The data of an object stream hold the listed members, in correct syntax, and nothing else.
func TestCheckMembers(t *testing.T) {
	t.Parallel()
	for text, sound := range map[string]bool{
		"<</A 1/B[1 0 R(x\\)y)<00ff>]/C null>> -1.50": true,
		"<</A 1>>\n\n-1":        true,
		"<</A 1/A 2>> 1":        false, // a key twice
		"<</A>> 1":              false,
		"<</A 1> 1":             false,
		"<</A#4 1>> 1":          false,
		"<</A 1>>x 1":           false,
		"<</A 1>> 1 2":          false, // another object behind them
		"<</A 1>> %\n1":         false, // a comment
		"<</A 1>> --1":          false,
		"<</A 1>> endobj":       false,
		"<</A(unbalanced ()>> ": false,
		"<</A<0g>>> 1":          false,
	} {
		at := len(text) - 1
		for at > 0 && text[at-1] != ' ' && text[at-1] != '\n' {
			at--
		}
		head := []byte("1 0 2 " + string('0'+byte(at/10)) + string('0'+byte(at%10)) + " ")
		data := append(head, text...)
		limits := bounds.DefaultLimits()
		account := bounds.NewAccount(t.Context(), bounds.NewMemory(t.Context(), int64(len(data))), limits)
		why, err := strict.CheckMembers(&account, &limits, strict.Members{
			Data: data, First: len(head), Numbers: []uint32{1, 2}, Offsets: []uint32{0, uint32(at)},
		})
		if err != nil || (why == "") != sound {
			t.Errorf("%q: got %q and %v, want sound %t", text, why, err, sound)
		}
	}
}

// A cross-reference table has entries of exactly 20 bytes.
func TestTable(t *testing.T) {
	t.Parallel()
	for text, sound := range map[string]bool{
		"xref\n0 1\n0000000000 65535 f \n3 1\n0000000017 00000 n\r\ntrailer\n<</Size 4>>": true,
		"xref\n0 1\n0000000000 65535 f\ntrailer\n<</Size 4>>":                             false, // 19 bytes
		"xref\n3 1\n0000000000 00000 n \ntrailer\n<</Size 4>>":                            false, // in use, at 0
		"xref\n0  1\n0000000000 65535 f \ntrailer\n<</Size 4>>":                           false,
		"xref\n0 2\n0000000000 65535 f \ntrailer\n<</Size 4>>":                            false,
		"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size null>>":                         false,
		"xref 0 1\n0000000000 65535 f \ntrailer\n<</Size 4>>":                             false,
	} {
		limits := bounds.DefaultLimits()
		account := bounds.NewAccount(t.Context(), bounds.NewMemory(t.Context(), int64(len(text))), limits)
		end := int64(len(text))
		s := strict.New(syntax.NewLexer(&account, nil, end, []byte(text)), end, &limits)
		if got := s.Table(); got != sound || (s.Why == "") != sound || s.Err() != nil {
			t.Errorf("%q: got %t, %q and %v, want %t", text, got, s.Why, s.Err(), sound)
		}
	}
}
