package pdf_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

func TestUpdate(t *testing.T) {
	t.Parallel()
	for name, data := range files() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			once, added := update(t, data)
			f := open(t, once)
			wantObject(t, f, pdf.Ref{Number: 4}, "<</Set [1 2.50 (x)]>>")
			wantObject(t, f, added, "<</Contents <00FF>/New true>>")
			if got, want := f.Sections()[0].Kind == pdf.KindStream,
				open(t, data).Sections()[0].Kind == pdf.KindStream; got != want {
				t.Errorf("newest section is a stream: got %v, want %v", got, want)
			}
			twice, second := update(t, once)
			f = open(t, twice)
			wantObject(t, f, second, "<</Contents <00FF>/New true>>")
			if second == added {
				t.Errorf("number %d was given twice", second.Number)
			}
			// qpdf counts offsets only from the header, and repairs this file with or without an
			// update
			if name != "offsets from start" {
				qpdfCheck(t, twice)
			}
		})
	}
}

// update sets object 4 and adds another with a hole.
func update(t *testing.T, data []byte) ([]byte, pdf.Ref) {
	t.Helper()
	u := open(t, data).NewUpdate()
	hole := &pdf.Hole{Text: []byte("<00FF>")}
	u.Set(pdf.Ref{Number: 4}, pdf.Dict{"Set": pdf.Array{pdf.Integer(1), pdf.Real("2.50"), pdf.String("x")}})
	added := u.Add(pdf.Dict{"New": true, "Contents": hole})
	increment, err := u.Bytes([]byte("seed"))
	if err != nil {
		t.Fatalf("update: %v", err)
	}
	whole := append(bytes.Clone(data), increment...)
	if !bytes.HasPrefix(whole[hole.Offset:], hole.Text) {
		t.Fatalf("hole: got %q at offset %d", whole[hole.Offset:hole.Offset+6], hole.Offset)
	}
	place, err := open(t, whole).Span(added, "Contents")
	if want := (pdf.Span{Start: hole.Offset, End: hole.Offset + 6, Digits: true}); err != nil || place != want {
		t.Fatalf("span: got %+v %v, want %+v", place, err, want)
	}
	return whole, added
}

// A hole of digits is a hexadecimal string of as many zeros, at the offset that it is told.
func TestHoleOfDigits(t *testing.T) {
	t.Parallel()
	data := body(newBuilder()).table("").Bytes()
	for _, digits := range []int{2, 62, 64, 66, 128, 9000} {
		u := open(t, data).NewUpdate()
		hole := &pdf.Hole{Digits: digits}
		u.Add(pdf.Dict{"Contents": hole})
		increment, err := u.Bytes(nil)
		if err != nil {
			t.Fatal(err)
		}
		got := string(increment[hole.Offset-int64(len(data)):])
		if want := "<" + strings.Repeat("0", digits) + ">>>\nendobj"; !strings.HasPrefix(got, want) {
			t.Errorf("%d digits: got %.80q, want %.80q", digits, got, want)
		}
	}
}

// qpdfCheck checks a document with another reader, if that is installed.
func qpdfCheck(t *testing.T, data []byte) {
	t.Helper()
	qpdf, err := exec.LookPath("qpdf")
	if err != nil {
		t.Log("qpdf is not installed: its opinion is left out")
		return
	}
	path := filepath.Join(t.TempDir(), "file.pdf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), qpdf, "--check", path).CombinedOutput(); err != nil {
		t.Errorf("qpdf: %v\n%s", err, out)
	}
}

