package pdftest

import (
	"bytes"
	"fmt"
	"strings"
)

// File is a PDF file to be written. The text of object n is Objects[n-1]; an empty text leaves the
// number free. Object 1 is the catalog.
type File struct {
	Objects []string
	Trailer string // further entries of the trailer
	Streams bool   // a cross-reference stream instead of a table, and all objects but streams in an object stream
	// Encryption encrypts everything that the standard does not exempt; nil = nothing. Its
	// dictionary becomes the last object.
	Encryption *Encryption
}

// Bytes writes the file.
func (f File) Bytes() []byte {
	var out bytes.Buffer
	out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	if f.Encryption != nil {
		f = f.encrypted()
	}
	if f.Streams {
		f.writeStreams(&out)
	} else {
		f.writeTable(&out)
	}
	return out.Bytes()
}

// encrypted encrypts all objects except those that go into an object stream.
func (f File) encrypted() File {
	e := *f.Encryption
	id := encryptedID
	if f.Streams {
		id = nil // there is no /ID
	}
	e.prepare(id)
	objects := make([]string, 0, len(f.Objects)+1)
	for i, text := range f.Objects {
		if text != "" && (!f.Streams || strings.Contains(text, "endstream")) {
			text = e.object(i+1, text)
		}
		objects = append(objects, text)
	}
	f.Objects, f.Encryption = append(objects, e.dict), &e
	f.Trailer += fmt.Sprintf(" /Encrypt %d 0 R", len(f.Objects))
	return f
}

func (f File) writeTable(out *bytes.Buffer) {
	offsets := make([]int, len(f.Objects))
	for i, text := range f.Objects {
		if text == "" {
			continue
		}
		offsets[i] = out.Len()
		fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", i+1, text)
	}
	start := out.Len()
	fmt.Fprintf(out, "xref\n0 %d\n0000000000 65535 f \n", len(f.Objects)+1)
	for _, offset := range offsets {
		if offset == 0 {
			out.WriteString("0000000000 00000 f \n")
			continue
		}
		fmt.Fprintf(out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(out, "trailer\n<< /Size %d /Root 1 0 R /ID [<00112233445566778899AABBCCDDEEFF> "+
		"<00112233445566778899AABBCCDDEEFF>] %s >>\nstartxref\n%d\n%%%%EOF\n",
		len(f.Objects)+1, f.Trailer, start)
}

func (f File) writeStreams(out *bytes.Buffer) {
	container, section := len(f.Objects)+1, len(f.Objects)+2
	rows := [][3]int{{0, 0, 65535}}
	var index, packed strings.Builder
	count := 0
	for i, text := range f.Objects {
		switch {
		case text == "":
			rows = append(rows, [3]int{0, 0, 0})
		case strings.Contains(text, "endstream") || f.Encryption != nil && i == len(f.Objects)-1:
			rows = append(rows, [3]int{1, out.Len(), 0})
			fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", i+1, text)
		default:
			rows = append(rows, [3]int{2, container, count})
			fmt.Fprintf(&index, "%d %d ", i+1, packed.Len())
			packed.WriteString(text + "\n")
			count++
		}
	}
	rows = append(rows, [3]int{1, out.Len(), 0})
	members := Stream(fmt.Sprintf("/Type /ObjStm /N %d /First %d", count, index.Len()), index.String()+packed.String())
	if f.Encryption != nil {
		members = f.Encryption.object(container, members)
	}
	fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", container, members)
	start := out.Len()
	rows = append(rows, [3]int{1, start, 0})
	var table bytes.Buffer
	for _, row := range rows {
		table.Write([]byte{byte(row[0]), byte(row[1] >> 24), byte(row[1] >> 16), byte(row[1] >> 8), byte(row[1]),
			byte(row[2] >> 8), byte(row[2])})
	}
	fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", section,
		Stream(fmt.Sprintf("/Type /XRef /W [1 4 2] /Size %d /Root 1 0 R %s", len(rows), f.Trailer), table.String()),
		start)
}

// Stream returns the text of a stream object. entries are the entries of its dictionary without
// /Length.
func Stream(entries, data string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", entries, len(data), data)
}

// Pages returns a catalog and a page tree of n empty pages: objects 1 (catalog, with the further
// entries), 2 (tree) and 3 … n+2 (pages).
func Pages(n int, catalogEntries string) []string {
	kids := make([]string, 0, n)
	pages := make([]string, 0, n)
	for i := range n {
		kids = append(kids, fmt.Sprintf("%d 0 R", i+3))
		pages = append(pages, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>")
	}
	return append([]string{
		fmt.Sprintf("<< /Type /Catalog /Pages 2 0 R %s >>", catalogEntries),
		fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", n, strings.Join(kids, " ")),
	}, pages...)
}

// Sample returns a document of about size bytes: a page of text, and a stream of random-looking
// bytes in place of an attachment.
func Sample(size int) []byte {
	const text = "BT /F1 24 Tf 72 720 Td (A document to be signed) Tj 0 -36 Td /F1 12 Tf (It has one page and a font " +
		"of every reader.) Tj ET"
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 " +
			"0 R >> >> >>",
		Stream("", text),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
	}
	const frame = 900 // bytes of the rest of the file
	if size > frame {
		filling := make([]byte, size-frame)
		state := uint32(1)
		for i := range filling {
			state = state*1664525 + 1013904223
			filling[i] = byte(state >> 24)
		}
		objects = append(objects, Stream("/Type /Filling", string(filling)))
	}
	return File{Objects: objects}.Bytes()
}
