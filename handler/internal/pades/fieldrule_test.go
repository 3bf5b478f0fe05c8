package pades_test

import (
	"fmt"
	"maps"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

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
		{"a signature field as PDFBox signs it", "/Annots [6 0 R]", "", "6 0 R", certified("2"), []string{empty},
			signs(6, pdf.Dict{"F": pdf.Integer(4), "P": number(3), "Rect": point, "AP": pdf.Dict{}}),
			pades.ChangeSignature, true},
		{"a signature field that is printed, and was not shown", "", "", "6 0 R", "",
			[]string{sigWidget + "/F 2 >>"}, signs(6, pdf.Dict{"F": pdf.Integer(6)}), pades.ChangeSignature, true},
		{"a signature field that is shown, and was not", "", "", "6 0 R", "", []string{sigWidget + "/F 2 >>"},
			signs(6, pdf.Dict{"F": pdf.Integer(4)}), pades.ChangeOther, false},
		{"a signature field that moves", "", "", "6 0 R", "", []string{empty},
			signs(6, pdf.Dict{"Rect": integers(9, 9, 18, 18)}), pades.ChangeOther, false},
		{"a signature field without an area that draws", "", "", "6 0 R", "",
			[]string{sigWidget + "/AP << /N 7 0 R >> >>", form}, signs(6, pdf.Dict{"Rect": point}),
			pades.ChangeOther, false},
		{"a signature field that names no page", "", "", "6 0 R", "", []string{empty},
			signs(6, pdf.Dict{"P": number(4)}), pades.ChangeOther, false},
		{"a signature field that names another page", "", "", "6 0 R", "",
			[]string{sigWidget + "/P 5 0 R >>"}, signs(6, pdf.Dict{"P": number(3)}), pades.ChangeOther, false},
		{"a signature field whose box becomes something else", "", "", "6 0 R", "", []string{empty},
			signs(6, pdf.Dict{"Rect": pdf.Name("a")}), pades.ChangeOther, false},
		{"a signature field without a height", "", "", "6 0 R", "", []string{empty},
			signs(6, pdf.Dict{"Rect": integers(0, 0, 9, 0)}), pades.ChangeSignature, true},
		{"a signature field with other flags than integers", "", "", "6 0 R", "", []string{sigWidget + "/F /a >>"},
			signs(6, pdf.Dict{"F": pdf.Integer(4)}), pades.ChangeOther, false},
		{"a signature field with another tooltip", "", "", "6 0 R", "", []string{empty},
			signs(6, pdf.Dict{"TU": pdf.Text("z")}), pades.ChangeOther, false},
		{"a signature field that is printed and not signed", "", "", "6 0 R", "", []string{empty},
			set(6, pdf.Dict{"F": pdf.Integer(4)}), pades.ChangeOther, false},
		{"another field that is printed", "", "", "6 0 R", "", []string{text},
			set(6, pdf.Dict{"V": pdf.Text("99"), "F": pdf.Integer(4)}), pades.ChangeOther, false},
		{"the widget of a field that is signed", "", "", "7 0 R", "",
			[]string{"<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /Parent 7 0 R >>",
				"<< /FT /Sig /T (e) /Kids [6 0 R] >>"},
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(6), pdf.Dict{"F": pdf.Integer(4), "Rect": point})
				edit(t, f, u, number(7), pdf.Dict{"V": signature(u)})
			}, pades.ChangeSignature, true},
		{"the appearance of a widget before its field is signed", "", "", "7 0 R", "",
			[]string{"<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /Parent 7 0 R >>",
				"<< /FT /Sig /T (e) /Kids [6 0 R] >>"},
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(6), pdf.Dict{"AP": pdf.Dict{"N": u.Add(other)}})
				edit(t, f, u, number(7), pdf.Dict{"V": signature(u)})
			}, pades.ChangeSignature, true},
		{"the appearance stream of a locked field", "", "", "6 0 R", locked("/Action /Include /Fields [(a)]"),
			[]string{textWidget + "/AP << /N 7 0 R >> >>", form}, set(7, other), pades.ChangeFormFilling, false},
		{"the appearance of a field that is written again", "", "", "6 0 R", "",
			[]string{textWidget + "/AP << /N 7 0 R >> >>", form}, again(7), pades.ChangeNone, true},
		{"the value of a direct field", "", "", "<< /FT /Tx /T (a) /V 6 0 R >>", "", []string{"(10)"},
			set(6, pdf.Text("99")), pades.ChangeFormFilling, true},
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
		{"a lock of another, and a parent that is none", "", "", "6 0 R", locked("/Action /Include /Fields [(b)]"),
			[]string{textWidget + "/Parent 7 0 R >>", "<< /T (b) >>"}, fill, pades.ChangeFormFilling, false},
		{"a lock of another, and no parent", "", "", "7 0 R", locked("/Action /Include /Fields [(b)]"),
			[]string{textWidget + ">>", "<< /T (b) /Kids [6 0 R] >>"}, fill, pades.ChangeFormFilling, false},
		{"no lock, and a parent that is none", "", "", "6 0 R", "",
			[]string{textWidget + "/Parent 7 0 R >>", "<< /T (b) >>"}, fill, pades.ChangeFormFilling, true},
		{"a permission that nobody knows", "", "", "6 0 R", certified("4"), []string{text}, fill,
			pades.ChangeFormFilling, false},
		{"a permission of zero", "", "", "6 0 R", certified("0"), []string{text}, fill, pades.ChangeFormFilling, false},
		{"no word of what is permitted", "", "", "6 0 R",
			"/Reference [<< /TransformMethod /DocMDP /TransformParams << >> >>]", []string{text}, fill,
			pades.ChangeFormFilling, true},
		{"the lesser of two permissions, the first", "", "", "6 0 R",
			"/Reference [<< /TransformMethod /DocMDP /TransformParams << /P 1 >> >> << /TransformMethod /DocMDP " +
				"/TransformParams << /P 2 >> >>]", []string{text}, fill, pades.ChangeFormFilling, false},
		{"the lesser of two permissions", "", "", "6 0 R",
			"/Reference [<< /TransformMethod /DocMDP /TransformParams << /P 2 >> >> << /TransformMethod /DocMDP " +
				"/TransformParams << /P 1 >> >>]", []string{text}, fill, pades.ChangeFormFilling, false},
	})
}

