package pdf_test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
)

// A string of any length reads as the bytes that it denotes, in whatever form it is written.
// Strings do not share memory.
func TestLengthsOfStrings(t *testing.T) {
	t.Parallel()
	forms := map[string]func([]byte) string{
		"digits":            func(b []byte) string { return fmt.Sprintf("<%x>", b) },
		"capital digits":    func(b []byte) string { return fmt.Sprintf("<%X>", b) },
		"space after one":   func(b []byte) string { return "<" + spaced(b, 1) + ">" },
		"space after 8,191": func(b []byte) string { return "<" + spaced(b, 8191) + ">" },
		"literal":           func(b []byte) string { return "(" + string(b) + ")" },
	}
	for form, write := range forms {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			random := rand.NewChaCha8([32]byte{1})
			for _, size := range []int{0, 1, 2, 2047, 2048, 2049, 4095, 4096, 4097, 8192, 70000} {
				var want pdf.Array
				text := ""
				for _, n := range []int{size, size + 1, 3} {
					one := make([]byte, n)
					random.Read(one)
					if form == "literal" { // without what means something else there
						one = []byte(hex.EncodeToString(one))[:n]
					}
					want = append(want, pdf.String(one))
					text += write(one) + " "
				}
				b := body(newBuilder())
				b.object(4, "["+text+"]")
				wantSame(t, want,
					func() (pdf.Object, error) { return pdf.Parse([]byte("["+text+"]"), pdf.DefaultLimits()) })
				f := open(t, b.table("").Bytes())
				wantSame(t, want, func() (pdf.Object, error) { return f.Object(pdf.Ref{Number: 4}) })
			}
		})
	}
}

// The memory of a string depends on its own length, not on the length of the data around it. Not
// parallel, because other tests allocate too.
func TestMemoryOfStrings(t *testing.T) {
	text := []byte("<" + strings.Repeat("0a", 3000) + ">%" + strings.Repeat(" ", 4<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	object, err := pdf.Parse(text, pdf.DefaultLimits())
	runtime.ReadMemStats(&after)
	if got, ok := object.(pdf.String); err != nil || !ok || len(got) != 3000 {
		t.Fatalf("got %T and %v, want a string", object, err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 64<<10 {
		t.Errorf("got %d bytes allocated for a string of 3,000", got)
	}
}

// A string without an end takes no memory, whatever is in it and around it, because each object of
// a damaged file may begin one. A string with an end takes the memory of its bytes once. Not
// parallel, because other tests allocate too.
func TestStringsWithoutEnd(t *testing.T) {
	const size = 1 << 20
	around := map[string]string{"": "", "[": "]", "<</A": ">>", "[1 2 [": "]]", "<</A[(b)<</C": ">>]>>"}
	for before, after := range around {
		for _, piece := range []string{"x", `\(`, `\050`, "\r\n", "\\\n", "()", "x\\)", "endobj\n4 0 obj\n"} {
			text := before + "(" + strings.Repeat(piece, size/len(piece))
			if got, err := allocated(text); err == nil || got > 16<<10 {
				t.Errorf("%s(%q…: got %d bytes allocated and %v, want an error and few", before, piece, got, err)
			}
			if got, err := allocated(text + ")" + after); err != nil || got > size+16<<10 {
				t.Errorf("%s(%q…)%s: got %d bytes allocated and %v, want what it stands for", before, piece, after,
					got, err)
			}
		}
	}
}

// allocated returns how many bytes the reading of an object allocates.
func allocated(text string) (uint64, error) {
	data := []byte(text)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := pdf.Parse(data, pdf.DefaultLimits())
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, err
}

func wantSame(t *testing.T, want pdf.Array, read func() (pdf.Object, error)) {
	t.Helper()
	got, err := read()
	array, _ := got.(pdf.Array)
	if err != nil || len(array) != len(want) {
		t.Fatalf("got %d elements and %v, want %d", len(array), err, len(want))
	}
	for i := range want {
		if string(array[i].(pdf.String)) != string(want[i].(pdf.String)) {
			t.Errorf("string %d of %d bytes: got another one, of %d bytes", i, len(want[i].(pdf.String)),
				len(array[i].(pdf.String)))
		}
	}
}

// spaced writes digits with a line end after each group of so many.
func spaced(b []byte, every int) string {
	var lines []string
	for line := range slices.Chunk([]byte(hex.EncodeToString(b)), every) {
		lines = append(lines, string(line))
	}
	return strings.Join(lines, "\n")
}
