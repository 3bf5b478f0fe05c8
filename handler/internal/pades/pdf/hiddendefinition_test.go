package pdf_test

import (
	"strings"
	"testing"
)

// A reader that searches an update for objects and trailers finds them in strings too, and skips
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
