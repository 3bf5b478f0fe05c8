package diff

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// Many small objects in a few object streams are cheap to read. Walking through them must still
// cost work.
func TestComparingIsPaidFor(t *testing.T) {
	t.Parallel()
	const count = 2000
	var references strings.Builder
	var many []string
	for i := range count {
		fmt.Fprintf(&references, "%d 0 R ", 5+i)
		many = append(many, "<< /FT /Tx /Subtype /Text >>")
	}
	const least, forms = count * visitCost, count * form.FieldCost
	for name, document := range map[string]pdftest.File{
		"fields": {Objects: append(pdftest.Pages(1, "/AcroForm 4 0 R"),
			"<< /Fields ["+strings.Repeat("<< /FT /Tx >>", count)+"] >>")},
		"fields as such": {
			Objects: append(append(pdftest.Pages(1, "/AcroForm 4 0 R"), "<< /Fields ["+references.String()+"] >>"),
				many...), Streams: true},
		"annotations": {Objects: append(append(withAnnotations(references.String()), "null"), many...),
			Streams: true},
		"whatever else": {Objects: append(append(pdftest.Pages(1, "/Outlines 4 0 R"), "["+references.String()+"]"),
			many...), Streams: true},
		"widgets of fields": {Objects: append(pdftest.Pages(1, "/AcroForm 4 0 R"),
			"<< /Fields [<< /T (a) /Kids ["+strings.Repeat("<< /FT /Tx >>", count)+"] >>] >>")},
	} {
		file, err := pdf.Open(t.Context(), bytes.NewReader(document.Bytes()), pdf.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		k := newKnown()
		before := file.Spent()
		if err := k.begin(file); err != nil {
			t.Fatal(err)
		}
		if err := k.reach(t.Context(), file); err != nil {
			t.Fatal(name, err)
		}
		want := int64(least)
		if strings.Contains(name, "fields") {
			want = forms
		}
		if got := file.Spent() - before; got < want {
			t.Errorf("%s: got %d units spent, want at least %d", name, got, want)
		}
	}
}

func withAnnotations(references string) []string {
	objects := pdftest.Pages(1, "")
	objects[2] = strings.Replace(objects[2], "<<", "<< /Annots ["+references+"]", 1)
	return objects
}

// With other fonts of the form, each field with a value is read once more. That costs work for each
// field, even if all of them are in one object stream.
func TestFontsOfAFormArePaidFor(t *testing.T) {
	t.Parallel()
	const count = 1000
	var references strings.Builder
	objects := append(pdftest.Pages(1, "/AcroForm 4 0 R"), "")
	for i := range count {
		fmt.Fprintf(&references, "%d 0 R ", 5+i)
		objects = append(objects, "<< /FT /Tx /T (a) /V (b) >>")
	}
	objects[3] = "<< /Fields [" + references.String() + "] >>"
	first := pdftest.File{Objects: objects, Streams: true}.Bytes()
	spent := func(entries pdf.Dict) int64 {
		second := updated(t, first, "", map[int]pdf.Dict{4: entries})
		spending := budget.New(budget.For(int64(len(second))), nil)
		ctx := budget.With(t.Context(), spending)
		file, err := pdf.Open(ctx, bytes.NewReader(second), pdf.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		c := NewComparer(file)
		for _, end := range []int{len(first), len(second)} {
			if _, _, err := c.Advance(ctx, int64(end), nil); err != nil {
				t.Fatal(err)
			}
		}
		return spending.Spent()
	}
	flags, fonts := spent(pdf.Dict{"SigFlags": pdf.Integer(1)}), spent(pdf.Dict{"DA": pdf.String("/F 9 Tf")})
	if got := fonts - flags; got < count*4*visitCost {
		t.Errorf("got %d units spent for %d fields, want at least %d", got, count, count*4*visitCost)
	}
}
