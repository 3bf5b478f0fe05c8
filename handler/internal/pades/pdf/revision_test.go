package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
)

// growing returns documents of several revisions. In some of them an object reads differently at
// the end of a revision.
func growing() map[string][]byte {
	all := files()

	// The first revision ends where the string does, and in the second revision something follows
	// the string.
	within := body(newBuilder())
	within.note(4)
	within.WriteString("4 0 obj\n(")
	within.table("")
	within.WriteString(") 5\nendobj\n")
	within.object(5, "(five)")
	all["an object that goes on"] = within.table("").Bytes()

	beyond := body(newBuilder())
	beyond.note(4)
	beyond.WriteString("4 0 obj\n(")
	beyond.table("")
	beyond.WriteString(")\nendobj\n")
	beyond.object(5, "(five)")
	all["an object that is cut"] = beyond.table("").Bytes()

	keyword := body(newBuilder())
	keyword.note(4)
	keyword.WriteString("4 0 obj\n(")
	keyword.table("")
	keyword.WriteString(")endobj")
	keyword.WriteString("s\n")
	keyword.object(5, "(five)")
	all["a keyword that goes on"] = keyword.table("").Bytes()

	digits := body(newBuilder())
	digits.object(4, "<</Contents <"+strings.Repeat("0a", 3000)+">/Other <00>/Within <</Contents <"+
		strings.Repeat("0b", 40)+">>>>>")
	digits.table("")
	digits.object(4, "<</Contents <00>/Other <"+strings.Repeat("0", 40)+" >>>")
	all["strings of digits"] = digits.table("").Bytes()

	cut := body(newBuilder())
	cut.note(4)
	cut.WriteString("4 0 obj\n<</Note (")
	cut.table("")
	cut.WriteString(")/Contents <" + strings.Repeat("0a", 40) + ">>>\nendobj\n")
	cut.object(5, "(five)")
	all["a string of digits that is cut"] = cut.table("").Bytes()

	// A table begins within the first revision and ends behind it.
	table := body(newBuilder())
	all["a table that goes on"] = table.table(fmt.Sprintf("/Note (\nstartxref\n%d\n%%%%EOF\n)", table.at())).Bytes()

	// The first revision counts its offsets from the start of the file, the second from the header.
	junk := newBuilder()
	junk.Reset()
	junk.WriteString("junk\n%PDF-1.7\n")
	body(junk).table("")
	junk.origin, junk.prev = 5, junk.prev-5
	junk.object(4, "(four)")
	all["another origin"] = junk.table("").Bytes()

	// White space before an entry of a table. The newest table is before that table, so that other
	// windows show it from another place.
	far := newBuilder()
	old := 1000
	newest := fmt.Sprintf("xref\n2 1\n0000000009 00000 n \ntrailer\n<</Root 1 0 R/Size 3/Prev %d>>\n", old)
	at := far.Len()
	far.WriteString(newest + strings.Repeat(" ", old-at-len(newest)))
	far.WriteString("xref\n1 1\n" + strings.Repeat(" ", 3000) +
		"0000000009 00000 n \ntrailer\n<</Root 1 0 R/Size 3>>\n")
	fmt.Fprintf(far, "startxref\n%d\n%%%%EOF\nstartxref\n%d\n%%%%EOF\n", old, at)
	all["a table with white space"] = far.Bytes()

	// The bytes that decide the numbering of the table are behind the first revision.
	early := newBuilder()
	end := fmt.Sprintf("startxref\n%d\n%%%%EOF\n", early.Len())
	head := fmt.Sprintf("xref\n1 2\n0000000000 65535 f \n%%010d 00000 n \ntrailer\n<</Root 1 0 R/Size 2>>\n%s", end)
	fmt.Fprintf(early, head, early.Len()+len(fmt.Sprintf(head, 0)))
	early.WriteString("1 0 obj\n<</Type/Catalog>>\nendobj\n" + end)
	all["a table that is numbered from one"] = early.Bytes()

	stream := body(newBuilder())
	stream.note(4)
	stream.WriteString("4 0 obj\n<</Length 5 0 R>>\nstream\n0123456789\nendstream\nendobj\n")
	stream.object(5, "10")
	stream.object(6, "<</Twice 1 /Twice 2>>")
	stream.table("")
	stream.object(5, "3")
	all["a stream whose length changes"] = stream.table("").Bytes()
	return all
}

