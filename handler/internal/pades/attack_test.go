package pades_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
)

// The attacks of this file leave the signature sound and make a reader show something else. An
// update completes, uncovers or redirects content that was prepared in the signed revision (shadow
// and incremental-saving attacks).

const formXObject = "/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >>"

func shown(text string) string { return "BT /F1 24 Tf 72 700 Td (" + text + ") Tj ET" }

// payment is a page that states an amount to pay. The test supplies the objects from 6 on.
func payment(page, catalog string, more ...string) []string {
	return append([]string{
		"<< /Type /Catalog /Pages 2 0 R " + catalog + " >>",
		"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] " + page + " >>",
		pdftest.Stream("", shown("PAY 10")),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}, more...)
}

const resources = "/Resources << /Font << /F1 5 0 R >> >> "

func number(n int) pdf.Ref { return pdf.Ref{Number: n} }

// extend gives an array entry of a dictionary object with more elements.
func extend(t *testing.T, file *pdf.File, dict pdf.Object, key pdf.Name, more ...pdf.Object) pdf.Array {
	t.Helper()
	holder, err := file.Dict(dict)
	if err != nil {
		t.Fatal(err)
	}
	array, err := file.Array(holder[key])
	if err != nil {
		t.Fatal(err)
	}
	return append(array.Clone(), more...)
}

// withField gives the form of a file with one more field.
func withField(t *testing.T, file *pdf.File, field pdf.Object) pdf.Dict {
	t.Helper()
	_, catalog, err := file.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	form, err := file.Dict(catalog["AcroForm"])
	if err != nil {
		t.Fatal(err)
	}
	changed := form.Clone()
	changed["Fields"] = extend(t, file, form, "Fields", field)
	return changed
}

var wholePage = pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(595), pdf.Integer(842)}

func cover(u *pdf.Update) pdf.Dict {
	return pdf.Dict{
		"N": u.Add(pdf.NewStream(pdf.Dict{"Type": pdf.Name("XObject"), "Subtype": pdf.Name("Form"), "BBox": wholePage},
			[]byte("1 g 0 0 595 842 re f")))}
}

