package pades_test

import (
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// The attacks of this file give one object two roles, so that each could take the other for its
// reason to change.

// signature is the value of a signature field that nobody has signed.
func signature(u *pdf.Update) pdf.Ref {
	return u.Add(pdf.Dict{"Type": pdf.Name("Sig"), "ByteRange": pdf.Array{}, "Contents": pdf.String("x")})
}

func TestObjectsWithTwoRoles(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	evil := func(u *pdf.Update) pdf.Ref {
		return u.Add(pdf.NewStream(pdf.Dict{}, []byte(shown("PAY 999999"))))
	}
	pages := func(kids, second, annotations string, more ...string) []string {
		return append([]string{
			"<< /Type /Catalog /Pages 2 0 R /AcroForm 9 0 R >>",
			"<< /Type /Pages /Count 2 /Kids [" + kids + "] >>",
			"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] " + resources + " /Contents 4 0 R /Annots [" +
				annotations + "] >>",
			pdftest.Stream("", shown("PAGE 1")),
			"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
			second,
			pdftest.Stream("", shown("PAY 10")),
			"<< /Type /Page /Parent 6 0 R /MediaBox [0 0 595 842] " + resources + " /Contents 7 0 R >>",
		}, more...)
	}
	lastPage := "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] " + resources + " /Contents 7 0 R >>"
	branch := "<< /Type /Pages /Parent 2 0 R /Count 1 /Kids [8 0 R] >>"
	for _, test := range []struct {
		name    string
		objects []string
		change  func(*testing.T, *pdf.File, *pdf.Update)
	}{
		{"a page among the annotations of another", pages("3 0 R 6 0 R", lastPage, "6 0 R", "<< /Fields [] >>"),
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(6), pdf.Dict{"Contents": evil(u)})
			}},
		{"a branch of the page tree among the annotations", pages("3 0 R 6 0 R", branch, "6 0 R", "<< /Fields [] >>"),
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				page := u.Add(pdf.Dict{"Type": pdf.Name("Page"), "Parent": number(6), "MediaBox": wholePage,
					"Contents": evil(u)})
				edit(t, f, u, number(6), pdf.Dict{"Kids": pdf.Array{page}})
			}},
		{"a branch of the page tree that is a field",
			pages("3 0 R 6 0 R", strings.Replace(branch, "<<", "<< /T (a) ", 1), "", "<< /Fields [6 0 R] >>"),
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				page := u.Add(pdf.Dict{"Type": pdf.Name("Page"), "Parent": number(6), "MediaBox": wholePage,
					"Contents": evil(u),
					"FT":       pdf.Name("Sig"), "V": signature(u), "Rect": point})
				edit(t, f, u, number(6), pdf.Dict{"Kids": pdf.Array{number(8), page}})
			}},
		{"a page that holds its resources",
			pages("3 0 R 6 0 R",
				strings.Replace(lastPage, resources, "/Resources << /XObject 6 0 R >> /LastModified 10 0 R ", 1), "",
				"<< /Fields [] >>", pdftest.Stream(formXObject, shown("VOID"))),
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(6), pdf.Dict{"LastModified": nil})
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			signed := s.sign(t, pdftest.File{Objects: test.objects}.Bytes(), pades.Options{})
			checkAttack(t, s, appendix(t, signed, test.change), pades.ChangeOther)
		})
	}
}

// An object that is drawn under a name which looks like a reference to an annotation, and is one of
// the page's annotations too.
func TestResourcesNamedLikeReferences(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, name := range []string{"T", "Obj", "Kids", "Parent", "Popup", "Fields", "Annots", "IRT"} {
		for category, resource := range map[string]struct{ content, object string }{
			"XObject":   {"/" + name + " Do", pdftest.Stream(formXObject, shown("PAY 10"))},
			"ExtGState": {"/" + name + " gs " + shown("PAY 999999"), "<< /Type /ExtGState /Subtype /Text /ca 0 >>"},
		} {
			for _, direct := range []bool{false, true} {
				names := "<< /Type /OBJR /S /Hide /" + name + " 6 0 R >>"
				entry := "8 0 R"
				if direct {
					entry = names
				}
				objects := payment("/Resources << /Font << /F1 5 0 R >> /"+category+" "+entry+
					" >> /Contents 7 0 R /Annots [6 0 R]", "/StructTreeRoot << /K 8 0 R >>",
					resource.object, pdftest.Stream("", resource.content), names)
				signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{})
				for _, removed := range []bool{false, true} {
					attacked := appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
						if category == "XObject" {
							u.Set(number(6),
								pdf.NewStream(
									pdf.Dict{"Type": pdf.Name("XObject"), "Subtype": pdf.Name("Form"),
										"BBox": wholePage}, []byte(shown("PAY 999999"))))
						} else {
							edit(t, f, u, number(6), pdf.Dict{"ca": pdf.Integer(1)})
						}
						if removed {
							edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots")[1:]})
						}
					})
					checkAttack(t, s, attacked, pades.ChangeOther)
				}
			}
		}
	}
}

func TestScriptsThatAreAnnotations(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	objects := payment(resources+"/Contents 4 0 R /Annots [6 0 R]", "/Names << /JavaScript << /Kids [6 0 R] >> >>",
		"<< /Subtype /Text /Limits [(a) (b)] /Names [] >>")
	signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{})
	checkAttack(t, s, appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
		edit(t, f, u, number(6),
			pdf.Dict{"Names": pdf.Array{pdf.Text("a"), pdf.Dict{"S": pdf.Name("JavaScript"), "JS": pdf.Text("x")}}})
	}), pades.ChangeOther)
}

// What refers to fields and annotations as such leaves them what may change in them.
func TestReferencesToFieldsAndAnnotations(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	objects := payment(resources+"/Contents 4 0 R /Annots [7 0 R 8 0 R] /AA << /O << /S /Hide /T [7 0 R 8 0 R] >> >>",
		"/AcroForm << /Fields [6 0 R] >> /OpenAction << /S /ResetForm /Fields [6 0 R] >> /StructTreeRoot << /K [<< "+
			"/Type /OBJR /Obj 7 0 R >> << /Type /OBJR /Obj 8 0 R >>] >>",
		"<< /T (a) /FT /Tx /Kids [7 0 R] >>", "<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /Parent 6 0 R >>",
		"<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] >>")
	for field, want := range map[int]pades.Change{6: pades.ChangeFormFilling, 7: pades.ChangeFormFilling,
		8: pades.ChangeAnnotation} {
		signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{})
		checkAttack(t, s, appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(field), pdf.Dict{"M": pdf.Text("D:2026")})
		}), want)
	}
}
