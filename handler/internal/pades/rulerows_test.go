package pades_test

import (
	"fmt"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// The documents of this file hold each rule on what may change against its smallest exception: each
// tells the rule apart from one with a condition less.

// rule is a document with one signature, and a change that is judged after it.
type rule struct {
	name    string
	page    string   // entries of the page, which has the contents 4 and the font 5
	catalog string   // entries of the catalog, beside the form
	fields  string   // of the form, beside the one of the signature
	signed  string   // entries of the signature dictionary
	objects []string // from 6 on
	change  func(*testing.T, *pdf.File, *pdf.Update)
	want    pades.Change
	passes  bool
}

// certified are the entries of a signature that permits changes up to p; locked those of one that
// locks fields.
func certified(p string) string {
	return "/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /P " + p + " >> >>]"
}

func locked(entries string) string {
	return "/Reference [<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << " + entries + " >> >>]"
}

// set replaces an object, and sets entries of others.
func set(n int, object pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
	return func(t *testing.T, f *pdf.File, u *pdf.Update) {
		if changes, isDict := object.(pdf.Dict); isDict {
			edit(t, f, u, number(n), changes)
			return
		}
		u.Set(number(n), object)
	}
}

func (r rule) check(t *testing.T, s signer) {
	t.Helper()
	field := 6 + len(r.objects)
	catalog := fmt.Sprintf("/AcroForm << /Fields [%s %d 0 R] >> %s", r.fields, field, r.catalog)
	objects := append(payment(resources+"/Contents 4 0 R "+r.page, catalog, r.objects...),
		fmt.Sprintf("<< /FT /Sig /T (Signature1) /V %d 0 R >>", field+1))
	signed := s.byHand(t, objects, r.signed)
	for _, got := range verified(t, appendix(t, signed, r.change), s.trust()) {
		if got.Field == "Signature1" &&
			(got.ChangesAfter != r.want || (got.Indication == pades.TotalPassed) != r.passes) {
			t.Errorf("got %s %q (%s), want %q, passed %v", got.Indication, got.ChangesAfter, got.Detail, r.want,
				r.passes)
		}
	}
}

func checkRules(t *testing.T, rules []rule) {
	s := ecdsaSigner(t)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.check(t, s)
		})
	}
}

const (
	note       = "<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (a) "
	watermark  = "<< /Type /Annot /Subtype /Watermark /Rect [0 0 9 9] "
	textWidget = "<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /FT /Tx /T (a) "
	sigWidget  = "<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /FT /Sig /T (e) "
)

var box = pdf.Dict{"Subtype": pdf.Name("Form"), "BBox": integers(0, 0, 9, 9)}

