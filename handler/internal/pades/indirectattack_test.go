package pades_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// The attacks of this file leave a dictionary as it was signed, and change an object that one of
// its entries refers to.

// TestValuesThatAreObjectsOfTheirOwn replaces the value of an entry that is an object of its own.
func TestValuesThatAreObjectsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	packet := func(title string) string {
		return `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description ` +
			`xmlns:a="urn:a" a:title="` + title + `"/></rdf:RDF>`
	}
	short := packet("a")
	metadata := "<< /Type /Metadata /Subtype /XML /Length 6 0 R >>\nstream\n" + short + "\nendstream\n%\nendstream"
	for _, test := range []struct {
		name             string
		catalog, trailer string
		objects          []string // from 6 on
		is               pdf.Object
		want             pades.Change
	}{
		{"a title", "", "/Info << /Title 6 0 R >>", []string{"(was)"}, pdf.Text("is"), pades.ChangeOther},
		{"a title in a dictionary of its own", "", "/Info 7 0 R", []string{"(was)", "<< /Title 6 0 R >>"},
			pdf.Text("is"), pades.ChangeOther},
		{"an entry that nobody knows", "", "/Info << /Price 6 0 R >>", []string{"10"}, pdf.Integer(99),
			pades.ChangeOther},
		{"an entry that nobody knows, in an array", "", "/Info << /Price [6 0 R] >>", []string{"10"}, pdf.Integer(99),
			pades.ChangeOther},
		{"a date", "", "/Info << /ModDate 6 0 R >>", []string{"(D:2025)"}, pdf.Text("D:2026"), pades.ChangeMetadata},
		{"a date that is the title too", "", "/Info << /ModDate 6 0 R /Title 6 0 R >>", []string{"(D:2025)"},
			pdf.Text("D:2026"), pades.ChangeOther},
		{"the producer", "", "/Info << /Producer 6 0 R >>", []string{"(was)"}, pdf.Text("is"), pades.ChangeMetadata},
		{"the length of the metadata", "/Metadata 7 0 R", "", []string{fmt.Sprint(len(short)), metadata},
			pdf.Integer(len(short) + len("\nendstream\n%")), pades.ChangeOther},
		{"the level of an extension", "/Extensions << /ADBE << /BaseVersion /1.7 /ExtensionLevel 6 0 R >> >>", "",
			[]string{"5"}, pdf.Integer(8), pades.ChangeDSS},
	} {
		for _, streams := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, streams=%v", test.name, streams), func(t *testing.T) {
				t.Parallel()
				objects := payment(resources+"/Contents 4 0 R", test.catalog, test.objects...)
				signed := s.sign(t, pdftest.File{Objects: objects, Trailer: test.trailer, Streams: streams}.Bytes(),
					pades.Options{})
				checkAttack(t, s, appendix(t, signed, func(_ *testing.T, _ *pdf.File, u *pdf.Update) {
					u.Set(number(6), test.is)
				}), test.want)
			})
		}
	}
}

// A document without information may get dates and a producer, and nothing else. MuPDF reads the
// dictionary of a stream as the document information.
func TestInformationThatIsAdded(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	title, date := pdf.Dict{"Title": pdf.Text("is")}, pdf.Dict{"ModDate": pdf.Text("D:2026")}
	for _, test := range []struct {
		name, was string
		is        pdf.Object
		want      pades.Change
	}{
		{"a title", "null", title, pades.ChangeOther},
		{"a date", "null", date, pades.ChangeMetadata},
		{"a title in a stream", "null", pdf.NewStream(title, nil), pades.ChangeOther},
		{"a date in a stream", "null", pdf.NewStream(date, nil), pades.ChangeOther},
		{"another title in a stream", pdftest.Stream("/Title (was)", ""), pdf.NewStream(title, nil),
			pades.ChangeOther},
		{"a stream instead of a date", "(D:2025)", pdf.NewStream(title, nil), pades.ChangeOther},
	} {
		signed := s.sign(t, pdftest.File{Objects: payment(resources+"/Contents 4 0 R", "", test.was),
			Trailer: "/Info 6 0 R"}.Bytes(), pades.Options{})
		checkAttack(t, s, appendix(t, signed, func(_ *testing.T, _ *pdf.File, u *pdf.Update) {
			u.Set(number(6), test.is)
		}), test.want)
	}
}

