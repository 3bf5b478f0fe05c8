package pdftest

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
)

// Exhausting returns documents of at most a few megabytes that make a careless reader work for
// hours or fill the memory: the cost of reading them grows faster than the file. Some are valid, so
// that a reader may also read them in time.
func Exhausting() map[string][]byte {
	open := Pages(1, "")
	with := func(objects ...string) []byte { return File{Objects: append(open[:3:3], objects...)}.Bytes() }
	broken := func(file []byte) []byte { return withStart(file, "7") }
	unreferenced := func(text string) []byte { return []byte("%PDF-1.4\n" + text + "startxref\n7\n%%EOF\n") }
	return map[string][]byte{
		"pages that double":                    File{Objects: doubling(60)}.Bytes(),
		"pages that double, each a new node":   File{Objects: branching(6, 7)}.Bytes(),
		"one page a hundred thousand times":    File{Objects: repeatedKids("3 0 R ", 100_000)}.Bytes(),
		"a million kids that do not exist":     File{Objects: repeatedKids("9 0 R ", 500_000)}.Bytes(),
		"a million subsections":                subsections(500_000),
		"ten thousand sections":                sections(10_000),
		"ten thousand cross-reference streams": streamSections(10_000),
		"one object behind each index":         sharedObject(2000, strings.Repeat("[1]", 20_000)),
		"object streams that evict each other": evicting(40, 600<<10, 50),
		"rows of a megabyte":                   wideRows(2000),
		"streams that search for their end": with(
			repeated(5000, func(int) string { return "<< >>\nstream\nx\nendstrea" })...),
		"lengths that lead astray": with(
			repeated(5000,
				func(i int) string { return fmt.Sprintf("<< /Length %d >>\nstream\nx\nendstrea", i*50) })...),
		"ten thousand filters": with(
			repeated(3000, func(int) string { return Stream("/Filter [/AHx /AHx /AHx /AHx]", ">") })...),
		"deep arrays":                      with(strings.Repeat("[", 1<<20)),
		"wide array of small dictionaries": with("[" + strings.Repeat("<</A 1>>", 100_000) + "]"),
		"small dictionaries in many objects": with(
			repeated(20, func(int) string { return "[" + strings.Repeat("<</A 1>>", 10_000) + "]" })...),
		"a long string":                     with("(" + strings.Repeat(`\050`, 1<<20) + ")"),
		"one long name":                     with("/" + strings.Repeat("#41", 1<<19)),
		"a long comment":                    with("%" + strings.Repeat("x", 2<<20) + "\n1"),
		"bomb":                              bomb(80 << 20),
		"bomb in a bomb":                    nestedBomb(80 << 20),
		"rebuilt: strings without end":      broken(with(repeated(5000, func(int) string { return "(" })...)),
		"rebuilt: keywords without numbers": broken(with(strings.Repeat("obj ", 500_000))),
		"rebuilt: headers": unreferenced(
			strings.Join(repeated(100_000, func(i int) string { return fmt.Sprintf("%d 0 obj\n", i*64+1) }), "")),
		"rebuilt: trailers": unreferenced(
			strings.Repeat("trailer\n<</Root 1 0 R /A [<</B 1>>]>>\n", 50_000)),
		"rebuilt: streams without end": broken(
			with(repeated(5000, func(int) string { return "<< >>\nstream\nx\n" })...)),
	}
}

func repeated(n int, text func(int) string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = text(i)
	}
	return all
}

// doubling is a page tree in which each node lists the next one twice.
func doubling(levels int) []string {
	return append([]string{"<< /Type /Catalog /Pages 2 0 R >>"}, repeated(levels, func(i int) string {
		return fmt.Sprintf("<< /Kids [%d 0 R %d 0 R] >>", i+3, i+3)
	})...)
}

// branching is a full page tree, whose leaves are branches without kids.
func branching(width, levels int) []string {
	nodes := 0
	for level, count := 0, 1; level < levels-1; level, count = level+1, count*width {
		nodes += count
	}
	return append([]string{"<< /Type /Catalog /Pages 2 0 R >>"}, repeated(nodes, func(i int) string {
		kids := repeated(width, func(k int) string { return fmt.Sprintf("%d 0 R", 2+i*width+1+k) })
		return "<< /Kids [" + strings.Join(kids, " ") + "] >>"
	})...)
}

func repeatedKids(kid string, n int) []string {
	return []string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [" + strings.Repeat(kid, n) + "] >>",
		"<< /Type /Page >>"}
}

// subsections is a file whose table has n subsections of one entry.
func subsections(n int) []byte {
	file := File{Objects: Pages(1, "")}.Bytes()
	start := bytes.LastIndex(file, []byte("xref\n0 "))
	trailer := bytes.LastIndex(file, []byte("trailer"))
	table := file[start+len("xref\n") : trailer]
	var more strings.Builder
	for i := range n {
		fmt.Fprintf(&more, "%d 1\n0 0 f\n", 4+(i*7919)%1_000_000)
	}
	return fmt.Appendf(nil, "%sxref\n%s%s%s", file[:start], table, more.String(), file[trailer:])
}

