package pades_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

const xmpNamespaces = `xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:xmp="http://ns.adobe.com/xap/1.0/" ` +
	`xmlns:dc="http://purl.org/dc/elements/1.1/"`

// Ordinary changes of a signed document are permitted. Changes that differ from them in one detail
// are not.
func TestEverydayWork(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const widget = "/Type /Annot /Subtype /Widget /Rect [0 0 90 9] "
	form := payment(resources+"/Contents 4 0 R /Annots [6 0 R]", "/AcroForm << /Fields [6 0 R 6 0 R] >>",
		"<< /FT /Tx /T (a) "+widget+">>")
	tagged := payment(resources+"/Contents 4 0 R", "/MarkInfo << /Marked true >> /StructTreeRoot 6 0 R",
		"<< /Type /StructTreeRoot /K [7 0 R] /ParentTree 8 0 R /ParentTreeNextKey 1 >>",
		"<< /Type /StructElem /S /P /P 6 0 R /K [0 1] >>", "<< /Nums [0 [7 0 R]] >>")
	apart := append(slices.Clone(tagged), "[0 1]", "[0 [7 0 R]]")
	apart[6], apart[7] = "<< /Type /StructElem /S /P /P 6 0 R /K 9 0 R >>", "<< /Nums 10 0 R >>"
	grow := func(object int, key pdf.Name, more ...pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(t *testing.T, f *pdf.File, u *pdf.Update) {
			if key == "" {
				array, err := f.Array(number(object))
				if err != nil {
					t.Fatal(err)
				}
				u.Set(number(object), append(array.Clone(), more...))
				return
			}
			edit(t, f, u, number(object), pdf.Dict{key: extend(t, f, number(object), key, more...)})
		}
	}
	fill := func(entries pdf.Dict) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(t *testing.T, f *pdf.File, u *pdf.Update) { edit(t, f, u, number(6), entries) }
	}
	newField := func(u *pdf.Update, entries pdf.Dict) pdf.Ref {
		dict := pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"),
			"T": pdf.Text("x"), "Rect": point, "P": number(3)}
		for key, value := range entries {
			dict[key] = value
		}
		return u.Add(dict)
	}
	// tag adds a signature field to a tagged document, with the entries that the structure tree
	// needs.
	tag := func(entries, element pdf.Dict) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(t *testing.T, f *pdf.File, u *pdf.Update) {
			value := u.Add(pdf.Dict{"Type": pdf.Name("Sig"), "ByteRange": pdf.Array{}, "Contents": pdf.String("x")})
			added := newField(u, pdf.Dict{"V": value, "StructParent": pdf.Integer(1)})
			reference := pdf.Dict{"Type": pdf.Name("OBJR"), "Obj": added, "Pg": number(3)}
			dict := pdf.Dict{"Type": pdf.Name("StructElem"), "S": pdf.Name("Form"), "P": number(6), "K": reference}
			for key, value := range element {
				dict[key] = value
			}
			child := u.Add(dict)
			edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, added)})
			edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", added)})
			root := pdf.Dict{"K": extend(t, f, number(6), "K", child), "ParentTreeNextKey": pdf.Integer(2)}
			for key, value := range entries {
				root[key] = value
			}
			edit(t, f, u, number(6), root)
			edit(t, f, u, number(8), pdf.Dict{"Nums": extend(t, f, number(8), "Nums", pdf.Integer(1), child)})
		}
	}
	waiting := payment(resources+"/Contents 4 0 R /Annots [6 0 R]", "/AcroForm << /Fields [6 0 R] >>",
		"<< /FT /Sig /T (b) /F 4 "+widget+">>")
	signWaiting := func(flags pdf.Integer) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(t *testing.T, f *pdf.File, u *pdf.Update) {
			value := u.Add(pdf.Dict{"Type": pdf.Name("Sig"), "ByteRange": pdf.Array{}, "Contents": pdf.String("x")})
			edit(t, f, u, number(6), pdf.Dict{"V": value, "F": flags})
		}
	}
	for _, test := range []struct {
		name    string
		objects []string
		change  func(*testing.T, *pdf.File, *pdf.Update)
		want    pades.Change
	}{
		{"a field filled and made read-only", form, fill(pdf.Dict{"V": pdf.Text("x"), "Ff": pdf.Integer(1)}),
			pades.ChangeFormFilling},
		{"a field made read-only", form, fill(pdf.Dict{"Ff": pdf.Integer(1)}), pades.ChangeFormFilling},
		{"a field made required", form, fill(pdf.Dict{"V": pdf.Text("x"), "Ff": pdf.Integer(2)}), pades.ChangeOther},
		{"a field listed once more", form, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, number(6))})
		}, pades.ChangeNone},
		{"a field that waits for a signature", form, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			added := newField(u, nil)
			edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, added)})
			edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", added)})
		}, pades.ChangeFormFilling},
		{"a field with a widget of its own that waits for a signature", form,
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				shown := u.Add(pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "Rect": point,
					"P": number(3)})
				added := u.Add(pdf.Dict{"FT": pdf.Name("Sig"), "T": pdf.Text("x"), "Kids": pdf.Array{shown}})
				edit(t, f, u, number(1), pdf.Dict{"AcroForm": withField(t, f, added)})
				edit(t, f, u, number(3), pdf.Dict{"Annots": extend(t, f, number(3), "Annots", shown)})
			}, pades.ChangeFormFilling},
		{"a signature in a tagged document", tagged, tag(nil, nil), pades.ChangeSignature},
		{"a signature that brings words of its own", tagged, tag(nil, pdf.Dict{"ActualText": pdf.Text("999999")}),
			pades.ChangeOther},
		{"a signature that brings an element of the page", tagged, tag(nil, pdf.Dict{"K": pdf.Integer(0)}),
			pades.ChangeOther},
		{"a signature, and a role map", tagged, tag(pdf.Dict{"RoleMap": pdf.Dict{"P": pdf.Name("Artifact")}}, nil),
			pades.ChangeOther},
		{"an element that takes content of the page", tagged, grow(7, "K", pdf.Integer(2)), pades.ChangeOther},
		{"the same, its array apart", apart, grow(9, "", pdf.Integer(2), pdf.Integer(3)), pades.ChangeOther},
		{"a parent tree with a key and no value", tagged, grow(8, "Nums", pdf.Integer(1)), pades.ChangeOther},
		{"a parent tree with keys alone", tagged, grow(8, "Nums", pdf.Integer(1), pdf.Integer(2)), pades.ChangeOther},
		{"a parent tree with a value of another object", tagged, grow(8, "Nums", pdf.Integer(1), number(7)),
			pades.ChangeOther},
		{"the same, its array apart", apart, grow(10, "", pdf.Integer(1), pdf.Integer(2)), pades.ChangeOther},
		{"a signature that locks its widget", waiting, signWaiting(132), pades.ChangeSignature},
		{"a signature that shows its widget", waiting, signWaiting(1 << 5), pades.ChangeOther},
		{"numbers written otherwise", form, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(3),
				pdf.Dict{"MediaBox": pdf.Array{pdf.Real("0.0"), pdf.Integer(0), pdf.Real("595.0"), pdf.Real("842.")}})
		}, pades.ChangeNone},
		{"a number that is another one", form, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(3),
				pdf.Dict{"MediaBox": pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Real("595.01"), pdf.Integer(842)}})
		}, pades.ChangeOther},
		{"a structure without what it had", tagged, tag(pdf.Dict{"K": pdf.Array{}}, nil), pades.ChangeOther},
	} {
		for _, streams := range []bool{false, true} {
			name := test.name
			if streams {
				name += ", in streams"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				signed := s.sign(t, pdftest.File{Objects: test.objects, Streams: streams}.Bytes(), pades.Options{})
				checkAttack(t, s, appendix(t, signed, test.change), test.want)
			})
		}
	}
}

