package diff

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// Opening a revision costs work even if it fails: a document could claim such a revision for each
// of its signatures.
func TestAdvanceCosts(t *testing.T) {
	t.Parallel()
	document := pdftest.Sample(2000)
	spending := budget.New(budget.For(int64(len(document))), nil)
	ctx := budget.With(t.Context(), spending)
	file, err := pdf.Open(ctx, bytes.NewReader(document), pdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []int64{int64(len(document)) - 10, int64(len(document))} {
		before := spending.Spent()
		if _, _, err := NewComparer(file).Advance(ctx, end, nil); err != nil {
			t.Fatal(err)
		}
		if spending.Spent() == before {
			t.Errorf("revision that ends at %d of %d: got nothing spent", end, len(document))
		}
	}
}

// A revision contains a signature only if it has the same signature dictionary, complete.
func TestAdvanceWantsTheSignature(t *testing.T) {
	t.Parallel()
	base := pdftest.Sample(2000)
	var ref pdf.Ref
	write := func(document []byte) []byte {
		file, err := pdf.Open(t.Context(), bytes.NewReader(document), pdf.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		u := file.NewUpdate()
		if dict := (pdf.Dict{"Contents": pdf.String("x")}); ref.Number == 0 {
			ref = u.Add(dict)
		} else {
			u.Set(ref, dict)
		}
		increment, err := u.Bytes(nil)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Concat(document, increment)
	}
	once := write(base)
	twice := write(once)
	cut, end := cutInside(ref)
	for _, test := range []struct {
		name     string
		document []byte
		end      int
		holds    bool
	}{
		{"it has", twice, len(twice), true},
		{"and in an earlier revision", once, len(once), true},
		{"it is not there yet", once, len(base), false},
		{"it is written again later", twice, len(once), false},
		{"it is cut", cut, end, false},
		{"where it is whole", cut, len(cut), true},
	} {
		file, err := pdf.Open(t.Context(), bytes.NewReader(test.document), pdf.Limits{})
		if err != nil {
			t.Fatal(test.name, err)
		}
		c := NewComparer(file)
		if _, missing, err := c.Advance(t.Context(), int64(test.end), []pdf.Ref{ref}); err != nil ||
			(missing[0] == nil) != test.holds {
			t.Errorf("%s: got %v %v, want it to hold: %v", test.name, missing, err, test.holds)
		}
	}
}

// cutInside makes a document whose first revision ends within an object.
func cutInside(ref pdf.Ref) (document []byte, end int) {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	root := b.Len()
	b.WriteString("1 0 obj\n<</Type /Catalog>>\nendobj\n")
	object := b.Len()
	fmt.Fprintf(&b, "%d 0 obj\n<</Contents <00>/Other (", ref.Number)
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 2\n%010d 65535 f \n%010d 00000 n \n%d 1\n%010d 00000 n \n", 0, root, ref.Number, object)
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", ref.Number+1, start)
	end = b.Len()
	b.WriteString(")>>\nendobj\n")
	again := b.Len()
	fmt.Fprintf(&b, "xref\n0 1\n%010d 65535 f \ntrailer\n<</Size %d/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", 0,
		ref.Number+1, start, again)
	return b.Bytes(), end
}
