package pades_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// branches is a document whose page tree has two levels: the nodes 2 and 6. It has the entries in
// its catalog, in both nodes, and in its page; further objects are from 8 on. The last object is a
// signature field, whose value is to be the next one.
func branches(catalog, nodes, page string, more ...string) []string {
	field := 8 + len(more)
	return slices.Concat([]string{
		fmt.Sprintf("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%d 0 R] >> %s >>", field, catalog),
		"<< /Type /Pages /Count 1 /Kids [6 0 R] " + nodes + " >>",
		"<< /Type /Page /Parent 6 0 R /MediaBox [0 0 595 842] /Contents 4 0 R " + resources + page + " >>",
		pdftest.Stream("", shown("PAY 10")),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		"<< /Type /Pages /Parent 2 0 R /Count 1 /Kids [3 0 R] " + nodes + " >>",
		"(a text)",
	}, more, []string{fmt.Sprintf("<< /FT /Sig /T (Signature1) /V %d 0 R >>", field+1)})
}

// developerText is a change of one node of a page tree.
type developerText struct {
	name   string
	nodes  string // the entries of the nodes before it
	change pdf.Dict
	want   pades.Change
}

func (d developerText) check(t *testing.T, s signer) {
	t.Helper()
	objects := branches("", d.nodes, "")
	bare := pdftest.File{Objects: objects[:len(objects)-1], Streams: true}.Bytes()
	for way, signed := range map[string][]byte{
		"in a table":  s.byHand(t, objects, certified("1")),
		"in a stream": s.sign(t, bare, pades.Options{}),
	} {
		for _, node := range []int{2, 6} {
			got := verified(t, appendix(t, signed, set(node, d.change)), s.trust())[0]
			if got.ChangesAfter != d.want || (got.Indication == pades.TotalPassed) != (d.want == pades.ChangeMetadata) {
				t.Errorf("%s, node %d, %s: got %s %q (%s), want %q", d.name, node, way, got.Indication,
					got.ChangesAfter, got.Detail, d.want)
			}
		}
	}
}

// iText 2 notes its version in the root of the page tree when it signs or fills a document. Such a
// text is no entry of ISO 32000-2, and readers ignore it. Nothing else may come with it.
func TestTextsOfDevelopersInThePageTree(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	text := pdf.Text("2.1.7 by 1T3XT")
	var all []developerText
	add := func(name string, want pades.Change, nodes string, change pdf.Dict) {
		all = append(all, developerText{name, nodes, change, want})
	}
	values := map[string]pdf.Object{
		"a name": pdf.Name("A"), "a number": pdf.Integer(1), "an array": pdf.Array{text}, "another object": number(7),
		"a dictionary": pdf.Dict{"A": text}, "an action": pdf.Dict{"S": pdf.Name("JavaScript"), "JS": text},
		"contents": pdf.Array{number(4), number(4)}, "a missing object": number(90), "a truth": true,
	}
	others := pdf.Dict{
		"Rotate": pdf.Integer(90), "MediaBox": integers(0, 0, 9, 9), "Count": pdf.Integer(2), "Note": text,
		"Kids": pdf.Array{}, "Resources": pdf.Dict{}, "CropBox": integers(0, 0, 9, 9), "Type": pdf.Name("Page"),
	}
	for _, key := range []pdf.Name{"ITXT", "ABCD", "ADBE_Note", "GLGR:Note", "ABCD_"} {
		name := string(key)
		add(name+" is added", pades.ChangeMetadata, "", pdf.Dict{key: text})
		add(name+" changes", pades.ChangeMetadata, "/"+name+" (2.1.5)", pdf.Dict{key: text})
		add(name+" was another object", pades.ChangeOther, "/"+name+" 7 0 R", pdf.Dict{key: text})
		add(name+" was content", pades.ChangeOther, "/"+name+" << /A (a) >>", pdf.Dict{key: text})
		for kind, value := range values {
			add(name+" is "+kind, pades.ChangeOther, "", pdf.Dict{key: value})
		}
		for other, value := range others {
			add(name+" with "+string(other), pades.ChangeOther, "", pdf.Dict{key: text, other: value})
		}
	}
	// names of ISO 32000-2, and of nobody
	for name := range strings.FieldsSeq("A JS URI FDF ITX ITXTS ITXT2 ITXT-A ITXT.A Itxt itxt ITXt XX XX_A A_ITXT " +
		"_ITXT CIDSet OCSPs JBIG2Globals Contents Title Version Lang Metadata Type") {
		add(name+" is added", pades.ChangeOther, "", pdf.Dict{pdf.Name(name): text})
	}
	for _, one := range all {
		one.check(t, s)
	}
}