func TestUpdatesThatShowSomethingElse(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, test := range []struct {
		name    string
		objects []string
		trailer string
		change  func(*testing.T, *pdf.File, *pdf.Update)
		want    pades.Change
	}{
		{"content that is the document information too", payment(resources+"/Contents 4 0 R", ""), "/Info 4 0 R",
			func(_ *testing.T, _ *pdf.File, u *pdf.Update) {
				u.Set(number(4), pdf.NewStream(pdf.Dict{}, []byte(shown("PAY 999999"))))
			}, pades.ChangeOther},
		{"an annotation that was hidden",
			payment(resources+"/Contents 4 0 R /Annots []", "",
				"<< /Type /Annot /Subtype /Stamp /F 4 /Rect [0 0 595 842] /AP << /N 7 0 R >> >>",
				pdftest.Stream(formXObject, shown("PAY 999999"))), "",
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", number(6))})
			}, pades.ChangeAnnotation},
		{"content that becomes the annotations",
			payment(resources+"/Contents 6 0 R /Annots []", "", "[4 0 R]", pdftest.Stream("", shown("PAY 999999"))), "",
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				u.Set(number(6), extend(t, f, number(3), "Annots", number(7)))
				edit(t, f, u, number(3), pdf.Dict{"Annots": number(6)})
			}, pades.ChangeOther},
		{"resources that become the form",
			payment("/Resources 6 0 R /Contents 7 0 R", "/AcroForm << /Fields [] /XObject << /X 4 0 R >> >>",
				"<< /Font << /F1 5 0 R >> /XObject << /X 8 0 R >> >>", pdftest.Stream("", "/X Do"),
				pdftest.Stream(formXObject, shown("PAY 10"))), "",
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				_, catalog, err := f.Catalog()
				if err != nil {
					t.Fatal(err)
				}
				form, err := f.Dict(catalog["AcroForm"])
				if err != nil {
					t.Fatal(err)
				}
				u.Set(number(6), form.Clone())
				edit(t, f, u, number(1), pdf.Dict{"AcroForm": number(6)})
			}, pades.ChangeOther},
		{"a catalog that is the resources too",
			payment("/Resources << /XObject 1 0 R >> /Contents 6 0 R", "/DSS 7 0 R", pdftest.Stream("", "/DSS Do"),
				pdftest.Stream(formXObject, shown("PAY 10"))), "",
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(1), pdf.Dict{"DSS": cover(u)["N"]})
			}, pades.ChangeOther},
		{"a signature field without a signature", payment(resources+"/Contents 4 0 R", ""), "",
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				widget := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"),
					"FT": pdf.Name("Sig"), "T": pdf.Text("x"), "Rect": wholePage, "AP": cover(u)})
				edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", widget)})
				edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, widget)})
			}, pades.ChangeAnnotation},
		{"a signature field that waits for a signature", payment(resources+"/Contents 4 0 R", ""), "",
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				widget := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"),
					"FT": pdf.Name("Sig"), "T": pdf.Text("x"), "Rect": wholePage})
				edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", widget)})
				edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, widget)})
			}, pades.ChangeFormFilling},
		{"a widget without a field", payment(resources+"/Contents 4 0 R", ""), "",
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				widget := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "Rect": wholePage,
					"AP": cover(u)})
				edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", widget)})
			}, pades.ChangeOther},
		{"a signed field that covers the page", payment(resources+"/Contents 4 0 R", ""), "",
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				value := u.Add(pdf.Dict{"Type": pdf.Name("Sig"), "ByteRange": pdf.Array{}, "Contents": pdf.String("x")})
				widget := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"),
					"FT": pdf.Name("Sig"), "T": pdf.Text("x"), "V": value, "Rect": wholePage, "AP": cover(u)})
				edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", widget)})
				edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, widget)})
			}, pades.ChangeSignature},
		{"an appearance for an empty signature field",
			payment(resources+"/Contents 4 0 R /Annots [6 0 R]", "/AcroForm << /Fields [6 0 R] >>",
				"<< /Type /Annot /Subtype /Widget /FT /Sig /T (e) /Rect [0 0 595 842] >>"), "",
			func(t *testing.T, f *pdf.File, u *pdf.Update) { edit(t, f, u, number(6), pdf.Dict{"AP": cover(u)}) },
			pades.ChangeAnnotation},
		{"content that becomes a field of a known name",
			payment(resources+"/Contents [6 0 R 4 0 R]", "/AcroForm << /Fields [7 0 R] >>",
				pdftest.Stream("", shown("VOID")), "<< /FT /Tx /T (a) >>"), "",
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				u.Set(number(6), pdf.Dict{"FT": pdf.Name("Tx"), "T": pdf.Text("a")})
				edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, number(6))})
			}, pades.ChangeOther},
		{"a field that is the resources too",
			payment("/Resources << /XObject 6 0 R >> /Contents 7 0 R", "/AcroForm << /Fields [6 0 R] >>",
				"<< /FT /Tx /T (a) /V 8 0 R >>",
				pdftest.Stream("", "/V Do"), pdftest.Stream(formXObject, shown("PAY 10"))), "",
			func(t *testing.T, f *pdf.File, u *pdf.Update) { edit(t, f, u, number(6), pdf.Dict{"V": cover(u)["N"]}) },
			pades.ChangeOther},
		{"a certification that is taken away",
			payment(resources+"/Contents 4 0 R", "/Perms << /DocMDP 6 0 R >>",
				"<< /Type /Sig /Reference [<< /TransformMethod /DocMDP /TransformParams << /P 2 >> >>] >>"), "",
			func(t *testing.T, f *pdf.File, u *pdf.Update) { edit(t, f, u, number(1), pdf.Dict{"Perms": nil}) },
			pades.ChangeOther},
		{"fonts of the form", payment(resources+"/Contents 4 0 R", "/AcroForm << /Fields [] /DR << >> >>"), "",
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				form := withField(t, f, nil)
				form["DR"], form["Fields"] = pdf.Dict{"Font": pdf.Dict{"F1": number(5)}}, form["Fields"].(pdf.Array)[:1]
				edit(t, f, u, number(1), pdf.Dict{"AcroForm": form})
			}, pades.ChangeFormFilling},
	} {
		for _, streams := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, streams=%v", test.name, streams), func(t *testing.T) {
				t.Parallel()
				signed := s.sign(t,
					pdftest.File{Objects: test.objects, Trailer: test.trailer, Streams: streams}.Bytes(),
					pades.Options{})
				checkAttack(t, s, appendix(t, signed, test.change), test.want)
			})
		}
	}
}

