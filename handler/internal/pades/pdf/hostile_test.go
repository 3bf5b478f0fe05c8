package pdf_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
)

// meteredSource counts the bytes that are read.
type meteredSource struct {
	*bytes.Reader
	read int64
}

func (m *meteredSource) ReadAt(p []byte, off int64) (int, error) {
	m.read += int64(len(p))
	return m.Reader.ReadAt(p, off)
}

// walk opens a file and reads everything in it.
func walk(ctx context.Context, src pdf.Source) error {
	f, err := pdf.Open(ctx, src, pdf.Limits{})
	if err != nil {
		return err
	}
	if _, _, err := f.FirstPage(); err != nil {
		return err
	}
	if err := f.Pages(func(pdf.Ref, pdf.Dict) bool { return true }); err != nil {
		return err
	}
	for _, section := range f.Sections() {
		for number := range section.Numbers() {
			entry, _ := f.Entry(number)
			ref := pdf.Ref{Number: number, Generation: entry.Generation}
			object, err := f.Resolve(ref)
			if err != nil {
				return err
			}
			if stream, ok := object.(*pdf.Stream); ok {
				if _, err := f.Decode(stream); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// replaced replaces a text, which must occur once. If the length stays the same, the offsets stay
// right.
func replaced(t *testing.T, data []byte, old, new string) []byte {
	t.Helper()
	if bytes.Count(data, []byte(old)) != 1 {
		t.Fatalf("got %d times %q, want 1", bytes.Count(data, []byte(old)), old)
	}
	return bytes.Replace(data, []byte(old), []byte(new), 1)
}

// withObject returns a file with an object 4 of the given body.
func withObject(text string) []byte {
	b := body(newBuilder())
	b.object(4, text)
	return b.table("").Bytes()
}

func withStream(dict string, data []byte) []byte {
	b := body(newBuilder())
	b.stream(4, dict, data)
	return b.table("").Bytes()
}

// withTable returns a file with an object 1 at offset 9. table is its whole cross-reference table.
func withTable(table string) []byte {
	head := "%PDF-1.4\n1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n"
	return fmt.Appendf(nil, "%s%s\nstartxref\n%d\n%%%%EOF\n", head, table, len(head))
}

// withXRef returns a file whose only section is a cross-reference stream.
func withXRef(dict string, data []byte) []byte {
	head := "%PDF-1.5\n"
	return fmt.Appendf(nil, "%s1 0 obj\n<</Type /XRef /Root 1 0 R %s /Length "+
		"%d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		head, dict, len(data), data, len(head))
}

// bomb inflates to n zeros.
func bomb(n int) []byte { return deflate(make([]byte, n)) }

type hostile struct {
	name string
	data []byte
	want pdf.ErrorKind
}

func hostileOpens(t *testing.T) []hostile {
	table := files()["table"]
	start := bytes.LastIndex(table, []byte("xref\n0"))
	startxref := fmt.Sprintf("startxref\n%d\n", start)
	twoTables := func(first, second string) []byte {
		head := "%PDF-1.4\n1 0 obj\n<<>>\nendobj\n"
		one := "xref\n0 0\ntrailer\n<</Size 2 /Root 1 0 R " + first + ">>\n"
		one = strings.ReplaceAll(one, "SECOND", fmt.Sprint(len(head)+len(one)-2))
		second = strings.ReplaceAll(second, "FIRST", fmt.Sprint(len(head)))
		return fmt.Appendf(nil, "%s%sxref\n0 0\ntrailer\n<</Size 2 /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n", head,
			one, second, len(head)+len(one))
	}
	chain := newBuilder()
	body(chain)
	for range 5000 {
		chain.table("")
	}
	return []hostile{
		{"empty", nil, pdf.NotPDF},
		{"one byte", []byte("%"), pdf.NotPDF},
		{"text", []byte("hello, world\n"), pdf.NotPDF},
		{"FDF", []byte("%FDF-1.2\nstartxref\n0\n%%EOF"), pdf.NotPDF},
		{"header too late", append(bytes.Repeat([]byte(" "), 1025), table...), pdf.NotPDF},
		{"header only", []byte("%PDF-1.7\n"), pdf.Damaged},
		{"zeros behind header", append([]byte("%PDF-1.7\n"), make([]byte, 10000)...), pdf.Damaged},
		{"no startxref", replaced(t, table, "startxref", "startxxxx"), pdf.Damaged},
		{"startxref without number", replaced(t, table, startxref, "startxref\nabc\n"), pdf.Damaged},
		{"startxref off by one", replaced(t, table, startxref, fmt.Sprintf("startxref\n%d\n", start+1)), pdf.Damaged},
		{"startxref at an object's middle", replaced(t, table, startxref, "startxref\n25\n"), pdf.Damaged},
		{"startxref at a plain object", replaced(t, table, startxref,
			fmt.Sprintf("startxref\n%d\n", bytes.Index(table, []byte("1 0 obj")))), pdf.Damaged},
		{"startxref 0", replaced(t, table, startxref, "startxref\n0\n"), pdf.Damaged},
		{"startxref negative", replaced(t, table, startxref, "startxref\n-5\n"), pdf.Damaged},
		{"startxref 2 GB", replaced(t, table, startxref, "startxref\n2147483648\n"), pdf.Damaged},
		{"startxref overflows", replaced(t, table, startxref, "startxref\n99999999999999999999999\n"), pdf.Damaged},
		{"startxref at the end", replaced(t, table, startxref, fmt.Sprintf("startxref\n%d\n", len(table))),
			pdf.Damaged},
		{"junk behind the marker too long", append(bytes.Clone(table), make([]byte, 2<<20)...), pdf.Damaged},
		{"incomplete update", append(bytes.Clone(table), "9 0 obj\n(cut off"...), pdf.Damaged},
		{"incomplete update behind junk", append(bytes.Clone(table), "junk\n9 0 obj\n(cut off"...), pdf.Damaged},
		{"two documents in one", twoOrigins(), pdf.Damaged},
		{"no trailer", withTable("xref\n0 1\n0000000000 65535 f \n"), pdf.Damaged},
		{"trailer is no dictionary", withTable("xref\n0 0\ntrailer\n[1 2]"), pdf.Damaged},
		{"trailer not closed", withTable("xref\n0 0\ntrailer\n<</Size 1 /Root 1 0 R"), pdf.Damaged},
		{"trailer refers to an object for its chain", withTable("xref\n0 0\ntrailer\n<</Size 1 /Prev 1 0 R>>"),
			pdf.Damaged},
		{"entry of letters", withTable("xref\n0 1\nxxxxxxxxxx 65535 f \ntrailer\n<<>>"), pdf.Damaged},
		{"entry of another kind", withTable("xref\n0 1\n0000000000 65535 x \ntrailer\n<<>>"), pdf.Damaged},
		{"negative offset", withTable("xref\n0 1\n-000000009 00000 n \ntrailer\n<<>>"), pdf.Damaged},
		{"offset overflows", withTable("xref\n0 1\n99999999999999999999 00000 n \ntrailer\n<<>>"), pdf.Damaged},
		{"generation 65536", withTable("xref\n1 1\n0000000009 65536 n \ntrailer\n<</Root 1 0 R>>"), pdf.Damaged},
		{"negative first number", withTable("xref\n-1 1\n0000000009 00000 n \ntrailer\n<<>>"), pdf.Damaged},
		{"count of 4 billion", withTable("xref\n0 4294967296\n0000000009 00000 n \ntrailer\n<<>>"), pdf.TooComplex},
		{"count of 8 million", withTable("xref\n0 8000000\n0000000009 00000 n \ntrailer\n<<>>"), pdf.Damaged},
		{"count overflows", withTable("xref\n0 99999999999999999999\n0000000009 00000 n \ntrailer\n<<>>"), pdf.Damaged},
		{"number of 4 billion", withTable("xref\n4294967295 1\n0000000009 00000 n \ntrailer\n<<>>"), pdf.TooComplex},
		{"Size of 4 billion", withTable("xref\n0 0\ntrailer\n<</Size 4294967296 /Root 1 0 R>>"), pdf.TooComplex},
		{"Size negative", withTable("xref\n0 0\ntrailer\n<</Size -1 /Root 1 0 R>>"), pdf.Damaged},
		{"Prev to itself", withTable("xref\n0 0\ntrailer\n<</Size 2 /Root 1 0 R /Prev 56>>"), pdf.Damaged},
		{"Prev in a circle of two", twoTables("/Prev SECOND", "/Prev FIRST"), pdf.Damaged},
		{"XRefStm to itself", withTable("xref\n0 0\ntrailer\n<</Size 2 /Root 1 0 R /XRefStm 56>>"), pdf.Damaged},
		{"XRefStm to the older table", twoTables("", "/Prev FIRST /XRefStm FIRST"), pdf.Damaged},
		{"Prev negative", withTable("xref\n0 0\ntrailer\n<</Size 2 /Prev -1>>"), pdf.Damaged},
		{"Prev of 2 GB", withTable("xref\n0 0\ntrailer\n<</Size 2 /Prev 2147483648>>"), pdf.Damaged},
		{"Prev overflows", withTable("xref\n0 0\ntrailer\n<</Size 2 /Prev 99999999999999999999>>"), pdf.Damaged},
		{"Prev to a plain object", withTable("xref\n0 0\ntrailer\n<</Size 2 /Prev 9>>"), pdf.Damaged},
		{"5000 sections", chain.Bytes(), pdf.TooComplex},
		{"trailer of deep arrays", withTable("xref\n0 0\ntrailer\n<</A " + strings.Repeat("[", 100000) + ">>"),
			pdf.TooComplex},
		{"trailer of deep dictionaries", withTable("xref\n0 0\ntrailer\n" + strings.Repeat("<</A ", 100000)),
			pdf.TooComplex},
		{"trailer of many elements", withTable("xref\n0 0\ntrailer\n<</A [" + strings.Repeat("1 ", 1<<20+1) + "]>>"),
			pdf.TooComplex},
		{"endless name", withTable("xref\n0 0\ntrailer\n<</" + strings.Repeat("A", 100000) + " 1>>"), pdf.TooComplex},
		{"encrypted", withTable("xref\n0 0\ntrailer\n<</Size 2 /Root 1 0 R /Encrypt <</Filter /Standard>>>>"),
			pdf.Encrypted},
		{"encrypted by reference", withTable("xref\n0 0\ntrailer\n<</Size 2 /Root 1 0 R /Encrypt 99 0 R>>"),
			pdf.Encrypted},
		{"encrypted in an older revision", twoTables("/Encrypt 9 0 R", "/Prev FIRST"), pdf.Encrypted},
		{"encrypted stream section", withXRef("/Size 1 /W [1 1 1] /Encrypt 9 0 R", []byte{0, 0, 0}), pdf.Encrypted},
		{"W missing", withXRef("/Size 1", []byte{0, 0, 0}), pdf.Damaged},
		{"W of two", withXRef("/Size 1 /W [1 1]", []byte{0, 0, 0}), pdf.Damaged},
		{"W of zeros", withXRef("/Size 4000000 /W [0 0 0]", nil), pdf.Damaged},
		{"W of 2^31", withXRef("/Size 1 /W [1 2147483648 1]", []byte{0, 0, 0}), pdf.Damaged},
		{"W negative", withXRef("/Size 1 /W [1 -1 1]", []byte{0, 0, 0}), pdf.Damaged},
		{"W indirect", withXRef("/Size 1 /W 9 0 R", []byte{0, 0, 0}), pdf.Damaged},
		{"Index odd", withXRef("/Size 1 /W [1 1 1] /Index [0]", []byte{0, 0, 0}), pdf.Damaged},
		{"Index negative", withXRef("/Size 1 /W [1 1 1] /Index [-1 1]", []byte{0, 0, 0}), pdf.Damaged},
		{"Index of billions", withXRef("/Size 1 /W [1 1 1] /Index [0 4294967296]", []byte{0, 0, 0}), pdf.TooComplex},
		{"Index sum overflows", withXRef("/Size 1 /W [1 1 1] /Index [9223372036854775807 9223372036854775807]",
			[]byte{0, 0, 0}), pdf.TooComplex},
		{"more entries than data", withXRef("/Size 8000000 /W [1 1 1]", []byte{0, 0, 0}), pdf.Damaged},
		{"Size missing beside an index", withXRef("/W [1 1 1] /Index [0 1]", []byte{0, 0, 0}), pdf.Damaged},
		{"Size missing", withXRef("/W [1 1 1]", []byte{0, 0, 0}), pdf.Damaged},
		{"stream section generation 65536", withXRef("/Size 1 /W [1 1 3]", []byte{1, 9, 1, 0, 0}), pdf.Damaged},
		{"stream section offset of 2^64",
			withXRef("/Size 1 /W [1 8 1]", []byte{1, 255, 255, 255, 255, 255, 255, 255, 255, 0}), pdf.Damaged},
		{"stream section not inflatable", withXRef("/Size 1 /W [1 1 1] /Filter /FlateDecode", []byte("abcdef")),
			pdf.Damaged},
		{"stream section cut off", withXRef("/Size 100 /W [1 1 1] /Filter /FlateDecode", bomb(300)[:8]), pdf.Damaged},
		{"stream section with another filter", withXRef("/Size 1 /W [1 1 1] /Filter /LZWDecode", []byte{0, 0, 0}),
			pdf.Damaged},
		{"stream section with its length elsewhere",
			replaced(t, withXRef("/Size 1 /W [1 1 1]", []byte{0, 0, 0}), "/Length 3", "/Length 9 0 R"), pdf.Damaged},
		{"stream section bomb",
			withXRef("/Index ["+strings.Repeat("0 8000000 ", 100)+"] /Size 8000000 /W [8 8 8] /Filter /FlateDecode",
				bomb(100<<20)), pdf.TooComplex},
		{"stream section double bomb", withXRef("/Size 8000000 /W [8 8 8] /Filter [/FlateDecode /FlateDecode]",
			deflate(bomb(100<<20))), pdf.TooComplex},
		{"stream section with many filters",
			withXRef("/Size 1 /W [1 1 1] /Filter ["+strings.Repeat("/FlateDecode ", 1000)+"]", nil), pdf.TooComplex},
		{"rows of 2^31",
			withXRef("/Size 1 /W [1 1 1] /Filter /FlateDecode /DecodeParms <</Predictor 12 /Columns 2147483648>>",
				bomb(9)), pdf.TooComplex},
		{"rows of 64 MB",
			withXRef("/Size 1 /W [1 1 1] /Filter /FlateDecode /DecodeParms <</Predictor 12 /Columns 1048576 "+
				"/Colors 64>>", bomb(9)), pdf.TooComplex},
	}
}

// twoOrigins returns a good file behind junk. If the offset in startxref is counted from the start
// of the file, it leads to a second table.
func twoOrigins() []byte {
	decoy := "xref\n0 0\ntrailer\n<</Size 1 /Root 1 0 R>>\n"
	b := newBuilder()
	b.Reset()
	b.WriteString(strings.Repeat("j", len(decoy)))
	b.origin = b.Len()
	b.WriteString("%PDF-1.4\n")
	body(b).WriteString(decoy)
	return b.table("").Bytes()
}

func hostileObjects(t *testing.T) []hostile {
	loop := newBuilder()
	loop.object(1, catalogBody)
	loop.object(2, "<</Type /Pages /Kids [3 0 R]>>")
	loop.object(3, "<</Type /Pages /Kids [2 0 R]>>")

	self := newBuilder()
	self.object(1, catalogBody)
	self.object(2, "<</Kids [2 0 R]>>")

	deepPages := newBuilder()
	deepPages.object(1, catalogBody)
	for n := 2; n < 1000; n++ {
		deepPages.object(n, fmt.Sprintf("<</Kids [%d 0 R]>>", n+1))
	}
	doubling := newBuilder()
	doubling.object(1, catalogBody)
	for n := 2; n < 60; n++ {
		doubling.object(n, fmt.Sprintf("<</Kids [%d 0 R %d 0 R]>>", n+1, n+1))
	}
	references := body(newBuilder())
	references.object(4, "5 0 R")
	references.object(5, "4 0 R")

	longReferences := body(newBuilder())
	for n := 4; n < 1000; n++ {
		longReferences.object(n, fmt.Sprintf("%d 0 R", n+1))
	}
	nested := newBuilder()
	nested.objectStream(5, 1, catalogBody, pagesBody, pageBody)
	nested.objectStream(6, 4, "(four)")
	delete(nested.offsets, 5)
	nested.inside[5] = [2]int{6, 0}

	ownLength := newBuilder()
	ownLength.note(5)
	ownLength.WriteString("5 0 obj\n<</Type /ObjStm /N 4 /First 20 /Length 4 0 R>>\nstream\n1 0 2 0 3 0 4 0      7 " +
		"\nendstream\nendobj\n")
	for n := 1; n < 5; n++ {
		ownLength.inside[n] = [2]int{5, n - 1}
	}
	lengths := body(newBuilder())
	for n := 4; n < 1000; n++ {
		lengths.note(n)
		fmt.Fprintf(lengths, "%d 0 obj\n<</Type /ObjStm /N 1 /First 8 /Length %d 0 R>>\nstream\n%d 0    9 "+
			"\nendstream\nendobj\n", n, 10001+n, 10000+n)
		lengths.inside[10000+n] = [2]int{n, 0}
	}
	lengths.size = 20000

	filters := body(newBuilder())
	for n := 4; n < 1000; n++ {
		filters.stream(n, fmt.Sprintf("/Type /ObjStm /N 1 /First 8 /Filter %d 0 R", 10001+n),
			fmt.Appendf(nil, "%d 0   null", 10000+n))
		filters.inside[10000+n] = [2]int{n, 0}
	}
	filters.size = 20000

	objectBomb := body(newBuilder())
	for n := range 20 {
		objectBomb.stream(100+n, "/Type /ObjStm /N 1 /First 5 /Filter /FlateDecode",
			deflate(append(fmt.Appendf(nil, "%02d 0 null", n+10), make([]byte, 8<<20)...)))
		objectBomb.inside[n+10] = [2]int{100 + n, 0}
	}
	elsewhere := files()["table"]
	return []hostile{
		{"no catalog", replaced(t, elsewhere, "/Root 1 0 R", "/Root 9 0 R"), pdf.Damaged},
		{"catalog in the trailer", withTable("xref\n0 0\ntrailer\n<</Size 1 /Root <</Type /Catalog>>>>"), pdf.Damaged},
		{"catalog that is an array",
			replaced(t, elsewhere, "<</Type /Catalog /Pages 2 0 R>>", "[/Type /Catalog /Pages 2 0 R] "), pdf.Damaged},
		{"page tree missing", replaced(t, elsewhere, "/Pages 2 0 R", "/Pages 9 0 R"), pdf.Damaged},
		{"page tree direct", replaced(t, elsewhere, "/Pages 2 0 R", "/Pages <<>> "), pdf.Damaged},
		{"kids of numbers", replaced(t, elsewhere, "/Kids [3 0 R]", "/Kids [3 0 3]"), pdf.Damaged},
		{"page tree without kids", replaced(t, elsewhere, "/Kids [3 0 R]", "/Kiss [3 0 R]"), pdf.Damaged},
		{"page tree in a circle of two", loop.table("").Bytes(), pdf.Damaged},
		{"page tree in itself", self.table("").Bytes(), pdf.Damaged},
		{"page tree 1000 deep", deepPages.table("").Bytes(), pdf.TooComplex},
		{"page tree that doubles", doubling.table("").Bytes(), pdf.Damaged},
		{"references in a circle", references.table("").Bytes(), pdf.Damaged},
		{"1000 references in a row", longReferences.table("").Bytes(), pdf.TooComplex},
		{"another object at an offset", replaced(t, elsewhere, "4 0 obj", "7 0 obj"), pdf.Damaged},
		{"another generation at an offset", replaced(t, elsewhere, "4 0 obj", "4 7 obj"), pdf.Damaged},
		{"no object at an offset", replaced(t, elsewhere, "4 0 obj", "4 0 jbo"), pdf.Damaged},
		{"object behind 2 GB", withTable("xref\n1 1\n2147483648 00000 n \ntrailer\n<</Size 2 /Root 1 0 R>>"),
			pdf.Damaged},
		{"object at the end of the file", withTable("xref\n1 1\n0000000100 00000 n \ntrailer\n<</Size 2 /Root 1 0 R>>"),
			pdf.Damaged},
		{"deep arrays", withObject(strings.Repeat("[", 1000000)), pdf.TooComplex},
		{"deep arrays, closed", withObject(strings.Repeat("[", 101) + strings.Repeat("]", 101)), pdf.TooComplex},
		{"deep dictionaries", withObject(strings.Repeat("<</A ", 1000000)), pdf.TooComplex},
		{"array not closed", withObject("[1 2 3"), pdf.Damaged},
		{"array closed as a dictionary", withObject("[1 2 3>>"), pdf.Damaged},
		{"dictionary closed as an array", withObject("<</A 1]"), pdf.Damaged},
		{"dictionary with an odd number of elements", withObject("<</A 1 /B>>"), pdf.Damaged},
		{"dictionary with a number as key", withObject("<</A 1 2 3>>"), pdf.Damaged},
		{"string not closed", withObject("(never"), pdf.Damaged},
		{"string of 20 MB", withObject("(" + strings.Repeat("x", 20<<20) + ")"), pdf.TooComplex},
		{"hexadecimal string with a letter", withObject("<4G>"), pdf.Damaged},
		{"hexadecimal string of 20 MB", withObject("<" + strings.Repeat("41", 20<<20) + ">"), pdf.TooComplex},
		{"number of letters", withObject("12ab"), pdf.Damaged},
		{"number with two points", withObject("1.2.3"), pdf.Damaged},
		{"number too long", withObject(strings.Repeat("1", 5000)), pdf.TooComplex},
		{"integer overflows", withObject("9223372036854775808"), pdf.Damaged},
		{"reference overflows", withObject("[4294967296 0 R]"), pdf.Damaged},
		{"reference of a negative number", withObject("[-1 0 R]"), pdf.Damaged},
		{"reference of generation 65536", withObject("[1 65536 R]"), pdf.Damaged},
		{"reference of one number", withObject("[1 R]"), pdf.Damaged},
		{"two values", withObject("1 2"), pdf.Damaged},
		{"braces", withObject("{1}"), pdf.Damaged},
		{"closing parenthesis", withObject(")"), pdf.Damaged},
		{"unknown keyword", withObject("maybe"), pdf.Damaged},
		{"stream without dictionary", withObject("[1] stream\nabc\nendstream"), pdf.Damaged},
		{"stream keyword without line end", withObject("<</Length 3>> stream abc\nendstream"), pdf.Damaged},
		{"stream whose length is itself", withObject("<</Length 4 0 R>> stream\nabc\nendstream"), pdf.Damaged},
		{"stream whose length is a name", withObject("<</Length /Three>> stream\nabc\nendstream"), pdf.Damaged},
		{"stream whose length is negative", withObject("<</Length -3>> stream\nabc\nendstream"), pdf.Damaged},
		{"stream without end", withObject("<</Length 3>> stream\nabcdef"), pdf.Damaged},
		{"stream bomb", withStream("/Filter /FlateDecode", bomb(100<<20)), pdf.TooComplex},
		{"stream double bomb", withStream("/Filter [/FlateDecode /FlateDecode]", deflate(bomb(100<<20))),
			pdf.TooComplex},
		{"stream of LZW", withStream("/Filter /LZWDecode", []byte("abc")), pdf.Damaged},
		{"stream of a filter in a circle", withStream("/Filter 4 0 R", []byte("abc")), pdf.Damaged},
		{"stream of a broken hexadecimal filter", withStream("/Filter /ASCIIHexDecode", []byte("4x>")), pdf.Damaged},
		{"stream of an ASCII85 filter cut off", withStream("/Filter /ASCII85Decode", []byte("87cUR")), pdf.Damaged},
		{"stream of a broken ASCII85 filter", withStream("/Filter /ASCII85Decode", []byte("\x80\x81\x82~>")),
			pdf.Damaged},
		{"object stream within another", nested.xrefStream("").Bytes(), pdf.Damaged},
		{"object stream that holds its length", ownLength.xrefStream("").Bytes(), pdf.Damaged},
		{"lengths 1000 object streams away", lengths.xrefStream("").Bytes(), pdf.TooComplex},
		{"filters 1000 object streams away", filters.xrefStream("").Bytes(), pdf.TooComplex},
		{"many small dictionaries", withObject("[" + strings.Repeat("<</A 1>>", 200000) + "]"), pdf.TooComplex},
		{"object streams that inflate too much", objectBomb.xrefStream("").Bytes(), pdf.TooComplex},
		{"object stream of billions", replacedHead("/N 4", "/N 4000000000"), pdf.Damaged},
		{"object stream of negative number", replacedHead("/N 4", "/N -4"), pdf.Damaged},
		{"object stream that begins behind its end", replacedHead("/First 20", "/First 999"), pdf.Damaged},
		{"object stream with a broken head", replacedHead("/First 20", "/First 21"), pdf.Damaged},
		{"object stream of another type", replacedHead("/ObjStm", "/XObject"), pdf.Damaged},
		{"object stream with another object at an index", replacedHead("1 0 2 ", "9 0 2 "), pdf.Damaged},
	}
}

// replacedHead returns a file with one uncompressed object stream, in which it replaces old by new.
func replacedHead(old, new string) []byte {
	b := newBuilder()
	head, data := "", ""
	for i, text := range []string{catalogBody, pagesBody, pageBody, "(four)"} {
		head += fmt.Sprintf("%d %d ", i+1, len(data))
		data += text + " "
		b.inside[i+1] = [2]int{5, i}
	}
	head = fmt.Sprintf("%-20s", head)
	dict := strings.Replace(fmt.Sprintf("/Type /ObjStm /N 4 /First %d", len(head)), old, new, 1)
	b.stream(5, dict, []byte(strings.Replace(head+data, old, new, 1)))
	return b.xrefStream("").Bytes()
}

// Hostile files give the right error, and the bounds on what they allocate and read hold on every
// machine.
func TestHostile(t *testing.T) {
	cases := append(hostileOpens(t), hostileObjects(t)...)
	whole := files()["revised"]
	for i := range 20 {
		want := pdf.Damaged
		if i == 0 {
			want = pdf.NotPDF
		}
		cases = append(cases, hostile{fmt.Sprintf("truncated at %d/20", i), whole[:len(whole)*i/20], want})
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			src := &meteredSource{Reader: bytes.NewReader(test.data)}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := walk(t.Context(), src)
			runtime.ReadMemStats(&after)
			wantFault(t, err, test.want)
			limit := uint64(384 << 20) // in total, not at a time
			if len(test.data) <= 4096 && !strings.Contains(test.name, "bomb") {
				limit = 2 << 20 // what a small file claims must not be believed
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > limit {
				t.Errorf("got %d bytes allocated, want at most %d", got, limit)
			}
			if limit := int64(4*len(test.data) + 10<<20); src.read > limit {
				t.Errorf("got %d bytes read, want at most %d", src.read, limit)
			}
			if detail := errorDetail(err); len(detail) > 200 || strings.Contains(detail, "xxxxx") {
				t.Errorf("got detail %q, want one short sentence", detail)
			}
		})
	}
}

func errorDetail(err error) string {
	if fault, ok := errors.AsType[*pdf.Error](err); ok {
		return fault.Detail
	}
	return err.Error()
}
