package pdftest

import (
	"bytes"
	"fmt"
)

// Hybrid states by how many bytes the offsets of a hybrid-reference file are wrong: ISO 32000-2,
// 7.5.8.4.
type Hybrid struct {
	Start    int // what startxref states
	Previous int // /Prev
	Stream   int // /XRefStm
	Entries  int // the entries of the table
}

// Bytes returns a document of one tagged page in the form that word processors write: a table,
// followed by an empty table whose trailer names a cross-reference stream (/XRefStm). Only that
// stream lists object 7, a structure element in the object stream 8.
func (h Hybrid) Bytes() []byte {
	const content = "BT /F1 24 Tf 20 100 Td (Hybrid) Tj ET"
	var out bytes.Buffer
	out.WriteString("%PDF-1.5\r\n%\xb5\xb5\xb5\xb5\r\n")
	offsets := map[int]int{}
	object := func(number int, text string) {
		offsets[number] = out.Len()
		fmt.Fprintf(&out, "%d 0 obj\r\n%s\r\nendobj\r\n", number, text)
	}
	object(1, "<</Type/Catalog/Pages 2 0 R/MarkInfo<</Marked true>>/StructTreeRoot 6 0 R>>")
	object(2, "<</Type/Pages/Count 1/Kids[3 0 R]>>")
	object(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 "+
		"R>>>>/StructParents 0>>")
	object(4, Stream("", content))
	object(5, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	object(6, "<</Type/StructTreeRoot/K 7 0 R>>")
	object(8, Stream("/Type/ObjStm/N 1/First 4", "7 0 <</S/Document/P 6 0 R/K[]>>"))
	stream := out.Len()
	offsets[9] = stream
	object(9, Stream("/Type/XRef/Size 10/W[1 2 1]/Root 1 0 R", hybridRows(offsets)))
	table := out.Len()
	out.WriteString("xref\r\n0 10\r\n")
	for number := range 10 {
		if at := offsets[number]; at > 0 {
			fmt.Fprintf(&out, "%010d 00000 n\r\n", at+h.Entries)
		} else {
			out.WriteString("0000000000 65535 f\r\n")
		}
	}
	fmt.Fprintf(&out, "trailer\r\n<</Size 10/Root 1 0 R>>\r\nstartxref\r\n%d\r\n%%%%EOF\r\n", table)
	newest := out.Len()
	fmt.Fprintf(&out,
		"xref\r\n0 0\r\ntrailer\r\n<</Size 10/Root 1 0 R/Prev %d/XRefStm %d>>\r\nstartxref\r\n%d\r\n%%%%EOF",
		table+h.Previous, stream+h.Stream, newest+h.Start)
	return out.Bytes()
}

// hybridRows are the entries of the cross-reference stream.
func hybridRows(offsets map[int]int) string {
	var rows bytes.Buffer
	for number := range 10 {
		switch at := offsets[number]; {
		case number == 7:
			rows.Write([]byte{2, 0, 8, 0})
		case at > 0:
			rows.Write([]byte{1, byte(at >> 8), byte(at), 0})
		default:
			rows.Write([]byte{0, 0, 0, 255})
		}
	}
	return rows.String()
}