// sections is a file of n empty revisions.
func sections(n int) []byte {
	file := File{Objects: Pages(1, "")}.Bytes()
	previous := bytes.LastIndex(file, []byte("xref\n0 "))
	for range n {
		start := len(file)
		file = fmt.Appendf(file, "xref\n0 0\ntrailer\n<< /Size 4 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n",
			previous, start)
		previous = start
	}
	return file
}

// streamSections is a file of n revisions, each of which contains only a cross-reference stream.
func streamSections(n int) []byte {
	file := File{Objects: Pages(1, ""), Streams: true}.Bytes()
	previous := bytes.LastIndex(file, []byte("5 0 obj"))
	for i := range n {
		start := len(file)
		entries := fmt.Sprintf("/Type /XRef /W [1 4 2] /Index [%d 1] /Size %d /Root 1 0 R /Prev %d", i+6, i+7, previous)
		row := string([]byte{1, byte(start >> 24), byte(start >> 16), byte(start >> 8), byte(start), 0, 0})
		file = fmt.Appendf(file, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", i+6, Stream(entries, row), start)
		previous = start
	}
	return file
}

// sharedObject is a file with an object stream of n objects, which all begin at the same place.
func sharedObject(n int, object string) []byte {
	head := strings.Join(repeated(n, func(i int) string { return fmt.Sprintf("%d 0 ", i+4) }), "")
	container := Stream(fmt.Sprintf("/Type /ObjStm /N %d /First %d", n, len(head)), head+"["+object+"]")
	rows := repeated(n, func(i int) string {
		return string([]byte{2, 0, byte((n + 4) >> 8), byte(n + 4), byte(i >> 8), byte(i)})
	})
	return packed(map[int]string{n + 4: container}, 4, rows)
}

// evicting is a file with object streams of size bytes of white space each. Objects with
// consecutive numbers lie in different streams.
func evicting(streams, size, each int) []byte {
	objects := map[int]string{}
	rows := make([]string, streams*each)
	for s := range streams {
		head := ""
		for i := range each {
			head += fmt.Sprintf("%d 0 ", 4+i*streams+s)
			number := 4 + streams*each + s
			rows[i*streams+s] = string([]byte{2, 0, byte(number >> 8), byte(number), byte(i >> 8), byte(i)})
		}
		entries := fmt.Sprintf("/Type /ObjStm /N %d /First %d /Filter /FlateDecode", each, len(head))
		objects[4+streams*each+s] = Stream(entries, deflated(head+"null"+strings.Repeat(" ", size)))
	}
	return packed(objects, 4, rows)
}

// wideRows is a file with n object streams whose predictors have rows of the largest allowed width.
func wideRows(n int) []byte {
	objects := map[int]string{}
	rows := make([]string, n)
	for i := range n {
		number := 4 + n + i
		rows[i] = string([]byte{2, 0, byte(number >> 8), byte(number), 0, 0})
		entries := "/Type /ObjStm /N 1 /First 9 /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 1048570 >>"
		objects[number] = Stream(entries, deflated(fmt.Sprintf("\x00%-8d0 null", i+4)))
	}
	return packed(objects, 4, rows)
}

// packed is a file of one page, the objects, and a cross-reference stream. The stream has the rows
// (/W [1 3 2]) for the object numbers from first on.
func packed(objects map[int]string, first int, rows []string) []byte {
	out := []byte("%PDF-1.7\n")
	all := map[int]string{}
	note := func(number int) {
		at := len(out)
		all[number] = string([]byte{1, byte(at >> 16), byte(at >> 8), byte(at), 0, 0})
	}
	for i, text := range Pages(1, "") {
		note(i + 1)
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", i+1, text)
	}
	highest := first + len(rows)
	for number, text := range objects {
		note(number)
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", number, text)
		highest = max(highest, number+1)
	}
	for i, row := range rows {
		all[first+i] = row
	}
	var table strings.Builder
	for number := range highest {
		if row, ok := all[number]; ok {
			table.WriteString(row)
		} else {
			table.WriteString("\x00\x00\x00\x00\x00\x00")
		}
	}
	start := len(out)
	entries := fmt.Sprintf("/Type /XRef /W [1 3 2] /Size %d /Root 1 0 R", highest)
	return fmt.Appendf(out, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", highest, Stream(entries, table.String()),
		start)
}

func nestedBomb(size int) []byte {
	inner := deflated(strings.Repeat(" ", size))
	text := Stream("/Filter [/FlateDecode /FlateDecode]", deflated(inner))
	return File{Objects: append(Pages(1, ""), text)}.Bytes()
}

func deflated(data string) string {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write([]byte(data)) // to memory, which does not fail
	w.Close()
	return out.String()
}

// FreeObjects returns a document whose cross-reference stream lists count free objects, in addition
// to the document's few objects.
func FreeObjects(count int) []byte {
	out := []byte("%PDF-1.7\n")
	rows := make([]byte, 4*count)
	for i, text := range Pages(1, "") {
		copy(rows[4*(i+1):], []byte{1, byte(len(out) >> 8), byte(len(out)), 0})
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", i+1, text)
	}
	start := len(out)
	copy(rows[4*4:], []byte{1, byte(start >> 8), byte(start), 0})
	entries := fmt.Sprintf("/Type /XRef /W [1 2 1] /Size %d /Root 1 0 R /Filter /FlateDecode", count)
	return fmt.Appendf(out, "4 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", Stream(entries, deflated(string(rows))),
		start)
}
