package pades_test

import (
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// Writers that read an annotation and write it again add what readers assume without it: PDFBox and
// EU DSS a type, iText the page, MuPDF flags and a border. That changes nothing, whoever may change
// the field.
func TestEntriesThatReadersAssume(t *testing.T) {
	t.Parallel()
	const (
		bare = "<< /Subtype /Widget /Rect [0 0 9 9] /FT /Tx /T (a) "
		link = "<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (a) >> "
	)
	border := func(width pdf.Integer, style pdf.Name) pdf.Dict {
		return pdf.Dict{"BS": pdf.Dict{"Type": pdf.Name("Border"), "W": width, "S": style}}
	}
	fields := locked("/Action /All")
	var rules []rule
	for _, test := range []struct {
		name, object string
		entries      pdf.Dict
		same         bool
	}{
		{"the type", bare + ">>", pdf.Dict{"Type": pdf.Name("Annot")}, true},
		{"the type of a link", link + ">>", pdf.Dict{"Type": pdf.Name("Annot")}, true},
		{"another type", bare + ">>", pdf.Dict{"Type": pdf.Name("XObject")}, false},
		{"a type instead of another", bare + "/Type /Other >>", pdf.Dict{"Type": pdf.Name("Annot")}, false},
		{"the type, and an action", link + ">>",
			pdf.Dict{"Type": pdf.Name("Annot"), "PA": pdf.Dict{"S": pdf.Name("URI")}}, false},
		{"the type of what is no annotation", "<< /FT /Tx /T (a) >>", pdf.Dict{"Type": pdf.Name("Annot")}, false},
		{"the type of what becomes a widget", "<< /FT /Tx /T (a) /Rect [0 0 9 9] >>",
			pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget")}, false},
		{"no flags", bare + ">>", pdf.Dict{"F": pdf.Integer(0), "Ff": pdf.Integer(0)}, true},
		{"a flag", bare + ">>", pdf.Dict{"F": pdf.Integer(2)}, false},
		{"no flags instead of some", bare + "/F 2 >>", pdf.Dict{"F": pdf.Integer(0)}, false},
		{"no flags of a field instead of some", bare + "/Ff 1 >>", pdf.Dict{"Ff": pdf.Integer(0)}, false},
		{"the page", bare + ">>", pdf.Dict{"P": number(3)}, true},
		{"what is no page", bare + ">>", pdf.Dict{"P": number(2)}, false},
		{"the border", bare + ">>", border(1, "S"), true},
		{"the style of a border", bare + "/BS << /W 3 >> >>",
			pdf.Dict{"BS": pdf.Dict{"W": pdf.Integer(3), "S": pdf.Name("S")}}, true},
		{"the border of a field whose border has no color", bare + "/MK << /BG [1] >> >>", border(1, "S"), true},
		{"a wide border", bare + ">>", border(2, "S"), false},
		{"another border", bare + ">>", border(1, "D"), false},
		{"a border instead of another", bare + "/BS << /W 3 >> >>", border(1, "S"), false},
		{"a border instead of an older one", bare + "/Border [0 0 3] >>", border(1, "S"), false},
	} {
		listed := "6 0 R"
		if strings.HasPrefix(test.object, link) {
			listed = ""
		}
		want := pades.ChangeOther
		if test.same {
			want = pades.ChangeNone
		}
		for kind, signed := range map[string]string{"": "", " of a locked field": fields} {
			rules = append(rules, rule{name: test.name + kind, page: "/Annots [6 0 R]", fields: listed, signed: signed,
				objects: []string{test.object}, change: set(6, test.entries), want: want, passes: test.same})
		}
	}
	colored := rule{name: "the border of a field whose border has a color", page: "/Annots [6 0 R]", fields: "6 0 R",
		objects: []string{bare + "/MK << /BC [1 0 0] >> >>"}, change: set(6, border(1, "S")),
		want: pades.ChangeFormFilling, passes: true}
	apart := colored
	apart.name, apart.signed, apart.passes = "that is locked", fields, false
	apart.objects = []string{bare + "/MK 7 0 R >>", "<< /BC [1 0 0] >>"}
	rules = append(rules, colored, apart)
	for name, object := range map[string]string{"a link": link + "/C [1 0 0] >>",
		"a drawing": "<< /Subtype /Square /Rect [0 0 9 9] >>"} {
		for kind, change := range map[string]pdf.Dict{"the border": border(1, "S"),
			"a border that says nothing": {"BS": pdf.Dict{}}} {
			rules = append(rules, rule{name: kind + " of " + name, page: "/Annots [6 0 R]", objects: []string{object},
				change: set(6, change), want: pades.ChangeAnnotation})
		}
	}
	rules = append(rules,
		rule{name: "the page of a widget that no page shows", fields: "6 0 R", objects: []string{bare + ">>"},
			change: set(6, pdf.Dict{"P": number(3)}), want: pades.ChangeOther},
		rule{name: "no flags instead of those above", page: "/Annots [6 0 R]", fields: "7 0 R",
			objects: []string{"<< /Subtype /Widget /Rect [0 0 9 9] /T (b) /Parent 7 0 R >>",
				"<< /FT /Tx /T (a) /Ff 1 /Kids [6 0 R] >>"},
			change: set(6, pdf.Dict{"Ff": pdf.Integer(0)}), want: pades.ChangeOther})
	checkRules(t, rules)
}