// Without SignaturesExist, readers may look for no signatures.
func TestFlagsOfTheForm(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, test := range []struct {
		was  string
		is   pdf.Object
		same bool
	}{
		{"", pdf.Integer(3), true}, {"/SigFlags 1", pdf.Integer(3), true}, {"/SigFlags 0", pdf.Integer(1), true},
		{"/SigFlags 3", pdf.Integer(1), true}, {"/SigFlags 3", pdf.Integer(0), false},
		{"/SigFlags 3", pdf.Integer(2), false}, {"/SigFlags 3", nil, false}, {"/SigFlags 8 0 R", pdf.Integer(2), false},
		{"/SigFlags 8 0 R", pdf.Integer(3), true}, {"/SigFlags 3", pdf.Integer(1<<40 | 3), false},
		{"/SigFlags 3.0", pdf.Integer(3), true}, {"/SigFlags 3.0", pdf.Integer(2), false},
		{"/SigFlags 3", pdf.Integer(-1), false}, {"/SigFlags 3", pdf.Real("3.0"), false},
	} {
		want := pades.ChangeOther
		if test.same {
			want = pades.ChangeDSS
		}
		signed := s.byHand(t, payment(resources+"/Contents 4 0 R", "/AcroForm 6 0 R",
			"<< /Fields [7 0 R] "+test.was+" >>", "<< /FT /Sig /T (Signature1) /V 9 0 R >>", "1"), certified("1"))
		got := verified(t, appendix(t, signed, set(6, pdf.Dict{"SigFlags": test.is})), s.trust())[0]
		if got.ChangesAfter != want || (got.Indication == pades.TotalPassed) != test.same {
			t.Errorf("%q to %v: got %s %q (%s), want %q", test.was, test.is, got.Indication, got.ChangesAfter,
				got.Detail, want)
		}
	}
}

// The permissions of a certification must stay as they were signed, even if no field has the
// certification.
func TestPermissionsThatAreObjectsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const reference = "<< /TransformMethod /DocMDP /TransformParams "
	parameters := func(p int) pdf.Dict { return pdf.Dict{"P": pdf.Integer(p)} }
	for name, test := range map[string]struct {
		entries, object string
		is              pdf.Object
	}{
		"the references": {"/Reference 6 0 R", "[" + reference + "<< /P 1 >> >>]",
			pdf.Array{pdf.Dict{"TransformMethod": pdf.Name("DocMDP"), "TransformParams": parameters(3)}}},
		"the parameters": {"/Reference [" + reference + "6 0 R >>]", "<< /P 1 >>", parameters(3)},
		"the permission": {"/Reference [" + reference + "<< /P 6 0 R >> >>]", "1", pdf.Integer(3)},
	} {
		for _, fields := range []string{"", "/AcroForm << /Fields [<< /FT /Sig /T (Signature1) /V 7 0 R >>] >>"} {
			signed := s.byHand(t,
				payment(resources+"/Contents 4 0 R", "/Perms << /DocMDP 7 0 R >> "+fields, test.object), test.entries)
			for change, passes := range map[string]bool{"none": true, "this": false} {
				document := appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
					edit(t, f, u, number(1), nil)
					if change == "this" {
						u.Set(number(6), test.is)
					}
				})
				got := verified(t, document, s.trust())
				if len(got) != 1 || (got[0].Indication == pades.TotalPassed) != passes {
					t.Errorf("%s, fields %q, change of %s: got %+v, want it to pass: %v", name, fields, change, got,
						passes)
				}
			}
		}
	}
}

