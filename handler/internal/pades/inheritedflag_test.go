package pades_test

import (
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// A field may become read-only, and its other flags stay: those of a password or of a push button
// decide what is shown. Flags in an object of their own, and flags of a field above, are flags too.
func TestFlagsThatAFieldKeepsWhenItBecomesReadOnly(t *testing.T) {
	t.Parallel()
	const widget = "<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] "
	one := func(flags string) []string { return []string{widget + "/FT /Tx /T (a) " + flags + " >>", "8192"} }
	below := func(kid, flags string) []string {
		return []string{widget + kid + " >>", "<< /FT /Tx /T (a) " + flags + " /Kids [6 0 R] >>"}
	}
	const named, unnamed = "/T (b) /Parent 7 0 R", "/Parent 7 0 R"
	two := append(below(named, "/Parent 8 0 R"), "<< /T (c) /Ff 8192 /Kids [7 0 R] >>")
	var rules []rule
	for _, test := range []struct {
		name, root string
		objects    []string
		number     int
		flags      pdf.Integer
		want       pades.Change
	}{
		{"none", "6 0 R", one(""), 6, 1, pades.ChangeFormFilling},
		{"of a field", "6 0 R", one("/Ff 8192"), 6, 8193, pades.ChangeFormFilling},
		{"of a field, which it loses", "6 0 R", one("/Ff 8192"), 6, 1, pades.ChangeOther},
		{"in an object", "6 0 R", one("/Ff 7 0 R"), 6, 8193, pades.ChangeFormFilling},
		{"in an object, which it loses", "6 0 R", one("/Ff 7 0 R"), 6, 1, pades.ChangeOther},
		{"in an object that is missing", "6 0 R", one("/Ff 99 0 R"), 6, 1, pades.ChangeFormFilling},
		{"as a real number", "6 0 R", one("/Ff 8192.0"), 6, 1, pades.ChangeOther},
		{"as a name", "6 0 R", one("/Ff /a"), 6, 1, pades.ChangeOther},
		{"of a field above without any", "7 0 R", below(named, ""), 6, 1, pades.ChangeFormFilling},
		{"of a field above", "7 0 R", below(named, "/Ff 8192"), 6, 8193, pades.ChangeFormFilling},
		{"of a field above, which it loses", "7 0 R", below(named, "/Ff 8192"), 6, 1, pades.ChangeOther},
		{"of radio buttons", "7 0 R", below(unnamed, "/Ff 49152"), 6, 1, pades.ChangeOther},
		{"of a field two above", "8 0 R", two, 7, 1, pades.ChangeOther},
		{"of a field two above, kept", "8 0 R", two, 6, 8193, pades.ChangeFormFilling},
		{"of a field above that is not the parent", "7 0 R", below("/T (b)", ""), 6, 1, pades.ChangeOther},
		{"of a parent that is not the field above", "6 0 R", below(named, "/Ff 8192"), 6, 8193, pades.ChangeOther},
		{"none, without a parent", "7 0 R", below("/T (b)", "/Ff 8192"), 6, 0, pades.ChangeOther},
	} {
		rules = append(rules, rule{name: test.name, page: "/Annots [6 0 R]", fields: test.root, signed: certified("2"),
			objects: test.objects, change: set(test.number, pdf.Dict{"Ff": test.flags}), want: test.want,
			passes: test.want == pades.ChangeFormFilling})
	}
	checkRules(t, rules)
}

// PDFium finds no field where /Kids is an empty array, and shows neither the field nor its value.
// So an empty array is not the same as none.
func TestEmptyListsOfKids(t *testing.T) {
	t.Parallel()
	const widget = "<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] "
	kids := func(object pdf.Object) pdf.Dict { return pdf.Dict{"Kids": object} }
	none := pdf.Array{}
	var rules []rule
	for _, test := range []struct {
		name    string
		objects []string
		number  int
		is      pdf.Object
		same    bool
	}{
		{"of a field that had none", []string{widget + "/FT /Tx /T (a) /V (1) >>"}, 6, kids(none), false},
		{"of a signed field", []string{widget + "/FT /Sig /T (a) /V 7 0 R >>", "<< /Type /Sig /Contents (x) >>"}, 6,
			kids(none), false},
		{"of a field that had no array", []string{widget + "/FT /Tx /T (a) /Kids 7 >>"}, 6, kids(none), false},
		{"of a field that had one", []string{widget + "/FT /Tx /T (a) /Kids [] >>"}, 6, kids(nil), false},
		{"of a field that keeps one", []string{widget + "/FT /Tx /T (a) /Kids [] >>", "[]"}, 6, kids(number(7)), true},
		{"of a field whose list was missing", []string{widget + "/FT /Tx /T (a) /Kids 7 0 R >>", "null"}, 7, none,
			false},
		{"of a widget", []string{"<< /FT /Tx /T (a) /Kids [7 0 R] >>", widget + "/Parent 6 0 R >>"}, 7, kids(none),
			false},
	} {
		want := pades.ChangeOther
		if test.same {
			want = pades.ChangeNone
		}
		rules = append(rules, rule{name: test.name, page: "/Annots [6 0 R]", fields: "6 0 R",
			objects: test.objects, change: set(test.number, test.is), want: want, passes: test.same})
	}
	checkRules(t, rules)
}
