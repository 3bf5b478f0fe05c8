package pades_test

import (
	"fmt"
	"maps"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// The documents of this file test each rule on permitted changes with its smallest exception: each
// document would be judged otherwise if the rule lacked one of its conditions.

// rule is a document with one signature, and a change that is judged after it.
type rule struct {
	name    string
	page    string   // entries of the page, which has the contents 4 and the font 5
	catalog string   // entries of the catalog, in addition to the form
	fields  string   // further fields of the form
	signed  string   // entries of the signature dictionary
	objects []string // from 6 on
	change  func(*testing.T, *pdf.File, *pdf.Update)
	want    pades.Change
	passes  bool
}

// certified gives the entries of a signature that permits changes up to p. locked gives those of a
// signature that locks fields.
func certified(p string) string {
	return "/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /P " + p + " >> >>]"
}

func locked(entries string) string {
	return "/Reference [<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << " + entries + " >> >>]"
}

// set replaces an object, and sets entries of others.
func set(n int, object pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
	return func(t *testing.T, f *pdf.File, u *pdf.Update) {
		if changes, isDict := object.(pdf.Dict); isDict {
			edit(t, f, u, number(n), changes)
			return
		}
		u.Set(number(n), object)
	}
}

// signs signs a field, and sets other entries of it.
func signs(n int, entries pdf.Dict) func(*testing.T, *pdf.File, *pdf.Update) {
	return func(t *testing.T, f *pdf.File, u *pdf.Update) {
		changes := maps.Clone(entries)
		changes["V"] = signature(u)
		edit(t, f, u, number(n), changes)
	}
}

func (r rule) check(t *testing.T, s signer) {
	t.Helper()
	field := 6 + len(r.objects)
	catalog := fmt.Sprintf("/AcroForm << /Fields [%s %d 0 R] >> %s", r.fields, field, r.catalog)
	objects := append(payment(resources+"/Contents 4 0 R "+r.page, catalog, r.objects...),
		fmt.Sprintf("<< /FT /Sig /T (Signature1) /V %d 0 R >>", field+1))
	signed := s.byHand(t, objects, r.signed)
	for _, got := range verified(t, appendix(t, signed, r.change), s.trust()) {
		if got.Field == "Signature1" &&
			(got.ChangesAfter != r.want || (got.Indication == pades.TotalPassed) != r.passes) {
			t.Errorf("got %s %q (%s), want %q, passed %v", got.Indication, got.ChangesAfter, got.Detail, r.want,
				r.passes)
		}
	}
}

func checkRules(t *testing.T, rules []rule) {
	s := ecdsaSigner(t)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.check(t, s)
		})
	}
}

const (
	note       = "<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (a) "
	watermark  = "<< /Type /Annot /Subtype /Watermark /Rect [0 0 9 9] "
	textWidget = "<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /FT /Tx /T (a) "
	sigWidget  = "<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /FT /Sig /T (e) "
)

var box = pdf.Dict{"Subtype": pdf.Name("Form"), "BBox": integers(0, 0, 9, 9)}

