package hostiletest

import (
	"bytes"
	"fmt"
	"strings"

	"influxion/handler/internal/pdftest"
)

// values are objects that cost more than their size.
func values() map[string]string {
	array := func(text string, size int) string { return "[" + strings.Repeat(text, size/len(text)) + "]" }
	const size = 900_000
	return map[string]string{
		"small dictionaries":      array("<</A 1>>", size),
		"empty dictionaries":      array("<<>>", size/2),
		"empty arrays":            array("[]", size/4),
		"numbers":                 array("1 ", size),
		"large numbers":           array("9999 ", size),
		"real numbers":            array("1. ", size),
		"references":              array("9 0 R ", size),
		"names":                   array("/AB", size),
		"names with number signs": array("/#41#42", size),
		"empty strings":           array("()", size),
		"hexadecimal strings":     array("<41>", size),
		"a wide dictionary": "<<" + repeated(60_000, func(i int) string { return fmt.Sprintf("/k%d 1 ", i) }) +
			">>",
		"long names":           array("/"+strings.Repeat("x", 4000), size),
		"nested arrays":        array(strings.Repeat("[", 90)+strings.Repeat("]", 90), size),
		"nested dictionaries":  array(strings.Repeat("<</A", 90)+" 1"+strings.Repeat(">>", 90), size),
		"one long string":      "(" + strings.Repeat(`\050`, size/4) + ")",
		"one long hexadecimal": "<" + strings.Repeat("41", size/2) + ">",
		"white space":          strings.Repeat(" ", size) + "1",
		"comments":             strings.Repeat("%\n", size/2) + "1",
		"a key many times":     "<<" + strings.Repeat("/A 1", size/4) + ">>",
	}
}

// objects are files whose objects are expensive, also in compressed streams.
func objects() map[string][]byte {
	all := map[string][]byte{}
	for name, text := range values() {
		all["object: "+name+" in the catalog"] = newLayout(nil).page("/Junk " + text).table("").Bytes()
	}
	packed := func(texts ...string) []byte {
		l := newLayout(nil)
		l.object(9, container(1, texts...))
		rows := bytes.Join([][]byte{row(0, 0, 0), row(2, 9, 0), row(2, 9, 1), row(2, 9, 2)}, nil)
		return l.section("0 4 9 1", append(rows, row(1, l.offsets[9], 0)...), "").Bytes()
	}
	page := pdftest.Pages(1, "")
	for name, text := range map[string]string{
		"small dictionaries": strings.Repeat("<</A 1>>", 1_000_000),
		"arrays":             strings.Repeat("[[]]", 2_000_000),
		"references":         strings.Repeat("9 0 R ", 150_000),
		"names":              strings.Repeat("/AB ", 200_000),
	} {
		all["object stream: "+name] = packed("<</Type/Catalog/Pages 2 0 R/Junk["+text+"]>>", page[1], page[2])
	}
	all["object stream: white space"] = packed(page[0], page[1], page[2]+strings.Repeat(" ", 60<<20))
	all["object stream: a long string"] = packed("<</Type/Catalog/Pages 2 0 R/Junk("+strings.Repeat("x", 12<<20)+")>>",
		page[1], page[2])
	all["object stream: many objects"] = manyObjects()
	all["object stream: streams that push each other out"] = evicting(60, 1<<20)
	all["stream: no end"] = withObjects(
		repeatedTexts(6000, func(int) string { return "<< >>\nstream\nx\nendstrea" })...)
	all["stream: lengths that lead astray"] = withObjects(
		repeatedTexts(6000,
			func(i int) string { return fmt.Sprintf("<< /Length %d >>\nstream\nx\nendstrea", i*50) })...)
	all["stream: lengths of lengths"] = withObjects(
		repeatedTexts(9000,
			func(i int) string { return fmt.Sprintf("<</Length %d 0 R>>\nstream\nx\nendstream", i+5) })...)
	for name, packet := range packets() {
		all["metadata: "+name] = withMetadata(packet.entries, packet.data)
	}
	return all
}

func repeatedTexts(count int, text func(int) string) []string {
	all := make([]string, count)
	for i := range all {
		all[i] = text(i)
	}
	return all
}

// withObjects returns a document with one page and further objects, to which the catalog refers.
func withObjects(texts ...string) []byte {
	refs := repeated(len(texts), func(i int) string { return fmt.Sprintf("%d 0 R ", i+4) })
	return pdftest.File{Objects: append(pdftest.Pages(1, "/Junk["+refs+"]/AcroForm<</Fields[]/DA 4 0 R>>"),
		texts...)}.Bytes()
}

func withMetadata(entries, data string) []byte {
	text := pdftest.Stream("/Type/Metadata/Subtype/XML"+entries, data)
	return pdftest.File{Objects: append(pdftest.Pages(1, "/Metadata 4 0 R"), text)}.Bytes()
}

// manyObjects returns a document with tens of thousands of objects in object streams, to which a
// form refers.
func manyObjects() []byte {
	const streams, each = 100, 700
	l := newLayout(nil).page("/AcroForm 9 0 R")
	l.object(9, "<</Fields["+repeated(60_000, func(i int) string { return fmt.Sprintf("%d 0 R ", 1000+i) })+"]>>")
	var rows []byte
	for i := range streams {
		l.object(100+i, container(1000+i*each, repeatedTexts(each, func(int) string { return "null" })...))
		for j := range each {
			rows = append(rows, 2, 0, byte((100+i)>>8), byte(100+i), byte(j>>8), byte(j))
		}
	}
	var plain []byte
	for number := range 400 {
		at, written := l.offsets[number]
		if !written {
			at = 0
		}
		plain = append(plain, 1, byte(at>>16), byte(at>>8), byte(at), 0, 0)
	}
	l.highest = 1000 + streams*each
	return l.rawSection(fmt.Sprintf("/W[1 3 2]/Index[0 400 1000 %d]", streams*each), append(plain, rows...), "").Bytes()
}

// evicting returns a document whose consecutive fields are in different object streams. The streams
// are large when they are decompressed.
func evicting(streams, size int) []byte {
	const each = 40
	l := newLayout(nil).page("/AcroForm 9 0 R")
	l.object(9, "<</Fields["+repeated(streams*each, func(i int) string { return fmt.Sprintf("%d 0 R ", 1000+i) })+"]>>")
	rows := make([]byte, 6*streams*each)
	for s := range streams {
		var head strings.Builder
		for i := range each {
			fmt.Fprintf(&head, "%d 0 ", 1000+i*streams+s)
			copy(rows[6*(i*streams+s):], []byte{2, 0, byte((100 + s) >> 8), byte(100 + s), byte(i >> 8), byte(i)})
		}
		entries := fmt.Sprintf("/Type/ObjStm/N %d/First %d/Filter/FlateDecode", each, head.Len())
		data := head.String() + "<</T(a)/FT/Tx>>" + strings.Repeat(" ", size)
		l.object(100+s, pdftest.Stream(entries, deflated([]byte(data))))
	}
	var plain []byte
	for number := range 400 {
		at := l.offsets[number]
		plain = append(plain, 1, byte(at>>16), byte(at>>8), byte(at), 0, 0)
	}
	l.highest = 1000 + streams*each
	return l.rawSection(fmt.Sprintf("/W[1 3 2]/Index[0 400 1000 %d]", streams*each), append(plain, rows...), "").Bytes()
}