func TestUpdateBytes(t *testing.T) {
	t.Parallel()
	b := body(newBuilder())
	b.object(4, "(four)")
	b.object(6, "(six)")
	data := bytes.TrimSpace(b.table("/Info 6 0 R /Private (kept) /ID [<AA> <BB>]").Bytes())
	size := len(data)
	increment := func(seed string) string {
		u := open(t, data).NewUpdate()
		u.Add(pdf.NewStream(pdf.Dict{"Type": pdf.Name("XObject"), "Length": pdf.Integer(99)}, []byte("q Q")))
		u.Set(pdf.Ref{Number: 4}, pdf.Text("new"))
		out, err := u.Bytes([]byte(seed))
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	got := increment("seed")
	at := func(text string) int { return size + strings.Index(got, text) }
	before, rest, _ := strings.Cut(got, "/ID [<AA> ")
	id, after, _ := strings.Cut(rest, "]")
	want := "\n4 0 obj\n(new)\nendobj\n" +
		"7 0 obj\n<</Length 3/Type /XObject>>\nstream\nq Q\nendstream\nendobj\n" +
		fmt.Sprintf("xref\n4 1\n%010d 00000 n \n7 1\n%010d 00000 n \ntrailer\n<<", at("4 0 obj"), at("7 0 obj"))
	if before != want {
		t.Errorf("got %q, want %q", before, want)
	}
	start := bytes.LastIndex(data, []byte("xref\n0"))
	if want := fmt.Sprintf("/Info 6 0 R/Prev %d/Private (kept)/Root 1 0 R/Size 8>>\nstartxref\n%d\n%%%%EOF\n", start,
		at("xref\n4")); after != want {
		t.Errorf("got %q, want %q", after, want)
	}
	if new, err := pdf.Parse([]byte(id), pdf.Limits{}); err != nil || len(new.(pdf.String)) != 16 {
		t.Errorf("got second half of the ID %s, want 16 new bytes", id)
	}
	if again := increment("seed"); again != got {
		t.Errorf("equal inputs gave different increments")
	}
	if other := increment("other"); other == got {
		t.Errorf("another seed gave the same increment")
	}
}

// The identifier depends on the content too, so that two revisions with equal seeds never share
// one.
func TestUpdateIdentifier(t *testing.T) {
	t.Parallel()
	identifier := func(object pdf.Object) string {
		data := files()["table"]
		u := open(t, data).NewUpdate()
		u.Set(pdf.Ref{Number: 4}, object)
		increment, err := u.Bytes([]byte("seed"))
		if err != nil {
			t.Fatal(err)
		}
		ids, ok := open(t, append(data, increment...)).Trailer()["ID"].(pdf.Array)
		if !ok || len(ids) != 2 || !bytes.Equal(ids[0].(pdf.String), ids[1].(pdf.String)) {
			t.Fatalf("got ID %v of a file that had none, want two equal halves", ids)
		}
		return string(ids[1].(pdf.String))
	}
	if one, other := identifier(pdf.Name("A")), identifier(pdf.Name("B")); one == other {
		t.Errorf("got ID %x for two contents", one)
	}
}

func TestUpdateStream(t *testing.T) {
	t.Parallel()
	// The stream of the newest section describes itself and is as narrow as its offsets.
	data := files()["stream"]
	u := open(t, data).NewUpdate()
	increment, err := u.Bytes(nil)
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, append(bytes.Clone(data), increment...))
	trailer := f.Trailer()
	got, err := pdf.Append(nil, pdf.Array{trailer["W"], trailer["Index"], trailer["Size"], trailer["Prev"]})
	if want := fmt.Sprintf("[[1 2 1] [7 1] 8 %d]", f.Sections()[1].Offset); err != nil || string(got) != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
	if entry, ok := f.Entry(7); !ok || entry.Offset != f.Sections()[0].Offset || entry.Offset != int64(len(data)) {
		t.Errorf("got entry %+v for the stream itself, want offset %d", entry, len(data))
	}
	for _, key := range []pdf.Name{"Filter", "DecodeParms", "XRefStm"} {
		if trailer[key] != nil {
			t.Errorf("/%s of the older stream was kept", key)
		}
	}
}

func TestUpdateKeepsGeneration(t *testing.T) {
	t.Parallel()
	b := body(newBuilder())
	b.note(4)
	b.WriteString("4 3 obj (four) endobj\n")
	data := bytes.Replace(b.table("").Bytes(),
		fmt.Appendf(nil, "%010d 00000 n", bytes.Index(b.Bytes(), []byte("4 3 obj"))),
		fmt.Appendf(nil, "%010d 00003 n", bytes.Index(b.Bytes(), []byte("4 3 obj"))), 1)
	u := open(t, data).NewUpdate()
	ref := pdf.Ref{Number: 4, Generation: 3}
	u.Set(ref, pdf.Name("changed"))
	increment, err := u.Bytes(nil)
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, append(data, increment...))
	wantObject(t, f, ref, "/changed")
	wantObject(t, f, pdf.Ref{Number: 4}, "null")
}

// A stream of the file can be written again, as it is, under another dictionary.
func TestUpdateCopiesStream(t *testing.T) {
	t.Parallel()
	data := withStream("/Filter /FlateDecode", deflate([]byte("hello")))
	f := open(t, data)
	old, err := f.Stream(pdf.Ref{Number: 4})
	if err != nil {
		t.Fatal(err)
	}
	u := f.NewUpdate()
	ref := u.Add(old)
	increment, err := u.Bytes(nil)
	if err != nil {
		t.Fatal(err)
	}
	f = open(t, append(data, increment...))
	copied, err := f.Stream(ref)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.Decode(copied); err != nil || string(got) != "hello" {
		t.Errorf("got %q (%v), want hello", got, err)
	}
}