func TestRulesOnAnnotations(t *testing.T) {
	t.Parallel()
	form := pdftest.Stream("/Subtype /Form /BBox [0 0 9 9]", "0 g")
	other := pdf.NewStream(box, []byte("1 g 0 0 9 9 re f"))
	link := "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] "
	checkRules(t, []rule{
		{"a link that keeps its action", "/Annots [6 0 R]", "", "", certified("3"),
			[]string{link + "/A << /S /URI /URI (a) >> >>"}, set(6, pdf.Dict{"Contents": pdf.Text("b")}),
			pades.ChangeAnnotation, true},
		{"a link whose action changes", "/Annots [6 0 R]", "", "", certified("3"),
			[]string{link + "/PA 7 0 R >>", "<< /S /URI /URI (a) >>"}, set(7, pdf.Dict{"URI": pdf.Text("b")}),
			pades.ChangeOther, false},
		{"an annotation that was missing", "/Annots [99 0 R 6 0 R]", "", "", certified("3"), []string{note + ">>"},
			set(6, pdf.Dict{"Contents": pdf.Text("b")}), pades.ChangeAnnotation, true},
		{"an annotation that was no comment", "/Annots [6 0 R]", "", "", certified("3"), []string{watermark + ">>"},
			set(6, pdf.Dict{"Subtype": pdf.Name("Text")}), pades.ChangeOther, false},
		{"an appearance", "/Annots [6 0 R]", "", "", certified("3"), []string{note + "/AP << /N 7 0 R >> >>", form},
			set(7, other), pades.ChangeAnnotation, true},
		{"an appearance after a signature alone", "/Annots [6 0 R]", "", "", "",
			[]string{note + "/AP << /N 7 0 R >> >>", form}, set(7, other), pades.ChangeAnnotation, false},
		{"the appearance of two annotations", "/Annots [6 0 R 8 0 R]", "", "", certified("3"),
			[]string{note + "/AP << /N 7 0 R >> >>", form, note + "/AP << /N 7 0 R >> >>"}, set(7, other),
			pades.ChangeOther, false},
		{"the appearance of no comment", "/Annots [6 0 R]", "", "", certified("3"),
			[]string{watermark + "/AP << /N 7 0 R >> >>", form}, set(7, other), pades.ChangeOther, false},
		{"another order", "/Annots [6 0 R 7 0 R]", "", "", certified("3"), []string{note + ">>", note + ">>"},
			set(3, pdf.Dict{"Annots": pdf.Array{number(7), number(6)}}), pades.ChangeAnnotation, true},
		{"another order after a signature alone", "/Annots [6 0 R 7 0 R]", "", "", "",
			[]string{note + ">>", note + ">>"}, set(3, pdf.Dict{"Annots": pdf.Array{number(7), number(6)}}),
			pades.ChangeAnnotation, false},
		{"a direct annotation goes", "/Annots [" + note + ">>]", "", "", "", nil, set(3, pdf.Dict{"Annots": nil}),
			pades.ChangeAnnotation, false},
		{"a direct annotation that is no comment goes", "/Annots [" + watermark + ">>]", "", "", certified("3"), nil,
			set(3, pdf.Dict{"Annots": nil}), pades.ChangeOther, false},
		{"a date of the page", "/LastModified (D:2025)", "", "", certified("1"), nil,
			set(3, pdf.Dict{"LastModified": pdf.Text("D:2026")}), pades.ChangeNone, true},
		{"a date of the page goes", "/LastModified (D:2025)", "", "", "", nil, set(3, pdf.Dict{"LastModified": nil}),
			pades.ChangeNone, true},
		{"no date", "/LastModified (D:2025)", "", "", "", nil, set(3, pdf.Dict{"LastModified": pdf.Name("a")}),
			pades.ChangeOther, false},
	})
}

func TestRulesOnTheCatalog(t *testing.T) {
	t.Parallel()
	data := func(entries pdf.Dict) func(*testing.T, *pdf.File, *pdf.Update) {
		return set(1, pdf.Dict{"DSS": entries})
	}
	certs := func(element pdf.Object) pdf.Dict { return pdf.Dict{"Certs": pdf.Array{element}} }
	objects := []string{pdftest.Stream("", "der"), "<< >>", "(text)"}
	checkRules(t, []rule{
		{"validation data", "", "", "", certified("1"), objects, data(certs(number(6))), pades.ChangeDSS, true},
		{"validation data that are missing", "", "", "", "", objects, data(certs(number(99))), pades.ChangeDSS, true},
		{"validation data of no stream", "", "", "", "", objects, data(certs(number(7))), pades.ChangeOther, false},
		{"validation data of a text", "", "", "", "", objects, data(certs(number(8))), pades.ChangeOther, false},
		{"validation data that are direct", "", "", "", "", objects, data(certs(pdf.Text("x"))), pades.ChangeOther,
			false},
		{"direct data that were there", "", "/DSS << /Certs [(x)] >>", "", "", objects,
			data(pdf.Dict{"Certs": pdf.Array{pdf.Text("x"), number(6)}}), pades.ChangeDSS, true},
		{"another entry of the validation data", "", "", "", "", objects, data(pdf.Dict{"More": pdf.Array{number(6)}}),
			pades.ChangeOther, false},
		{"another entry for a signature", "", "", "", "", objects,
			data(pdf.Dict{"VRI": pdf.Dict{"AB": pdf.Dict{"More": pdf.Array{number(6)}}}}), pades.ChangeOther, false},
		{"an entry for a signature", "", "", "", "", objects,
			data(pdf.Dict{"VRI": pdf.Dict{"AB": pdf.Dict{"Cert": pdf.Array{number(6)}, "TU": pdf.Text("D:2026")}}}),
			pades.ChangeDSS, true},
		{"a higher version", "", "/Version /1.6", "", certified("1"), nil, set(1, pdf.Dict{"Version": pdf.Name("1.7")}),
			pades.ChangeDSS, true},
		{"a lower version", "", "/Version /1.6", "", "", nil, set(1, pdf.Dict{"Version": pdf.Name("1.5")}),
			pades.ChangeOther, false},
		{"a version that nobody knows", "", "/Version /1.6", "", "", nil, set(1, pdf.Dict{"Version": pdf.Name("3.0")}),
			pades.ChangeOther, false},
		{"an extension", "", "", "", certified("1"), nil, set(1, pdf.Dict{"Extensions": pdf.Dict{}}), pades.ChangeDSS,
			true},
		{"a certification", "", "", "", "", nil, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(1), pdf.Dict{"Perms": pdf.Dict{"DocMDP": signature(u)}})
		}, pades.ChangeSignature, true},
		{"a certification of no signature", "", "", "", "", []string{"<< >>"},
			set(1, pdf.Dict{"Perms": pdf.Dict{"DocMDP": number(6)}}), pades.ChangeOther, false},
		{"usage rights", "", "", "", "", nil, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(1), pdf.Dict{"Perms": pdf.Dict{"UR3": signature(u)}})
		}, pades.ChangeOther, false},
	})
}

