package pades_test

import (
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// /Extensions may change only if it contains nothing but what ISO 32000-2, 7.12, defines.
func TestRulesOnExtensions(t *testing.T) {
	t.Parallel()
	one := pdf.Dict{"Type": pdf.Name("DeveloperExtensions"), "BaseVersion": pdf.Name("2.0"), "URL": pdf.Text("u"),
		"ExtensionLevel": pdf.Integer(2), "ExtensionRevision": pdf.Text("r")}
	with := func(key pdf.Name, value pdf.Object) pdf.Object {
		dict := one.Clone()
		dict[key] = value
		return pdf.Dict{"ESIC": dict}
	}
	extends := func(object pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
		return set(1, pdf.Dict{"Extensions": object})
	}
	const odd = "/Extensions << /A 6 0 R >>" // contains an unknown value from the start
	for name, test := range map[string]struct {
		before  string
		objects []string
		change  func(*testing.T, *pdf.File, *pdf.Update)
		passes  bool
	}{
		"a developer":                  {"", nil, extends(pdf.Dict{"ESIC": one}), true},
		"a developer with several":     {"", nil, extends(pdf.Dict{"ISO_": pdf.Array{one, one}}), true},
		"a type":                       {"", nil, extends(pdf.Dict{"Type": pdf.Name("Extensions")}), true},
		"another type":                 {"", nil, extends(pdf.Dict{"Type": pdf.Name("Page")}), false},
		"another type of a developer":  {"", nil, extends(with("Type", pdf.Name("Page"))), false},
		"a version that is a text":     {"", nil, extends(with("BaseVersion", pdf.Text("2.0"))), false},
		"a level that is real":         {"", nil, extends(with("ExtensionLevel", pdf.Real("1.5"))), false},
		"a URL that is a dictionary":   {"", nil, extends(with("URL", pdf.Dict{})), false},
		"a revision that is a name":    {"", nil, extends(with("ExtensionRevision", pdf.Name("r"))), false},
		"another entry":                {"", nil, extends(with("Contents", pdf.Text("x"))), false},
		"a developer that is a stream": {"", nil, extends(pdf.Dict{"ESIC": number(4)}), false},
		"a developer that is a number": {"", nil, extends(pdf.Dict{"ESIC": pdf.Integer(1)}), false},
		"a number in an array":         {"", nil, extends(pdf.Dict{"ESIC": pdf.Array{one, number(4)}}), false},
		"an array":                     {"", nil, extends(pdf.Array{}), false},
		"a stream":                     {"", nil, extends(number(4)), false},
		"an object of its own":         {odd, []string{"<< >>"}, set(6, one), true},
		"an object that is a text":     {odd, []string{"<< >>"}, set(6, pdf.Text("x")), false},
		"a text that is the same":      {odd, []string{"(x)"}, set(6, pdf.Text("x")), true},
		"a text that is another":       {odd, []string{"(x)"}, set(6, pdf.Text("y")), false},
		"another developer beside that": {odd, []string{"(x)"},
			extends(pdf.Dict{"ESIC": one, "A": number(6)}), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := pades.ChangeDSS
			if !test.passes {
				want = pades.ChangeOther
			}
			r := rule{catalog: test.before, objects: test.objects, change: test.change, want: want, passes: test.passes}
			r.check(t, ecdsaSigner(t))
		})
	}
}
