package pades_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// Comments pass only where a certification permits annotations. An annotation of any other type,
// known or not, is part of what the document shows or does (ISO 32000-2, table 171). What is added
// or changed is named with its page, type and box.
func TestTypesOfAnnotations(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	comments := strings.Fields("Text FreeText Line Square Circle Polygon PolyLine Highlight Underline Squiggly " +
		"StrikeOut Caret Stamp Ink FileAttachment Popup Link")
	others := strings.Fields("Watermark PrinterMark TrapNet Redact Screen Movie Sound 3D RichMedia Projection Widget " +
		"text Comment Stamp2 #")
	dict := func(kind string) pdf.Dict {
		entries := pdf.Dict{"Type": pdf.Name("Annot"), "Rect": integers(10, 20, 30, 40), "Contents": pdf.Text("b")}
		if kind != "#" { // which stands for none
			entries["Subtype"] = pdf.Name(kind)
		}
		return entries
	}
	written := func(kind string) string {
		return strings.ReplaceAll("<< /Type /Annot /Rect [10 20 30 40] /Subtype /"+kind+" >>", " /Subtype /#", "")
	}
	for _, test := range []struct {
		name   string
		there  bool // the annotation was signed
		change func(kind string) func(*testing.T, *pdf.File, *pdf.Update)
		told   bool
	}{
		{"added", false, func(kind string) func(*testing.T, *pdf.File, *pdf.Update) {
			return func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(3), pdf.Dict{"Annots": pdf.Array{u.Add(dict(kind))}})
			}
		}, true},
		{"added as a direct object", false, func(kind string) func(*testing.T, *pdf.File, *pdf.Update) {
			return set(3, pdf.Dict{"Annots": pdf.Array{dict(kind)}})
		}, true},
		{"added as a direct object to an array", false, func(kind string) func(*testing.T, *pdf.File, *pdf.Update) {
			return func(t *testing.T, f *pdf.File, u *pdf.Update) {
				edit(t, f, u, number(3), pdf.Dict{"Annots": u.Add(pdf.Array{dict(kind)})})
			}
		}, true},
		{"changed", true, func(kind string) func(*testing.T, *pdf.File, *pdf.Update) {
			return set(6, dict(kind))
		}, true},
		{"removed", true, func(string) func(*testing.T, *pdf.File, *pdf.Update) {
			return set(3, pdf.Dict{"Annots": pdf.Array{}})
		}, false},
	} {
		for i, kind := range append(comments, others...) {
			isComment := i < len(comments)
			for _, permission := range []string{"", "1", "2", "3"} {
				page, signed := "", ""
				if test.there {
					page = "/Annots [6 0 R]"
				}
				if permission != "" {
					signed = certified(permission)
				}
				document := s.byHand(t, payment(resources+"/Contents 4 0 R "+page,
					"/AcroForm << /Fields [7 0 R] >>", written(kind), "<< /FT /Sig /T (Signature1) /V 8 0 R >>"),
					signed)
				report := reported(t, appendix(t, document, test.change(kind)), s.trust())
				got, where := report.Signatures[0], fmt.Sprintf("%s %s, permission %q", kind, test.name, permission)
				want := pades.ChangeOther
				if isComment {
					want = pades.ChangeAnnotation
				}
				if passed := got.Indication == pades.TotalPassed; got.ChangesAfter != want ||
					passed != (isComment && permission == "3") || !passed && got.Indication != pades.Indeterminate {
					t.Errorf("%s: got %s %q (%s)", where, got.Indication, got.ChangesAfter, got.Detail)
				}
				if isComment && permission != "3" &&
					!strings.HasPrefix(report.Verdict.Detail, "signed content intact, 1 comment added or changed") {
					t.Errorf("%s: got %q as the first line", where, report.Verdict.Detail)
				}
				added := []pades.Addition{{Page: 1, Kind: strings.Trim(kind, "#"), Box: [4]float64{10, 20, 30, 40}}}
				if last := report.Revisions[len(report.Revisions)-1]; isComment && test.told &&
					!reflect.DeepEqual(last.Added, added) {
					t.Errorf("%s: got %v as added, want %v", where, last.Added, added)
				}
			}
		}
	}
}
