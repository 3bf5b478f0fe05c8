package hostiletest

import (
	"fmt"
	"strings"

	"influxion/handler/internal/pdftest"
)

// trees are files whose pages, fields and annotations are expensive.
func trees() map[string][]byte {
	exhausting := pdftest.Exhausting()
	all := map[string][]byte{
		"pages: a tree that doubles":        exhausting["pages that double"],
		"pages: each a new node":            pdftest.File{Objects: branching(9, 5)}.Bytes(),
		"pages: one page many times":        pageTree("[" + strings.Repeat("3 0 R ", 150_000) + "]"),
		"pages: kids that do not exist":     pageTree("[" + strings.Repeat("9 0 R ", 150_000) + "]"),
		"pages: a flat tree":                flatPages(9000),
		"pages: annotations that all share": sharedAnnotations(9000, 40_000),
		"pages: many annotations":           manyAnnotations(12_000),
		"fields: many": fields(15_000,
			func(i int) string { return fmt.Sprintf("<</T(f%d)/FT/Tx>>", i) }),
		"fields: direct": form(
			repeated(40_000, func(i int) string { return fmt.Sprintf("<</T(%d)/FT/Tx>>", i) })),
		"fields: of the same name": fields(15_000, func(int) string { return "<</T(f)/FT/Sig>>" }),
		"fields: with long names": fields(200,
			func(i int) string { return fmt.Sprintf("<</T(%s%d)/FT/Tx>>", strings.Repeat("x", 4500), i) }),
		"fields: with names that grow": growingNames(90),
		"fields: listed many times":    form("4 0 R "+strings.Repeat("4 0 R ", 140_000), "<</T(f)/FT/Tx>>"),
		"fields: with widgets":         widgets(30, 480),
		"fields: that double":          doublingFields(30),
		"fields: that do not exist":    form(strings.Repeat("9 0 R ", 150_000)),
		"fields: signed by nothing": fields(9000,
			func(i int) string { return fmt.Sprintf("<</T(f%d)/FT/Sig/V 3 0 R>>", i) }),
		"fields: all with the same signature": fields(9000,
			func(i int) string { return fmt.Sprintf("<</T(f%d)/FT/Sig/V<</Type/Sig>>>>", i) }),
		"fields: locks of many names": fields(60, func(i int) string {
			return fmt.Sprintf("<</T(f%d)/FT/Sig/V<</Type/Sig>>/Lock<</Action/Include/Fields[%s]>>>>", i,
				strings.Repeat("(abcdef)", 1800))
		}),
		"fields: seed values": fields(60, func(i int) string {
			return fmt.Sprintf("<</T(f%d)/FT/Sig/SV<</Ff 1/Reasons[%s]>>>>", i, strings.Repeat("(abcdef)", 1800))
		}),
	}
	return all
}

func branching(width, levels int) []string {
	nodes := 0
	for level, count := 0, 1; level < levels-1; level, count = level+1, count*width {
		nodes += count
	}
	return append([]string{"<</Type/Catalog/Pages 2 0 R>>"}, repeatedTexts(nodes, func(i int) string {
		return "<</Kids[" + repeated(width, func(k int) string { return fmt.Sprintf("%d 0 R ", 3+i*width+k) }) + "]>>"
	})...)
}

func pageTree(kids string) []byte {
	page := pdftest.Pages(1, "")
	return pdftest.File{Objects: []string{page[0], "<</Type/Pages/Count 1/Kids" + kids + ">>", page[2]}}.Bytes()
}

func flatPages(count int) []byte {
	kids := repeated(count, func(i int) string { return fmt.Sprintf("%d 0 R ", i+3) })
	objects := []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[" + kids + "]>>"}
	return pdftest.File{Objects: append(objects,
		repeatedTexts(count, func(int) string { return "<</Type/Page/MediaBox[0 0 9 9]>>" })...)}.Bytes()
}

// sharedAnnotations returns a document whose pages all share one array of annotations.
func sharedAnnotations(pages, annotations int) []byte {
	kids := repeated(pages, func(i int) string { return fmt.Sprintf("%d 0 R ", i+4) })
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[" + kids + "]>>",
		"[" + strings.Repeat("9 0 R ", annotations) + "]",
	}
	return pdftest.File{Objects: append(objects,
		repeatedTexts(pages, func(int) string { return "<</Type/Page/Annots 3 0 R>>" })...)}.Bytes()
}

func manyAnnotations(count int) []byte {
	refs := repeated(count, func(i int) string { return fmt.Sprintf("%d 0 R ", i+4) })
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Annots[" + refs + "]>>",
	}
	return pdftest.File{Objects: append(objects,
		repeatedTexts(count, func(int) string { return "<</Subtype/Link/Rect[0 0 1 1]>>" })...)}.Bytes()
}

// form returns a document with these fields; the objects have the numbers from 4 on.
func form(list string, objects ...string) []byte {
	return pdftest.File{Objects: append(pdftest.Pages(1, "/AcroForm<</Fields["+list+"]>>"), objects...)}.Bytes()
}

func fields(count int, text func(int) string) []byte {
	return form(repeated(count, func(i int) string { return fmt.Sprintf("%d 0 R ", i+4) }),
		repeatedTexts(count, text)...)
}

// growingNames returns nested fields. The full name of each contains the names of all its
// ancestors.
func growingNames(depth int) []byte {
	return form("4 0 R", repeatedTexts(depth, func(i int) string {
		return fmt.Sprintf("<</T(%s)/FT/Tx/Kids[%s]>>", strings.Repeat("x", 8000),
			repeated(200, func(int) string { return fmt.Sprintf("%d 0 R ", i+5) }))
	})...)
}

func widgets(count, each int) []byte {
	kids := func(i int) string {
		return repeated(each, func(k int) string { return fmt.Sprintf("%d 0 R ", 4+count+i*each+k) })
	}
	objects := repeatedTexts(count,
		func(i int) string { return fmt.Sprintf("<</T(f%d)/FT/Sig/Kids[%s]>>", i, kids(i)) })
	objects = append(objects,
		repeatedTexts(count*each, func(i int) string { return fmt.Sprintf("<</Parent %d 0 R>>", 4+i/each) })...)
	return form(repeated(count, func(i int) string { return fmt.Sprintf("%d 0 R ", i+4) }), objects...)
}

func doublingFields(depth int) []byte {
	return form("4 0 R", repeatedTexts(depth,
		func(i int) string { return fmt.Sprintf("<</T(a)/FT/Tx/Kids[%d 0 R %d 0 R]>>", i+5, i+5) })...)
}