func TestUpdateRefuses(t *testing.T) {
	t.Parallel()
	data := files()["revised"]
	for name, change := range map[string]func(u *pdf.Update){
		"unknown object":     func(u *pdf.Update) { u.Set(pdf.Ref{Number: 400}, nil) },
		"free object":        func(u *pdf.Update) { u.Set(pdf.Ref{Number: 5, Generation: 1}, nil) },
		"another generation": func(u *pdf.Update) { u.Set(pdf.Ref{Number: 4, Generation: 1}, nil) },
		"object 0":           func(u *pdf.Update) { u.Set(pdf.Ref{}, nil) },
		"generation of added one": func(u *pdf.Update) {
			u.Set(pdf.Ref{Number: u.Add(nil).Number, Generation: 1}, nil)
		},
		"no object":     func(u *pdf.Update) { u.Add(7) },
		"stream within": func(u *pdf.Update) { u.Add(pdf.Array{pdf.NewStream(nil, nil)}) },
	} {
		u := open(t, data).NewUpdate()
		change(u)
		if got, err := u.Bytes(nil); err == nil {
			t.Errorf("%s: got %d bytes, want an error", name, len(got))
		}
	}
	f, err := pdf.Open(t.Context(), bytes.NewReader(data), pdf.Limits{Objects: 6})
	if err != nil {
		t.Fatal(err)
	}
	u := f.NewUpdate()
	u.Add(nil)
	_, err = u.Bytes(nil)
	wantFault(t, err, pdf.TooComplex)
}

// New numbers are free in every revision, even if /Size is wrong.
func TestUpdateNumbers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		size string
		want int
	}{"right": {"/Size 5", 5}, "too small": {"/Size 2", 5}, "too large": {"/Size 9", 9}, "absent": {"/Bize 5", 5}} {
		data := replacedBytes(files()["table"], "/Size 5", test.size)
		if got := open(t, data).NewUpdate().Add(nil); got.Number != test.want {
			t.Errorf("size %s: got number %d, want %d", name, got.Number, test.want)
		}
	}
}

// Strict readers do not accept two habits of writers in an update: a startxref that points at the
// white space before its section, and document information that is a direct object.
func TestUpdateOfUnusualTrailers(t *testing.T) {
	t.Parallel()
	plain := pdftest.File{Objects: pdftest.Pages(1, ""), Trailer: "/Info << /Title (x) >>"}.Bytes()
	at := bytes.LastIndex(plain, []byte("xref\n0 "))
	stated := at - 1 // the line end before the table
	early := append(bytes.Clone(plain[:bytes.LastIndex(plain, []byte("startxref"))]),
		fmt.Sprintf("startxref\n%d\n%%%%EOF\n", stated)...)
	file, err := pdf.Open(t.Context(), bytes.NewReader(early), pdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	update := file.NewUpdate()
	update.Add(pdf.Integer(7))
	increment, err := update.Bytes(nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := pdf.Open(t.Context(), bytes.NewReader(slices.Concat(early, increment)), pdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Trailer()["Prev"]; got != pdf.Integer(stated) {
		t.Errorf("got /Prev %v, want %d as startxref stated it", got, stated)
	}
	ref, ok := again.Trailer()["Info"].(pdf.Ref)
	if !ok {
		t.Fatalf("got /Info %v, want a reference", again.Trailer()["Info"])
	}
	if info, err := again.Dict(ref); err != nil || info["Title"] == nil {
		t.Errorf("got %v %v, want the document information", info, err)
	}
}

// If offsets count from the header, a reader that counts from the start of the file may find other
// cross-references instead of the new ones.
func TestUpdateIsNotMistaken(t *testing.T) {
	t.Parallel()
	plain := body(newBuilder()).table("").Bytes()
	tail := len(plain) - bytes.LastIndex(plain, []byte("\nxref")) - 1
	for junk, mistaken := range map[int]bool{tail - 1: false, tail: true, tail + 1: true, tail + 2: false} {
		data := slices.Concat(bytes.Repeat([]byte("-"), junk-1), []byte("\n"), plain)
		increment, err := open(t, data).NewUpdate().Bytes(nil)
		if mistaken {
			wantFault(t, err, pdf.Damaged)
			continue
		}
		if err != nil {
			t.Fatalf("%d bytes before the header: %v", junk, err)
		}
		open(t, append(data, increment...))
	}
}

// A stream is always an indirect object.
func TestAppendRefusesStreams(t *testing.T) {
	t.Parallel()
	if got, err := pdf.Append(nil, pdf.NewStream(nil, nil)); err == nil {
		t.Errorf("got %.20q, want an error", got)
	}
}
