package verify

import (
	"bytes"
	"strings"
	"testing"
)

// The line end behind the marker belongs to the marker, wherever the pieces of the reading end.
func TestFindEnd(t *testing.T) {
	t.Parallel()
	for _, lineEnd := range []string{"", "\n", "\r", "\r\n"} {
		for before := range 10_000 {
			if before > 20 && (before+16)%4096 > 32 {
				continue // no piece ends near
			}
			head := strings.Repeat("x", before) + "%%EOF" + lineEnd
			for _, tail := range []string{"", "x", strings.Repeat("x", 5000)} {
				document := bytes.NewReader([]byte(head + tail))
				got, err := findEnd(t.Context(), document, 0, document.Size(), make([]byte, endWindow))
				if err != nil || got != int64(len(head)) {
					t.Fatalf("mark at %d, line end %q, %d bytes behind: got %d %v, want %d", before, lineEnd, len(tail),
						got, err, len(head))
				}
				if got, err := findEnd(t.Context(), document, 0, int64(before), make([]byte, endWindow)); got != 0 ||
					err != nil {
					t.Fatalf("mark at %d, where the range ends: got %d %v, want none", before, got, err)
				}
			}
		}
	}
}