// TestValuesThatFieldsInherit changes the value of a field that others inherit: ISO 32000-2, table
// 226.
func TestValuesThatFieldsInherit(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	lock := func(action, name string) string {
		return "/Reference [<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << /Type " +
			"/TransformParams /V /1.2 /Action /" + action + " /Fields [(" + name + ")] >> >>]"
	}
	const named = "<< /T (b) /Parent 6 0 R /Kids [8 0 R] >>"
	for _, test := range []struct {
		name, lock, parent, kid, below string
		change                         pdf.Dict
		want                           pades.Change
		pass                           bool
	}{
		{"no lock", "", "/FT /Tx", named, "/T (c)", pdf.Dict{"V": pdf.Text("99")}, pades.ChangeFormFilling, true},
		{"the field itself", lock("Include", "a"), "/FT /Tx", named, "/T (c)", pdf.Dict{"V": pdf.Text("99")},
			pades.ChangeFormFilling, false},
		{"a field below", lock("Include", "a.b"), "/FT /Tx", named, "/T (c)", pdf.Dict{"V": pdf.Text("99")},
			pades.ChangeFormFilling, false},
		{"two below", lock("Include", "a.b.c"), "/FT /Tx", named, "/T (c)", pdf.Dict{"V": pdf.Text("99")},
			pades.ChangeFormFilling, false},
		{"two below, whose flags are inherited", lock("Include", "a.b.c"), "/FT /Tx", named, "/T (c)",
			pdf.Dict{"Ff": pdf.Integer(1)}, pades.ChangeFormFilling, false},
		{"two below, whose appearance is not inherited", lock("Include", "a.b.c"), "/FT /Tx", named, "/T (c)",
			pdf.Dict{"M": pdf.Text("D:2026")}, pades.ChangeFormFilling, true},
		{"another", lock("Include", "a.d"), "/FT /Tx", named, "/T (c)", pdf.Dict{"V": pdf.Text("99")},
			pades.ChangeFormFilling, true},
		{"a signature field below", "", "/FT /Tx", named, "/T (c) /FT /Sig",
			pdf.Dict{"V": pdf.Text("99")}, pades.ChangeOther, false},
		{"a field without a type below", "", "", "<< /FT /Tx /T (b) /Parent 6 0 R /Kids [8 0 R] >>", "/T (c)",
			pdf.Dict{"V": pdf.Text("99")}, pades.ChangeOther, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			objects := payment(resources+"/Contents 4 0 R /Annots [8 0 R]", "/AcroForm << /Fields [6 0 R 9 0 R] >>",
				"<< /T (a) /Kids [7 0 R] "+test.parent+" >>", test.kid,
				"<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /Parent 7 0 R "+test.below+" >>",
				"<< /FT /Sig /T (Signature1) /V 10 0 R >>")
			attacked := appendix(t, s.byHand(t, objects, test.lock), func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(6), test.change)
			})
			for _, got := range verified(t, attacked, s.trust()) {
				if got.Field == "Signature1" &&
					(got.ChangesAfter != test.want || (got.Indication == pades.TotalPassed) != test.pass) {
					t.Errorf("got %s %q (%s), want %q, passed %v", got.Indication, got.ChangesAfter, got.Detail,
						test.want, test.pass)
				}
			}
		})
	}
}

// A signature that a field inherits from a field of another type must not vanish either.
func TestAnInheritedSignatureBelowAFieldOfAnotherType(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, kind := range []string{"Tx", "Ch", "Btn"} {
		for _, below := range []string{"", "/Kids [7 0 R]"} { // without kids, the field has the signature itself
			objects := payment(resources+"/Contents 4 0 R", "/AcroForm << /Fields [6 0 R] >>",
				"<< /T (a) /FT /"+kind+" /V 8 0 R "+below+" >>", "<< /T (b) /Parent 6 0 R /FT /Sig >>")
			signed := s.sign(t, s.byHand(t, objects, ""), pades.Options{})
			for _, value := range []pdf.Object{nil, pdf.Text("x"), pdf.Name("Off")} {
				attacked := appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
					edit(t, f, u, number(6), pdf.Dict{"V": value})
				})
				checkAttack(t, s, attacked, pades.ChangeOther)
			}
		}
	}
}

