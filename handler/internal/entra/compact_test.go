package entra

import "testing"

func TestSegments(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"a.b.c": true, "..": true, "a..c": true,
		"": false, "a": false, "a.b": false, ".": false, "a.b.c.": false, "a.b.c.d": false, ".a.b.c": false,
		"a.b.c\n": false, "a.b\n.c": false, "\na.b.c": false, "a.b.c\r": false, "a\r.b.c": false,
	} {
		if _, _, err := segments([]byte(text)); (err == nil) != want {
			t.Errorf("%q: got %v, want accepted %v", text, err, want)
		}
	}
}

// TestDecode has texts that would give one signature several spellings.
func TestDecode(t *testing.T) {
	t.Parallel()
	for segment, want := range map[string]bool{
		"AA": true, "AAA": true, "AAAA": true, "_-AA": true,
		"": false, "A": false, "AB": false, "AAB": false, "AA==": false, "AAA=": false,
		"+/AA": false, "AA A": false, "A.AA": false, "AA\x00A": false,
	} {
		if _, err := decodeSegment([]byte(segment)); (err == nil) != want {
			t.Errorf("%q: got %v, want accepted %v", segment, err, want)
		}
	}
}
