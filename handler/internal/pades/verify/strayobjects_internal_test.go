package verify

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// The search for widgets of signatures that no field has costs work: for each page, even if many
// pages share their annotations, and for each name.
func TestLookingForWidgetsIsPaidFor(t *testing.T) {
	t.Parallel()
	const pages, count, depth, size = 20, 100, 30, 100
	open := func(annotations string) *pdf.File {
		objects := pdftest.Pages(1, "")
		objects[1] = fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", pages, strings.Repeat("3 0 R ", pages))
		objects[2] = strings.Replace(objects[2], "<<", "<< /Annots ["+annotations+"]", 1)
		objects = append(objects, "<< /ByteRange [] >>", "<< /ByteRange [] >>", "<< /V 4 0 R /Parent 7 0 R >>")
		for i := range depth {
			objects = append(objects, fmt.Sprintf("<< /T (%s) /Parent %d 0 R >>", strings.Repeat("x", size), 8+i))
		}
		file, err := pdf.Open(t.Context(), bytes.NewReader(pdftest.File{Objects: objects}.Bytes()), pdf.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	for annotation, least := range map[string]int64{
		"null ":  pages * count * form.AnnotationCost,
		"6 0 R ": pages * count * (form.AnnotationCost + depth*size),
	} {
		file := open(strings.Repeat(annotation, count))
		before := file.Spent()
		found, err := (&examination{file: file}).orphans([]pdf.Ref{{Number: 4}, {Number: 5}})
		if spent := file.Spent() - before; err != nil || spent < least {
			t.Errorf("%q: got %v with %d units spent, want at least %d", annotation, err, spent, least)
		}
		name := found[pdf.Ref{Number: 4}].Name
		if want := depth*(size+1) - 1; annotation == "6 0 R " && len(name) != want {
			t.Errorf("got a name of %d bytes, want %d", len(name), want)
		}
	}
}