// The inherited value is an object of its own, of one field or of several.
func TestAnInheritedValueThatIsReplaced(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, below := range []string{"/FT /Tx", "/FT /Sig"} {
		for name, other := range map[string]string{"one field": "", "two fields": "/V 8 0 R"} {
			objects := payment(resources+"/Contents 4 0 R", "/AcroForm << /Fields [6 0 R 9 0 R] >>",
				"<< /T (a) /FT /Tx /V 8 0 R /Kids [7 0 R] >>", "<< /T (b) /Parent 6 0 R "+below+" >>", "(10)",
				"<< /T (c) /FT /Tx "+other+" >>")
			signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{})
			attacked := appendix(t, signed, func(_ *testing.T, _ *pdf.File, u *pdf.Update) {
				u.Set(number(8), pdf.Text("99"))
			})
			want := pades.ChangeFormFilling
			if below == "/FT /Sig" {
				want = pades.ChangeOther
			}
			t.Run(name+" "+below, func(t *testing.T) { checkAttack(t, s, attacked, want) })
		}
	}
}

// TestInformationThatIsReplaced names another information dictionary in the trailer, or none.
func TestInformationThatIsReplaced(t *testing.T) {
	t.Parallel()
	for information, want := range map[string]pades.Change{
		"<< /Title (was) /ModDate (D:2026) >>": pades.ChangeMetadata, "<< /Title (was) >>": pades.ChangeNone,
		"<< /Title (is) >>": pades.ChangeOther, "<< >>": pades.ChangeOther, "": pades.ChangeOther,
		"<< /Title (was) /Author (is) >>": pades.ChangeOther,
	} {
		t.Run(information, func(t *testing.T) { checkInformation(t, "<< /Title (was) >>", information, want) })
	}
}

// TestInformationEncodedOtherwise copies the texts of the information dictionary in another
// encoding, as writers do that read and write it for a date.
func TestInformationEncodedOtherwise(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, was, is string
		want          pades.Change
	}{
		{"UTF-16BE as PDFDocEncoding", "<FEFF0077006100732022>", "(was\\200)", pades.ChangeMetadata},
		{"PDFDocEncoding as UTF-16BE", "(was)", "<FEFF007700610073>", pades.ChangeMetadata},
		{"another text", "<FEFF007700610073>", "(is)", pades.ChangeOther},
		{"a text that is longer", "<FEFF007700610073>", "(was )", pades.ChangeOther},
		{"a text that is gone", "<FEFF>", "null", pades.ChangeOther},
		{"a name", "<FEFF007700610073>", "/was", pades.ChangeOther},
		{"as UTF-8", "(was)", "<EFBBBF776173>", pades.ChangeOther},
		{"as UTF-16LE", "(was)", "<FFFE770061007300>", pades.ChangeOther},
		{"from UTF-8", "<EFBBBF776173>", "(was)", pades.ChangeOther},
		{"bytes that are no character", "(was\\177)", "(was\\237)", pades.ChangeOther},
		{"half a character", "<FEFF0077FF>", "<FEFF0077FE>", pades.ChangeOther},
	} {
		t.Run(test.name, func(t *testing.T) {
			checkInformation(t, "<< /Title "+test.was+" >>", "<< /Title "+test.is+" >>", test.want)
		})
	}
}

// checkInformation verifies a document that has an information dictionary when it is signed, and
// another one afterwards; "" = none.
func checkInformation(t *testing.T, was, is string, want pades.Change) {
	t.Helper()
	s := ecdsaSigner(t)
	signed := s.sign(t, pdftest.File{Objects: payment(resources+"/Contents 4 0 R", "", was),
		Trailer: "/Info 6 0 R"}.Bytes(), pades.Options{})
	body, entries, named := "4 0 obj\n"+pdftest.Stream("", shown("PAY 10"))+"\nendobj\n", "", ""
	entries = fmt.Sprintf("4 1\n%010d 00000 n \n", len(signed))
	if is != "" {
		entries += fmt.Sprintf("20 1\n%010d 00000 n \n", len(signed)+len(body))
		body, named = body+"20 0 obj\n"+is+"\nendobj\n", "/Info 20 0 R "
	}
	attacked := rawRevision(signed, body, entries, 21)
	at := bytes.LastIndex(attacked, []byte("/Root 1 0 R"))
	checkAttack(t, s, slices.Insert(attacked, at, []byte(named)...), want)
}