func checkAttack(t *testing.T, s signer, attacked []byte, want pades.Change) {
	t.Helper()
	found := verified(t, attacked, s.trust())
	ours := slices.IndexFunc(found, func(one pades.Signature) bool { return one.Field == "Signature1" })
	if ours < 0 {
		t.Fatalf("got %+v, want our signature among them", found)
	}
	got := found[ours]
	if got.ChangesAfter != want || (got.Indication == pades.TotalPassed) != passesAfter(want) {
		t.Errorf("got %s %q (%s), want %q", got.Indication, got.ChangesAfter, got.Detail, want)
	}
}

// passesAfter reports whether an approval signature passes with such changes after it. Comments do
// not pass, because they may cover what was signed.
func passesAfter(change pades.Change) bool {
	return change != pades.ChangeOther && change != pades.ChangeAnnotation
}

// rawRevision appends a body and a cross-reference table as they are given. No honest writer makes
// such a revision.
func rawRevision(document []byte, body, entries string, size int) []byte {
	out := append(bytes.Clone(document), body...)
	var previous int
	fmt.Sscan(string(document[bytes.LastIndex(document, []byte("startxref"))+len("startxref"):]), &previous)
	return fmt.Appendf(out, "xref\n%strailer\n<< /Size %d /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n", entries,
		size, previous, len(out))
}

