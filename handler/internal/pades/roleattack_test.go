package pades_test

import (
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// The attacks of this file give one object two roles. A change that one role permits must not pass
// if the other role forbids it.

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

// An object is drawn as a resource whose name looks like a reference to an annotation. It is also
// one of the page's annotations.
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

// References that only name fields and annotations do not restrict how these may change.
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

// The appearances of two fields may share an object at any depth. Each change of that object is
// then a change of both fields, whichever is read first.
func TestObjectsThatFieldsShare(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	lock := "/Reference [<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << /Type " +
		"/TransformParams /V /1.2 " +
		"/Action /Include /Fields [(b)] >> >>]"
	widget := "<< /Type /Annot /Subtype /Widget /Rect [0 0 99 99] /P 3 0 R /AP << /N "
	const stream = "/Type /XObject /Subtype /Form /BBox [0 0 99 99] /Resources "
	for depth, shares := range map[string]func(shared bool) (appearance, resources string){
		"stream": func(shared bool) (string, string) { return map[bool]string{true: "10", false: "11"}[shared], "" },
		"resources": func(shared bool) (string, string) {
			return "11", map[bool]string{true: "12", false: "13"}[shared]
		},
	} {
		for _, fields := range []string{"6 7 8 9", "7 6 8 9", "8 6 7 9", "9 8 7 6", "6 8 7 9"} {
			for _, test := range []struct {
				with string // the fields that share with a
				want pades.Change
				pass bool
			}{
				{"", pades.ChangeFormFilling, true},
				{"c", pades.ChangeFormFilling, false}, // the fields that share it are not recorded
				{"b", pades.ChangeFormFilling, false}, {"bc", pades.ChangeFormFilling, false},
				{"s", pades.ChangeOther, false}, {"cs", pades.ChangeOther, false},
			} {
				// Each field other than a has a stream of its own, from 11 on, unless it shares
				// one.
				list := "[" + strings.ReplaceAll(fields, " ", " 0 R ") + " 0 R]"
				objects := payment(resources+"/Contents 4 0 R /Annots "+list, "/AcroForm << /Fields "+list+" >>",
					widget+"10 0 R >> /FT /Tx /T (a) >>")
				streams := []string{pdftest.Stream(stream+"14 0 R", "/X Do")}
				for i, name := range []string{"b", "c", "s"} {
					appearance, used := shares(strings.Contains(test.with, name))
					if appearance == "11" {
						appearance = []string{"11", "12", "13"}[i]
					}
					if used == "12" {
						used = "14" // the resources of a
					} else {
						used = "15"
					}
					kind := "/FT /Tx /T (" + name + ") >>"
					if name == "s" {
						kind = "/FT /Sig /T (Signature1) /V 18 0 R >>"
					}
					objects = append(objects, widget+appearance+" 0 R >> "+kind)
					streams = append(streams, pdftest.Stream(stream+used+" 0 R", "/X Do"))
				}
				objects = append(append(objects, streams...), "<< /XObject << /X 16 0 R >> >>",
					"<< /XObject << /X 17 0 R >> >>", pdftest.Stream(formXObject, shown("10")),
					pdftest.Stream(formXObject, shown("20")))
				signed := s.byHand(t, objects, lock)
				attacked := appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
					u.Set(number(16), pdf.NewStream(pdf.Dict{"Type": pdf.Name("XObject"), "Subtype": pdf.Name("Form"),
						"BBox": wholePage}, []byte(shown("99"))))
				})
				got := verified(t, attacked, s.trust())[0]
				if got.ChangesAfter != test.want || (got.Indication == pades.TotalPassed) != test.pass {
					t.Errorf("%s shared by a and %q, read %s: got %s %q (%s), want %q, passed %v", depth, test.with,
						fields,
						got.Indication, got.ChangesAfter, got.Detail, test.want, test.pass)
				}
			}
		}
	}
}
