package pades_test

import (
	"maps"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// TestRulesOnTheStructure: the structure tree may grow only by the entries that an added signature
// field needs.
func TestRulesOnTheStructure(t *testing.T) {
	t.Parallel()
	objects := []string{
		"<< /Type /StructTreeRoot /K [7 0 R] /ParentTree 8 0 R /ParentTreeNextKey 5 >>", "<< /S /P /P 6 0 R /K 0 >>",
		"<< /Kids [9 0 R] >>", "<< /Limits [0 0] /Nums [0 7 0 R] >>",
	}
	limits := func(all ...pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
		return set(9, pdf.Dict{"Limits": pdf.Array(all)})
	}
	next := func(n pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
		return set(6, pdf.Dict{"ParentTreeNextKey": n})
	}
	// grownAs adds a signature field, and to the tree an element with the entries and kids of the
	// test.
	grownAs := func(entries pdf.Dict,
		kids func(widget, element pdf.Ref) pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(t *testing.T, f *pdf.File, u *pdf.Update) {
			widget := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"),
				"T": pdf.Text("x"), "V": signature(u), "Rect": point})
			element := u.Add(nil)
			dict := pdf.Dict{"S": pdf.Name("Form"), "P": number(6), "K": kids(widget, element)}
			maps.Copy(dict, entries)
			u.Set(element, dict)
			edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, widget)})
			edit(t, f, u, number(6), pdf.Dict{"K": pdf.Array{number(7), element}})
		}
	}
	grown := func(kids func(widget, element pdf.Ref) pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
		return grownAs(nil, kids)
	}
	both := func(first, second func(*testing.T, *pdf.File, *pdf.Update)) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(t *testing.T, f *pdf.File, u *pdf.Update) {
			first(t, f, u)
			second(t, f, u)
		}
	}
	// listed adds a signature field with its element, and adds the element to the parent tree.
	listed := func(key int) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(t *testing.T, f *pdf.File, u *pdf.Update) {
			widget := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"),
				"T": pdf.Text("x"), "V": signature(u), "Rect": point})
			element := u.Add(pdf.Dict{"S": pdf.Name("Form"), "P": number(6),
				"K": pdf.Dict{"Type": pdf.Name("OBJR"), "Obj": widget}})
			edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, widget)})
			edit(t, f, u, number(9), pdf.Dict{"Limits": pdf.Array{pdf.Integer(0), pdf.Integer(key)},
				"Nums": pdf.Array{pdf.Integer(0), number(7), pdf.Integer(key), element}})
		}
	}
	object := func(ref pdf.Ref) pdf.Dict { return pdf.Dict{"Type": pdf.Name("OBJR"), "Obj": ref} }
	row := func(name string, change func(*testing.T, *pdf.File, *pdf.Update), want pades.Change) rule {
		return rule{name: name, catalog: "/StructTreeRoot 6 0 R", objects: objects, change: change, want: want,
			passes: want != pades.ChangeOther}
	}
	objr := func(widget, _ pdf.Ref) pdf.Object { return object(widget) }
	for key, want := range map[pdf.Name]pades.Change{
		"AF": pades.ChangeOther, "Ref": pades.ChangeOther, "Phoneme": pades.ChangeOther,
		"PhoneticAlphabet": pades.ChangeOther, "E": pades.ChangeOther, "A": pades.ChangeOther, "C": pades.ChangeOther,
		"Private": pades.ChangeOther, "Lang": pades.ChangeSignature, "T": pades.ChangeSignature,
		"ID": pades.ChangeSignature, "Pg": pades.ChangeSignature, "R": pades.ChangeSignature,
	} {
		checkRules(t, []rule{row("a field whose element has /"+string(key),
			grownAs(pdf.Dict{key: pdf.Text("a")}, objr), want)})
	}
	checkRules(t, []rule{
		row("a greater key", next(pdf.Integer(6)), pades.ChangeNone),
		row("a lesser key", next(pdf.Integer(4)), pades.ChangeOther),
		row("a key of another type", next(pdf.Name("a")), pades.ChangeOther),
		row("wider limits", limits(pdf.Integer(0), pdf.Integer(4)), pades.ChangeOther),
		row("limits that are written again", limits(pdf.Integer(0), pdf.Integer(0)), pades.ChangeNone),
		row("other limits", limits(pdf.Integer(1), pdf.Integer(4)), pades.ChangeOther),
		row("limits of three", limits(pdf.Integer(0), pdf.Integer(4), pdf.Integer(5)), pades.ChangeOther),
		row("limits of texts", limits(pdf.Integer(0), pdf.Text("a")), pades.ChangeOther),
		row("a field under a key of its own", listed(1), pades.ChangeSignature),
		row("a field under the key of another", listed(0), pades.ChangeOther),
		row("an element again", set(6, pdf.Dict{"K": pdf.Array{number(7), number(7)}}), pades.ChangeOther),
		row("an element in the place of another", set(6, pdf.Dict{"K": pdf.Array{number(3)}}), pades.ChangeOther),
		row("an element less", set(6, pdf.Dict{"K": pdf.Array{}}), pades.ChangeOther),
		row("an element that is missing", set(6, pdf.Dict{"K": pdf.Array{number(7), number(99)}}), pades.ChangeOther),
		row("an element that becomes a number", set(7, pdf.Integer(1)), pades.ChangeOther),
		row("an element that is written again", again(7), pades.ChangeNone),
		row("a field and another text of an element", both(set(7, pdf.Dict{"Alt": pdf.Text("b")}),
			grown(func(widget, _ pdf.Ref) pdf.Object { return object(widget) })), pades.ChangeOther),
		row("a field that is named", grownAs(pdf.Dict{"Alt": pdf.Text("a")},
			func(widget, _ pdf.Ref) pdf.Object { return object(widget) }), pades.ChangeSignature),
		row("a field that is read as a text", grownAs(pdf.Dict{"ActualText": pdf.Text("a")},
			func(widget, _ pdf.Ref) pdf.Object { return object(widget) }), pades.ChangeOther),
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
		row("a field whose reference has a text", grown(func(widget, _ pdf.Ref) pdf.Object {
			reference := object(widget)
			reference["Alt"] = pdf.Text("a")
			return reference
		}), pades.ChangeOther),
		row("an element within itself", grown(func(_, element pdf.Ref) pdf.Object { return element }),
			pades.ChangeOther),
	})
}
