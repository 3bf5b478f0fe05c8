package pdf_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"influxion/handler/internal/pades/pdf"
)

func TestPages(t *testing.T) {
	t.Parallel()
	b := newBuilder()
	b.object(1, catalogBody)
	b.object(2, "<</Kids [3 0 R null 99 0 R 4 0 R 8 0 R] /Count -7>>")
	b.object(3, "<</Type /Pages /Kids 9 0 R>>")
	b.object(4, "<</Type /Page>>")
	b.object(5, "<</MediaBox [0 0 1 1]>>")
	b.object(6, "<</Type /Page>>")
	b.object(8, "<</Kids []>>")
	b.object(9, "[5 0 R 6 0 R 6 0 R]")
	f := open(t, b.table("").Bytes())
	var got []int
	if err := f.Pages(func(ref pdf.Ref, page pdf.Dict) bool {
		got = append(got, ref.Number)
		return page != nil
	}); err != nil {
		t.Fatal(err)
	}
	if want := []int{5, 6, 6, 4}; !slices.Equal(got, want) {
		t.Errorf("got pages %v, want %v", got, want)
	}
	if ref, page, err := f.FirstPage(); err != nil || ref.Number != 5 || page["MediaBox"] == nil {
		t.Errorf("first page: got %v %v %v", ref, page, err)
	}
}

func TestTypedValues(t *testing.T) {
	t.Parallel()
	b := body(newBuilder())
	b.object(4, "[5 0 R 6 0 R]")
	b.object(5, "<</N /Name /I 7 /S (text) /B true /Far 9 0 R>>")
	b.object(6, "8 0 R")
	b.object(8, "12")
	f := open(t, b.table("").Bytes())
	array, err := f.Array(pdf.Ref{Number: 4})
	if err != nil || len(array) != 2 {
		t.Fatalf("array: got %v %v", array, err)
	}
	dict, err := f.Dict(array[0])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.Name(dict["N"]); err != nil || got != "Name" {
		t.Errorf("name: got %q %v", got, err)
	}
	if got, err := f.Integer(array[1]); err != nil || got != 12 {
		t.Errorf("integer behind references: got %d %v", got, err)
	}
	if got, err := f.String(dict["S"]); err != nil || got.Text() != "text" {
		t.Errorf("string: got %q %v", got, err)
	}
	if got := dict["B"]; got != true {
		t.Errorf("boolean: got %v", got)
	}
	if got, err := f.Dict(dict["Far"]); err != nil || got != nil {
		t.Errorf("null as a dictionary: got %v %v, want nil", got, err)
	}
	if got, err := f.Integer(nil); err != nil || got != 0 {
		t.Errorf("null as an integer: got %v %v, want 0", got, err)
	}
	_, err = f.Dict(dict["I"])
	wantFault(t, err, pdf.Damaged)
	_, err = f.Name(dict["S"])
	wantFault(t, err, pdf.Damaged)
}

