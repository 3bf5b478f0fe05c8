package syntax_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf/syntax"
)

// Some reader takes each of these texts for a reference to object 99, or for none.
func TestEachMention(t *testing.T) {
	t.Parallel()
	for mentioned, texts := range map[bool][]string{true: {
		"99 0 R", "99\t0\x00R", "99\r\n0\fR", "[99 0 R]", "x99 0 R", "99 0R", "99 0.R", "99 -1 R",
		"+99 0 R", "-99 0 R", "9-9 0 R", "9--9 0 R", "99-1 0 R", "99.5 0 R", "1.99 0 R", "99. 0 R",
		"0000000000000000000000099 0 R", "00009-9 0 R", "98.99 0 R", "4294967395 0 R", "18446744073709551715 0 R",
		"-4294967197 0 R", "100000000000000000000000000000000099 0 R", strings.Repeat("0", 125) + "99 0 R",
		"99%\n0 R", "99 %x\r0 %y\n%z\n R", "99 %1 0 R\n0 R", "(99 %) 0 R\n0 R", "1 0 %\n99 0 R", "1 99 0 R", "99 0 R R",
		"99 0 1 R 99 1 R", "99" + strings.Repeat(" ", 5000) + "0 R",
		"99 0%" + strings.Repeat("x", 5000) + "\nR",
		"99 0 Rx",
	}, false: {
		"", "R", "99 R", "99 0", "99 0 r", "990 R", "99 x R", "x 0 R", "99 0 xR", "99 0 %R", "99 %0 R", "99 0 1 R",
		"99(0 R", "99 0 (R", "9 9 0 R", "99,0 R", "%R\n99 0",
	}} {
		for _, text := range texts {
			found := false
			known := syntax.EachMention([]byte(text), func(number uint32) bool {
				found = found || number == 99
				return true
			})
			if found != mentioned || !known {
				t.Errorf("%.60q: got it mentioned: %v, want %v", text, found, mentioned)
			}
		}
	}
}

// A number that some reader does not read to its end is not known.
func TestEachMentionOfALongNumber(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("0", 126) + "99 0 R", strings.Repeat("9", 5000) + " 0 R",
		"1 0 R " + strings.Repeat("-", 128) + "\n0 R",
	} {
		if syntax.EachMention([]byte(text), func(uint32) bool { return true }) {
			t.Errorf("%.60q: got known numbers, want unknown ones", text)
		}
	}
	if !syntax.EachMention([]byte(strings.Repeat("9", 5000)+" 0 1 R"), func(uint32) bool { return true }) {
		t.Error("a long number that is no reference counts")
	}
}

// A text can hold many mentions, gaps and numbers within each other. It gives fewer numbers than it
// has bytes.
func TestManyMentions(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	for _, part := range []string{"1 0 R ", "1 ", "R ", "R\n", "%1 0", "%\n", "1%\n0 R", "% R\n", "1.", "9-",
		" ", "1 0 R%"} {
		count := 0
		text := []byte(strings.Repeat(part, size/len(part)) + "\n0 R")
		syntax.EachMention(text, func(uint32) bool { count++; return true })
		if count > size {
			t.Errorf("%q: got %d numbers, want at most one for each byte", part, count)
		}
	}
}

func TestEachMentionEnds(t *testing.T) {
	t.Parallel()
	for most := 1; most < 5; most++ {
		count := 0
		syntax.EachMention([]byte("1-2 0 R 3.4 0 R"), func(uint32) bool { count++; return count < most })
		if count != most {
			t.Errorf("got %d numbers, want %d", count, most)
		}
	}
}

// END stands for the endobj at which readers end the object.
func TestEndOfObject(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"END", "null END endobj", "<< /A 1 >> END", "[1 2] END\nendobj", "<< /A [<< >>] >>END", "(endobj) END",
		"(a(endobj)b) END", `(\)endobj) END`, `(\\) END`, "%endobj\n END", "%endobj\r END", "<endobj> END", "/endobj END",
		"endobjx xendobj END", "[1 endobj] END", "<< /A endobj >> END", "[1 >> endobj ] END", "<< /A ] endobj >> END",
		"] [ endobj ] END", ">> END", "<< >> >> END", "<< >> stream (endEND", "[stream endobj ( )] END", "5 ) END",
		"[[endobj] endobj] END", "{ END }",
	} {
		want := strings.Index(text, "END")
		end, found := syntax.EndOfObject([]byte("endobj "+strings.Replace(text, "END", "endobj", 1)), len("endobj "))
		if !found || end != want+len("endobj ") {
			t.Errorf("%q: got %d and %v, want %d", text, end-len("endobj "), found, want)
		}
	}
	for _, text := range []string{
		"", "1", "(endobj", "(a(b) endobj", "[ endobj", "<< endobj", "<endobj", "%endobj", "stream", "[ >> endobj",
		strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + "endobj",
	} {
		if end, found := syntax.EndOfObject([]byte(text), 0); found || end != len(text) {
			t.Errorf("%.20q: got %d and %v, want none", text, end, found)
		}
	}
}

func FuzzEachMention(f *testing.F) {
	f.Add("99 %x\n0 R", 3)
	f.Add("[1 endobj 9-9 0R] endobj", 0)
	f.Fuzz(func(t *testing.T, text string, from int) {
		if from < 0 || from > len(text) {
			return
		}
		var plain, padded []uint32
		collect := func(to *[]uint32) func(uint32) bool {
			return func(number uint32) bool { *to = append(*to, number); return true }
		}
		syntax.EachMention([]byte(text), collect(&plain))
		syntax.EachMention(fmt.Append(nil, text, "\n1 0 obj"), collect(&padded))
		if len(padded) < len(plain) || !slices.Equal(plain, padded[len(padded)-len(plain):]) {
			t.Errorf("got %v, and with more behind it %v", plain, padded)
		}
		if end, _ := syntax.EndOfObject([]byte(text), from); end < from || end > len(text) {
			t.Errorf("got %d, want it from %d to %d", end, from, len(text))
		}
	})
}
