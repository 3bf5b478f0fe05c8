package pdf_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"runtime"
	"testing"

	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// tight has limits that keep the fuzzer fast.
var tight = pdf.Limits{Objects: 1 << 16, Inflated: 1 << 20, Work: 4 << 20, Elements: 1 << 14, String: 1 << 16}

func addFiles(f *testing.F) {
	seeds := files()
	if len(seeds) == 0 {
		f.Fatal("there are no seeds")
	}
	for _, data := range seeds {
		f.Add(data)
	}
	f.Add(withStream("/Filter [/ASCIIHexDecode /FlateDecode] /DecodeParms [null <</Predictor 15 /Columns 3>>]",
		[]byte("789c4b04000062006200>")))
	f.Add(withStream("/Filter /ASCII85Decode", []byte("87cUR~>")))
	f.Add(replacedHead("/N 4", "/N 3"))
}

// wantDocumentsFault accepts only errors that blame the document.
func wantDocumentsFault(t *testing.T, err error) {
	_, over := errors.AsType[*budget.Error](err)
	if _, ok := errors.AsType[*pdf.Error](err); err != nil && !ok && !over {
		t.Fatalf("got error %v, want one that blames the document", err)
	}
}

func FuzzOpen(f *testing.F) {
	addFiles(f)
	f.Fuzz(func(t *testing.T, data []byte) { readFile(t, data) })
}

// FuzzStructures puts the fuzzed text into places of a file whose offsets are right, because
// FuzzOpen seldom reaches these places.
func FuzzStructures(f *testing.F) {
	f.Add([]byte("<</Length 5 0 R /Filter /FlateDecode>>\nstream\nabc\nendstream"), []byte("/Size 2 /W [1 2 1]"),
		[]byte("\x00\x00\x00\xff\x01\x00\x09\x00"))
	f.Add([]byte("[5 0 R (x) <</Kids [4 0 R]>>]"), []byte("/Index [0 1 4 1] /Size 5 /W [0 2 0]"),
		[]byte("\x00\x09\x00\x09"))
	f.Add([]byte("4 0 R"), []byte("/Size 2 /W [1 1 1] /Filter /FlateDecode /DecodeParms <</Predictor 12 /Columns 3>>"),
		deflate([]byte("\x02\x00\x00\x00\x02\x01\x09\x00")))
	f.Add([]byte("<</Type /ObjStm /N 2 /First 9 /Length 13>>\nstream\n5 0 6 2  1 (x)\nendstream"),
		[]byte("/Prev 9 /Size 9"), []byte("xref\n0 1\n"))
	f.Fuzz(func(t *testing.T, object, dict, data []byte) {
		b := body(newBuilder())
		b.object(4, string(object))
		b.objectStream(6, 5, string(object))
		readFile(t, b.xrefStream("").Bytes())
		readFile(t, withObject(string(object)))
		readFile(t, withStream(string(dict), data))
		readFile(t, withXRef(string(dict), data))
		readFile(t, withTable(string(data)+"trailer\n<<"+string(dict)+">>"))
	})
}

// readFile reads everything in a file, in bounded memory.
func readFile(t *testing.T, data []byte) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	readObjects(t, data)
	runtime.ReadMemStats(&after)
	if got, limit := int64(after.TotalAlloc-before.TotalAlloc), allocationRate*tight.Work+16<<20; got > limit {
		t.Fatalf("got %d bytes allocated, want at most %d", got, limit)
	}
}

func readObjects(t *testing.T, data []byte) {
	file, err := pdf.Open(t.Context(), bytes.NewReader(data), tight)
	wantDocumentsFault(t, err)
	if err != nil {
		return
	}
	wantDocumentsFault(t, file.Pages(func(pdf.Ref, pdf.Dict) bool { return true }))
	for _, section := range file.Sections() {
		for number := range section.Numbers() {
			readAll(t, file, number, section)
		}
	}
}