func TestAppendedBytesThatCompleteTheSignedRevision(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	more := pdftest.Stream("", strings.Replace(shown("UNLESS VOID"), "700", "600", 1))
	entry := func(signed []byte, number, generation int) string {
		return fmt.Sprintf("%d 1\n%010d %05d n \n", number, len(signed), generation)
	}
	for name, attack := range map[string]func(t *testing.T) []byte{
		"a reference to nothing gets its object": func(t *testing.T) []byte {
			signed := s.sign(t, pdftest.File{Objects: payment(resources+"/Contents [4 0 R 99 0 R]", "")}.Bytes(),
				pades.Options{})
			stream := pdftest.Stream("/Type /XRef", shown("EVIL")) // posing as a container
			return rawRevision(signed, "99 0 obj\n"+stream+"\nendobj\n", entry(signed, 99, 0), 100)
		},
		"an object is defined twice in one section": func(t *testing.T) []byte {
			signed := s.sign(t, pdftest.File{Objects: payment(resources+"/Contents 4 0 R", "")}.Bytes(),
				pades.Options{})
			same := "4 0 obj\n" + pdftest.Stream("", shown("PAY 10")) + "\nendobj\n"
			other := "4 0 obj\n" + pdftest.Stream("", shown("PAY 999999")) + "\nendobj\n"
			return rawRevision(signed, same+other,
				entry(signed, 4, 0)+fmt.Sprintf("4 1\n%010d 00000 n \n", len(signed)+len(same)), 12)
		},
		"a page is written again with a key twice": func(t *testing.T) []byte {
			signed := s.sign(t,
				pdftest.File{Objects: payment(resources+"/Contents 4 0 R /Annots []", "",
					pdftest.Stream("", shown("PAY 999999")))}.Bytes(), pades.Options{})
			file, _ := open(t, signed)
			annotations := extend(t, file, number(3), "Annots")
			page := fmt.Sprintf("3 0 obj\n<< /Contents 6 0 R /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "+
				"%s/Contents 4 0 R /Annots [%d 0 R] >>\nendobj\n",
				resources, annotations[0].(pdf.Ref).Number)
			return rawRevision(signed, page, entry(signed, 3, 0), 12)
		},
		"an object gets another generation": func(t *testing.T) []byte {
			signed := s.sign(t, pdftest.File{Objects: payment(resources+"/Contents [4 0 R 6 0 R]", "", more)}.Bytes(),
				pades.Options{})
			return rawRevision(signed, "6 1 obj\n"+more+"\nendobj\n", entry(signed, 6, 1), 100)
		},
		"the file's size shrinks below an object": func(t *testing.T) []byte {
			signed := s.sign(t, pdftest.File{Objects: payment(resources+"/Contents [4 0 R 6 0 R]", "", more)}.Bytes(),
				pades.Options{})
			return rawRevision(signed, "", "0 0\n", 6)
		},
		"an object lies behind the signed end": func(t *testing.T) []byte {
			const place = 40_000
			document := pdftest.File{Objects: payment(resources+"/Contents [4 0 R 6 0 R]", "",
				pdftest.Stream("", "q Q"))}.Bytes()
			at := bytes.Index(document, []byte("\n6 0 obj")) + 1
			document = bytes.Replace(document, fmt.Appendf(nil, "%010d 00000 n", at),
				fmt.Appendf(nil, "%010d 00000 n", place), 1)
			signed := s.sign(t, document, pades.Options{})
			filling := "%" + strings.Repeat(" ", place-len(signed)-2) + "\n"
			return rawRevision(signed, filling+"6 0 obj\n"+more+"\nendobj\n", "0 0\n", 12)
		},
		"a stream's length reaches behind the signed end": func(t *testing.T) []byte {
			const length = 39_000
			stream := pdftest.Stream("", shown("PAY 10"))
			stated := fmt.Sprintf("/Length %d", len(shown("PAY 10")))
			document := pdftest.File{Objects: payment(resources+"/Contents 6 0 R", "",
				strings.Replace(stream, stated, fmt.Sprintf("/Length %d", length), 1))}.Bytes()
			signed := s.sign(t, document, pades.Options{})
			start := bytes.Index(document, fmt.Appendf(nil, "/Length %d", length))
			start += bytes.Index(document[start:], []byte("stream\n")) + len("stream\n")
			body := "\n" + shown("PLUS 999999") + "\n"
			body += strings.Repeat(" ", start+length-len(signed)-len(body)) + "\nendstream\nendobj\n"
			return rawRevision(signed, body, "0 0\n", 12)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkAttack(t, s, attack(t), pades.ChangeOther)
		})
	}
}

