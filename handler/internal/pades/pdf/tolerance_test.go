package pdf_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
)

// tableOf returns a file with the objects of body and 4 "(four)". entry writes the entries of its
// table. It gets the number and the offset, which is 0 for a free object.
func tableOf(head string, entry func(number, offset int) string) []byte {
	b := body(newBuilder())
	b.object(4, "(four)")
	start := b.at()
	b.WriteString("xref\n" + head)
	for number := range 5 {
		b.WriteString(entry(number, b.offsets[number]))
	}
	return b.trailer(start, "").Bytes()
}

// entryWith writes entries of a table with the given text before and behind.
func entryWith(before, behind string) func(int, int) string {
	return func(number, offset int) string {
		if number == 0 {
			return before + "0000000000 65535 f" + behind
		}
		return fmt.Sprintf("%s%010d 00000 n%s", before, offset, behind)
	}
}

// Deviations of real writers from the standard that are tolerated.
func TestTolerance(t *testing.T) {
	t.Parallel()
	table := files()["table"]
	free := files()["CR"]
	withBody := func(text string) []byte {
		b := body(newBuilder())
		b.note(4)
		b.WriteString(text)
		return b.table("").Bytes()
	}
	late := newBuilder()
	late.Reset()
	late.WriteString(strings.Repeat("x", 1024-5))
	late.origin = late.Len()
	late.WriteString("%PDF-1.4\n")
	body(late).object(4, "(four)")
	coincidence := newBuilder()
	coincidence.Reset()
	coincidence.WriteString("eight!!\n")
	coincidence.origin = coincidence.Len()
	coincidence.WriteString("%PDF-1.4\n")
	body(coincidence).object(4, "(four)")
	coincidence.WriteString("9 0 obj\n")
	tests := []struct {
		name string
		data []byte
	}{
		{"an object where startxref points to from the start of the file", coincidence.table("").Bytes()},
		{"entries of 19 bytes", tableOf("0 5\n", entryWith("", "\n"))},
		{"entries of 20 bytes, CR LF", tableOf("0 5\n", entryWith("", "\r\n"))},
		{"entries of 20 bytes, space CR", tableOf("0 5\n", entryWith("", " \r"))},
		{"entries of 21 bytes", tableOf("0 5\n", entryWith("", " \r\n"))},
		{"entries with space before", tableOf("0 5\n", entryWith("  ", "\n"))},
		{"entries with short numbers", tableOf("0 5\n", func(number, offset int) string {
			if number == 0 {
				return "0 65535 f\n"
			}
			return fmt.Sprintf("%d 0 n\n", offset)
		})},
		{"first subsection numbered from 1", tableOf("1 5\n", entryWith("", " \n"))},
		{"object 0 of generation 65536", replacedBytes(table, "65535 f", "65536 f")},
		{"subsection head with spaces", tableOf("  0   5  \n", entryWith("", " \n"))},
		{"subsection head ends without line", tableOf("0 5 ", entryWith("", " \n"))},
		{"empty subsections", tableOf("0 0\n7 0\n0 5\n", entryWith("", " \n"))},
		{"comment in the table", tableOf("0 5 % five\n", entryWith("", " \n"))},
		{"unused entry without offset", replacedBytes(tableOf("0 6\n0000000000 00000 n \n", entryWith("", " \n")),
			"0 6\n0000000000 00000 n \n", "9 1\n0000000000 00000 n \n0 5\n")},
		{"unused entry with generation 65536",
			replacedBytes(tableOf("0 6\n0000000000 00000 n \n", entryWith("", " \n")), "0 6\n0000000000 00000 n \n",
				"9 1\n0000000000 65536 n \n0 5\n")},
		{"Prev 0", replacedBytes(table, "/Size 5", "/Prev 0 /Size 5")},
		{"Prev 0 behind junk", replacedBytes(files()["offsets from header"], "/Size 5", "/Prev 0 /Size 5")},
		{"header at the last place", late.table("").Bytes()},
		{"zeros behind the marker", append(bytes.Clone(table), make([]byte, 4000)...)},
		{"much behind the marker", append(bytes.Clone(table), strings.Repeat("<p>an object</p>\n", 50_000)...)},
		{"HTML behind the marker", append(bytes.Clone(table), "\r\n<!-- 12 --></html>\r\n"...)},
		{"no line end behind the marker", bytes.TrimSpace(table)},
		{"marker without line", replacedBytes(table, "\n%%EOF", " %%EOF")},
		{"CR alone everywhere", free},
		{"startxref points to white space", shiftStart(table, -1)},
		{"object after white space", withBody("   \r\n4 0 obj (four) endobj\n")},
		{"endobj missing before an object", withBody("4 0 obj (four)\n9 0 obj null endobj\n")},
		{"endobj missing before the table", withBody("4 0 obj (four)\n")},
		{"endobj without line", withBody("4 0 obj(four)endobj9 0 obj null endobj\n")},
		{"object header over lines", withBody("4\n0 %comment\nobj\n(four)\nendobj\n")},
		{"object that is a reference", withBody("4 0 obj 5 0 R endobj\n")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := open(t, test.data)
			if _, _, err := f.FirstPage(); err != nil {
				t.Fatalf("first page: %v", err)
			}
			if test.name == "object that is a reference" {
				wantObject(t, f, pdf.Ref{Number: 4}, "5 0 R")
				return
			}
			wantObject(t, f, pdf.Ref{Number: 4}, "(four)")
			once, _ := update(t, test.data)
			wantObject(t, open(t, once), pdf.Ref{Number: 1}, "<</Pages 2 0 R/Type /Catalog>>")
		})
	}
}

