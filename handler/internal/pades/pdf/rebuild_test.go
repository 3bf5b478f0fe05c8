package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// readable opens a file. It rebuilds the file if an error of Open or of an object says that this
// may help.
func readable(t *testing.T, data []byte) (*pdf.File, error) {
	t.Helper()
	f, err := pdf.Open(t.Context(), bytes.NewReader(data), pdf.Limits{})
	if err == nil {
		_, _, err = f.FirstPage()
	}
	if fault, ok := errors.AsType[*pdf.Error](err); !ok || !fault.Repairable {
		return f, err
	}
	return pdf.Rebuild(t.Context(), bytes.NewReader(data), pdf.Limits{})
}

// An update of a rebuilt file gives a file that all readers read as it is, and that can be updated
// again.
func TestRebuild(t *testing.T) {
	t.Parallel()
	files := pdftest.BrokenFiles()
	if len(files) < 25 {
		t.Fatalf("got %d files, want at least 25", len(files))
	}
	for name, data := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := readable(t, data)
			if err != nil {
				t.Fatal(err)
			}
			if !f.Rebuilt() {
				t.Fatal("got a file that was not rebuilt")
			}
			if name != "no end-of-file marker" && name != "sections in a circle" {
				wantObject(t, f, pdf.Ref{Number: 4}, "<</New true>>")
			}
			whole, added := appended(t, f, data)
			again := open(t, whole)
			wantObject(t, again, added, "<</Added (x)>>")
			wantObject(t, again, pdf.Ref{Number: 3}, "<</Changed true>>")
			if got := again.Sections(); len(got) != 1 || got[0].Ambiguous {
				t.Errorf("got sections %v, want one that has each number once", got)
			}
			for number := range f.Sections()[0].Numbers() {
				if entry, ok := again.Entry(number); !ok || entry.Kind != pdf.EntryOffset {
					t.Errorf("object %d: got %+v, want one in use", number, entry)
				}
			}
			if entry, ok := again.Entry(0); !ok || entry.Kind != pdf.EntryFree || entry.Generation != 65535 {
				t.Errorf("object 0: got %+v, want the head of the free ones", entry)
			}
			if again.Trailer()["Prev"] != nil || again.Trailer()["Size"] != pdf.Integer(added.Number+1) {
				t.Errorf("got trailer %v", again.Trailer())
			}
			qpdfCheck(t, replacedPage(t, f, data))
			twice, _ := appended(t, again, whole)
			if got := len(open(t, twice).Sections()); got != 2 {
				t.Errorf("after another update: got %d sections, want 2", got)
			}
		})
	}
}

// appended adds an object and changes another.
func appended(t *testing.T, f *pdf.File, data []byte) ([]byte, pdf.Ref) {
	t.Helper()
	u := f.NewUpdate()
	u.Set(pdf.Ref{Number: 3}, pdf.Dict{"Changed": true})
	added := u.Add(pdf.Dict{"Added": pdf.String("x")})
	increment, err := u.Bytes(nil)
	if err != nil {
		t.Fatalf("update: %v", err)
	}
	return slices.Concat(data, increment), added
}

// replacedPage writes the first page anew.
func replacedPage(t *testing.T, f *pdf.File, data []byte) []byte {
	t.Helper()
	ref, page, err := f.FirstPage()
	if err != nil {
		t.Fatal(err)
	}
	u := f.NewUpdate()
	u.Set(ref, page)
	increment, err := u.Bytes(nil)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(data, increment)
}

// Open never repairs a file; verification relies on this.
func TestOpenNeverRepairs(t *testing.T) {
	t.Parallel()
	for name, data := range pdftest.BrokenFiles() {
		f, err := pdf.Open(t.Context(), bytes.NewReader(data), pdf.Limits{})
		if err == nil {
			if f.Rebuilt() {
				t.Errorf("%s: got a rebuilt file", name)
			}
			_, _, err = f.FirstPage()
		}
		wantFault(t, err, pdf.Damaged)
	}
}

// brokenStart returns a file with the given parts, to which nothing refers.
func brokenStart(text string) []byte { return []byte("%PDF-1.4\n" + text + "startxref\n7\n%%EOF\n") }