// A text of a developer that goes changes nothing either. One in which a reader that repairs the
// file finds an object is no such text.
func TestTextsOfDevelopersAsTheyStand(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, test := range []struct {
		was, is string
		want    pades.Change
	}{
		{"/ITXT (2.1.7)", "", pades.ChangeMetadata},
		{"/ITXT (2.1.7)", "/ITXT <322E312E35>", pades.ChangeMetadata},
		{"/ITXT << /A 1 >>", "", pades.ChangeOther},
		{"/Note (a)", "", pades.ChangeOther},
		{"", "/ITXT (a) /ITXT (b)", pades.ChangeOther},
		{"", "/ITXT (4 0 obj [7 0 R] endobj)", pades.ChangeOther},
		{"", "/ITXT (\n4 0 obj\n<< /Length 1 >>\nstream\nq\nendstream\nendobj\n)", pades.ChangeOther},
		{"", "/ITXT (trailer << /Root 7 0 R >>)", pades.ChangeOther},
	} {
		signed := s.byHand(t, branches("", test.was, ""), certified("1"))
		checkAttack(t, s, revisionOf(signed, 100, map[int]string{2: branches("", test.is, "")[1]}), test.want)
	}
}

// A node of the page tree may be used as another object, too, in which the entry has a meaning.
func TestTextsOfDevelopersWithAnotherUse(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	widget := "<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /FT /Tx /T (a) "
	for name, objects := range map[string][]string{
		"the document information":  branches("", "", ""),
		"destinations":              branches("/Dests NODE", "", ""),
		"the action of opening":     branches("/OpenAction NODE", "", ""),
		"the names of scripts":      branches("/Names << /JavaScript << /Names [(a) NODE] >> >>", "", ""),
		"preferences":               branches("/ViewerPreferences NODE", "", ""),
		"an outline":                branches("/Outlines << /First NODE /Last NODE >>", "", ""),
		"the root of the structure": branches("/StructTreeRoot NODE", "", ""),
		"attributes of an element": branches("/StructTreeRoot << /K 8 0 R >>", "", "",
			"<< /Type /StructElem /S /P /A NODE >>"),
		"an extension":            branches("/Extensions << /ITXT NODE >>", "", ""),
		"validation data":         branches("/DSS NODE", "", ""),
		"metadata":                branches("/Metadata NODE", "", ""),
		"permissions":             branches("/Perms NODE", "", ""),
		"data of a page":          branches("", "", "/PieceInfo NODE"),
		"resources":               branches("", "", "/Group << /XObject NODE >>"),
		"what a page refers to":   branches("", "", "/Private [<< /Parent NODE >>]"),
		"what a node refers to":   branches("", "/Private NODE", ""),
		"states of an appearance": branches("", "", "/Annots [8 0 R]", "<< /Subtype /Stamp /AP << /N NODE >> >>"),
		"an action":               branches("", "", "/Annots [8 0 R]", "<< /Subtype /Link /A NODE >>"),
		"below an annotation":     branches("", "", "/Annots [8 0 R]", "<< /Subtype /Text /Private NODE >>"),
		"a comment":               branches("", "", "/Annots [NODE]"),
		"below a field":           branches("/Z [8 0 R]", "", "/Annots [8 0 R]", widget+"/MK NODE >>"),
	} {
		for _, node := range []int{2, 6} {
			changed := slices.Clone(objects)
			for i := range changed {
				changed[i] = strings.ReplaceAll(changed[i], "NODE", fmt.Sprint(node, " 0 R"))
			}
			trailer := ""
			if name == "the document information" {
				trailer = fmt.Sprintf("/Info %d 0 R", node)
			}
			file := pdftest.File{Objects: changed, Trailer: trailer}
			signed := s.byHandIn(t, file, claimedNow()+certified("1"), nil)
			got := verified(t, appendix(t, signed, set(node, pdf.Dict{"ITXT": pdf.Text("x")})), s.trust())[0]
			if got.Integrity != pades.IntegrityIntact || got.Indication == pades.TotalPassed {
				t.Errorf("%s, node %d: got %s %q, want a change that is not permitted", name, node, got.Indication,
					got.ChangesAfter)
			}
		}
	}
}