func TestRulesOnAnnotations(t *testing.T) {
	t.Parallel()
	form := pdftest.Stream("/Subtype /Form /BBox [0 0 9 9]", "0 g")
	other := pdf.NewStream(box, []byte("1 g 0 0 9 9 re f"))
	link := "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] "
	checkRules(t, []rule{
		{"a link that keeps its action", "/Annots [6 0 R]", "", "", certified("3"),
			[]string{link + "/A << /S /URI /URI (a) >> >>"}, set(6, pdf.Dict{"Contents": pdf.Text("b")}),
			pades.ChangeAnnotation, true},
		{"a link whose action changes", "/Annots [6 0 R]", "", "", certified("3"),
			[]string{link + "/PA 7 0 R >>", "<< /S /URI /URI (a) >>"}, set(7, pdf.Dict{"URI": pdf.Text("b")}),
			pades.ChangeOther, false},
		{"an annotation that was missing", "/Annots [99 0 R 6 0 R]", "", "", certified("3"), []string{note + ">>"},
			set(6, pdf.Dict{"Contents": pdf.Text("b")}), pades.ChangeAnnotation, true},
		{"an annotation that was no comment", "/Annots [6 0 R]", "", "", certified("3"), []string{watermark + ">>"},
			set(6, pdf.Dict{"Subtype": pdf.Name("Text")}), pades.ChangeOther, false},
		{"an appearance", "/Annots [6 0 R]", "", "", certified("3"), []string{note + "/AP << /N 7 0 R >> >>", form},
			set(7, other), pades.ChangeAnnotation, true},
		{"an appearance after a signature alone", "/Annots [6 0 R]", "", "", "",
			[]string{note + "/AP << /N 7 0 R >> >>", form}, set(7, other), pades.ChangeAnnotation, false},
		{"the appearance of two annotations", "/Annots [6 0 R 8 0 R]", "", "", certified("3"),
			[]string{note + "/AP << /N 7 0 R >> >>", form, note + "/AP << /N 7 0 R >> >>"}, set(7, other),
			pades.ChangeOther, false},
		{"the appearance of a direct annotation", "/Annots [" + note + "/AP << /N 6 0 R >> >>]", "", "", certified("3"),
			[]string{form}, set(6, other), pades.ChangeOther, false},
		{"the appearance of a direct one that is no comment", "/Annots [" + watermark + "/AP << /N 6 0 R >> >>]", "",
			"", certified("3"), []string{form}, set(6, other), pades.ChangeOther, false},
		{"the appearance of no comment", "/Annots [6 0 R]", "", "", certified("3"),
			[]string{watermark + "/AP << /N 7 0 R >> >>", form}, set(7, other), pades.ChangeOther, false},
		{"another order", "/Annots [6 0 R 7 0 R]", "", "", certified("3"), []string{note + ">>", note + ">>"},
			set(3, pdf.Dict{"Annots": pdf.Array{number(7), number(6)}}), pades.ChangeAnnotation, true},
		{"another order after a signature alone", "/Annots [6 0 R 7 0 R]", "", "", "",
			[]string{note + ">>", note + ">>"}, set(3, pdf.Dict{"Annots": pdf.Array{number(7), number(6)}}),
			pades.ChangeAnnotation, false},
		{"an annotation again", "/Annots [6 0 R]", "", "", certified("3"), []string{note + ">>"},
			set(3, pdf.Dict{"Annots": pdf.Array{number(6), number(6)}}), pades.ChangeOther, false},
		{"an annotation again, in another's place", "/Annots [6 0 R 7 0 R]", "", "", certified("3"),
			[]string{note + ">>", note + ">>"}, set(3, pdf.Dict{"Annots": pdf.Array{number(6), number(7), number(6)}}),
			pades.ChangeOther, false},
		{"an annotation once less", "/Annots 7 0 R", "", "", "", []string{note + ">>", "[6 0 R 6 0 R]"},
			set(7, pdf.Array{number(6)}), pades.ChangeOther, false},
		{"a widget again", "/Annots [6 0 R]", "", "6 0 R", certified("1"), []string{textWidget + ">>"},
			set(3, pdf.Dict{"Annots": pdf.Array{number(6), number(6)}}), pades.ChangeOther, false},
		{"a comment beside one that is listed twice", "/Annots [6 0 R 6 0 R]", "", "", certified("3"),
			[]string{note + ">>", note + ">>"}, set(3, pdf.Dict{"Annots": pdf.Array{number(6), number(6), number(7)}}),
			pades.ChangeAnnotation, true},
		{"no annotations any more", "/Annots [6 0 R]", "", "", certified("3"), []string{note + ">>"},
			set(3, pdf.Dict{"Annots": pdf.Dict{}}), pades.ChangeOther, false},
		{"a direct annotation goes", "/Annots [" + note + ">>]", "", "", "", nil, set(3, pdf.Dict{"Annots": nil}),
			pades.ChangeAnnotation, false},
		{"a direct annotation that is no comment goes", "/Annots [" + watermark + ">>]", "", "", certified("3"), nil,
			set(3, pdf.Dict{"Annots": nil}), pades.ChangeOther, false},
		{"a date of the page", "/LastModified (D:2025)", "", "", certified("1"), nil,
			set(3, pdf.Dict{"LastModified": pdf.Text("D:2026")}), pades.ChangeNone, true},
		{"a date of the page goes", "/LastModified (D:2025)", "", "", "", nil, set(3, pdf.Dict{"LastModified": nil}),
			pades.ChangeNone, true},
		{"no date", "/LastModified (D:2025)", "", "", "", nil, set(3, pdf.Dict{"LastModified": pdf.Name("a")}),
			pades.ChangeOther, false},
		{"a page that is no page any more", "/Annots []", "", "", "", nil, set(3, pdf.Integer(1)), pades.ChangeOther,
			false},
		{"another action", "/Annots [6 0 R]", "", "", certified("3"), []string{link + "/A << /S /URI /URI (a) >> >>"},
			set(6, pdf.Dict{"A": uri("b")}), pades.ChangeOther, false},
		{"an action that goes", "/Annots [6 0 R]", "", "", certified("3"),
			[]string{link + "/A << /S /URI /URI (a) >> >>"}, set(6, pdf.Dict{"A": nil}), pades.ChangeOther, false},
		{"another additional action", "/Annots [6 0 R]", "", "", certified("3"), []string{note + ">>"},
			set(6, pdf.Dict{"AA": pdf.Dict{"E": uri("b")}}), pades.ChangeOther, false},
		{"another action of the preview", "/Annots [6 0 R]", "", "", certified("3"), []string{link + ">>"},
			set(6, pdf.Dict{"PA": uri("b")}), pades.ChangeOther, false},
		{"a new annotation with an action of the preview", "", "", "", certified("3"), nil,
			set(3, pdf.Dict{"Annots": pdf.Array{comment(pdf.Dict{"PA": uri("b")})}}), pades.ChangeOther, false},
		{"a new annotation without an action", "", "", "", certified("3"), nil,
			set(3, pdf.Dict{"Annots": pdf.Array{comment(nil)}}), pades.ChangeAnnotation, true},
		{"a new annotation whose appearance is missing", "", "", "", certified("3"), nil,
			set(3, pdf.Dict{"Annots": pdf.Array{comment(pdf.Dict{"AP": pdf.Dict{"N": number(99)}})}}),
			pades.ChangeAnnotation, true},
		{"a new annotation with one state that has no box", "", "", "", certified("3"), nil,
			func(t *testing.T, f *pdf.File, u *pdf.Update) {
				states := pdf.Dict{"Off": u.Add(pdf.NewStream(pdf.Dict{"Subtype": pdf.Name("Form")}, []byte("f")))}
				for _, name := range []pdf.Name{"A", "B", "C", "D", "E", "F", "G"} {
					states[name] = u.Add(other)
				}
				set(3, pdf.Dict{"Annots": pdf.Array{comment(pdf.Dict{"AP": pdf.Dict{"N": states}})}})(t, f, u)
			}, pades.ChangeOther, false},
		{"a missing annotation goes", "/Annots [99 0 R]", "", "", certified("1"), nil,
			set(3, pdf.Dict{"Annots": pdf.Array{}}), pades.ChangeNone, true},
		{"an appearance that is written again", "/Annots [6 0 R]", "", "", "",
			[]string{note + "/AP << /N 7 0 R >> >>", form}, again(7), pades.ChangeNone, true},
		{"the appearance of a direct annotation", "/Annots [" + watermark + "/AP << /N 6 0 R >> >>]", "", "",
			certified("3"), []string{form}, set(6, other), pades.ChangeOther, false},
		{"what a list of annotations holds that is none", "/Annots 6 0 R", "", "", certified("3"),
			[]string{"<< /X 7 0 R >>", "(a)"}, set(7, pdf.Text("b")), pades.ChangeOther, false},
	})
}

