package diff

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// Objects that are cheap to read, as many small ones in a few streams are, are not as cheap to compare: each revision pays for that.
func TestComparingIsPaidFor(t *testing.T) {
	t.Parallel()
	const count = 2000
	var references strings.Builder
	var many []string
	for i := range count {
		fmt.Fprintf(&references, "%d 0 R ", 5+i)
		many = append(many, "<< /FT /Tx /Subtype /Text >>")
	}
	const least, form = count * visitCost, count * form.FieldCost
	for name, document := range map[string]pdftest.File{
		"fields":            {Objects: append(pdftest.Pages(1, "/AcroForm 4 0 R"), "<< /Fields ["+strings.Repeat("<< /FT /Tx >>", count)+"] >>")},
		"fields as such":    {Objects: append(append(pdftest.Pages(1, "/AcroForm 4 0 R"), "<< /Fields ["+references.String()+"] >>"), many...), Streams: true},
		"annotations":       {Objects: append(append(withAnnotations(references.String()), "null"), many...), Streams: true},
		"whatever else":     {Objects: append(append(pdftest.Pages(1, "/Outlines 4 0 R"), "["+references.String()+"]"), many...), Streams: true},
		"widgets of fields": {Objects: append(pdftest.Pages(1, "/AcroForm 4 0 R"), "<< /Fields [<< /T (a) /Kids ["+strings.Repeat("<< /FT /Tx >>", count)+"] >>] >>")},
	} {
		file := document.Bytes()
		var views [2]*pdf.File
		for i := range views {
			var err error
			if views[i], err = pdf.Open(t.Context(), bytes.NewReader(file), pdf.DefaultLimits()); err != nil {
				t.Fatal(err)
			}
		}
		found, err := compareRevisions(t.Context(), views[0], views[1])
		if err != nil || found.Gravest != pades.ChangeNone {
			t.Errorf("%s: got %q %v, want no change", name, found.Gravest, err)
		}
		if before, after := views[0].Spent(), views[1].Spent(); after < least || before < form && strings.HasPrefix(name, "fields") {
			t.Errorf("%s: got %d and %d units spent, want at least %d and %d", name, before, after, form, least)
		}
	}
}

func withAnnotations(references string) []string {
	objects := pdftest.Pages(1, "")
	objects[2] = strings.Replace(objects[2], "<<", "<< /Annots ["+references+"]", 1)
	return objects
}
