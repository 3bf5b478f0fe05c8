package pades_test

import (
	"maps"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// grownTree makes the parent tree of a tagged document anew, when a signature field is added whose
// structure element is child.
type grownTree func(u *pdf.Update, child pdf.Ref) pdf.Object

// withElement adds a signature field and its structure element to a tagged document whose structure
// tree root is object 6. grow adds the element to the tree.
func withElement(
	grow func(t *testing.T, f *pdf.File, u *pdf.Update, child pdf.Ref)) func(*testing.T, *pdf.File, *pdf.Update) {
	return func(t *testing.T, f *pdf.File, u *pdf.Update) {
		added := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"),
			"T": pdf.Text("x"), "Rect": point, "P": number(3), "V": signature(u), "StructParent": pdf.Integer(9)})
		child := u.Add(pdf.Dict{"Type": pdf.Name("StructElem"), "S": pdf.Name("Form"), "P": number(6),
			"K": pdf.Dict{"Type": pdf.Name("OBJR"), "Obj": added, "Pg": number(3)}})
		edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, added)})
		edit(t, f, u, number(3), pdf.Dict{"Annots": pdf.Array{added}})
		grow(t, f, u, child)
	}
}

// withTree is withElement with another parent tree and further entries of the root.
func withTree(tree grownTree, entries pdf.Dict) func(*testing.T, *pdf.File, *pdf.Update) {
	return withElement(func(t *testing.T, f *pdf.File, u *pdf.Update, child pdf.Ref) {
		root := pdf.Dict{"K": extend(t, f, number(6), "K", child), "ParentTreeNextKey": pdf.Integer(10),
			"ParentTree": tree(u, child)}
		for key, value := range entries {
			root[key] = value
		}
		edit(t, f, u, number(6), root)
	})
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
	limited := func(least, most pdf.Integer) grownTree {
		return func(u *pdf.Update, child pdf.Ref) pdf.Object {
			return u.Add(pdf.Dict{"Limits": pdf.Array{least, most},
				"Nums": numbers(zero, number(9), four, number(7), nine, child)})
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
		{"with limits of the root", limited(0, 9), nil, pades.ChangeSignature},
		{"with other limits of the root", limited(100, 101), nil, pades.ChangeOther},
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

// Which node readers search for a key depends on the limits and keys of the others. PDFium and
// MuPDF search one node alone, where the limits of two hold the key.
func TestParentTreeThatGrows(t *testing.T) {
	t.Parallel()
	type grow = func(t *testing.T, f *pdf.File, u *pdf.Update, child pdf.Ref)
	elements := func(tree ...string) []string {
		return append([]string{"<< /Type /StructTreeRoot /K [7 0 R 8 0 R] /ParentTree 9 0 R >>",
			"<< /Type /StructElem /S /P /P 6 0 R /K [0 1] >>", "<< /Type /StructElem /S /P /P 6 0 R /K [2 3] >>"},
			tree...)
	}
	kids := elements("<< /Kids [10 0 R 11 0 R] >>", "<< /Limits [0 0] /Nums [0 7 0 R] >>",
		"<< /Limits [4 5] /Nums [4 7 0 R 5 8 0 R] >>")
	flat, apart := elements("<< /Nums [0 7 0 R] >>"), elements("<< /Nums 10 0 R >>", "[0 7 0 R]")
	empty := elements("<< >>")
	shared := elements("<< /Nums 10 0 R >>", "[0 7 0 R]")
	shared[2] = "<< /Type /StructElem /S /P /P 6 0 R /K 10 0 R >>"
	both := func(first, second grow) grow {
		return func(t *testing.T, f *pdf.File, u *pdf.Update, child pdf.Ref) {
			first(t, f, u, child)
			second(t, f, u, child)
		}
	}
	limits := func(n int, least, most pdf.Integer) grow {
		return func(t *testing.T, f *pdf.File, u *pdf.Update, _ pdf.Ref) {
			edit(t, f, u, number(n), pdf.Dict{"Limits": pdf.Array{least, most}})
		}
	}
	node := func(n int, least, most pdf.Integer, pairs func(child pdf.Ref) pdf.Array) grow {
		return func(t *testing.T, f *pdf.File, u *pdf.Update, child pdf.Ref) {
			edit(t, f, u, number(n), pdf.Dict{"Limits": pdf.Array{least, most}, "Nums": pairs(child)})
		}
	}
	first := func(key pdf.Integer) func(child pdf.Ref) pdf.Array {
		return func(child pdf.Ref) pdf.Array { return pdf.Array{pdf.Integer(0), number(7), key, child} }
	}
	second := func(child pdf.Ref) pdf.Array {
		return pdf.Array{pdf.Integer(4), number(7), pdf.Integer(5), number(8), pdf.Integer(9), child}
	}
	pairs := func(n int, pairs func(child pdf.Ref) pdf.Array) grow {
		return func(t *testing.T, f *pdf.File, u *pdf.Update, child pdf.Ref) {
			edit(t, f, u, number(n), pdf.Dict{"Nums": pairs(child)})
		}
	}
	array := func(n int, pairs func(child pdf.Ref) pdf.Array) grow {
		return func(_ *testing.T, _ *pdf.File, u *pdf.Update, child pdf.Ref) { u.Set(number(n), pairs(child)) }
	}
	another := func(t *testing.T, f *pdf.File, u *pdf.Update, child pdf.Ref) {
		edit(t, f, u, number(9), pdf.Dict{"Kids": pdf.Array{number(10), number(11), u.Add(
			pdf.Dict{"Limits": pdf.Array{pdf.Integer(9), pdf.Integer(9)}, "Nums": pdf.Array{pdf.Integer(9), child}})}})
	}
	own := func(child pdf.Ref) pdf.Array { return pdf.Array{pdf.Integer(9), child} }
	var rules []rule
	for _, test := range []struct {
		name    string
		objects []string
		grow    grow
		want    pades.Change
	}{
		{"the last node", kids, node(11, 4, 9, second), pades.ChangeSignature},
		{"the first node", kids, node(10, 0, 3, first(3)), pades.ChangeSignature},
		{"another node", kids, another, pades.ChangeSignature},
		{"the root", flat, pairs(9, first(9)), pades.ChangeSignature},
		{"an array of its own", apart, array(10, first(9)), pades.ChangeSignature},
		{"an empty tree", empty, pairs(9, own), pades.ChangeSignature},
		{"no node, with limits over the second", kids, limits(10, 0, 9), pades.ChangeOther},
		{"the last node, with limits of the first over it", kids, both(node(11, 4, 9, second), limits(10, 0, 9)),
			pades.ChangeOther},
		{"the first node by a key of the second", kids, node(10, 0, 4, first(4)), pades.ChangeOther},
		{"the first node by a key of the second, beyond its limits", kids, pairs(10, first(4)), pades.ChangeOther},
		{"the first node by a key behind the second", kids, node(10, 0, 9, first(9)), pades.ChangeOther},
		{"the root, beside nodes", kids, pairs(9, own), pades.ChangeOther},
		{"an array, which is put into another", apart, pairs(9, func(child pdf.Ref) pdf.Array {
			return pdf.Array{number(10), pdf.Integer(9), child}
		}), pades.ChangeOther},
		{"an array that is the kids of an element too", shared, array(10, first(9)), pades.ChangeOther},
	} {
		rules = append(rules, rule{name: test.name, catalog: "/StructTreeRoot 6 0 R", objects: test.objects,
			change: withElement(test.grow), want: test.want, passes: test.want != pades.ChangeOther})
	}
	checkRules(t, rules)
}

// The root of the structure tree alone has a parent tree. Anywhere else, the name is one that the
// document chose: of a class of attributes or of a type, which decide what is read aloud.
func TestParentTreesThatAreNone(t *testing.T) {
	t.Parallel()
	const table = "<< /O /Table /Summary (was) >>"
	elements := func(root string, more ...string) []string {
		return append([]string{"<< /Type /StructTreeRoot /K [7 0 R] /ParentTree << /Nums [0 7 0 R] >> " + root + " >>",
			"<< /Type /StructElem /S /ParentTree /C /ParentTree /P 6 0 R /K 0 /A << /ParentTree 8 0 R >> >>"}, more...)
	}
	summary := pdf.Dict{"Summary": pdf.Text("is")}
	value := func(n int, object pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(_ *testing.T, _ *pdf.File, u *pdf.Update) { u.Set(number(n), object) }
	}
	var rules []rule
	for _, test := range []struct {
		name    string
		objects []string
		change  func(*testing.T, *pdf.File, *pdf.Update)
	}{
		{"a class", elements("/ClassMap << /ParentTree 8 0 R >>", table), set(8, summary)},
		{"a class of a map of its own", elements("/ClassMap 9 0 R", table, "<< /ParentTree 8 0 R >>"), set(8, summary)},
		{"a list of classes", elements("/ClassMap << /ParentTree << /Kids 8 0 R >> >>", "["+table+"]"),
			value(8, pdf.Array{pdf.Dict{"O": pdf.Name("Table")}.With(summary)})},
		{"a type", elements("/RoleMap << /ParentTree 8 0 R >>", "/P"), value(8, pdf.Name("Artifact"))},
		{"an attribute", elements("", table), set(8, summary)},
		{"a class that is the parent tree, too", []string{
			"<< /Type /StructTreeRoot /K [7 0 R] /ParentTree 8 0 R /ClassMap << /C 8 0 R >> >>",
			"<< /Type /StructElem /S /P /C /C /P 6 0 R /K 0 >>", "<< /O /Table /Nums [0 7 0 R] >>"}, set(8, summary)},
	} {
		rules = append(rules, rule{name: test.name, catalog: "/StructTreeRoot 6 0 R", objects: test.objects,
			change: test.change, want: pades.ChangeOther})
	}
	checkRules(t, rules)
}

// An array of kids can be an object of its own. In another array, readers look for no kids in it.
func TestKidsThatAreAnObjectOfTheirOwn(t *testing.T) {
	t.Parallel()
	elements := func(root, kids, array string) []string {
		return []string{"<< /Type /StructTreeRoot /K " + root + " >>",
			"<< /Type /StructElem /S /P /P 6 0 R /K " + kids + " >>",
			"<< /Type /StructElem /S /Span /P 7 0 R /K 9 >>", array}
	}
	root := elements("9 0 R", "[0 8 0 R]", "[7 0 R]")
	holder := func(n int, kids func(child pdf.Ref) pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
		return withElement(func(t *testing.T, f *pdf.File, u *pdf.Update, child pdf.Ref) {
			edit(t, f, u, number(n), pdf.Dict{"K": kids(child)})
		})
	}
	array := func(kids ...pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
		return withElement(func(_ *testing.T, _ *pdf.File, u *pdf.Update, child pdf.Ref) {
			u.Set(number(9), append(pdf.Array(kids), child))
		})
	}
	behind := func(kids ...pdf.Object) func(pdf.Ref) pdf.Object {
		return func(child pdf.Ref) pdf.Object { return append(pdf.Array(kids), child) }
	}
	var rules []rule
	for _, test := range []struct {
		name    string
		objects []string
		change  func(*testing.T, *pdf.File, *pdf.Update)
		same    bool
	}{
		{"that grows", root, array(number(7)), true},
		{"copied", root, holder(6, behind(number(7))), true},
		{"in another array", root, holder(6, behind(number(9))), false},
		{"in another array, of an element", elements("[7 0 R]", "9 0 R", "[0 8 0 R]"), holder(7, behind(number(9))),
			false},
		{"that gets content", elements("[7 0 R]", "9 0 R", "[0 8 0 R]"),
			array(pdf.Integer(0), number(8), pdf.Integer(5)), false},
		{"that gets content and was empty", elements("[7 0 R]", "9 0 R", "[]"), array(pdf.Integer(5)), false},
	} {
		want := pades.ChangeOther
		if test.same {
			want = pades.ChangeSignature
		}
		rules = append(rules, rule{name: test.name, catalog: "/StructTreeRoot 6 0 R", objects: test.objects,
			change: test.change, want: want, passes: test.same})
	}
	checkRules(t, rules)
}

// A text of an element that is read aloud is a comment if it does not name a field and no signer
// answers for it.
func TestElementsThatSpeak(t *testing.T) {
	t.Parallel()
	objects := []string{"<< /Type /StructTreeRoot /K [7 0 R] >>", "<< /Type /StructElem /S /P /P 6 0 R /K 0 >>"}
	text, form, figure := pdf.Text("void"), pdf.Name("Form"), pdf.Name("Figure")
	signed := func(u *pdf.Update) pdf.Object { return signature(u) }
	timestamp := func(u *pdf.Update) pdf.Object {
		return u.Add(pdf.Dict{"SubFilter": pdf.Name("ETSI.RFC3161"), "ByteRange": pdf.Array{},
			"Contents": pdf.String("x")})
	}
	empty := func(*pdf.Update) pdf.Object { return nil }
	var rules []rule
	for _, test := range []struct {
		name    string
		value   func(u *pdf.Update) pdf.Object
		element pdf.Dict
		want    pades.Change
	}{
		{"a timestamp", timestamp, pdf.Dict{"S": figure}, pades.ChangeDSS},
		{"a timestamp with a name", timestamp, pdf.Dict{"S": form, "Alt": text}, pades.ChangeDSS},
		{"a timestamp with a text", timestamp, pdf.Dict{"S": figure, "Alt": text}, pades.ChangeAnnotation},
		{"a timestamp with a title", timestamp, pdf.Dict{"S": figure, "T": text}, pades.ChangeAnnotation},
		{"a timestamp in an element with a text", timestamp, pdf.Dict{"S": figure, "Alt": text,
			"K": pdf.Dict{"S": form}}, pades.ChangeAnnotation},
		{"an empty field with a name", empty, pdf.Dict{"S": form, "Alt": text}, pades.ChangeFormFilling},
		{"an empty field with a text", empty, pdf.Dict{"S": figure, "Alt": text}, pades.ChangeAnnotation},
		{"a signature with a text", signed, pdf.Dict{"S": figure, "Alt": text}, pades.ChangeSignature},
	} {
		rules = append(rules, rule{name: test.name, catalog: "/StructTreeRoot 6 0 R", objects: objects,
			change: withElement(func(t *testing.T, f *pdf.File, u *pdf.Update, _ pdf.Ref) {
				field := u.Add(pdf.Dict{"Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"), "T": pdf.Text("y"),
					"Rect": point, "V": test.value(u)})
				edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, field)})
				edit(t, f, u, number(3), pdf.Dict{"Annots": pdf.Array{}})
				object := pdf.Dict{"Type": pdf.Name("OBJR"), "Obj": field}
				element := pdf.Dict{"K": object}
				maps.Copy(element, test.element)
				if inner, nested := test.element["K"].(pdf.Dict); nested {
					element["K"] = pdf.Dict{"S": inner["S"], "K": object}
				}
				edit(t, f, u, number(6), pdf.Dict{"K": pdf.Array{number(7), u.Add(element)}})
			}), want: test.want, passes: test.want != pades.ChangeAnnotation})
	}
	checkRules(t, rules)
}