// The objects of a rebuilt file.
func TestRebuiltObjects(t *testing.T) {
	t.Parallel()
	pages := "1 0 obj\n<</Pages 2 0 R>>\nendobj\n2 0 obj\n<</Kids [3 0 R]>>\nendobj\n3 0 obj\n<<>>\nendobj\n"
	trailer := "trailer\n<</Root 1 0 R /Size 3 /Prev 99 /XRefStm 98 /ID [<01> <02>] /Own 1>>\n"
	far := strings.Repeat("%"+strings.Repeat("x", 98)+"\n", 5000)
	for name, test := range map[string]struct {
		text string
		ref  pdf.Ref
		want string
	}{
		"last definition": {"4 0 obj\n1\nendobj\n" + pages + trailer + "4 0 obj\n2\nendobj\n",
			pdf.Ref{Number: 4}, "2"},
		"another generation": {"4 7 obj\n1\nendobj\n" + pages + trailer, pdf.Ref{Number: 4, Generation: 7},
			"1"},
		"no endobj": {"4 0 obj\n1\n" + pages + trailer, pdf.Ref{Number: 4}, "1"},
		"a stream without length": {"4 0 obj\n<<>>\nstream\nabc\nendstream\nendobj\n5 0 obj\n7\nendobj\n" + pages +
			trailer, pdf.Ref{Number: 5}, "7"},
		"a length elsewhere": {
			"4 0 obj\n<</Length 5 0 R>>\nstream\nabc\nendstream\nendobj\n5 0 obj\n3\nendobj\n" + pages + trailer,
			pdf.Ref{Number: 5}, "3"},
		"space before": {"  4 0 obj\n1\nendobj\n" + pages + trailer, pdf.Ref{Number: 4}, "1"},
		"CR": {strings.ReplaceAll("4 0 obj\n1\nendobj\n"+pages+trailer, "\n", "\r"),
			pdf.Ref{Number: 4}, "1"},
		"numbers with much between": {"4  \t 0\nobj\n1\nendobj\n" + pages + trailer, pdf.Ref{Number: 4}, "1"},
		"value at the header":       {"4 0 obj(1)endobj\n" + pages + trailer, pdf.Ref{Number: 4}, "(1)"},
		"an object without value":   {"4 0 obj\nendobj\n" + pages + trailer, pdf.Ref{Number: 4}, "null"},
		"a reference":               {"4 0 obj\n3 0 R\nendobj\n" + pages + trailer, pdf.Ref{Number: 4}, "3 0 R"},
		"far in the file":           {far + "4 0 obj\n1\nendobj\n" + far + pages + trailer, pdf.Ref{Number: 4}, "1"},
		"words that are no headers": {"4 0 obj\n(obj, 5 obj, x 0 obj, 1 0 object, 4 0 endobj, trailer)\nendobj\n" +
			pages + trailer, pdf.Ref{Number: 4}, "(obj, 5 obj, x 0 obj, 1 0 object, 4 0 endobj, trailer)"},
		"an unused one beyond repair": {"4 0 obj\n1\nendobj\n5 0 obj\n<</A>>\nendobj\n" + pages + trailer,
			pdf.Ref{Number: 4}, "1"},
		"startxref within a stream": {
			"4 0 obj\n<</Length 10>>\nstream\nstartxref \nendstream\nendobj\n5 0 obj\n1\nendobj\n" + pages + trailer,
			pdf.Ref{Number: 5}, "1"},
		"nothing under another number": {pages + trailer, pdf.Ref{Number: 4}, "null"},
	} {
		data := brokenStart(test.text)
		f, err := pdf.Rebuild(t.Context(), bytes.NewReader(data), pdf.Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		t.Run(name, func(t *testing.T) { wantObject(t, f, test.ref, test.want) })
		increment, err := f.NewUpdate().Bytes(nil)
		if err != nil {
			t.Errorf("%s: update: %v", name, err)
			continue
		}
		again := open(t, slices.Concat(data, increment))
		t.Run(name+", updated", func(t *testing.T) { wantObject(t, again, test.ref, test.want) })
		if got := again.Trailer(); got["Own"] != pdf.Integer(1) || got["XRefStm"] != nil ||
			fmt.Sprint(got["ID"].(pdf.Array)[0]) != "[1]" {
			t.Errorf("%s: got trailer %v", name, got)
		}
	}
}

// Headers and keywords are found wherever a window of the search ends.
func TestRebuildAcrossWindows(t *testing.T) {
	t.Parallel()
	for shift := range 200 {
		filling := strings.Repeat("%\n", (64<<10-150)/2) + "%" + strings.Repeat("x", shift) + "\n"
		data := brokenStart(filling + "4 0 obj\n<<>>\nendobj\n5 0 obj\n1\nendobj\ntrailer\n<</Root 4 0 R>>\n")
		f, err := pdf.Rebuild(t.Context(), bytes.NewReader(data), pdf.Limits{})
		if err != nil {
			t.Fatalf("shift %d: %v", shift, err)
		}
		want := bytes.Index(data, []byte("5 0 obj"))
		if entry, _ := f.Entry(5); entry.Offset != int64(want) {
			t.Fatalf("shift %d: got %+v, want offset %d", shift, entry, want)
		}
	}
}

// Rebuild refuses a file that readers would repair in different ways, and a file beyond a limit.
func TestRebuildRefuses(t *testing.T) {
	t.Parallel()
	root := "trailer\n<</Root 1 0 R>>\n"
	for _, test := range []hostile{
		{"nothing", brokenStart(""), pdf.Damaged},
		{"no header", []byte("1 0 obj\n<<>>\nendobj\n" + root), pdf.NotPDF},
		{"cut off in an object",
			[]byte("%PDF-1.4\n1 0 obj\n<<>>\nendobj\n" + root + "startxref\n7\n%%EOF\n5 0 obj\n(abc"), pdf.Damaged},
		{"no startxref", []byte("%PDF-1.4\n1 0 obj\n<<>>\nendobj\n" + root), pdf.Damaged},
		{"trailer behind startxref", []byte("%PDF-1.4\n1 0 obj\n<<>>\nendobj\nstartxref\n7\n" + root + "%%EOF\n"),
			pdf.Damaged},
		{"trailer is no dictionary", brokenStart("trailer\n[1 0 R]\n"), pdf.Damaged},
		{"encrypted", brokenStart("trailer\n<</Encrypt 9 0 R>>\n" + root), pdf.Encrypted},
		{"encrypted by the first of two", brokenStart("trailer\n<</Encrypt 9 0 R /Root 1 0 R>>\n" + root),
			pdf.Encrypted},
		{"number over the limit", brokenStart("9000000 0 obj\n1\nendobj\n" + root), pdf.TooComplex},
		{"deep", brokenStart("1 0 obj\n" + strings.Repeat("[", 200) + "\nendobj\n" + root), pdf.TooComplex},
	} {
		_, err := pdf.Rebuild(t.Context(), bytes.NewReader(test.data), pdf.Limits{})
		t.Run(test.name, func(t *testing.T) { wantFault(t, err, test.want) })
	}
	for name, data := range pdftest.DisputedFiles() {
		_, err := pdf.Rebuild(t.Context(), bytes.NewReader(data), pdf.Limits{})
		t.Run(name, func(t *testing.T) { wantFault(t, err, pdf.Damaged) })
	}
}
