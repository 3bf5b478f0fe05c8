package pades_test

import (
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// fieldOnTwoPages is a document of two pages, 3 and 4, whose signature field is 6, or has the
// widgets 7 and 8.
func fieldOnTwoPages(field, first, second string) []byte {
	const widget = "/Type /Annot /Subtype /Widget /F 4 /Rect [10 10 150 60] "
	kids := ""
	if field == "" {
		field, kids = "/Kids [7 0 R 8 0 R]", " /Parent 6 0 R"
	} else {
		field = widget + field
	}
	return pdftest.File{Objects: []string{
		"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] >> >>",
		"<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] " + first + " >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Rotate 90 " + second + " >>",
		"<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] >>",
		"<< /FT /Sig /T (here) " + field + " >>",
		"<< " + widget + "/P 3 0 R" + kids + " >>",
		"<< " + widget + "/P 4 0 R" + kids + " >>",
	}}.Bytes()
}

// A visible signature in an existing field is on the pages that list it. If no page lists it, it is
// on the page that it names. That page then lists it once, and keeps its other annotations.
func TestVisibleSignatureIsListedByItsPage(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, test := range []struct{ field, first, second, firstThen, secondThen string }{
		{"/P 3 0 R", "", "", "[{6 0}]", "[]"},
		{"/P 4 0 R", "", "", "[]", "[{6 0}]"},
		{"/P 3 0 R", "/Annots [5 0 R]", "", "[{5 0} {6 0}]", "[]"},
		{"/P 3 0 R", "/Annots [5 0 R 6 0 R]", "", "[{5 0} {6 0}]", "[]"},
		{"/P 3 0 R", "/Annots 7", "", "[{6 0}]", "[]"},
		{"/P 3 0 R", "", "/Annots [6 0 R]", "[]", "[{6 0}]"},
		{"", "", "", "[{7 0}]", "[{8 0}]"},
		{"", "/Annots [7 0 R]", "", "[{7 0}]", "[{8 0}]"},
		{"", "/Annots [8 0 R 7 0 R]", "", "[{8 0} {7 0}]", "[]"},
	} {
		t.Run(fmt.Sprintf("%q %q %q", test.field, test.first, test.second), func(t *testing.T) {
			t.Parallel()
			document := fieldOnTwoPages(test.field, test.first, test.second)
			options := pades.Options{Field: "here", Appearance: &pades.Appearance{}}
			signed, _ := noted(t, s, document, options)
			file, _ := open(t, signed)
			for number, want := range map[int]string{3: test.firstThen, 4: test.secondThen} {
				page, err := file.Dict(pdf.Ref{Number: number})
				if err != nil {
					t.Fatal(err)
				}
				listed, err := file.OptionalArray(page["Annots"])
				if got := fmt.Sprint(listed); err != nil || got != want {
					t.Errorf("page %d: got %s (%v), want %s", number, got, err, want)
				}
			}
		})
	}
}

// The pages of a signed document do not list further widgets. The signature is then not shown, and
// a remark says so.
func TestSignedPagesListNoMore(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	document := s.sign(t, fieldOnTwoPages("/P 3 0 R", "", "/Annots [5 0 R]"), pades.Options{})
	for visible, want := range map[*pades.Appearance]bool{{}: true, nil: false} {
		signed, notes := noted(t, s, document, pades.Options{Field: "here", Appearance: visible})
		if strings.Contains(notes, "no page lists") != want {
			t.Errorf("visible %t: got the notes %q", want, notes)
		}
		before, _ := open(t, document)
		after, _ := open(t, signed)
		for number := 3; number <= 4; number++ {
			first, err := before.Dict(pdf.Ref{Number: number})
			if err != nil {
				t.Fatal(err)
			}
			second, err := after.Dict(pdf.Ref{Number: number})
			if err != nil || fmt.Sprint(first) != fmt.Sprint(second) {
				t.Errorf("visible %t: got page %v (%v), want %v", want, second, err, first)
			}
		}
	}
}