// Writers set dates and the producer with each update, in their own serialization. Every
// certification allows that. It does not allow changes of other texts.
func TestMetadataThatWritersSet(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	packet := func(date, title string) string {
		return `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ` + xmpNamespaces + `><rdf:Description ` +
			`xmp:MetadataDate="` + date + `"><dc:title>` + title + `</dc:title><xmp:ModifyDate>` + date + `</xmp:ModifyDate></rdf:Description></rdf:RDF></x:xmpmeta>`
	}
	objects := payment(resources+"/Contents 4 0 R", "/Metadata 6 0 R",
		pdftest.Stream("/Type /Metadata /Subtype /XML", packet("2026-01-01", "Contract")))
	for name, test := range map[string]struct {
		date, title string
		want        pades.Change
	}{
		"dates":   {"2026-02-02T10:00:00Z", "Contract", pades.ChangeMetadata},
		"a title": {"2026-01-01", "Another", pades.ChangeOther},
		"a title that looks like a date": {"2026-01-01",
			"Contract</dc:title><xmp:ModifyDate>x</xmp:ModifyDate><dc:title>x", pades.ChangeOther},
	} {
		for _, certify := range []pades.Permission{pades.NoCertification, pades.NoChanges} {
			signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{Certify: certify})
			attacked := appendix(t, signed, func(_ *testing.T, _ *pdf.File, u *pdf.Update) {
				u.Set(number(6), pdf.NewStream(pdf.Dict{"Type": pdf.Name("Metadata"), "Subtype": pdf.Name("XML")},
					[]byte(packet(test.date, test.title))))
			})
			t.Run(name, func(t *testing.T) { checkAttack(t, s, attacked, test.want) })
		}
	}
}