// Later revisions must obey a certification and a lock.
func TestPermissionsAreHeldAgainstLaterChanges(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	widget := "/Type /Annot /Subtype /Widget /Rect [0 0 9 9] >>"
	objects := payment(resources+"/Contents 4 0 R /Annots [6 0 R]", "/AcroForm << /Fields [6 0 R 7 0 R 8 0 R 9 0 R] >>",
		"<< /FT /Tx /T (amount) "+widget,
		"<< /FT /Sig /T (locking) /Lock << /Type /SigFieldLock /Action /Include /Fields [(amount)] >> "+widget,
		"<< /FT /Tx /T (note) "+widget,
		"<< /FT /Sig /T (last) /Lock << /Type /SigFieldLock /Action /Include /Fields [] /P 1 >> "+widget)
	form := func(entries pdf.Dict) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(t *testing.T, f *pdf.File, u *pdf.Update) {
			_, catalog, err := f.Catalog()
			if err != nil {
				t.Fatal(err)
			}
			changed := catalog["AcroForm"].(pdf.Dict).Clone()
			maps.Copy(changed, entries)
			edit(t, f, u, number(1), pdf.Dict{"AcroForm": changed})
		}
	}
	fill := func(field int) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(field), pdf.Dict{"V": pdf.Text("9")})
		}
	}
	comment := func(t *testing.T, f *pdf.File, u *pdf.Update) {
		note := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Text"), "Rect": wholePage})
		edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", note)})
	}
	for _, test := range []struct {
		name    string
		options pades.Options
		change  func(*testing.T, *pdf.File, *pdf.Update)
		passes  bool
	}{
		{"P 1, a field filled", pades.Options{Certify: pades.NoChanges}, fill(6), false},
		{"P 1, validation data", pades.Options{Certify: pades.NoChanges},
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(1), pdf.Dict{"DSS": u.Add(pdf.Dict{})})
			}, true},
		{"P 1, a certificate that is no stream", pades.Options{Certify: pades.NoChanges},
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(1), pdf.Dict{"DSS": pdf.Dict{"Certs": pdf.Array{pdf.Dict{"JS": pdf.Text("x")}}}})
			}, false},
		{"P 1, a response that is a text", pades.Options{Certify: pades.NoChanges},
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(1), pdf.Dict{"DSS": u.Add(pdf.Dict{"OCSPs": pdf.Array{pdf.Text("x")}})})
			}, false},
		{"P 1, flags that are a text", pades.Options{Certify: pades.NoChanges},
			form(pdf.Dict{"SigFlags": pdf.Text("3")}),
			false},
		{"P 1, another signature", pades.Options{Certify: pades.NoChanges},
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				beyond := pdf.Array{pdf.Integer(0), pdf.Integer(10), pdf.Integer(20), pdf.Integer(1 << 30)}
				value := u.Add(pdf.Dict{"Type": pdf.Name("Sig"), "ByteRange": beyond, "Contents": pdf.String("x")})
				point := pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(0), pdf.Integer(0)}
				field := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"),
					"T": pdf.Text("x"), "V": value, "Rect": point})
				edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, field)})
			}, false},
		{"P 2, a field filled", pades.Options{Certify: pades.FormFilling}, fill(6), true},
		{"P 2, a comment", pades.Options{Certify: pades.FormFilling}, comment, false},
		{"P 3, a comment", pades.Options{Certify: pades.FormsAndComments}, comment, true},
		{"no certification, a comment", pades.Options{}, comment, false},
		{"a lock, its field filled", pades.Options{Field: "locking"}, fill(6), false},
		{"a lock, another field filled", pades.Options{Field: "locking"}, fill(8), true},
		{"a lock, all appearances to be made anew", pades.Options{Field: "locking"},
			form(pdf.Dict{"NeedAppearances": true}), false},
		{"a lock, another font for what is made anew", pades.Options{Field: "locking"},
			form(pdf.Dict{"DA": pdf.Text("/F1 0 Tf")}), true},
		{"a lock, appearances as they are", pades.Options{Field: "locking"}, form(pdf.Dict{"NeedAppearances": false}),
			true},
		{"a lock, another font for other fields", pades.Options{Field: "locking"},
			form(pdf.Dict{"DR": pdf.Dict{"Font": pdf.Dict{"F2": number(5)}}}), true},
		{"P 2, another font", pades.Options{Certify: pades.FormFilling},
			form(pdf.Dict{"DR": pdf.Dict{"Font": pdf.Dict{"F2": number(5)}}}), true},
		{"P 1, another font", pades.Options{Certify: pades.NoChanges},
			form(pdf.Dict{"DR": pdf.Dict{"Font": pdf.Dict{"F2": number(5)}}}), false},
		{"P 1, appearances as they are", pades.Options{Certify: pades.NoChanges},
			form(pdf.Dict{"NeedAppearances": false}),
			false},
		{"a lock with P 1, a field filled", pades.Options{Field: "last"}, fill(8), false},
		{"a lock with P 1, validation data", pades.Options{Field: "last"},
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(1), pdf.Dict{"DSS": u.Add(pdf.Dict{})})
			}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), test.options)
			got := verified(t, appendix(t, signed, test.change), s.trust())[0]
			if passes := got.Indication == pades.TotalPassed; passes != test.passes ||
				!passes && got.SubIndication != pades.SigConstraintsFailure {
				t.Errorf("got %s %s (%s) after %q, want it to pass: %v", got.Indication, got.SubIndication, got.Detail,
					got.ChangesAfter, test.passes)
			}
		})
	}
}

