package pades_test

import (
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// grownTree makes the parent tree of a tagged document anew, when a signature field is added whose
// structure element is child.
type grownTree func(u *pdf.Update, child pdf.Ref) pdf.Object

// withTree adds a signature field to a tagged document whose structure tree root is object 6, with
// another parent tree and further entries of the root.
func withTree(tree grownTree, entries pdf.Dict) func(*testing.T, *pdf.File, *pdf.Update) {
	return func(t *testing.T, f *pdf.File, u *pdf.Update) {
		added := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"),
			"T": pdf.Text("x"), "Rect": point, "P": number(3), "V": signature(u), "StructParent": pdf.Integer(9)})
		child := u.Add(pdf.Dict{"Type": pdf.Name("StructElem"), "S": pdf.Name("Form"), "P": number(6),
			"K": pdf.Dict{"Type": pdf.Name("OBJR"), "Obj": added, "Pg": number(3)}})
		edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, added)})
		edit(t, f, u, number(3), pdf.Dict{"Annots": pdf.Array{added}})
		root := pdf.Dict{"K": extend(t, f, number(6), "K", child), "ParentTreeNextKey": pdf.Integer(10),
			"ParentTree": tree(u, child)}
		for key, value := range entries {
			root[key] = value
		}
		edit(t, f, u, number(6), root)
	}
}

// Writers that read the parent tree into memory, as iText 7 does, write other objects for its nodes
// and arrays. What the keys stand for must stay the same, for all readers.
func TestParentTreeWrittenAnew(t *testing.T) {
	t.Parallel()
	numbers := func(pairs ...pdf.Object) pdf.Array { return pairs }
	const zero, four, nine = pdf.Integer(0), pdf.Integer(4), pdf.Integer(9)
	flat := func(pairs func(u *pdf.Update, child pdf.Ref) pdf.Array) grownTree {
		return func(u *pdf.Update, child pdf.Ref) pdf.Object { return u.Add(pdf.Dict{"Nums": pairs(u, child)}) }
	}
	paragraphs := func(elements ...pdf.Object) grownTree {
		return flat(func(u *pdf.Update, child pdf.Ref) pdf.Array {
			return numbers(zero, u.Add(pdf.Array(elements)), four, number(7), nine, child)
		})
	}
	kids := func(first, second [2]pdf.Integer) grownTree {
		return func(u *pdf.Update, child pdf.Ref) pdf.Object {
			limits := func(l [2]pdf.Integer) pdf.Array { return pdf.Array{l[0], l[1]} }
			return u.Add(pdf.Dict{"Kids": pdf.Array{
				u.Add(pdf.Dict{"Limits": limits(first), "Nums": numbers(zero, number(9), four, number(7))}),
				u.Add(pdf.Dict{"Limits": limits(second), "Nums": numbers(nine, child)})}})
		}
	}
	same := paragraphs(number(7), number(10))
	var rules []rule
	for _, test := range []struct {
		name    string
		tree    grownTree
		entries pdf.Dict
		want    pades.Change
	}{
		{"copied", same, nil, pades.ChangeSignature},
		{"in the root itself", func(_ *pdf.Update, child pdf.Ref) pdf.Object {
			return pdf.Dict{"Nums": numbers(zero, number(9), four, number(7), nine, child)}
		}, nil, pades.ChangeSignature},
		{"in two nodes", kids([2]pdf.Integer{0, 4}, [2]pdf.Integer{9, 9}), nil, pades.ChangeSignature},
		{"in two nodes, of which one says too much", kids([2]pdf.Integer{0, 5}, [2]pdf.Integer{9, 9}), nil,
			pades.ChangeOther},
		{"in two nodes, of which one says too little", kids([2]pdf.Integer{4, 4}, [2]pdf.Integer{9, 9}), nil,
			pades.ChangeOther},
		{"another element", paragraphs(number(7), number(7)), nil, pades.ChangeOther},
		{"an element more", paragraphs(number(7), number(10), number(7)), nil, pades.ChangeOther},
		{"an element less", paragraphs(number(7)), nil, pades.ChangeOther},
		{"other order", paragraphs(number(10), number(7)), nil, pades.ChangeOther},
		{"a key less", flat(func(_ *pdf.Update, child pdf.Ref) pdf.Array {
			return numbers(zero, number(9), nine, child)
		}), nil, pades.ChangeOther},
		{"the last key less", flat(func(*pdf.Update, pdf.Ref) pdf.Array { return numbers(zero, number(9)) }), nil,
			pades.ChangeOther},
		{"a key that stands for another element", flat(func(_ *pdf.Update, child pdf.Ref) pdf.Array {
			return numbers(zero, number(9), four, number(10), nine, child)
		}), nil, pades.ChangeOther},
		{"a new key for an element that was there", flat(func(_ *pdf.Update, child pdf.Ref) pdf.Array {
			return numbers(zero, number(9), four, number(7), pdf.Integer(5), number(7), nine, child)
		}), nil, pades.ChangeOther},
		{"a key twice", flat(func(_ *pdf.Update, child pdf.Ref) pdf.Array {
			return numbers(zero, number(9), four, number(7), four, child)
		}), nil, pades.ChangeOther},
		{"pairs and kids", func(u *pdf.Update, child pdf.Ref) pdf.Object {
			return pdf.Dict{"Nums": numbers(zero, number(9), four, number(7), nine, child),
				"Kids": pdf.Array{u.Add(pdf.Dict{"Limits": pdf.Array{zero, zero}, "Nums": numbers(zero, child)})}}
		}, nil, pades.ChangeOther},
		{"no tree", func(*pdf.Update, pdf.Ref) pdf.Object { return nine }, nil, pades.ChangeOther},
		{"with a map of no types", same, pdf.Dict{"RoleMap": pdf.Dict{}}, pades.ChangeSignature},
		{"with a map of types", same, pdf.Dict{"RoleMap": pdf.Dict{"P": pdf.Name("Artifact")}}, pades.ChangeOther},
	} {
		rules = append(rules, rule{name: test.name, catalog: "/MarkInfo << /Marked true >> /StructTreeRoot 6 0 R",
			objects: []string{
				"<< /Type /StructTreeRoot /K [7 0 R 10 0 R] /ParentTree 8 0 R /ParentTreeNextKey 9 >>",
				"<< /Type /StructElem /S /P /P 6 0 R /K [0 1] >>", "<< /Nums [0 9 0 R 4 7 0 R] >>",
				"[7 0 R 10 0 R]", "<< /Type /StructElem /S /P /P 6 0 R /K [2 3] >>"},
			change: withTree(test.tree, test.entries), want: test.want, passes: test.want != pades.ChangeOther})
	}
	checkRules(t, rules)
}