func TestSpan(t *testing.T) {
	t.Parallel()
	b := body(newBuilder())
	b.object(4, "<</Con#74ents % comment (\n <00 FF>/Other<</Contents (inner)>>/Ref 12 0 R/Last[1 2]>>")
	b.stream(5, "/Contents (a\\)b)", []byte("abc"))
	b.object(6, "<</Contents <00> /Contents <00>>>")
	b.object(7, "<</Contents <00> /C#6fntents <00>>>")
	b.object(8, "[<</Contents <00>>>]")
	b.object(9, "<</Contents <0 0f\nF>/Odd <1>/Empty <>>>")
	b.object(10, "<</Contents <00> /Other <0x>>>")
	b.object(11, "<</Contents <00> /Other>>")
	b.object(12, "<</Contents <00> <01> (x)>>")
	b.object(13, "<</Contents <00")
	data := b.table("").Bytes()
	tests := []struct {
		number int
		key    pdf.Name
		want   string // "" for a refusal
	}{
		{4, "Contents", "<00 FF>"},
		{4, "Other", "<</Contents (inner)>>"},
		{4, "Ref", "12 0 R"},
		{4, "Last", "[1 2]"},
		{4, "Absent", ""},
		{5, "Contents", `(a\)b)`},
		{6, "Contents", ""},
		{7, "Contents", ""},
		{7, "Other", ""},
		{8, "Contents", ""},
		{9, "Contents", "<0 0f\nF>"},
		{9, "Odd", "<1>"},
		{9, "Empty", "<>"},
		{10, "Contents", ""},
		{11, "Contents", ""},
		{12, "Contents", ""},
		{13, "Contents", ""},
		{99, "Contents", ""},
	}
	read := open(t, data)
	for _, test := range tests {
		read.Object(pdf.Ref{Number: test.number})
		for _, f := range []*pdf.File{open(t, data), read} {
			place, err := f.Span(pdf.Ref{Number: test.number}, test.key)
			if test.want == "" {
				wantFault(t, err, pdf.Damaged)
				continue
			}
			if err != nil || string(data[place.Start:place.End]) != test.want || place.Digits {
				t.Errorf("%d /%s: got %+v %v, want %s", test.number, test.key, place, err, test.want)
			}
		}
	}
	_, err := open(t, files()["stream"]).Span(pdf.Ref{Number: 1}, "Type")
	wantFault(t, err, pdf.Damaged)
	narrow, err := pdf.Open(t.Context(), bytes.NewReader(data), pdf.Limits{String: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = narrow.Span(pdf.Ref{Number: 9}, "Contents")
	wantFault(t, err, pdf.TooComplex)
}

// White space in a hexadecimal string could be changed, and an odd digit has two readings.
func TestSpanOfDigits(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"<00fF>": true, "<0a>": true, "<00> ": true,
		"<>": false, "<0>": false, "<000>": false, "<00 >": false, "< 00>": false, "<0 00>": false, "<0 0>": false,
		"<0\n>": false, "(00)": false,
		"<</A <00>>>": false, "00": false, "[<00>]": false, "1 0 R": false, "/00": false,
	} {
		b := newBuilder()
		b.object(1, "<</Type/Catalog>>")
		b.object(2, "<</Before <00>/Contents "+value+"/Behind <00>>>")
		f := open(t, b.table("").Bytes())
		for _, when := range []string{"before", "after"} {
			place, err := f.Span(pdf.Ref{Number: 2}, "Contents")
			if err != nil || place.Digits != want {
				t.Errorf("%s, %s the object was read: got %+v %v, want digits alone: %v", value, when, place, err, want)
			}
			f.Object(pdf.Ref{Number: 2})
		}
	}
}

// A failing Source is not blamed on the document, nor is the end of the context.
func TestForeignErrors(t *testing.T) {
	t.Parallel()
	data := files()["stream"]
	broken := errors.New("disk on fire")
	for allowed := range 8 {
		f, err := pdf.Open(t.Context(), &failingSource{bytes.NewReader(data), allowed, broken}, pdf.Limits{})
		if err == nil {
			_, _, err = f.FirstPage()
		}
		if _, blamed := errors.AsType[*pdf.Error](err); blamed || err != nil && !errors.Is(err, broken) {
			t.Errorf("after %d reads: got %v, want the error of the source", allowed, err)
		}
	}
	short := &failingSource{bytes.NewReader(data), 0, io.EOF}
	if _, err := pdf.Open(t.Context(), short, pdf.Limits{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("source that ends early: got %v, want %v", err, io.ErrUnexpectedEOF)
	}

	ctx, cancel := context.WithCancel(t.Context())
	b := body(newBuilder())
	b.object(4, "["+string(bytes.Repeat([]byte("1 "), 200000))+"]")
	f, err := pdf.Open(ctx, bytes.NewReader(b.table("").Bytes()), pdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := f.Object(pdf.Ref{Number: 4}); !errors.Is(err, context.Canceled) {
		t.Errorf("reading after the end of the context: got %v", err)
	}
	if _, err := pdf.Open(ctx, bytes.NewReader(data), pdf.Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("opening after the end of the context: got %v", err)
	}
}

// failingSource fails after a number of reads.
type failingSource struct {
	*bytes.Reader
	allowed int
	err     error
}

func (s *failingSource) ReadAt(p []byte, off int64) (int, error) {
	if s.allowed--; s.allowed < 0 {
		return 0, s.err
	}
	return s.Reader.ReadAt(p, off)
}

// sparseSource is a huge file: a head and a tail with zeros between them.
type sparseSource struct {
	head, tail []byte
	size       int64
	read       int64
}

func (s *sparseSource) Size() int64 { return s.size }

func (s *sparseSource) ReadAt(p []byte, off int64) (int, error) {
	s.read += int64(len(p))
	clear(p)
	n := int(min(int64(len(p)), s.size-off))
	if off < int64(len(s.head)) {
		copy(p, s.head[off:])
	}
	begin := s.size - int64(len(s.tail))
	if off+int64(n) > begin {
		copy(p[max(0, begin-off):n], s.tail[max(0, off-begin):])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// huge returns a document of the given size with its table at the end.
func huge(size int64) *sparseSource {
	b := body(newBuilder())
	b.object(4, "(four)")
	head := bytes.Clone(b.Bytes())
	before := b.Len()
	b.table("")
	start := size - int64(b.Len()-before) - 20
	tail := bytes.Replace(b.Bytes()[before:], fmt.Appendf(nil, "startxref\n%d\n", before),
		fmt.Appendf(nil, "startxref\n%d\n", start), 1)
	return &sparseSource{head: head, tail: append(tail, make([]byte, size-start-int64(len(tail)))...), size: size}
}

// A huge document is neither loaded nor scanned. An update at an offset that a table cannot express
// is refused.
func TestHugeDocument(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		size     int64
		writable bool
	}{{2 << 30, true}, {9_000_000_000, true}, {11_000_000_000, false}} {
		src := huge(test.size)
		f, err := pdf.Open(t.Context(), src, pdf.Limits{})
		if err != nil {
			t.Fatalf("%d bytes: %v", test.size, err)
		}
		if _, _, err := f.FirstPage(); err != nil {
			t.Fatalf("%d bytes: %v", test.size, err)
		}
		u := f.NewUpdate()
		hole := &pdf.Hole{Text: []byte("<00>")}
		u.Set(pdf.Ref{Number: 4}, hole)
		increment, err := u.Bytes(nil)
		if (err == nil) != test.writable {
			t.Errorf("%d bytes: got error %v, want writable = %v", test.size, err, test.writable)
		}
		if err == nil && !bytes.HasPrefix(increment[hole.Offset-test.size:], hole.Text) {
			t.Errorf("%d bytes: the hole is not at its offset %d", test.size, hole.Offset)
		}
		if src.read > 64<<10 {
			t.Errorf("%d bytes: got %d bytes read, want at most 64 KB", test.size, src.read)
		}
	}
}
