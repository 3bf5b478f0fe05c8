package pdf_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// twice returns a document followed by a second copy of itself, whose cross-references nobody
// reads, as some producers write. change alters an object of that copy, from its number to its
// endobj.
func twice(t *testing.T, number int, change func(string) string) []byte {
	t.Helper()
	objects := append(pdftest.Pages(1, ""), pdftest.Stream("/Length2 5 0 R", "BT (PAY 10) Tj ET"), "(a text)",
		strings.Replace(pdftest.Stream("", "0 0 m"), "/Length 5", "/Length 7 0 R", 1), "5")
	once := pdftest.File{Objects: objects}.Bytes()
	start := bytes.Index(once, fmt.Appendf(nil, "\n%d 0 obj", number)) + 1
	end := start + bytes.Index(once[start:], []byte("endobj")) + len("endobj")
	return slices.Concat(once, once[:start], []byte(change(string(once[start:end]))), once[end:])
}

// shadows returns the numbers of the objects that readers might find in another state.
func shadows(t *testing.T, document []byte) []int {
	t.Helper()
	file, err := pdf.Open(t.Context(), bytes.NewReader(document), pdf.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	var numbers []int
	if err := file.Shadows(func(number int, _ int64) { numbers = append(numbers, number) }); err != nil {
		t.Fatal(err)
	}
	return numbers
}

func TestCopiesOfObjects(t *testing.T) {
	t.Parallel()
	for number := 1; number <= 7; number++ {
		if got := shadows(t, twice(t, number, func(object string) string { return object })); len(got) > 0 {
			t.Errorf("object %d: got %v of an exact copy, want none", number, got)
		}
		for name, change := range map[string]func(string) string{
			"white space more":   func(o string) string { return strings.Replace(o, " obj\n", " obj\n ", 1) },
			"a comment in front": func(o string) string { return strings.Replace(o, " obj\n", " obj\n%\n", 1) },
			"junk behind":        func(o string) string { return strings.Replace(o, "endobj", ">> endobj", 1) },
			"no end":             func(o string) string { return strings.Replace(o, "endobj", "", 1) },
			"an end that is part of a word": func(o string) string {
				return strings.Replace(o, "endobj", "endobject", 1)
			},
			"another generation": func(o string) string { return strings.Replace(o, " 0 obj", " 1 obj", 1) },
			"another object": func(string) string {
				return fmt.Sprintf("%d 0 obj\n<< /Other true >>\nendobj", number)
			},
			"a number that nothing has": func(o string) string {
				return o + fmt.Sprintf("\n9%d 0 obj\nnull\nendobj", number)
			},
		} {
			if got := shadows(t, twice(t, number, change)); len(got) == 0 {
				t.Errorf("object %d, %s: got none, want the object", number, name)
			}
		}
	}
}

// TestNearCopiesOfObjects changes, removes and doubles each byte of a copy in turn.
func TestNearCopiesOfObjects(t *testing.T) {
	t.Parallel()
	for number := 1; number <= 7; number++ {
		var object string
		twice(t, number, func(o string) string { object = o; return o })
		for at := strings.Index(object, "obj") + len("obj"); at < len(object); at++ {
			for name, near := range map[string]string{
				"another byte": object[:at] + string(object[at]^1) + object[at+1:],
				"a byte less":  object[:at] + object[at+1:],
				"a byte more":  object[:at] + object[at:at+1] + object[at:],
			} {
				if got := shadows(t, twice(t, number, func(string) string { return near })); len(got) == 0 {
					t.Errorf("object %d, %s at %d: got none for %q, want the object", number, name, at, near)
				}
			}
		}
	}
}

// If a copy of a stream has its /Length in another object, and the copy of that object differs, the
// object with the length is reported.
func TestCopiesOfStreamsWithALengthElsewhere(t *testing.T) {
	t.Parallel()
	change := func(length string) string { return strings.Replace(length, "\n5\n", "\n4\n", 1) }
	if got := shadows(t, twice(t, 7, change)); !slices.Equal(got, []int{7}) {
		t.Errorf("got %v, want the length", got)
	}
}

// The object that the cross-references name must have the same end as its copy.
func TestObjectsWhoseCopiesEndBetter(t *testing.T) {
	t.Parallel()
	document := twice(t, 1, func(object string) string { return object })
	at := bytes.Index(document, []byte("endobj\n5 0 obj")) + len("endobj")
	document[at] = 'x'
	if got := shadows(t, document); !slices.Equal(got, []int{4}) {
		t.Errorf("got %v, want the object", got)
	}
}

// An object in an object stream has no copy outside of one.
func TestCopiesOfMembers(t *testing.T) {
	t.Parallel()
	document := pdftest.File{Objects: append(pdftest.Pages(1, ""), "(a text)"), Streams: true}.Bytes()
	at := bytes.LastIndex(document, []byte("startxref"))
	document = slices.Concat(document[:at], []byte("4 0 obj\n(a text)\nendobj\n"), document[at:])
	if got := shadows(t, document); !slices.Equal(got, []int{4}) {
		t.Errorf("got %v, want the object", got)
	}
}

// An object and a trailer are found wherever the search changes from one window to the next, and
// however wide the gaps in them are.
func TestDefinitionsAcrossWindows(t *testing.T) {
	t.Parallel()
	const window = 64 << 10
	for _, text := range []string{
		"91 GAP0 obj", "91 0 GAPobj", "9%GAP\n1 0 obj", "91 %GAP\n0 obj", "91 0 GAPobj GAP", "9191 0 obj",
	} {
		for _, size := range []int{1, 500, 600, 5000, window + 5000} {
			gap := strings.Repeat(" ", size)
			if strings.Contains(text, "%GAP") {
				gap = strings.Repeat("x", size)
			}
			hidden := "\n" + strings.Replace(text, "GAP", gap, 1) + " null endobj\n"
			for back := -600; back <= 600; back += 40 {
				filling := window - min(size, window/2) + back
				data := strings.Repeat("y", filling) + hidden + strings.Repeat("z", 2*window)
				document := pdftest.File{Objects: append(pdftest.Pages(1, ""), pdftest.Stream("", data))}.Bytes()
				want := []int{91}
				switch {
				case strings.HasPrefix(text, "9191"):
					want = []int{9191}
				case strings.HasPrefix(text, "9%"):
					want = []int{1}
				}
				if got := shadows(t, document); !slices.Equal(got, want) {
					t.Fatalf("%q with a gap of %d at %d: got %v, want %v", text, size, filling, got, want)
				}
			}
		}
	}
}