// Many fields may share one signature, and a forged field may claim to cover more than a sound one.
func TestSharedAndForgedFields(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.sign(t, pdftest.Sample(0), pades.Options{})
	copies := appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
		_, catalog, err := f.Catalog()
		if err != nil {
			t.Fatal(err)
		}
		form, err := f.Dict(catalog["AcroForm"])
		if err != nil {
			t.Fatal(err)
		}
		field, err := f.Dict(extend(t, f, form, "Fields")[0])
		if err != nil {
			t.Fatal(err)
		}
		edit(t, f, u, number(1),
			pdf.Dict{"AcroForm": withField(t, f,
				u.Add(pdf.Dict{"FT": pdf.Name("Sig"), "T": pdf.Text("copy"), "V": field["V"]}))})
	})
	for _, got := range verified(t, copies, s.trust()) {
		want := pades.SigConstraintsFailure // a field that came without a signature of its own
		if got.Field == "copy" {
			want = pades.FormatFailure
		}
		if got.Indication == pades.TotalPassed || got.SubIndication != want {
			t.Errorf("got %+v, want %s", got, want)
		}
	}

	forged := pdftest.File{Objects: append(pdftest.Pages(1, "/AcroForm << /Fields [4 0 R] >>"),
		"<< /FT /Sig /T (forged) /V 5 0 R >>",
		"<< /Type /Sig /SubFilter /ETSI.CAdES.detached /ByteRange [0 10 20 999999999] /Contents <00> >>")}.Bytes()
	own, err := verify.VerifyFrom(t.Context(), bytes.NewReader(s.sign(t, forged, pades.Options{})), int64(len(forged)),
		s.trust())
	if err != nil || len(own) != 1 || own[0].Indication != pades.TotalPassed || !coversAll(own[0]) {
		t.Errorf("got %+v %v, want our own signature alone, which reaches to the end", own, err)
	}
}

// Small files whose verification would need much memory or time are refused before they use it.
func TestFormsThatMultiply(t *testing.T) {
	s := ecdsaSigner(t)
	page := pdftest.Pages(1, "/AcroForm 4 0 R")
	names := append(slices.Clone(page), "<< /Fields [5 0 R] >>",
		"<< /T ("+strings.Repeat("a", 1<<20)+") /Kids ["+strings.Repeat("<</T(b)>>", 1000)+"] >>")
	repeated := append(slices.Clone(page), "<< /Fields [5 0 R] >>",
		"<< /T ("+strings.Repeat("a", 4000)+") /Kids ["+strings.Repeat("<</T(b)>>", 50_000)+"] >>")
	many := append(slices.Clone(page), "<< /Fields [<</FT/Sig/V 5 0 R>>] >>",
		"<< /Reference ["+
			strings.Repeat("<< /TransformMethod /FieldMDP /TransformParams << /Action /Include >> >>", 1000)+"] >>")
	locks := append(slices.Clone(page), "<< /Fields ["+strings.Repeat("<</FT/Sig/V 5 0 R>>", 3000)+"] >>",
		"<< /Reference [<< /TransformMethod /FieldMDP /TransformParams << /Action /Include /Fields ["+
			strings.Repeat("(a)", 20_000)+"] >> >>] >>")
	for name, objects := range map[string][]string{"a long name": names, "a name for many fields": repeated,
		"many locks": many, "many locked names": locks} {
		t.Run(name, func(t *testing.T) {
			document := pdftest.File{Objects: objects}.Bytes()
			var err error
			held := allocated(func() { _, err = s.try(t.Context(), document, pades.Options{}) })
			if codeOf(err) != pades.CodeTooComplex {
				t.Errorf("got %v, want %s", err, pades.CodeTooComplex)
			}
			if held > 64<<20 {
				t.Errorf("got %d bytes allocated, want little", held)
			}
		})
	}
}