func TestRulesOnFields(t *testing.T) {
	t.Parallel()
	form := pdftest.Stream("/Subtype /Form /BBox [0 0 9 9]", "0 g")
	other := pdf.NewStream(box, []byte("1 g 0 0 9 9 re f"))
	fill := set(6, pdf.Dict{"V": pdf.Text("99")})
	text, empty := textWidget+">>", sigWidget+">>"
	shared := func(kinds ...string) (objects []string) {
		for i, kind := range kinds {
			objects = append(objects, fmt.Sprintf("<< /FT /%s /T (%d) /AP << /N %d 0 R >> /Subtype /Widget "+
				"/Rect [0 0 9 9] >>", kind, i, 6+len(kinds)))
		}
		return append(objects, form)
	}
	checkRules(t, []rule{
		{"flags of a widget that is signed", "", "", "6 0 R", "", []string{text},
			set(6, pdf.Dict{"F": pdf.Integer(132)}), pades.ChangeFormFilling, true},
		{"a flag that is no integer", "", "", "6 0 R", "", []string{text}, set(6, pdf.Dict{"F": pdf.Real("132.0")}),
			pades.ChangeOther, false},
		{"a flag that was no integer", "", "", "6 0 R", "", []string{textWidget + "/F (4) >>"},
			set(6, pdf.Dict{"F": pdf.Integer(132)}), pades.ChangeOther, false},
		{"a signature field with a text", "", "", "6 0 R", "", []string{empty}, fill, pades.ChangeOther, false},
		{"a signature field with half a signature", "", "", "6 0 R", "", []string{empty},
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(6), pdf.Dict{"V": u.Add(pdf.Dict{"Contents": pdf.String("x")})})
			}, pades.ChangeOther, false},
		{"a signature field with a signature that was there", "", "", "6 0 R", "",
			[]string{empty, "<< /Type /Sig /ByteRange [] /Contents (x) >>"}, set(6, pdf.Dict{"V": number(7)}),
			pades.ChangeOther, false},
		{"the appearance of a widget before its field is signed", "", "", "7 0 R", "",
			[]string{"<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /Parent 7 0 R >>",
				"<< /FT /Sig /T (e) /Kids [6 0 R] >>"},
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(6), pdf.Dict{"AP": pdf.Dict{"N": u.Add(other)}})
				edit(t, f, u, number(7), pdf.Dict{"V": signature(u)})
			}, pades.ChangeSignature, true},
		{"the appearance stream of a locked field", "", "", "6 0 R", locked("/Action /Include /Fields [(a)]"),
			[]string{textWidget + "/AP << /N 7 0 R >> >>", form}, set(7, other), pades.ChangeFormFilling, false},
		{"the value of a field without a type", "", "", "6 0 R", "", []string{"<< /T (a) /V 7 0 R >>", "(10)"},
			set(7, pdf.Text("99")), pades.ChangeOther, false},
		{"two fields with one appearance", "", "", "6 0 R 7 0 R", "", shared("Tx", "Ch"), set(8, other),
			pades.ChangeFormFilling, true},
		{"a signature field with the appearance of another", "", "", "6 0 R 7 0 R", "", shared("Tx", "Sig"),
			set(8, other), pades.ChangeOther, false},
		{"another with the appearance of a signature field", "", "", "6 0 R 7 0 R", "", shared("Sig", "Tx"),
			set(8, other), pades.ChangeOther, false},
		{"three with a signature field first", "", "", "6 0 R 7 0 R 8 0 R", "", shared("Sig", "Tx", "Tx"),
			set(9, other), pades.ChangeOther, false},
		{"three with a signature field last", "", "", "6 0 R 7 0 R 8 0 R", "", shared("Tx", "Tx", "Sig"),
			set(9, other), pades.ChangeOther, false},
		{"a field in the place of another", "", "", "6 0 R 7 0 R", "", []string{text, "<< /FT /Tx /T (b) >>"},
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				form := withField(t, f, nil)
				fields := form["Fields"].(pdf.Array)
				added := u.Add(pdf.Dict{"FT": pdf.Name("Sig"), "T": pdf.Text("x"), "V": signature(u), "Rect": point})
				form["Fields"] = pdf.Array{added, fields[1], fields[2]}
				edit(t, f, u, number(1), pdf.Dict{"AcroForm": form})
			}, pades.ChangeOther, false},
		{"fields in another order", "", "", "6 0 R 7 0 R", "", []string{text, "<< /FT /Tx /T (b) >>"},
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				form := withField(t, f, nil)
				fields := form["Fields"].(pdf.Array)
				form["Fields"] = pdf.Array{fields[1], fields[0], fields[2]}
				edit(t, f, u, number(1), pdf.Dict{"AcroForm": form})
			}, pades.ChangeOther, false},
		{"a lock of all that names one", "", "", "6 0 R", locked("/Action /All /Fields [(a)]"), []string{text}, fill,
			pades.ChangeFormFilling, false},
		{"a lock that nobody knows", "", "", "6 0 R", locked("/Action /Some /Fields [(b)]"), []string{text}, fill,
			pades.ChangeFormFilling, false},
		{"a lock of another", "", "", "6 0 R", locked("/Action /Include /Fields [(b)]"), []string{text}, fill,
			pades.ChangeFormFilling, true},
		{"a permission that nobody knows", "", "", "6 0 R", certified("4"), []string{text}, fill,
			pades.ChangeFormFilling, false},
		{"a permission of zero", "", "", "6 0 R", certified("0"), []string{text}, fill, pades.ChangeFormFilling, false},
		{"the lesser of two permissions", "", "", "6 0 R",
			"/Reference [<< /TransformMethod /DocMDP /TransformParams << /P 2 >> >> << /TransformMethod /DocMDP " +
				"/TransformParams << /P 1 >> >>]", []string{text}, fill, pades.ChangeFormFilling, false},
	})
}