// Some writers set the font and the alignment of a field when they fill it. A lock forbids that,
// also where the field inherits them.
func TestLooksOfText(t *testing.T) {
	t.Parallel()
	other := pdf.Dict{"DA": pdf.Text("/F1 9 Tf 1 0 0 rg"), "Q": pdf.Integer(2)}
	parts := []string{"<< /FT /Tx /T (p) /Kids [7 0 R] >>",
		"<< /Subtype /Widget /T (c) /Parent 6 0 R /Rect [0 0 9 9] >>"}
	apart := []string{textWidget + "/DA 7 0 R >>", "(/F1 12 Tf)"}
	lock := func(name string) string { return locked("/Action /Include /Fields [(" + name + ")]") }
	checkRules(t, []rule{
		{"of a field", "", "", "6 0 R", certified("2"), []string{textWidget + ">>"}, set(6, other),
			pades.ChangeFormFilling, true},
		{"where nothing may change", "", "", "6 0 R", certified("1"), []string{textWidget + ">>"}, set(6, other),
			pades.ChangeFormFilling, false},
		{"of a locked field", "", "", "6 0 R", lock("a"), []string{textWidget + ">>"}, set(6, other),
			pades.ChangeFormFilling, false},
		{"that others inherit", "", "", "6 0 R", lock("q"), parts, set(6, other), pades.ChangeFormFilling, true},
		{"that a locked field inherits", "", "", "6 0 R", lock("p.c"), parts, set(6, other),
			pades.ChangeFormFilling, false},
		{"in an object", "", "", "6 0 R", lock("q"), apart, set(7, pdf.Text("/F1 9 Tf")), pades.ChangeFormFilling,
			true},
		{"in an object, of a locked field", "", "", "6 0 R", lock("a"), apart, set(7, pdf.Text("/F1 9 Tf")),
			pades.ChangeFormFilling, false},
		{"of a field that waits for a signature", "", "", "6 0 R", "", []string{sigWidget + ">>"}, set(6, other),
			pades.ChangeAnnotation, false},
		{"of a field without a type", "", "", "6 0 R", "", []string{"<< /Subtype /Widget /T (a) /Rect [0 0 9 9] >>"},
			set(6, other), pades.ChangeOther, false},
	})
}