func uri(to string) pdf.Dict { return pdf.Dict{"S": pdf.Name("URI"), "URI": pdf.Text(to)} }

// comment is a comment annotation that is a direct object, with further entries.
func comment(entries pdf.Dict) pdf.Dict {
	dict := pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Text"), "Rect": integers(0, 0, 9, 9)}
	maps.Copy(dict, entries)
	return dict
}

// again writes an object once more, unchanged.
func again(n int) func(*testing.T, *pdf.File, *pdf.Update) {
	return func(t *testing.T, f *pdf.File, u *pdf.Update) {
		object, err := f.Object(number(n))
		if err != nil {
			t.Fatal(err)
		}
		if stream, ok := object.(*pdf.Stream); ok {
			data, err := f.Decode(stream)
			if err != nil {
				t.Fatal(err)
			}
			object = pdf.NewStream(stream.Dict, data)
		}
		u.Set(number(n), object)
	}
}

// An object that nothing reaches may change, unless an unreadable object may reach it.
func TestRulesOnWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	change := set(7, pdf.Text("b"))
	checkRules(t, []rule{
		{"an object that nothing reaches", "/Z 6 0 R", "", "", certified("1"), []string{"<< >>", "(a)"}, change,
			pades.ChangeNone, true},
		{"an object that an unreadable one may reach", "/Z 6 0 R", "", "", "", []string{"]", "(a)"}, change,
			pades.ChangeOther, false},
		{"an unreadable object that is written soundly", "/Z 6 0 R", "", "", "", []string{"]"},
			set(6, pdf.Text("b")), pades.ChangeOther, false},
		{"an object that readers take differently and that stays", "/Z 6 0 R", "", "", certified("1"),
			[]string{"<< /A 1 /A 2 >>"}, set(3, pdf.Dict{"LastModified": pdf.Text("D:2026")}), pades.ChangeNone, true},
		{"what an action hides, if that is no annotation", "", "/OpenAction << /S /Hide /T 6 0 R >>", "", "",
			[]string{"<< /A 1 >>"}, set(6, pdf.Dict{"A": pdf.Integer(2)}), pades.ChangeOther, false},
		{"a field that an action submits", "", "/OpenAction << /S /SubmitForm /Fields [6 0 R] >>", "6 0 R", "",
			[]string{textWidget + ">>"}, set(6, pdf.Dict{"V": pdf.Text("99")}), pades.ChangeFormFilling, true},
		{"a field that an action resets", "", "/OpenAction << /S /ResetForm /Fields [6 0 R] >>", "6 0 R", "",
			[]string{textWidget + ">>"}, set(6, pdf.Dict{"V": pdf.Text("99")}), pades.ChangeFormFilling, true},
		{"a field that an action does something else with", "", "/OpenAction << /S /Other /Fields [6 0 R] >>", "6 0 R",
			"", []string{textWidget + ">>"}, set(6, pdf.Dict{"V": pdf.Text("99")}), pades.ChangeOther, false},
	})
}