func TestRulesOnAddedFields(t *testing.T) {
	t.Parallel()
	add := func(entries pdf.Dict) func(*testing.T, *pdf.File, *pdf.Update) { return arrives(entries) }
	wide := integers(0, 0, 99, 99)
	kid := func(more pdf.Dict) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(t *testing.T, f *pdf.File, u *pdf.Update) {
			widget := pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "Rect": point}
			for key, value := range more {
				widget[key] = value
			}
			arrives(pdf.Dict{"Kids": pdf.Array{u.Add(widget)}})(t, f, u)
		}
	}
	page := "/Annots []"
	checkRules(t, []rule{
		{"a field that is seen", page, "", "", certified("2"), nil, add(pdf.Dict{"Rect": wide}), pades.ChangeDSS,
			false},
		{"a field that is not seen", page, "", "", certified("2"), nil, add(nil), pades.ChangeDSS, true},
		{"a field with a box of five numbers", page, "", "", certified("2"), nil,
			add(pdf.Dict{"Rect": integers(0, 0, 0, 0, 0)}), pades.ChangeDSS, false},
		{"a field with a box of names", page, "", "", certified("2"), nil,
			add(pdf.Dict{"Rect": pdf.Array{pdf.Name("a"), pdf.Name("a"), pdf.Name("a"), pdf.Name("a")}}),
			pades.ChangeDSS, false},
		{"a field whose widget is direct", page, "", "", "", nil, add(pdf.Dict{"Kids": pdf.Array{pdf.Dict{}}}),
			pades.ChangeOther, false},
		{"a field with a widget", page, "", "", "", nil, kid(nil), pades.ChangeDSS, true},
		{"a field with a field", page, "", "", "", nil, kid(pdf.Dict{"T": pdf.Text("k")}), pades.ChangeOther, false},
		{"a field whose widget does something", page, "", "", "", nil, kid(pdf.Dict{"AA": pdf.Dict{}}),
			pades.ChangeOther, false},
		{"a signature without a range", page, "", "", "", nil, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			arrives(pdf.Dict{"V": u.Add(pdf.Dict{"Contents": pdf.String("x")})})(t, f, u)
		}, pades.ChangeOther, false},
		{"a name that is locked", page, "", "", locked("/Action /Include /Fields [(x)]"), nil,
			func(t *testing.T, f *pdf.File, u *pdf.Update) { arrives(pdf.Dict{"V": signature(u)})(t, f, u) },
			pades.ChangeSignature, false},
	})
}
