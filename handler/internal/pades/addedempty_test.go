package pades_test

import (
	"maps"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// An update may add an empty signature field with an appearance that draws nothing, as pyHanko
// does. An appearance that draws something counts as a comment, because no signer is responsible
// for it.
func TestAddedFieldsThatWait(t *testing.T) {
	t.Parallel()
	stream := func(content string, box pdf.Array) func(*pdf.Update) pdf.Dict {
		return func(u *pdf.Update) pdf.Dict {
			return pdf.Dict{"AP": pdf.Dict{"N": u.Add(pdf.NewStream(pdf.Dict{"Subtype": pdf.Name("Form"), "BBox": box},
				[]byte(content)))}}
		}
	}
	looks := func(entries pdf.Object) func(*pdf.Update) pdf.Dict {
		return func(*pdf.Update) pdf.Dict { return pdf.Dict{"MK": entries} }
	}
	row := func(name string, entries func(*pdf.Update) pdf.Dict, want pades.Change) rule {
		return rule{name: name, page: "/Annots []", want: want, passes: want == pades.ChangeFormFilling,
			change: func(t *testing.T, f *pdf.File, u *pdf.Update) {
				field := pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"),
					"T": pdf.Text("x"), "Rect": integers(0, 0, 99, 99)}
				maps.Copy(field, entries(u))
				ref := u.Add(field)
				edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", ref)})
				edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, ref)})
			}}
	}
	checkRules(t, []rule{
		row("no appearance", func(*pdf.Update) pdf.Dict { return nil }, pades.ChangeFormFilling),
		row("an empty appearance", stream(" ", wholePage), pades.ChangeFormFilling),
		row("an appearance of no area", stream("1 g 0 0 9 9 re f", point), pades.ChangeFormFilling),
		row("an appearance that draws", stream("1 g 0 0 9 9 re f", wholePage), pades.ChangeAnnotation),
		row("an appearance without a box", stream("1 g 0 0 9 9 re f", nil), pades.ChangeOther),
		row("no looks", looks(pdf.Dict{}), pades.ChangeFormFilling),
		row("a rotation", looks(pdf.Dict{"R": pdf.Integer(90)}), pades.ChangeFormFilling),
		row("a background", looks(pdf.Dict{"BG": integers(1, 0, 0)}), pades.ChangeAnnotation),
		row("a caption and a rotation", looks(pdf.Dict{"R": pdf.Integer(90), "CA": pdf.Text("a")}),
			pades.ChangeAnnotation),
	})
}
