package pdf_test

import (
	"fmt"
	"strings"
	"testing"
)

// A reader that searches an update for objects and trailers also finds them in strings, and skips
// white space and comments between their parts: ISO 32000-2, 7.2.3 and 7.2.4.
func TestDefinitionsInStrings(t *testing.T) {
	t.Parallel()
	file := body(newBuilder()).table("").Bytes()
	for found, texts := range map[bool][]string{true: {
		"4 0 obj", "x 4 0 obj", "4\t0\x00obj", "4\f0\robj", "4  \n\n 0 \r\n obj", "4 0obj", "4 0 objx", "4 %x\n0 obj",
		"4 0 %x\robj", "4%x\n0%y\nobj", "4 %x\n%y\n0 obj", "4 %%\n0 obj", "4 %x\n \n0 obj", "4444444444444 0 obj",
		"trailer<<", "trailer <<", "trailer\x00\t\n\f\r <<", "trailer %x\n<<", "trailer%x\r%y\n<<",
	}, false: {
		"40 obj", "4 obj", "obj", "a 0 obj", "4 a obj", "4.0 obj", "4 0 bj", "4 %x 0 obj", "4 0 %x obj", "4 0 [obj",
		"trailer", "trailer <", "trailer x<<", "trailer %x <", "trailer %<<", "traile <<",
	}} {
		for _, one := range texts {
			why := irregularity(t, file, withUpdate(file, strings.Replace(sound, text, "("+one+")", 1)))
			if (why != "") != found {
				t.Errorf("%q: got %q, want it found: %v", one, why, found)
			}
		}
	}
}

// Readers disagree on the object of a number that an update lists twice, even if both entries are
// the same.
func TestNumbersThatAreListedTwice(t *testing.T) {
	t.Parallel()
	file := body(newBuilder()).table("").Bytes()
	for again, regular := range map[string]bool{
		"": true, "7 1\nAT00000006 00000 n \n": false, "5 1\nAT00000005 00000 n \n": false,
		"5 1\nAT00000006 00000 n \n": false, "6 1\n0000000000 00001 f \n": false,
	} {
		why := irregularity(t, file, withUpdate(file, strings.Replace(sound, "trailer\n", again+"trailer\n", 1)))
		if (why == "") != regular {
			t.Errorf("%q: got %q, want it regular: %v", again, why, regular)
		}
	}
}

// A file counts as linearized only while it is as long as it says. A reader that takes it for
// linearized finds other cross-references: ISO 32000-2, annex F.
func TestLinearizationThatUpdatesEnd(t *testing.T) {
	t.Parallel()
	linearized := func(length int, first bool) []byte {
		b := newBuilder()
		if !first {
			body(b)
		}
		b.object(4, fmt.Sprintf("<< /Linearized 1 /L %010d >>", length))
		if first {
			body(b)
		}
		return b.table("").Bytes()
	}
	size := len(linearized(0, true))
	whole := len(withUpdate(linearized(0, true), sound))
	for name, test := range map[string]struct {
		file    []byte
		regular bool
	}{
		"of another length":            {linearized(size+1, true), true},
		"while it is signed":           {linearized(size, true), false},
		"once it is updated":           {linearized(whole, true), false},
		"that is not the first object": {linearized(size, false), true},
		"that nothing says":            {body(newBuilder()).table("").Bytes(), true},
	} {
		if why := irregularity(t, test.file, withUpdate(test.file, sound)); (why == "") != test.regular {
			t.Errorf("%s: got %q, want it regular: %v", name, why, test.regular)
		}
	}
}

// The end of a file is checked from startxref on.
func TestEndsThatReadersRepair(t *testing.T) {
	t.Parallel()
	file := body(newBuilder()).table("").String()
	for name, test := range map[string]struct {
		change  func(string) string
		regular bool
	}{
		"as it should be":     {func(f string) string { return f }, true},
		"something behind":    {func(f string) string { return f + "x\n" }, false},
		"much white space":    {func(f string) string { return f + strings.Repeat(" ", 33) }, false},
		"a comment behind it": {func(f string) string { return f + "%c\n" }, false},
		"an empty line": {
			func(f string) string { return strings.Replace(f, "startxref\n", "startxref\n\n", 1) }, false},
	} {
		why, err := open(t, []byte(test.change(file))).Irregular()
		if err != nil || (why == "") != test.regular {
			t.Errorf("%s: got %q (%v), want it regular: %v", name, why, err, test.regular)
		}
	}
}
