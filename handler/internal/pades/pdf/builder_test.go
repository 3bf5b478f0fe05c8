package pdf_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/pdf"
)

// builder writes small PDFs by hand, revision after revision, with the irregularities that a test
// asks for.
type builder struct {
	bytes.Buffer
	origin  int    // what offsets count from
	eol     string // line end
	offsets map[int]int
	inside  map[int][2]int // object number: object stream and index
	freed   []int
	prev    int
	root    string
	size    int
}

func newBuilder() *builder {
	b := &builder{eol: "\n", prev: -1, root: "/Root 1 0 R"}
	b.reset()
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	return b
}

func (b *builder) reset() {
	b.offsets, b.inside, b.freed = map[int]int{}, map[int][2]int{}, nil
}

func (b *builder) at() int { return b.Len() - b.origin }

func (b *builder) note(number int) {
	b.offsets[number] = b.at()
	b.size = max(b.size, number+1)
}

func (b *builder) object(number int, body string) {
	b.note(number)
	fmt.Fprintf(b, "%d 0 obj%s%s%sendobj%s", number, b.eol, body, b.eol, b.eol)
}

func (b *builder) stream(number int, dict string, data []byte) {
	b.note(number)
	fmt.Fprintf(b, "%d 0 obj%s<<%s /Length %d>>%sstream\n%s\nendstream%sendobj%s", number, b.eol, dict, len(data),
		b.eol, data, b.eol, b.eol)
}

// objectStream puts bodies with ascending numbers into an object stream.
func (b *builder) objectStream(number, first int, bodies ...string) {
	var head, data strings.Builder
	for i, body := range bodies {
		fmt.Fprintf(&head, "%d %d ", first+i, data.Len())
		data.WriteString(body + " ")
		b.inside[first+i] = [2]int{number, i}
		b.size = max(b.size, first+i+1)
	}
	dict := fmt.Sprintf("/Type /ObjStm /N %d /First %d /Filter /FlateDecode", len(bodies), head.Len())
	b.stream(number, dict, deflate([]byte(head.String()+data.String())))
}

// table ends a revision with a cross-reference table.
func (b *builder) table(trailer string) *builder {
	start := b.at()
	fmt.Fprintf(b, "xref%s", b.eol)
	separator := " " + b.eol
	if len(b.eol) == 2 {
		separator = b.eol
	}
	entries := map[int]string{}
	if b.prev < 0 {
		entries[0] = "0000000000 65535 f"
	}
	for number, offset := range b.offsets {
		entries[number] = fmt.Sprintf("%010d 00000 n", offset)
	}
	for _, number := range b.freed {
		entries[number] = "0000000000 00001 f"
	}
	for _, r := range ranges(entries) {
		fmt.Fprintf(b, "%d %d%s", r.First, r.Count, b.eol)
		for number := r.First; number < r.First+r.Count; number++ {
			b.WriteString(entries[number] + separator)
		}
	}
	return b.trailer(start, trailer)
}

func (b *builder) trailer(start int, trailer string) *builder {
	if b.prev >= 0 {
		trailer += fmt.Sprintf(" /Prev %d", b.prev)
	}
	fmt.Fprintf(b, "trailer%s<<%s /Size %d %s>>%sstartxref%s%d%s%%%%EOF%s", b.eol, b.root, b.size, trailer, b.eol,
		b.eol, start, b.eol, b.eol)
	b.prev = start
	b.reset()
	return b
}

// rows returns the entries of a cross-reference stream with W [1 4 2], and its index.
func (b *builder) rows() (index string, rows []byte) {
	all := map[int][]byte{}
	row := func(kind, second, third int) []byte {
		return []byte{byte(kind), byte(second >> 24), byte(second >> 16), byte(second >> 8), byte(second),
			byte(third >> 8), byte(third)}
	}
	if b.prev < 0 {
		all[0] = row(0, 0, 65535)
	}
	for number, offset := range b.offsets {
		all[number] = row(1, offset, 0)
	}
	for number, place := range b.inside {
		all[number] = row(2, place[0], place[1])
	}
	for _, number := range b.freed {
		all[number] = row(0, 0, 1)
	}
	for _, r := range ranges(all) {
		index += fmt.Sprintf("%d %d ", r.First, r.Count)
		for number := r.First; number < r.First+r.Count; number++ {
			rows = append(rows, all[number]...)
		}
	}
	return index, rows
}

// xrefStream ends a revision with a cross-reference stream.
func (b *builder) xrefStream(extra string) *builder {
	start := b.at()
	number := b.size
	b.note(number)
	index, rows := b.rows()
	if b.prev >= 0 {
		extra += fmt.Sprintf(" /Prev %d", b.prev)
	}
	predicted := upPredict(rows, 7)
	dict := fmt.Sprintf("/Type /XRef /W [1 4 2] /Index [%s] /Size %d %s %s /Filter /FlateDecode /DecodeParms "+
		"<</Predictor 12 /Columns 7>>",
		index, b.size, b.root, extra)
	b.stream(number, dict, deflate(predicted))
	fmt.Fprintf(b, "startxref%s%d%s%%%%EOF%s", b.eol, start, b.eol, b.eol)
	b.prev = start
	b.reset()
	return b
}