// A field that one update signed counts as signed in the next update, with its widgets.
func TestFieldsThatAnUpdateSigned(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	objects := payment(resources+"/Contents 4 0 R", "/AcroForm << /Fields [7 0 R 9 0 R] >>",
		"<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /Parent 7 0 R /AP << /N 8 0 R >> >>",
		"<< /FT /Sig /T (e) /Kids [6 0 R] >>", pdftest.Stream("/Subtype /Form /BBox [0 0 9 9]", "0 g"),
		"<< /FT /Sig /T (Signature1) /V 10 0 R >>")
	first := s.byHand(t, objects, certified("3"))
	second := appendix(t, first, signs(7, pdf.Dict{}))
	draws := func(t *testing.T, f *pdf.File, u *pdf.Update) {
		edit(t, f, u, number(6), pdf.Dict{"AP": pdf.Dict{"N": u.Add(pdf.NewStream(box, []byte("1 g")))}})
	}
	for name, test := range map[string]struct {
		document []byte
		change   func(*testing.T, *pdf.File, *pdf.Update)
		want     pades.Change
	}{
		"the appearance before it is signed": {first, set(8, pdf.NewStream(box, []byte("1 g"))),
			pades.ChangeAnnotation},
		"the appearance after it was signed": {second, set(8, pdf.NewStream(box, []byte("1 g"))),
			pades.ChangeOther},
		"another appearance before it is signed": {first, draws, pades.ChangeAnnotation},
		"another appearance after it was signed": {second, draws, pades.ChangeOther},
		"another signature after it was signed":  {second, signs(7, pdf.Dict{}), pades.ChangeOther},
		"a flag of its widget after it was signed": {second, set(6, pdf.Dict{"F": pdf.Integer(132)}),
			pades.ChangeOther},
		"a flag of its widget before it was signed": {first, set(6, pdf.Dict{"F": pdf.Integer(132)}),
			pades.ChangeAnnotation},
	} {
		for _, got := range verified(t, appendix(t, test.document, test.change), s.trust()) {
			if got.Field == "Signature1" && got.ChangesAfter != test.want {
				t.Errorf("%s: got %s (%s), want %s", name, got.ChangesAfter, got.Detail, test.want)
			}
		}
	}
}

