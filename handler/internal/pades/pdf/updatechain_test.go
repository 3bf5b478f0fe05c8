package pdf_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestIrregularChains checks what an update states about the sections before it and about the
// numbers of its objects, each at its bound. It also checks the reason that is returned.
func TestIrregularChains(t *testing.T) {
	t.Parallel()
	const gap, less, two = "far beyond the earlier ones", "less than before", "exactly one cross-reference section"
	file := body(newBuilder()).table("").Bytes() // with the objects 1 to 3
	larger := bytes.Replace(file, []byte("/Size 4"), []byte("/Size 9"), 1)
	if bytes.Equal(file, larger) {
		t.Fatal("the file has no /Size 4")
	}
	size := func(n int) string { return strings.Replace(sound, "/Size 7", fmt.Sprintf("/Size %d", n), 1) }
	objects, section, _ := strings.Cut(sound, "xref\n")
	for _, test := range []struct {
		name   string
		file   []byte
		update string
		want   string // a part of the reason; "" = it is regular
	}{
		{"numbers up to the bound", file, size(4 + 2 + 1024), ""},
		{"numbers beyond the bound", file, size(4 + 2 + 1024 + 1), gap},
		{"numbers up to the bound behind a larger size", larger, size(9 + 2 + 1024), ""},
		{"numbers beyond the bound behind a larger size", larger, size(9 + 2 + 1024 + 1), gap},
		{"the size before", larger, size(9), ""},
		{"a smaller size", larger, size(8), less},
		{"two sections", file, objects + "xref\n" + strings.Replace(section, "startxref\nSTART\n%%EOF\n", "", 1) +
			strings.Replace("xref\n"+section, "PREV", "FIRST", 1), two},
	} {
		update := test.update
		if strings.Contains(update, "FIRST") { // the second section goes on from the first one
			first := strings.Index(update, "xref\n5 2")
			update = strings.Replace(update, "FIRST", fmt.Sprint(len(test.file)+first), 1)
			whole := withUpdate(test.file, update)
			second := bytes.LastIndex(whole, []byte("xref\n5 2"))
			at := bytes.LastIndex(whole, []byte("startxref\n"))
			whole = fmt.Appendf(whole[:at:at], "startxref\n%d\n%%%%EOF\n", second)
			checkReason(t, test.name, irregularity(t, test.file, whole), test.want)
			continue
		}
		checkReason(t, test.name, irregularity(t, test.file, withUpdate(test.file, update)), test.want)
	}
}

func checkReason(t *testing.T, name, got, want string) {
	t.Helper()
	if (got == "") != (want == "") || !strings.Contains(got, want) {
		t.Errorf("%s: got %q, want %q", name, got, want)
	}
}