// hybrid ends a revision with a table whose stream holds the objects that are in object streams.
func (b *builder) hybrid() *builder {
	streamAt := b.at()
	number := b.size
	visible := maps.Clone(b.offsets)
	clear(b.offsets)
	prev := b.prev
	b.prev = 0
	index, rows := b.rows()
	b.prev = prev
	b.stream(number, fmt.Sprintf("/Type /XRef /W [1 4 2] /Index [%s] /Size %d", index, number+1), rows)
	visible[number] = streamAt
	b.offsets = visible
	return b.table(fmt.Sprintf("/XRefStm %d", streamAt))
}

// ranges returns the runs of consecutive keys.
func ranges[V any](entries map[int]V) []pdf.Range {
	var runs []pdf.Range
	for _, number := range slices.Sorted(maps.Keys(entries)) {
		if n := len(runs); n > 0 && runs[n-1].First+runs[n-1].Count == number {
			runs[n-1].Count++
		} else {
			runs = append(runs, pdf.Range{First: number, Count: 1})
		}
	}
	return runs
}

func deflate(data []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write(data)
	w.Close()
	return out.Bytes()
}

// upPredict applies the PNG filter Up.
func upPredict(data []byte, columns int) []byte {
	var out []byte
	prior := make([]byte, columns)
	for row := range slices.Chunk(data, columns) {
		out = append(out, 2)
		for i := range row {
			out = append(out, row[i]-prior[i])
		}
		prior = row
	}
	return out
}

const (
	catalogBody = "<</Type /Catalog /Pages 2 0 R>>"
	pagesBody   = "<</Type /Pages /Kids [3 0 R] /Count 1>>"
	pageBody    = "<</Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Resources <<>>>>"
)

func body(b *builder) *builder {
	b.object(1, catalogBody)
	b.object(2, pagesBody)
	b.object(3, pageBody)
	return b
}

// The kinds of file on which most tests run. All have the catalog in object 1, the page tree in 2,
// the page in 3, and "(four)" in 4.
func files() map[string][]byte {
	table := body(newBuilder())
	table.object(4, "(four)")

	stream := newBuilder()
	stream.objectStream(5, 1, catalogBody, pagesBody, pageBody, "(four)")

	hybrid := body(newBuilder())
	hybrid.table("")
	hybrid.objectStream(5, 4, "(four)")

	revised := body(newBuilder())
	revised.object(4, "(old)")
	revised.object(5, "(gone)")
	revised.table("/ID [<00112233445566778899AABBCCDDEEFF> <00112233445566778899AABBCCDDEEFF>]")
	revised.object(4, "(four)")
	revised.freed = []int{5}

	mixed := body(newBuilder())
	mixed.table("")
	mixed.objectStream(6, 4, "(four)")

	carriage := newBuilder()
	carriage.eol = "\r"
	body(carriage).object(4, "(four)")

	windows := newBuilder()
	windows.eol = "\r\n"
	body(windows).object(4, "(four)")

	shifted := newBuilder()
	shifted.Reset()
	shifted.WriteString("HTTP/1.1 200 OK\r\n\r\n")
	shifted.origin = shifted.Len()
	shifted.WriteString("%PDF-1.4\n")
	body(shifted).object(4, "(four)")

	shiftedStream := newBuilder()
	shiftedStream.Reset()
	shiftedStream.WriteString("\xef\xbb\xbfjunk\n")
	shiftedStream.origin = shiftedStream.Len()
	shiftedStream.WriteString("%PDF-1.5\n")
	shiftedStream.objectStream(5, 1, catalogBody, pagesBody, pageBody, "(four)")

	absolute := newBuilder()
	absolute.Reset()
	absolute.WriteString("junk of the producer itself\n%PDF-1.4\n")
	body(absolute).object(4, "(four)")

	return map[string][]byte{
		"table": table.table("").Bytes(), "stream": stream.xrefStream("").Bytes(), "hybrid": hybrid.hybrid().Bytes(),
		"revised": revised.table("").Bytes(), "mixed": mixed.xrefStream("").Bytes(), "CR": carriage.table("").Bytes(),
		"CRLF": windows.table("").Bytes(), "offsets from header": shifted.table("").Bytes(),
		"stream, offsets from header": shiftedStream.xrefStream("").Bytes(),
		"offsets from start":          absolute.table("").Bytes(),
	}
}

func open(t testing.TB, data []byte) *pdf.File {
	t.Helper()
	f, err := pdf.Open(t.Context(), bytes.NewReader(data), pdf.Limits{})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return f
}

// wantFault checks the class of an error.
func wantFault(t testing.TB, err error, want pdf.ErrorKind) {
	t.Helper()
	fault, ok := errors.AsType[*pdf.Error](err)
	if _, over := errors.AsType[*budget.Error](err); over && want == pdf.TooComplex {
		return
	}
	if !ok {
		t.Fatalf("got error %v, want one of fault %q", err, want)
	}
	if fault.Kind != want {
		t.Fatalf("got fault %q (%v), want %q", fault.Kind, err, want)
	}
}

// wantObject checks the written form of an object.
func wantObject(t testing.TB, f *pdf.File, ref pdf.Ref, want string) {
	t.Helper()
	object, err := f.Object(ref)
	if err != nil {
		t.Fatalf("object %v: %v", ref, err)
	}
	got, err := pdf.Append(nil, object)
	if err != nil || string(got) != want {
		t.Fatalf("object %v: got %s (%v), want %s", ref, got, err, want)
	}
}