// Some writers write the catalog as another object in each update. It is compared with the previous
// catalog, and its object number must be new.
func TestAnotherCatalog(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	objects := payment(resources+"/Contents 4 0 R /Metadata 30 0 R", "", "<< /Type /Catalog /Pages 2 0 R >>")
	signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{})
	file, _ := open(t, signed)
	_, catalog, err := file.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		root    int // its number; 0 = a new one
		entries pdf.Dict
		want    pades.Change
	}{
		"the same":               {0, nil, pades.ChangeNone},
		"another version":        {0, pdf.Dict{"Version": pdf.Name("2.0")}, pades.ChangeDSS},
		"a version that is none": {0, pdf.Dict{"Version": pdf.Name("x.0")}, pades.ChangeOther},
		"a long version":         {0, pdf.Dict{"Version": pdf.Name("1.75")}, pades.ChangeOther},
		"a version in a string":  {0, pdf.Dict{"Version": pdf.String("2.0")}, pades.ChangeOther},
		"other pages":            {0, pdf.Dict{"Pages": number(3)}, pades.ChangeOther},
		"an action": {0, pdf.Dict{"OpenAction": pdf.Dict{"S": pdf.Name("JavaScript")}},
			pades.ChangeOther},
		"a number that was in use":     {6, nil, pades.ChangeOther},
		"a number that was waited for": {30, nil, pades.ChangeOther},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			moved := catalog.Clone()
			for key, value := range test.entries {
				moved[key] = value
			}
			root := number(test.root)
			attacked := appendix(t, signed, func(_ *testing.T, _ *pdf.File, u *pdf.Update) {
				if test.root == 6 {
					u.Set(root, moved)
					return
				}
				for root = u.Add(moved); root.Number < test.root; {
					root = u.Add(moved)
				}
			})
			head, tail := attacked[:len(signed)], string(attacked[len(signed):])
			tail = strings.Replace(tail, "/Root 1 0 R", fmt.Sprintf("/Root %d 0 R", root.Number), 1)
			checkAttack(t, s, append(bytes.Clone(head), tail...), test.want)
		})
	}
}