// A comment can do no more than cover signed content. A comment with a script or an action can do
// more, and so can other types of annotation.
func TestAnnotationsThatDoThings(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	show := pdf.Dict{"S": pdf.Name("SetOCGState"), "State": pdf.Array{pdf.Name("ON"), number(1)}}
	link := pdf.Dict{"S": pdf.Name("URI"), "URI": pdf.String("https://example.com")}
	then := pdf.Dict{"S": pdf.Name("URI"), "URI": pdf.String("https://example.com"), "Next": show}
	objects := payment(resources+"/Contents 4 0 R /Annots [6 0 R << /Subtype /Text >>]", "",
		"<< /Type /Annot /Subtype /Screen /AA << /PV << /S /Rendition >> >> /A << /S /Named /N /NextPage >> >>")
	for name, test := range map[string]struct {
		existing bool
		entries  pdf.Dict
		want     pades.Change
	}{
		"a link": {false, pdf.Dict{"A": link}, pades.ChangeOther},
		"a link to a place": {false, pdf.Dict{"Dest": pdf.Array{number(3), pdf.Name("Fit")}},
			pades.ChangeAnnotation},
		"an action":                             {false, pdf.Dict{"A": show}, pades.ChangeOther},
		"an action behind a link":               {false, pdf.Dict{"A": then}, pades.ChangeOther},
		"an action when the page opens":         {false, pdf.Dict{"AA": pdf.Dict{"PV": show}}, pades.ChangeOther},
		"what is no action":                     {false, pdf.Dict{"A": true}, pades.ChangeOther},
		"a widget":                              {false, pdf.Dict{"Subtype": pdf.Name("Widget")}, pades.ChangeOther},
		"one that did things before":            {true, pdf.Dict{"F": pdf.Integer(4)}, pades.ChangeOther},
		"one that does other things":            {true, pdf.Dict{"AA": pdf.Dict{"PV": show}}, pades.ChangeOther},
		"one that does other things at a click": {true, pdf.Dict{"A": show}, pades.ChangeOther},
		"one that does less":                    {true, pdf.Dict{"A": nil}, pades.ChangeOther},
	} {
		for _, direct := range []bool{false, true} {
			signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{})
			attacked := appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
				if test.existing {
					edit(t, f, u, number(6), test.entries)
					return
				}
				annotation := pdf.Dict{"Subtype": pdf.Name("Link"), "Rect": wholePage}
				maps.Copy(annotation, test.entries)
				added := pdf.Object(annotation)
				if !direct {
					added = u.Add(annotation)
				}
				edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", added)})
			})
			t.Run(fmt.Sprintf("%s, direct=%v", name, direct),
				func(t *testing.T) { checkAttack(t, s, attacked, test.want) })
		}
	}
}

