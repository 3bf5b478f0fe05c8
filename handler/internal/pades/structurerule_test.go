package pades_test

import (
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// TestRulesOnTheStructure lets the structure tree grow by what an added signature field needs, and
// by nothing else.
func TestRulesOnTheStructure(t *testing.T) {
	t.Parallel()
	objects := []string{
		"<< /Type /StructTreeRoot /K [7 0 R] /ParentTree 8 0 R /ParentTreeNextKey 5 >>", "<< /S /P /P 6 0 R /K 0 >>",
		"<< /Kids [9 0 R] >>", "<< /Limits [0 3] /Nums [0 7 0 R] >>",
	}
	limits := func(all ...pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
		return set(9, pdf.Dict{"Limits": pdf.Array(all)})
	}
	next := func(n pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
		return set(6, pdf.Dict{"ParentTreeNextKey": n})
	}
	// grown adds a signature field, and to the tree an element with the kids that the test wants.
	grown := func(kids func(widget, element pdf.Ref) pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(t *testing.T, f *pdf.File, u *pdf.Update) {
			widget := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"),
				"T": pdf.Text("x"), "V": signature(u), "Rect": point})
			element := u.Add(nil)
			u.Set(element, pdf.Dict{"S": pdf.Name("Form"), "P": number(6), "K": kids(widget, element)})
			edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, widget)})
			edit(t, f, u, number(6), pdf.Dict{"K": pdf.Array{number(7), element}})
		}
	}
	// listed adds a signature field with its element, and that to the parent tree.
	listed := func(key int) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(t *testing.T, f *pdf.File, u *pdf.Update) {
			widget := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"),
				"T": pdf.Text("x"), "V": signature(u), "Rect": point})
			element := u.Add(pdf.Dict{"S": pdf.Name("Form"), "P": number(6),
				"K": pdf.Dict{"Type": pdf.Name("OBJR"), "Obj": widget}})
			edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, widget)})
			edit(t, f, u, number(9), pdf.Dict{"Nums": pdf.Array{pdf.Integer(0), number(7), pdf.Integer(key), element}})
		}
	}
	object := func(ref pdf.Ref) pdf.Dict { return pdf.Dict{"Type": pdf.Name("OBJR"), "Obj": ref} }
	row := func(name string, change func(*testing.T, *pdf.File, *pdf.Update), want pades.Change) rule {
		return rule{name: name, catalog: "/StructTreeRoot 6 0 R", objects: objects, change: change, want: want,
			passes: want != pades.ChangeOther}
	}
	checkRules(t, []rule{
		row("a greater key", next(pdf.Integer(6)), pades.ChangeNone),
		row("a lesser key", next(pdf.Integer(4)), pades.ChangeOther),
		row("a key of another type", next(pdf.Name("a")), pades.ChangeOther),
		row("wider limits", limits(pdf.Integer(0), pdf.Integer(4)), pades.ChangeNone),
		row("narrower limits", limits(pdf.Integer(0), pdf.Integer(2)), pades.ChangeOther),
		row("other limits", limits(pdf.Integer(1), pdf.Integer(4)), pades.ChangeOther),
		row("limits of three", limits(pdf.Integer(0), pdf.Integer(4), pdf.Integer(5)), pades.ChangeOther),
		row("limits of texts", limits(pdf.Integer(0), pdf.Text("a")), pades.ChangeOther),
		row("a field under a key of its own", listed(1), pades.ChangeSignature),
		row("a field under the key of another", listed(0), pades.ChangeOther),
		row("an element again", set(6, pdf.Dict{"K": pdf.Array{number(7), number(7)}}), pades.ChangeOther),
		row("an element that nothing is in", func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(6), pdf.Dict{"K": pdf.Array{number(7), u.Add(pdf.Dict{"S": pdf.Name("P")})}})
		}, pades.ChangeOther),
		row("a field", grown(func(widget, _ pdf.Ref) pdf.Object { return object(widget) }), pades.ChangeSignature),
		row("a field in an array", grown(func(widget, _ pdf.Ref) pdf.Object { return pdf.Array{object(widget)} }),
			pades.ChangeSignature),
		row("a field and a page", grown(func(widget, _ pdf.Ref) pdf.Object {
			return pdf.Array{object(widget), object(number(3))}
		}), pades.ChangeOther),
		row("a page and a field", grown(func(widget, _ pdf.Ref) pdf.Object {
			return pdf.Array{object(number(3)), object(widget)}
		}), pades.ChangeOther),
		row("a field and content", grown(func(widget, _ pdf.Ref) pdf.Object {
			return pdf.Array{object(widget), pdf.Integer(0)}
		}), pades.ChangeOther),
		row("a field and an element of before", grown(func(widget, _ pdf.Ref) pdf.Object {
			return pdf.Array{object(widget), number(7)}
		}), pades.ChangeOther),
		row("an element within itself", grown(func(_, element pdf.Ref) pdf.Object { return element }),
			pades.ChangeOther),
	})
}