func TestRulesOnAddedFields(t *testing.T) {
	t.Parallel()
	add := func(entries pdf.Dict) func(*testing.T, *pdf.File, *pdf.Update) { return arrives(entries) }
	wide := integers(0, 0, 99, 99)
	widgets := func(more ...pdf.Dict) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(t *testing.T, f *pdf.File, u *pdf.Update) {
			var kids pdf.Array
			for _, entries := range more {
				widget := pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "Rect": point}
				maps.Copy(widget, entries)
				kids = append(kids, u.Add(widget))
			}
			arrives(pdf.Dict{"Kids": kids})(t, f, u)
		}
	}
	kid := func(more pdf.Dict) func(*testing.T, *pdf.File, *pdf.Update) { return widgets(more) }
	merged := func(more pdf.Dict) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(t *testing.T, f *pdf.File, u *pdf.Update) {
			entries := maps.Clone(more)
			entries["Kids"] = pdf.Array{u.Add(pdf.Dict{"Subtype": pdf.Name("Widget"), "Rect": point})}
			arrives(entries)(t, f, u)
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
		{"a field with a widget, itself one that is seen", page, "", "", certified("2"), nil,
			merged(pdf.Dict{"Rect": wide}), pades.ChangeDSS, false},
		{"a field with a widget, itself a note", page, "", "", certified("1"), nil,
			merged(pdf.Dict{"Subtype": pdf.Name("Text")}), pades.ChangeOther, false},
		{"a field with a widget, itself nothing else", page, "", "", certified("1"), nil,
			merged(pdf.Dict{"Subtype": nil, "Rect": nil}), pades.ChangeOther, false},
		{"a field with a widget, which does something", page, "", "", "", nil,
			merged(pdf.Dict{"Subtype": nil, "Rect": nil, "AA": pdf.Dict{}}), pades.ChangeOther, false},
		{"a field with a field", page, "", "", "", nil, kid(pdf.Dict{"T": pdf.Text("k")}), pades.ChangeOther, false},
		{"a field whose widget does something", page, "", "", "", nil, kid(pdf.Dict{"AA": pdf.Dict{}}),
			pades.ChangeOther, false},
		{"a field with two widgets, the first of which does something", page, "", "", "", nil,
			widgets(pdf.Dict{"AA": pdf.Dict{}}, nil), pades.ChangeOther, false},
		{"a field with two widgets, the last of which does something", page, "", "", "", nil,
			widgets(nil, pdf.Dict{"AA": pdf.Dict{}}), pades.ChangeOther, false},
		{"a field with two widgets, the first of which is seen", page, "", "", certified("2"), nil,
			widgets(pdf.Dict{"Rect": wide}, nil), pades.ChangeDSS, false},
		{"a field with two widgets that are not seen", page, "", "", certified("2"), nil, widgets(nil, nil),
			pades.ChangeDSS, true},
		{"a field whose widget has widgets", page, "", "", "", nil, kid(pdf.Dict{"Kids": pdf.Array{}}),
			pades.ChangeOther, false},
		{"a field whose widget was there", page, "", "", "", []string{note + ">>"},
			add(pdf.Dict{"Kids": pdf.Array{number(6)}}), pades.ChangeOther, false},
		{"an empty field", page, "", "", certified("2"), nil, add(pdf.Dict{"V": nil}), pades.ChangeFormFilling, true},
		{"a field of the name of another", page, "", "6 0 R", "", []string{textWidget + ">>"},
			add(pdf.Dict{"T": pdf.Text("a")}), pades.ChangeOther, false},
		{"a field of the name of another, in UTF-16", page, "", "6 0 R", "", []string{textWidget + ">>"},
			add(pdf.Dict{"T": pdf.String("\xfe\xff\x00a")}), pades.ChangeOther, false},
		{"a field of the name of one that has no type", page, "", "6 0 R", "",
			[]string{"<< /T (a) /Kids [7 0 R] >>", "<< /FT /Tx /T (b) /Parent 6 0 R >>"},
			add(pdf.Dict{"T": pdf.Text("a")}), pades.ChangeOther, false},
		{"a field of the name of another of its type", page, "", "6 0 R", "", []string{sigWidget + ">>"},
			add(pdf.Dict{"T": pdf.Text("e")}), pades.ChangeDSS, true},
		{"a field of the name of another below", page, "", "6 0 R", "",
			[]string{"<< /T (a) /Kids [7 0 R] >>", "<< /FT /Tx /T (x) /Parent 6 0 R >>"},
			add(nil), pades.ChangeDSS, true},
		{"a field whose parent is not above it", page, "", "6 0 R", "", []string{"<< /FT /Tx /T (a) /Kids [] >>"},
			add(pdf.Dict{"Parent": number(6)}), pades.ChangeOther, false},
		{"a field whose parent is direct", page, "", "", "", nil, add(pdf.Dict{"Parent": pdf.Dict{"T": pdf.Text("a")}}),
			pades.ChangeOther, false},
		{"a field whose parent is missing", page, "", "", "", nil, add(pdf.Dict{"Parent": number(90)}),
			pades.ChangeOther, false},
		{"a field whose widget has another parent", page, "", "6 0 R", "", []string{textWidget + "/V (b) >>"},
			kid(pdf.Dict{"Parent": number(6)}), pades.ChangeOther, false},
		{"an empty field with an appearance of its own", page, "", "", certified("2"), nil,
			add(pdf.Dict{"V": nil, "MK": pdf.Dict{"CA": pdf.Text("paid")}}), pades.ChangeAnnotation, false},
		{"a signature without contents", page, "", "", "", nil, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			arrives(pdf.Dict{"V": u.Add(pdf.Dict{"ByteRange": pdf.Array{}})})(t, f, u)
		}, pades.ChangeOther, false},
		{"a signature without a range", page, "", "", "", nil, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			arrives(pdf.Dict{"V": u.Add(pdf.Dict{"Contents": pdf.String("x")})})(t, f, u)
		}, pades.ChangeOther, false},
		{"a name that is locked", page, "", "", locked("/Action /Include /Fields [(x)]"), nil,
			func(t *testing.T, f *pdf.File, u *pdf.Update) { arrives(pdf.Dict{"V": signature(u)})(t, f, u) },
			pades.ChangeSignature, false},
	})
}
