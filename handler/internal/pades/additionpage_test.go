package pades_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
)

// TestPagesOfAdditions checks that a report names the pages that list an added widget, because
// readers draw it there, whatever page the widget names.
func TestPagesOfAdditions(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	page := func(annotations string) string {
		return "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] " + resources + annotations + " >>"
	}
	for _, test := range []struct {
		annotations string // /Annots of each page, before
		listed      []int  // the pages that list the widget
		named       int    // the page that the widget names; 0 = none
		want        []int
	}{
		{"", []int{1}, 1, []int{1}}, {"", []int{2}, 2, []int{2}}, {"", []int{2}, 0, []int{2}},
		{"", []int{2}, 1, []int{2}}, {"", []int{1, 3}, 1, []int{1, 3}}, {"", []int{1, 2, 3}, 3, []int{1, 2, 3}},
		{"", nil, 1, []int{0}}, {"", nil, 0, []int{0}},
		{"/Annots %d 0 R", []int{2}, 1, []int{2}}, {"/Annots %d 0 R", []int{3, 2}, 0, []int{2, 3}},
		{"/Annots 7 0 R", []int{2}, 2, []int{2, 3}}, // two pages share the array
	} {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			t.Parallel()
			objects := []string{"<< /Type /Catalog /Pages 2 0 R >>",
				"<< /Type /Pages /Count 3 /Kids [3 0 R 4 0 R 5 0 R] >>"}
			for n := range 3 {
				entry := test.annotations
				if entry == "/Annots %d 0 R" {
					entry = fmt.Sprintf(entry, 7+n)
				}
				objects = append(objects, page(entry))
			}
			objects = append(objects, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", "[]", "[]", "[]")
			document := appendix(t, s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{}),
				func(t *testing.T, f *pdf.File, u *pdf.Update) {
					dict := pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"),
						"T": pdf.Text("x"), "V": signature(u), "Rect": integers(10, 20, 30, 40)}
					if test.named > 0 {
						dict["P"] = number(2 + test.named)
					}
					widget := u.Add(dict)
					edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, widget)})
					for _, n := range test.listed {
						list(t, f, u, number(2+n), widget)
					}
				})
			report, err := verify.Verify(t.Context(), bytes.NewReader(document), s.trust())
			if err != nil {
				t.Fatal(err)
			}
			var pages []int
			for _, added := range report.Revisions[len(report.Revisions)-1].Added {
				if added.Kind != "Widget" || added.Box != [4]float64{10, 20, 30, 40} {
					t.Errorf("got %+v, want a widget with its box", added)
				}
				pages = append(pages, added.Page)
			}
			if slices.Sort(pages); !slices.Equal(pages, test.want) {
				t.Errorf("got pages %v, want %v", pages, test.want)
			}
		})
	}
}

// TestPagesOfChangedAnnotations checks the reported page of a changed annotation if the page itself
// does not change, whether or not the annotation names the page.
func TestPagesOfChangedAnnotations(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, test := range []struct {
		first, second string // /Annots of the pages
		named         string // entries of the annotation
		want          []int
	}{
		{"[]", "[6 0 R]", "", []int{2}}, {"[]", "[6 0 R]", "/P 4 0 R", []int{2}},
		{"[]", "[6 0 R]", "/P 3 0 R", []int{2}},
		{"[6 0 R]", "[6 0 R]", "", []int{1, 2}}, {"7 0 R", "7 0 R", "", []int{1, 2}}, {"(x)", "7 0 R", "", []int{2}},
		{"5 0 R", "[6 0 R 6 0 R]", "/P 99 0 R", []int{2}}, {"[6 0 R]", "[]", "/P 5 0 R", []int{1}},
	} {
		page := "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots "
		signed := s.sign(t, pdftest.File{Objects: []string{"<< /Type /Catalog /Pages 2 0 R >>",
			"<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] >>", page + test.first + " >>",
			page + test.second + " >>", "<< >>",
			note + test.named + " >>", "[6 0 R]"}}.Bytes(), pades.Options{})
		changed := appendix(t, signed, set(6, pdf.Dict{"Contents": pdf.Text("b")}))
		report, err := verify.Verify(t.Context(), bytes.NewReader(changed), s.trust())
		if err != nil {
			t.Fatal(err)
		}
		var pages []int
		for _, added := range report.Revisions[len(report.Revisions)-1].Added {
			pages = append(pages, added.Page)
		}
		if slices.Sort(pages); !slices.Equal(pages, test.want) {
			t.Errorf("%v: got pages %v", test, pages)
		}
	}
}

// list adds an annotation to the array that has the annotations of a page.
func list(t *testing.T, file *pdf.File, update *pdf.Update, page, annotation pdf.Ref) {
	t.Helper()
	dict, err := file.Dict(page)
	if err != nil {
		t.Fatal(err)
	}
	more := extend(t, file, page, "Annots", annotation)
	if array, indirect := dict["Annots"].(pdf.Ref); indirect {
		update.Set(array, more)
		return
	}
	edit(t, file, update, page, pdf.Dict{"Annots": more})
}

// On a page with a large /UserUnit, a small rectangle covers the whole page.
func TestSmallRectanglesOfLargeUnits(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	objects := payment(resources+"/Contents 4 0 R", "")
	objects[2] = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 .00595 .00842] /UserUnit 100000 " + resources + " >>"
	signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{Certify: pades.FormFilling})
	for rectangle, passes := range map[pdf.Object]bool{pdf.Real("0.0"): true, pdf.Real(".00842"): false} {
		box := pdf.Array{pdf.Integer(0), pdf.Integer(0), rectangle, rectangle}
		document := appendix(t, signed, arrives(pdf.Dict{"Rect": box, "AP": pdf.Dict{}}))
		for _, got := range verified(t, document, s.trust()) {
			if got.Field == "Signature1" && (got.Indication == pades.TotalPassed) != passes {
				t.Errorf("%s: got %s (%s), want it to pass: %v", rectangle, got.Indication, got.Detail, passes)
			}
		}
	}
}

// TestSignedFieldsAreListed checks that the appearance of an existing field that is signed now is
// reported.
func TestSignedFieldsAreListed(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	objects := payment(resources+"/Contents 4 0 R /Annots [6 0 R]", "/AcroForm << /Fields [6 0 R] >>",
		"<< /Type /Annot /Subtype /Widget /FT /Sig /T (e) /Rect [10 20 30 40] /P 3 0 R >>")
	signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{Certify: pades.FormFilling})
	document := appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
		edit(t, f, u, number(6), pdf.Dict{"V": signature(u), "AP": cover(u)})
	})
	checkAttack(t, s, document, pades.ChangeSignature)
	report, err := verify.Verify(t.Context(), bytes.NewReader(document), s.trust())
	if err != nil {
		t.Fatal(err)
	}
	added := report.Revisions[len(report.Revisions)-1].Added
	if want := (pades.Addition{Page: 1, Kind: "Widget", Box: [4]float64{10, 20, 30, 40}}); len(added) != 1 ||
		added[0] != want {
		t.Errorf("got %+v, want %+v", added, want)
	}
}
