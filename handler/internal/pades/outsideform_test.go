package pades_test

import (
	"maps"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// Readers draw some annotations that are no fields of the form with the fonts of the form: those
// without an appearance and, where they generate all appearances, every widget.
func TestAnnotationsThatAreDrawnWithTheForm(t *testing.T) {
	t.Parallel()
	const none, stream, states = "", "/AP << /N 7 0 R >>", "/AP << /N << /On 7 0 R >> >> /AS /On"
	const widget, text = "/Subtype /Widget /FT /Tx /T (a) /V (10) ", "/Subtype /FreeText /Contents (10) "
	fonts := pdf.Dict{"DR": pdf.Dict{"Font": pdf.Dict{"F1": number(8)}}}
	style := pdf.Dict{"DA": pdf.Text("/F1 99 Tf")}
	anew, asBefore := pdf.Dict{"NeedAppearances": true}, pdf.Dict{"NeedAppearances": false}
	for _, test := range []struct {
		name, annotation, appearance, form string
		change                             pdf.Dict
		passes                             bool
	}{
		{"a widget, fonts", widget, none, "", fonts, false}, {"a widget, a style", widget, none, "", style, false},
		{"a text, fonts", text, none, "", fonts, false}, {"a text, a style", text, none, "", style, false},
		{"a redaction, fonts", "/Subtype /Redact /OverlayText (10) ", none, "", fonts, false},
		{"a note, fonts", "/Subtype /Text /Contents (10) ", none, "", fonts, true},
		{"a widget with an appearance, fonts", widget, stream, "", fonts, true},
		{"a widget in a state, fonts", widget, states, "", fonts, true},
		{"a text with an appearance, fonts", text, stream, "", fonts, true},
		{"a widget with another appearance, fonts", widget, "/AP << /D 7 0 R >>", "", fonts, false},
		{"a widget in no state, fonts", widget, "/AP << /N << /On 7 0 R >> >>", "", fonts, false},
		{"a text in a state that is missing, fonts", text, "/AP << /N << /On 7 0 R >> >> /AS /Off", "", fonts, false},
		{"a widget with an appearance, all anew", widget, stream, "", anew, false},
		{"a text with an appearance, all anew", text, stream, "", anew, true},
		{"a widget with an appearance, none anew", widget, stream, "/NeedAppearances true", asBefore, false},
		{"a widget with an appearance, as before", widget, stream, "", asBefore, true},
		{"a widget with an appearance, all anew as before", widget, stream, "/NeedAppearances true", fonts, false},
		{"a field, fonts", widget, none, "6 0 R", fonts, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			fields, form := "9 0 R", test.form
			if form == "6 0 R" {
				fields, form = "9 0 R 6 0 R", ""
			}
			checkFormChange(t, test.annotation+test.appearance, "/Fields ["+fields+"] "+form, "", test.change,
				test.passes)
		})
	}
}

// checkFormChange signs a page with one annotation, changes the form, and checks whether the
// signature passes.
func checkFormChange(t *testing.T, annotation, form, signed string, change pdf.Dict, passes bool) {
	t.Helper()
	s := ecdsaSigner(t)
	objects := payment(resources+"/Contents 4 0 R /Annots [6 0 R]",
		"/AcroForm << "+form+" /DR << /Font << /F1 5 0 R >> >> >>",
		"<< /Type /Annot /Rect [0 0 99 99] /DA (/F1 12 Tf) "+annotation+" >>",
		pdftest.Stream("/Subtype /Form /BBox [0 0 9 9]", "0 g"), "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
		"<< /FT /Sig /T (Signature1) /V 10 0 R >>")
	attacked := appendix(t, s.byHand(t, objects, signed), func(t *testing.T, f *pdf.File, u *pdf.Update) {
		_, catalog, err := f.Catalog()
		if err != nil {
			t.Fatal(err)
		}
		changed := catalog["AcroForm"].(pdf.Dict).Clone()
		maps.Copy(changed, change)
		edit(t, f, u, number(1), pdf.Dict{"AcroForm": changed})
	})
	got := verified(t, attacked, s.trust())[0]
	if (got.Indication == pades.TotalPassed) != passes {
		t.Errorf("got %s %q (%s), want it to pass: %v", got.Indication, got.ChangesAfter, got.Detail, passes)
	}
}

// If not every reader uses the appearance of a locked field, some readers generate one with the
// fonts of the form.
func TestLockedFieldsWithoutAnAppearance(t *testing.T) {
	t.Parallel()
	fonts := pdf.Dict{"DR": pdf.Dict{"Font": pdf.Dict{"F1": number(8)}}}
	for name, test := range map[string]struct {
		field  string
		passes bool
	}{
		"a text":                          {"/FT /Tx /V (10)", false},
		"a text with an appearance":       {"/FT /Tx /V (10) /AP << /N 7 0 R >>", true},
		"a text with an empty appearance": {"/FT /Tx /V (10) /AP << >>", false},
		"a text with no normal one":       {"/FT /Tx /V (10) /AP << /D 7 0 R >>", false},
		"a text with one that is missing": {"/FT /Tx /V (10) /AP << /N 99 0 R >>", false},
		"no text":                         {"/FT /Tx", true},
		"a caption":                       {"/FT /Btn /Ff 65536 /MK << /CA (10) >>", false},
		"a list":                          {"/FT /Ch /Opt [(10) (20)]", false},
		"a list with an appearance":       {"/FT /Ch /Opt [(10) (20)] /AP << /N 7 0 R >>", true},
		"a box in a state":                {"/FT /Btn /AP << /N << /On 7 0 R >> >> /AS /On", true},
		"a box in no state":               {"/FT /Btn /AP << /N << /On 7 0 R >> >>", false},
		"a signature field":               {"/FT /Sig", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkFormChange(t, "/Subtype /Widget /T (a) "+test.field, "/Fields [9 0 R 6 0 R]",
				locked("/Action /All"), fonts, test.passes)
		})
	}
}