// account returns everything that two readings of a File show, and the cost of these readings in
// addition to opening it.
func account(t *testing.T, f *pdf.File, err error) (found string, opened int64) {
	t.Helper()
	var out strings.Builder
	if err != nil {
		return err.Error(), 0
	}
	opened = f.Spent()
	for range 2 {
		for number := range 12 {
			entry, known := f.Entry(number)
			fmt.Fprintln(&out, entry, known)
			for _, key := range []pdf.Name{"Contents", "Other", "Within"} {
				place, err := f.Span(pdf.Ref{Number: number}, key)
				fmt.Fprintln(&out, place, err)
			}
			object, err := f.Object(pdf.Ref{Number: number})
			text, _ := pdf.Append(nil, object)
			fmt.Fprintln(&out, number, string(text), err, f.Ambiguous(number))
			stream, ok := object.(*pdf.Stream)
			if !ok {
				continue
			}
			raw, err := f.Raw(stream)
			if err != nil {
				fmt.Fprintln(&out, err)
				continue
			}
			data, err := io.ReadAll(raw)
			fmt.Fprintf(&out, "%v %q %v\n", stream.Dict, data, err)
		}
	}
	u := f.NewUpdate()
	u.Add(pdf.Dict{})
	update, err := u.Bytes(nil)
	fmt.Fprintf(&out, "%v %q %v\n", f.Sections(), update, err)
	fmt.Fprintln(&out, f.Spent()-opened)
	return out.String(), opened
}

// Every prefix of a document reads the same as a revision and by itself. Once it is open, reading
// it costs the same, whatever was read before. Opening it as a revision costs at most what opening
// it by itself costs, and the same whatever was read before.
func TestRevision(t *testing.T) {
	t.Parallel()
	const work = 1 << 20
	for name, data := range growing() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opened := 0
			file := open(t, data)
			account(t, file, nil)
			ascending := open(t, data)
			for end := range int64(len(data) + 1) {
				alone, err := pdf.Open(t.Context(), bytes.NewReader(data[:end]), pdf.Limits{Work: work})
				want, most := account(t, alone, err)
				if err == nil {
					opened++
				}
				fresh, err := open(t, data).Revision(t.Context(), end, work)
				first, price := account(t, fresh, err)
				if first != want || price > most {
					t.Fatalf("first %d of %d bytes: got %d units for opening and\n%swant at most %d and\n%s", end,
						len(data), price, first, most, want)
				}
				for order, f := range map[string]*pdf.File{"whole": file, "beginning": ascending} {
					revision, err := f.Revision(t.Context(), end, work)
					if got, opened := account(t, revision, err); got != want || opened != price {
						t.Fatalf("first %d of %d bytes, the %s read before: got %d units for opening "+
							"and\n%swant %d and\n%s",
							end, len(data), order, opened, got, price, want)
					}
				}
			}
			if opened == 0 {
				t.Error("no revision could be read")
			}
		})
	}
}

// Neither a cached reading nor a revision that cannot be opened is free, because hostile documents
// could have thousands of them.
func TestRevisionsCost(t *testing.T) {
	t.Parallel()
	data := growing()["an object that is cut"]
	file := open(t, data)
	account(t, file, nil)
	if broken, err := file.Revision(t.Context(), int64(len(data)-8), 1<<20); err == nil || broken.Spent() == 0 {
		t.Errorf("a revision that is cut: got %v, want an error and its price", err)
	}
	revision, err := file.Revision(t.Context(), int64(len(data)), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	before := revision.Spent()
	wantObject(t, revision, pdf.Ref{Number: 3}, "<</MediaBox [0 0 200 200]/Parent 2 0 R/Resources <<>>/Type /Page>>")
	if got, least := revision.Spent()-before, int64(len(pageBody)); got < least {
		t.Errorf("got %d units for an object that was read before, want at least %d", got, least)
	}
	small, err := file.Revision(t.Context(), int64(len(data)), before+int64(len(pageBody)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = small.Object(pdf.Ref{Number: 3})
	wantFault(t, err, pdf.TooComplex)
}

// FuzzRevision compares a prefix of a document, opened by itself, with the same revision of the
// whole document, which was read before.
func FuzzRevision(f *testing.F) {
	seeds := growing()
	if len(seeds) == 0 {
		f.Fatal("there are no seeds")
	}
	for _, data := range seeds {
		for end := range 4 {
			f.Add(data, uint(len(data)-end))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, end uint) {
		file, err := pdf.Open(t.Context(), bytes.NewReader(data), tight)
		if err != nil {
			return
		}
		account(t, file, nil)
		end %= uint(len(data)) + 1
		alone, err := pdf.Open(t.Context(), bytes.NewReader(data[:end]), tight)
		if fault, ok := errors.AsType[*pdf.Error](err); ok && fault.Kind == pdf.TooComplex {
			return
		}
		want, most := account(t, alone, err)
		revision, err := file.Revision(t.Context(), int64(end), tight.Work)
		got, price := account(t, revision, err)
		// A File that is opened at a lower price has more work left, and may therefore read more.
		if got != want && (price == most || !strings.Contains(want, pdf.TooComplex.String())) || price > most {
			t.Fatalf("first %d of %d bytes: got %d units for opening and\n%swant at most %d and\n%s", end, len(data),
				price, got, most, want)
		}
	})
}