func replacedBytes(data []byte, old, new string) []byte {
	if !bytes.Contains(data, []byte(old)) {
		panic("internal error: the text to replace is absent")
	}
	return bytes.Replace(data, []byte(old), []byte(new), 1)
}

// shiftStart moves the offset that startxref states.
func shiftStart(data []byte, by int) []byte {
	start := bytes.LastIndex(data, []byte("xref\n0"))
	return replacedBytes(data, fmt.Sprintf("startxref\n%d\n", start), fmt.Sprintf("startxref\n%d\n", start+by))
}

// The numbering of a table that begins at 1 rightly stays as it is.
func TestNumberingFromOneIsKept(t *testing.T) {
	t.Parallel()
	b := newBuilder()
	b.object(2, catalogBody)
	b.object(3, pagesBody)
	start := b.at()
	fmt.Fprintf(b, "xref\n1 3\n0000000000 65535 f \n%010d 00000 n \n%010d 00000 n \n", b.offsets[2], b.offsets[3])
	b.root = "/Root 2 0 R"
	f := open(t, b.trailer(start, "").Bytes())
	wantObject(t, f, pdf.Ref{Number: 2}, "<</Pages 2 0 R/Type /Catalog>>")
	wantObject(t, f, pdf.Ref{Number: 1}, "null")
}

// ISO 32000-2, 7.5.8.4: the order of lookup in a hybrid file.
func TestHybridOrder(t *testing.T) {
	t.Parallel()
	b := body(newBuilder())
	b.object(4, "(old)")
	b.object(5, "(hidden, old)")
	b.object(6, "(plain, old)")
	b.object(8, "(freed, old)")
	b.table("")
	// The stream defines 4, 5 and 6; the table beside it has 6 and frees 5 and 8.
	b.objectStream(7, 4, "(stream)", "(hidden)", "(shadowed)")
	streamAt := b.at()
	b.stream(9, "/Type /XRef /W [1 1 1] /Index [4 3] /Size 10", []byte{2, 7, 0, 2, 7, 1, 2, 7, 2})
	b.inside = map[int][2]int{}
	b.object(6, "(plain)")
	b.freed = []int{5, 8}
	f := open(t, b.table(fmt.Sprintf("/XRefStm %d", streamAt)).Bytes())
	for number, want := range map[int]string{4: "(stream)", 5: "(hidden)", 6: "(plain)", 8: "null",
		1: "<</Pages 2 0 R/Type /Catalog>>"} {
		wantObject(t, f, pdf.Ref{Number: number}, want)
	}
}