func TestRulesOnTheCatalog(t *testing.T) {
	t.Parallel()
	data := func(entries pdf.Dict) func(*testing.T, *pdf.File, *pdf.Update) {
		return set(1, pdf.Dict{"DSS": entries})
	}
	certs := func(element pdf.Object) pdf.Dict { return pdf.Dict{"Certs": pdf.Array{element}} }
	objects := []string{pdftest.Stream("", "der"), "<< >>", "(text)"}
	checkRules(t, []rule{
		{"validation data", "", "", "", certified("1"), objects, data(certs(number(6))), pades.ChangeDSS, true},
		{"validation data that are missing", "", "", "", "", objects, data(certs(number(99))), pades.ChangeDSS, true},
		{"validation data of no stream", "", "", "", "", objects, data(certs(number(7))), pades.ChangeOther, false},
		{"validation data of a text", "", "", "", "", objects, data(certs(number(8))), pades.ChangeOther, false},
		{"validation data that are direct", "", "", "", "", objects, data(certs(pdf.Text("x"))), pades.ChangeOther,
			false},
		{"direct data that were there", "", "/DSS << /Certs [(x)] >>", "", "", objects,
			data(pdf.Dict{"Certs": pdf.Array{pdf.Text("x"), number(6)}}), pades.ChangeDSS, true},
		{"direct data in the place of others", "", "/DSS << /Certs [(x)] >>", "", "", objects,
			data(certs(pdf.Text("y"))), pades.ChangeOther, false},
		{"another entry of the validation data", "", "", "", "", objects, data(pdf.Dict{"More": pdf.Array{number(6)}}),
			pades.ChangeOther, false},
		{"another entry for a signature", "", "", "", "", objects,
			data(pdf.Dict{"VRI": pdf.Dict{"AB": pdf.Dict{"More": pdf.Array{number(6)}}}}), pades.ChangeOther, false},
		{"an entry for a signature", "", "", "", "", objects,
			data(pdf.Dict{"VRI": pdf.Dict{"AB": pdf.Dict{"Cert": pdf.Array{number(6)}, "TU": pdf.Text("D:2026")}}}),
			pades.ChangeDSS, true},
		{"the timestamp of an entry", "", "", "", "", objects,
			data(pdf.Dict{"VRI": pdf.Dict{"AB": pdf.Dict{"TS": number(6)}}}), pades.ChangeDSS, true},
		{"a timestamp of no stream", "", "", "", "", objects,
			data(pdf.Dict{"VRI": pdf.Dict{"AB": pdf.Dict{"TS": number(7)}}}), pades.ChangeOther, false},
		{"a time that is an action", "", "", "", "", objects,
			data(pdf.Dict{"VRI": pdf.Dict{"AB": pdf.Dict{"TU": pdf.Dict{"S": pdf.Name("JavaScript")}}}}),
			pades.ChangeOther, false},
		{"a type as PDFBox writes it", "", "", "", "", objects,
			data(pdf.Dict{"VRI": pdf.Dict{"AB": pdf.Dict{"Type": pdf.Text("VRI"), "Cert": pdf.Array{number(6)}}}}),
			pades.ChangeDSS, true},
		{"a type that is a stream", "", "", "", "", objects, data(pdf.Dict{"Type": number(6)}), pades.ChangeOther,
			false},
		{"no extension", "", "", "", certified("1"), nil, set(1, pdf.Dict{"Extensions": pdf.Dict{}}), pades.ChangeDSS,
			true},
		{"a certification", "", "", "", "", nil, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(1), pdf.Dict{"Perms": pdf.Dict{"DocMDP": signature(u)}})
		}, pades.ChangeSignature, true},
		{"a certification of no signature", "", "", "", "", []string{"<< >>"},
			set(1, pdf.Dict{"Perms": pdf.Dict{"DocMDP": number(6)}}), pades.ChangeOther, false},
		{"usage rights", "", "", "", "", nil, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(1), pdf.Dict{"Perms": pdf.Dict{"UR3": signature(u)}})
		}, pades.ChangeOther, false},
	})
}
