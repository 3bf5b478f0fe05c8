package pades_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pdftest"
)

// hybridWriter writes a hybrid-reference file (ISO 32000-2, 7.5.8.4) revision by revision. All
// revisions name the cross-reference stream of the first revision.
type hybridWriter struct {
	bytes.Buffer
	used   map[int]int // offsets of the objects of the revision that is being written
	beside int         // offset of the cross-reference stream
	prev   int
}

func newHybridWriter() *hybridWriter {
	h := &hybridWriter{used: map[int]int{}}
	h.WriteString("%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
	return h
}

func (h *hybridWriter) object(number int, text string) {
	h.used[number] = h.Len()
	fmt.Fprintf(h, "%d 0 obj\n%s\nendobj\n", number, text)
}

// stream writes the cross-reference stream with these rows of number, type and two fields.
func (h *hybridWriter) stream(number int, rows ...[4]int) {
	h.beside = h.Len()
	var index, data strings.Builder
	for _, row := range append(rows, [4]int{number, 1, h.Len(), 0}) {
		fmt.Fprintf(&index, "%d 1 ", row[0])
		data.Write([]byte{byte(row[1]), byte(row[2] >> 16), byte(row[2] >> 8), byte(row[2]), byte(row[3])})
	}
	h.object(number,
		pdftest.Stream(fmt.Sprintf("/Type /XRef /W [1 3 1] /Size 30 /Root 1 0 R /Index [%s]", index.String()),
			data.String()))
}

// section ends the revision. The numbers in free are free in its table; those in hidden are left
// out of it.
func (h *hybridWriter) section(free, hidden []int) {
	for _, number := range hidden {
		delete(h.used, number)
	}
	start := h.Len()
	h.WriteString("xref\n")
	if len(h.used) == 0 {
		h.WriteString("0 0\n")
	}
	for number := range 30 {
		if at, used := h.used[number]; used {
			fmt.Fprintf(h, "%d 1\n%010d 00000 n \n", number, at)
			continue
		}
		if slices.Contains(free, number) {
			fmt.Fprintf(h, "%d 1\n0000000000 00000 f \n", number)
		}
	}
	h.WriteString("trailer\n<< /Size 30 /Root 1 0 R")
	if h.prev > 0 {
		fmt.Fprintf(h, " /Prev %d", h.prev)
	}
	if h.beside > 0 {
		fmt.Fprintf(h, " /XRefStm %d", h.beside)
	}
	fmt.Fprintf(h, " >>\nstartxref\n%d\n%%%%EOF\n", start)
	h.prev, h.used = start, map[int]int{}
}

// copiedStream is a document of two signatures. Its text field, object 7, is listed only in the
// cross-reference stream that its first table names. The revision of the second signature may have
// another value of the field. A third revision adds an object that nothing refers to. All revisions
// name that stream.
type copiedStream struct {
	state    string // of object 7 in the stream: a member, plain, or free
	listed   bool   // only the stream, and not the table, lists the object stream
	apart    bool   // an empty table of its own names the stream, as word processors write it
	freed    bool   // the first table says that object 7 is free
	refilled bool   // the revision of the second signature has another value
	frees    int    // the object that the last table frees; 0 = none
}

func (c copiedStream) document(t *testing.T, s signer) (revisions [3][]byte) {
	t.Helper()
	const form = "/Type /XObject /Subtype /Form /BBox [0 0 300 40] " + resources
	value := func(text string, appearance int) string {
		return fmt.Sprintf("<< /FT /Tx /T (amount) /V (%s) /Type /Annot /Subtype /Widget /F 4 /P 3 0 R "+
			"/Rect [72 600 372 640] /DA (/F1 24 Tf) /AP << /N %d 0 R >> >>", text, appearance)
	}
	h := newHybridWriter()
	for i, text := range payment(resources+"/Contents 4 0 R /Annots [7 0 R]",
		"/AcroForm << /Fields [6 0 R 7 0 R 12 0 R] >>", "<< /FT /Sig /T (first) /V 11 0 R >>") {
		h.object(i+1, text)
	}
	h.object(8, pdftest.Stream(form, "BT /F1 24 Tf 2 10 Td (100) Tj ET"))
	h.object(11, unsigned(claimedNow()))
	h.object(12, "<< /FT /Sig /T (second) >>")
	row := [4]int{7, 2, 9, 0}
	hidden := []int{10}
	if c.state == "a member" {
		h.object(9, pdftest.Stream("/Type /ObjStm /N 1 /First 4", "7 0 "+value("100", 8)))
		hidden = append(hidden, 7)
	} else {
		h.object(7, value("100", 8))
		if row = [4]int{7, 0, 0, 0}; c.state == "plain" {
			row = [4]int{7, 1, h.used[7], 0}
			hidden = append(hidden, 7)
		}
	}
	rows := [][4]int{row}
	if at, ok := h.used[9]; ok && c.listed {
		rows, hidden = append(rows, [4]int{9, 1, at, 0}), append(hidden, 9)
	}
	h.stream(10, rows...)
	free := []int{0}
	if c.freed {
		free = append(free, 7)
	}
	if c.apart {
		beside := h.beside
		h.beside = 0
		h.section(free, hidden)
		h.beside = beside
		free, hidden = nil, nil
	}
	h.section(free, hidden)
	s.fill(t, h.Bytes())
	revisions[0] = bytes.Clone(h.Bytes())

	h.object(12, "<< /FT /Sig /T (second) /V 13 0 R >>")
	h.object(13, unsigned(claimedNow()))
	if c.refilled {
		h.object(7, value("999999", 14))
		h.object(14, pdftest.Stream(form, "BT /F1 24 Tf 2 10 Td (999999) Tj ET"))
	}
	h.section(nil, nil)
	s.fill(t, h.Bytes())
	revisions[1] = bytes.Clone(h.Bytes())

	h.object(15, "null")
	h.section([]int{c.frees}, nil)
	revisions[2] = h.Bytes()
	return revisions
}

// passes reports whether the first signature passes with the revision of the second, and whether
// the second signature passes with the third revision. A signature does not pass if some reader
// shows something else.
func (c copiedStream) passes() (first, second bool) {
	if c.state == "free" {
		// Ghostscript shows what only the stream of the signed revision frees.
		return false, !c.refilled && !c.apart
	}
	lost := c.frees == 7 || c.frees == 9 && c.state == "a member"
	return c.apart, !c.refilled && !lost // PDFium does not read the stream that the oldest table names
}

// A copied /XRefStm does not restore an object that a later revision replaced or freed, and no
// reader shows anything else than before.
func TestCopiedStreamBesideTheTable(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, state := range []string{"a member", "plain", "free"} {
		for i := range 64 {
			c := copiedStream{state: state, listed: i&1 != 0, apart: i&2 != 0, freed: i&4 != 0, refilled: i&8 != 0,
				frees: []int{0, 7, 9, 20}[i>>4]}
			revisions := c.document(t, s)
			first, second := c.passes()
			for i, want := range [][]bool{{true}, {first, true}, {first && second, second}} {
				for j, one := range verified(t, revisions[i], s.trust()) {
					if (one.Indication == pades.TotalPassed) != want[j] {
						t.Errorf("%+v, revision %d, %s: got %s (%s), want it to pass: %v", c, i+1, one.Field,
							one.Indication, one.Detail, want[j])
					}
				}
			}
		}
	}
}

// claimedNow is /M of a signature dictionary.
func claimedNow() string { return time.Now().UTC().Format("/M (D:20060102150405Z)") }
