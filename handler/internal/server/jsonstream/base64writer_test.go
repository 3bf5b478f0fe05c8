package jsonstream

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

// TestBase64Writer writes pieces of many sizes between texts of many sizes. The output is the same
// as encoding/base64 makes of the whole, however the texts fill the block.
func TestBase64Writer(t *testing.T) {
	t.Parallel()
	const block = 32 << 10
	for _, around := range []int{0, 1, block - 5, block - 1, block, block + 1, 3 * block} {
		text := strings.Repeat("t", around)
		for _, size := range []int{0, 1, 2, 3, 4, 7, 100, 3*block + 1} {
			content := bytes.Repeat([]byte("content"), size/7+1)[:size]
			for _, piece := range []int{1, 2, 3, 8, 1000, block} {
				var out bytes.Buffer
				w := NewBase64Writer(&out)
				if err := w.Text(text); err != nil {
					t.Fatal(err)
				}
				for rest := content; len(rest) > 0; {
					n, err := w.Write(rest[:min(piece, len(rest))])
					if err != nil {
						t.Fatal(err)
					}
					rest = rest[n:]
				}
				if err := w.End(text); err != nil {
					t.Fatal(err)
				}
				if want := text + base64.StdEncoding.EncodeToString(content) + text; out.String() != want {
					t.Fatalf("texts of %d, %d bytes in pieces of %d: got %d characters, want %d or others", around,
						size, piece, out.Len(), len(want))
				}
			}
		}
	}
}
