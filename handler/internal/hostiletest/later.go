package hostiletest

import (
	"fmt"
	"maps"
	"strings"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pdftest"
)

// laterCase is a document, and a small revision that affects much of it.
type laterCase struct {
	objects []string
	trailer string
	change  func(i int) map[int]string // the objects of revision i, by number
}

// later returns signed files with very many such revisions.
func later(s *signer) (map[string][]byte, error) {
	all := map[string][]byte{}
	cases := laterForms()
	maps.Copy(cases, laterLists())
	maps.Copy(cases, laterPackets())
	for name, one := range cases {
		signed, err := s.sign(pdftest.File{Objects: one.objects, Trailer: one.trailer}.Bytes(), pades.Options{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		l := newLayout(signed)
		l.highest = len(one.objects) + 3            // those of the signature
		const most, largest = 950, MaxSize - 40_000 // revisions; bytes before the last one
		for i := 0; l.Len() < largest && i < most; i++ {
			for number, text := range one.change(i) {
				l.object(number, text)
			}
			l.table("")
		}
		all["later: "+name] = l.Bytes()
	}
	return all, nil
}

// laterForms are forms of many fields. Each revision changes what all the fields share.
func laterForms() map[string]laterCase {
	const text = "/FT/Tx/V(1)/Rect[0 0 9 9]"
	return map[string]laterCase{
		"fonts of the form beside many fields": {objects: manyFields(text), change: formEntry("/DA(/F%d 1 Tf)")},
		"fonts of the form beside fields with appearances": {
			objects: manyFields("/FT/Btn/Rect[0 0 9 9]/AP<</N<</A 2 0 R/B 3 0 R>>>>/AS/A"),
			change:  formEntry("/DA(/F%d 1 Tf)")},
		"all appearances anew": {objects: manyFields(text), change: formEntry("/NeedAppearances true/DA(/F%d 1 Tf)")},
		"fields whose parent is another": {objects: manyFields(text + "/Parent 3 0 R"),
			change: formEntry("/NeedAppearances true/DA(/F%d 1 Tf)")},
		"a list of fields, each time once more": {objects: manyFields("/FT/Tx"), change: func(i int) map[int]string {
			return map[int]string{4: "<</Fields 5 0 R>>", 5: "[" + strings.Repeat("6 0 R ", i%3+1) + "]"}
		}},
	}
}

// laterLists have other large lists in addition to what each revision changes.
func laterLists() map[string]laterCase {
	many := func(text string) string {
		return "<<" + repeated(40_000, func(i int) string { return fmt.Sprintf("/%d %s", i, text) }) + ">>"
	}
	comment := func(i int) map[int]string {
		return map[int]string{4: fmt.Sprintf("<</Subtype/Stamp/Rect[0 0 9 9]/AP 5 0 R/Contents(%d)>>", i)}
	}
	return map[string]laterCase{
		"a comment on one of many pages": {objects: commentedPages(6000), change: comment},
		"a comment that all pages share": {objects: sharedComment(5000), change: func(i int) map[int]string {
			return map[int]string{3: "[" + strings.Repeat("4 0 R ", i%2+1) + "]"}
		}},
		"a comment of many states": {objects: []string{"<</Type/Catalog/Pages 2 0 R>>",
			"<</Type/Pages/Count 1/Kids[3 0 R]>>", "<</Type/Page/MediaBox[0 0 9 9]/Annots[4 0 R]>>",
			"<</Subtype/Stamp/Rect[0 0 9 9]/AP 5 0 R>>", "<</N" + many("6 0 R") + ">>",
			pdftest.Stream("/BBox[0 0 9 9]", " ")}, change: comment},
		"information of many entries": {objects: append(pdftest.Pages(1, ""), many("4 0 R")), trailer: "/Info 4 0 R",
			change: func(i int) map[int]string { return map[int]string{900 + i%50: "1"} }},
		"a catalog that is its own resources": {
			objects: append(pdftest.Pages(1, "/Extensions 4 0 R"), many("1 0 R")), change: func(i int) map[int]string {
				return map[int]string{1: fmt.Sprintf("<</Type/Catalog/Pages 2 0 R/Extensions<</A %d 0 R>>>>", 4+i%2)}
			}},
		"entries for signatures": {objects: append(pdftest.Pages(1, "/DSS 4 0 R"), "<</VRI 5 0 R>>", many("6 0 R"),
			"<</Cert[7 0 R]>>", pdftest.Stream("", "x")), change: func(i int) map[int]string {
			return map[int]string{4: fmt.Sprintf("<</VRI 5 0 R/Certs[%d 0 R]>>", 7+i%2)}
		}},
	}
}

// manyFields returns a form, object 4, whose list of fields is object 5.
func manyFields(entries string) []string {
	const count = 5000
	list := repeated(count, func(i int) string { return fmt.Sprintf("%d 0 R ", i+6) })
	return append(append(pdftest.Pages(1, "/AcroForm 4 0 R"), "<</Fields 5 0 R>>", "["+list+"]"),
		repeatedTexts(count, func(i int) string { return fmt.Sprintf("<</T(f%d)%s>>", i, entries) })...)
}

// formEntry returns a revision that changes an entry of that form.
func formEntry(form string) func(i int) map[int]string {
	return func(i int) map[int]string { return map[int]string{4: "<</Fields 5 0 R" + fmt.Sprintf(form, i) + ">>"} }
}

// commentedPages returns pages. The first one has a comment, object 4.
func commentedPages(count int) []string {
	kids := "3 0 R " + repeated(count, func(i int) string { return fmt.Sprintf("%d 0 R ", i+5) })
	return append([]string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[" + kids + "]>>",
		"<</Type/Page/MediaBox[0 0 9 9]/Annots[4 0 R]>>", "<</Subtype/Text/Rect[0 0 9 9]>>"},
		repeatedTexts(count, func(int) string { return "<</Type/Page/MediaBox[0 0 9 9]>>" })...)
}

// sharedComment returns pages with the same annotations, object 3.
func sharedComment(count int) []string {
	kids := repeated(count, func(i int) string { return fmt.Sprintf("%d 0 R ", i+5) })
	return append([]string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[" + kids + "]>>",
		"[4 0 R]", "<</Subtype/Text/Rect[0 0 9 9]>>"},
		repeatedTexts(count, func(int) string { return "<</Type/Page/MediaBox[0 0 9 9]/Annots 3 0 R>>" })...)
}

// packet returns an XMP packet of about size bytes that compresses well.
func packet(size int) string {
	const begin = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF " +
		"xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:e='urn:e'>" +
		"<rdf:Description rdf:about=''><e:a><rdf:Seq>"
	return begin + strings.Repeat("<rdf:li>1</rdf:li>", size/18) +
		"</rdf:Seq></e:a></rdf:Description></rdf:RDF></x:xmpmeta>"
}
