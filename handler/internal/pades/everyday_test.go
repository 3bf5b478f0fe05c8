package pades_test

import (
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// What people do every day with a document that is signed is no attack, and what is next to it is.
func TestEverydayWork(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const widget = "/Type /Annot /Subtype /Widget /Rect [0 0 90 9] "
	form := payment(resources+"/Contents 4 0 R /Annots [6 0 R]", "/AcroForm << /Fields [6 0 R 6 0 R] >>",
		"<< /FT /Tx /T (a) "+widget+">>")
	tagged := payment(resources+"/Contents 4 0 R", "/MarkInfo << /Marked true >> /StructTreeRoot 6 0 R",
		"<< /Type /StructTreeRoot /K [7 0 R] /ParentTree 8 0 R /ParentTreeNextKey 1 >>",
		"<< /Type /StructElem /S /P /P 6 0 R >>", "<< /Nums [0 [7 0 R]] >>")
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
	// tag adds a signature field to a tagged document, with what the structure needs of it.
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

// Writers stamp dates and their name with each update: in words of their own, and allowed under
// every certification. Other texts are not.
func TestStampedMetadata(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	packet := func(date, title string) string {
		return `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description ` +
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