// ISO 32000-2, table 17: fields of width zero have their defaults.
func TestXRefStreamWidths(t *testing.T) {
	t.Parallel()
	head := len("%PDF-1.5\n")
	for name, test := range map[string]struct {
		widths string
		row    []byte
	}{
		"type 1 by default":       {"[0 1 1]", []byte{byte(head), 0}},
		"generation 0 by default": {"[1 1 0]", []byte{1, byte(head)}},
		"both":                    {"[0 3 0]", []byte{0, 0, byte(head)}},
		"all, wide": {"[2 8 8]",
			append(make([]byte, 1, 18), 1, 0, 0, 0, 0, 0, 0, 0, byte(head), 0, 0, 0, 0, 0, 0, 0, 0)},
		"a fourth without width": {"[1 1 1 0]", []byte{1, byte(head), 0}},
	} {
		f := open(t, withXRef("/Index [1 1] /Size 2 /W "+test.widths, test.row))
		if got, ok := f.Entry(1); !ok || got != (pdf.Entry{Kind: pdf.EntryOffset, Offset: int64(head)}) {
			t.Errorf("%s: got %+v, want offset %d", name, got, head)
		}
	}
	f := open(t, withXRef("/Index [1 3] /Size 4 /W [1 1 1]", []byte{0, 5, 7, 9, 1, 1, 2, 8, 6}))
	for number, want := range map[int]pdf.Entry{
		1: {Kind: pdf.EntryFree, Generation: 7}, 2: {Kind: pdf.EntryFree, Generation: 1},
		3: {Kind: pdf.EntryInStream, StreamNumber: 8, Index: 6},
	} {
		if got, _ := f.Entry(number); got != want {
			t.Errorf("entry %d: got %+v, want %+v", number, got, want)
		}
	}
}

// If updates copy /XRefStm from an older trailer, one stream stands beside several tables.
func TestHybridStreamTwice(t *testing.T) {
	t.Parallel()
	b := newBuilder()
	b.Write(files()["hybrid"][b.Len():])
	data := b.Bytes()
	at := bytes.LastIndex(data, []byte("/XRefStm"))
	var stream, prev int
	fmt.Sscanf(string(data[at:]), "/XRefStm %d", &stream)
	fmt.Sscanf(string(data[bytes.LastIndex(data, []byte("startxref")):]), "startxref\n%d", &prev)
	b.prev, b.size = prev, 7
	b.object(3, pageBody)
	f := open(t, b.table(fmt.Sprintf("/XRefStm %d", stream)).Bytes())
	wantObject(t, f, pdf.Ref{Number: 4}, "(four)")
	if got := len(f.Sections()); got != 3 {
		t.Errorf("got %d sections, want 3", got)
	}
}

// The newest definition in the whole chain counts, whatever the kinds of its sections.
func TestNewestWins(t *testing.T) {
	t.Parallel()
	b := body(newBuilder())
	for n := 4; n < 9; n++ {
		b.object(n, "(first)")
	}
	b.table("")
	b.object(5, "(second)")
	b.objectStream(20, 6, "(second)", "(second)", "(second)")
	b.xrefStream("")
	b.object(7, "(third)")
	b.freed = []int{8}
	b.table("")
	f := open(t, b.Bytes())
	for number, want := range map[int]string{4: "(first)", 5: "(second)", 6: "(second)", 7: "(third)", 8: "null"} {
		wantObject(t, f, pdf.Ref{Number: number}, want)
	}
	if got := len(f.Sections()); got != 3 {
		t.Errorf("got %d sections, want 3", got)
	}
}