// For a locked field with a value and no appearance, readers generate an appearance with the fonts
// of the form, even if other fields have an appearance. With /NeedAppearances, readers generate all
// appearances: a field with an appearance shows its value until an update removes the flag.
func TestALockedFieldThatReadersDraw(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const none, appearance = "", "/AP << /N 8 0 R >>"
	fonts := pdf.Dict{"DR": pdf.Dict{"Font": pdf.Dict{"F1": number(9)}}}
	for _, test := range []struct {
		name, form, field string
		change            pdf.Dict
		passes            bool
	}{
		{"another font", none, "/V (10)", fonts, false},
		{"another font, inherited value", none, "/Kids [10 0 R] /V (10)", fonts, false},
		{"another font, no value", none, none, fonts, true},
		{"another font, an appearance", none, "/V (10) " + appearance, fonts, true},
		{"another default", none, "/V (10)", pdf.Dict{"DA": pdf.Text("/F1 99 Tf")}, false},
		{"the flag comes", none, "/V (10) " + appearance, pdf.Dict{"NeedAppearances": true}, false},
		{"the flag goes", "/NeedAppearances true", "/V (10) " + appearance, pdf.Dict{"NeedAppearances": nil}, false},
		{"the flag becomes false", "/NeedAppearances true", "/V (10) " + appearance, pdf.Dict{"NeedAppearances": false},
			false},
		{"the flag is false", none, "/V (10)", pdf.Dict{"NeedAppearances": false}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			objects := payment(resources+"/Contents 4 0 R /Annots [6 0 R]",
				"/AcroForm << "+test.form+" /DA (/F1 12 Tf) /DR << /Font << /F1 5 0 R >> >> /Fields [6 0 R 7 0 R] >>",
				"<< /FT /Tx /T (amount) /Type /Annot /Subtype /Widget /Rect [0 0 90 20] "+test.field+" >>",
				"<< /FT /Sig /T (Signature1) /Lock << /Type /SigFieldLock /Action /All >> >>",
				pdftest.Stream(formXObject, shown("999999")), "<< /Type /Font /Subtype /Type3 >>",
				"<< /Parent 6 0 R /Type /Annot /Subtype /Widget /Rect [0 0 90 20] >>")
			signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{Field: "Signature1"})
			got := verified(t, appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
				form := withField(t, f, nil)
				form["Fields"] = form["Fields"].(pdf.Array)[:2]
				maps.Copy(form, test.change)
				edit(t, f, u, number(1), pdf.Dict{"AcroForm": form})
			}), s.trust())[0]
			if passes := got.Indication == pades.TotalPassed; passes != test.passes {
				t.Errorf("got %s (%s) after %q, want it to pass: %v", got.Indication, got.Detail, got.ChangesAfter,
					test.passes)
			}
		})
	}
}

// If readers generate the appearances, the fonts of the form decide how a locked field shows its
// value.
func TestAFontThatShowsALockedFieldOtherwise(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for key, value := range map[pdf.Name]pdf.Object{
		"DR": pdf.Dict{"Font": pdf.Dict{"F1": number(8)}}, "DA": pdf.Text("/F2 12 Tf"), "SigFlags": pdf.Integer(1),
	} {
		objects := payment(resources+"/Contents 4 0 R",
			"/AcroForm << /NeedAppearances true /DA (/F1 12 Tf) /DR << /Font << /F1 5 0 R >> >> /Fields [6 0 "+
				"R 7 0 R] >>",
			"<< /FT /Tx /T (amount) /V (10) >>",
			"<< /FT /Sig /T (Signature1) /Lock << /Type /SigFieldLock /Action /All >> >>",
			"<< /Type /Font /Subtype /Type3 >>")
		signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{Field: "Signature1"})
		got := verified(t, appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			form := withField(t, f, nil)
			form["Fields"], form[key] = form["Fields"].(pdf.Array)[:2], value
			edit(t, f, u, number(1), pdf.Dict{"AcroForm": form})
		}), s.trust())[0]
		if passes := got.Indication == pades.TotalPassed; passes != (key == "SigFlags") {
			t.Errorf("%s: got %s (%s) after %q", key, got.Indication, got.Detail, got.ChangesAfter)
		}
	}
}