// readAll reads one object in every way.
func readAll(t *testing.T, file *pdf.File, number int, section pdf.Section) {
	if !section.Defines(number) {
		t.Fatalf("section does not define its number %d", number)
	}
	entry, ok := file.Entry(number)
	if !ok {
		t.Fatalf("number %d of a section has no entry", number)
	}
	ref := pdf.Ref{Number: number, Generation: entry.Generation}
	object, err := file.Resolve(ref)
	wantDocumentsFault(t, err)
	if place, err := file.Span(ref, "Contents"); err == nil &&
		(place.Start < 0 || place.End <= place.Start || place.End > file.Size()) {
		t.Fatalf("got %+v in a file of %d bytes", place, file.Size())
	}
	stream, ok := object.(*pdf.Stream)
	if !ok {
		return
	}
	_, err = file.Decode(stream)
	wantDocumentsFault(t, err)
	raw, err := file.Raw(stream)
	wantDocumentsFault(t, err)
	if err == nil {
		if _, err := io.Copy(io.Discard, raw); err != nil {
			t.Fatalf("raw data: %v", err)
		}
	}
}

// FuzzRebuild compares the objects of a rebuilt file with the objects that a reader finds in it
// after an update.
func FuzzRebuild(f *testing.F) {
	addFiles(f)
	broken := pdftest.BrokenFiles()
	if len(broken) == 0 {
		f.Fatal("there are no broken seeds")
	}
	for _, data := range broken {
		f.Add(data)
	}
	for _, data := range pdftest.DisputedFiles() {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := pdf.Rebuild(t.Context(), bytes.NewReader(data), tight)
		wantDocumentsFault(t, err)
		if err != nil {
			return
		}
		increment, err := file.NewUpdate().Bytes(nil)
		wantDocumentsFault(t, err)
		if err != nil {
			return
		}
		again, err := pdf.Open(t.Context(), bytes.NewReader(append(bytes.Clone(data), increment...)), pdf.Limits{})
		if err != nil {
			t.Fatalf("reopen: %v", err)
		}
		for number := range file.Sections()[0].Numbers() {
			entry, _ := file.Entry(number)
			if found, ok := again.Entry(number); !ok || found != entry {
				t.Fatalf("object %d: got %+v, want %+v", number, found, entry)
			}
			ref := pdf.Ref{Number: number, Generation: entry.Generation}
			before, err := file.Object(ref)
			after, err2 := again.Object(ref)
			// During a rebuild, less junk in an object is tolerated than afterwards.
			if err == nil && err2 != nil ||
				err != nil && err2 == nil && !isTooComplex(err) && !isFault(err, pdf.Damaged) {
				t.Fatalf("object %d: got %v, want %v", number, err2, err)
			}
			if _, isStream := before.(*pdf.Stream); err == nil && !isStream && !reflect.DeepEqual(before, after) {
				t.Fatalf("object %d: got %#v, want %#v", number, after, before)
			}
		}
	})
}

func isTooComplex(err error) bool { return isFault(err, pdf.TooComplex) }

func isFault(err error, want pdf.ErrorKind) bool {
	fault, ok := errors.AsType[*pdf.Error](err)
	return ok && fault.Kind == want
}

func FuzzUpdate(f *testing.F) {
	addFiles(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := pdf.Open(t.Context(), bytes.NewReader(data), tight)
		if err != nil {
			return
		}
		u := file.NewUpdate()
		value := pdf.Dict{"Contents": &pdf.Hole{Text: []byte("<00>")}, "T": pdf.Text("Ω"),
			"R": pdf.Array{pdf.Real("-.5"), true}}
		added := u.Add(value)
		var changed pdf.Ref
		for number := range file.Sections()[0].Numbers() {
			if entry, _ := file.Entry(number); number > 0 && entry.Kind != pdf.EntryFree {
				changed = pdf.Ref{Number: number, Generation: entry.Generation}
				u.Set(changed, pdf.Array{pdf.Name("changed")})
				break
			}
		}
		increment, err := u.Bytes(nil)
		wantDocumentsFault(t, err)
		if err != nil {
			return
		}
		reopened, err := pdf.Open(t.Context(), bytes.NewReader(append(bytes.Clone(data), increment...)), pdf.Limits{})
		if err != nil {
			t.Fatalf("reopen: %v", err)
		}
		value["Contents"] = pdf.String{0}
		if got, err := reopened.Object(added); err != nil || !reflect.DeepEqual(got, value) {
			t.Fatalf("added: got %#v (%v), want %#v", got, err, value)
		}
		if changed.Number == 0 {
			return
		}
		if got, err := reopened.Object(changed); err != nil || !reflect.DeepEqual(got, pdf.Array{pdf.Name("changed")}) {
			t.Fatalf("changed: got %#v (%v)", got, err)
		}
	})
}
