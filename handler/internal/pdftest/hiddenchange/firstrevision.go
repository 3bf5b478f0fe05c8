package hiddenchange

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The objects of each document. Page 1 shows the agreed text on green. Page 2 shows the penalty for
// a breach on red. An attacker wants the text of page 2 on page 1.
const (
	catalogNumber     = 1
	treeNumber        = 2
	pageNumber        = 3
	contentNumber     = 4
	fontNumber        = 5
	penaltyPageNumber = 6
	penaltyNumber     = 7

	pageText = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 240 120] /Contents 4 0 R /Resources << /Font << /F1 5 " +
		"0 R >> >> >>"
	penaltyPage = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 240 120] /Contents 7 0 R /Resources << /Font << /F1 5 " +
		"0 R >> >> >>"
	treeText = "<< /Type /Pages /Count 2 /Kids [3 0 R 6 0 R] >>"
	fontText = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
	header   = "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
)

const agreedText = "0.8 1 0.8 rg 0 0 240 120 re f 0 g BT /F1 24 Tf 20 50 Td (Pay 100 EUR) Tj ET"

var (
	agreed  = stream("", agreedText)
	penalty = stream("", "1 0 0 rg 0 0 240 120 re f 0 g BT /F1 24 Tf 20 50 Td (Pay 999999 EUR) Tj ET")
)

// firstRevision is the document before it is signed. Places change it if the attacker prepares the
// signed revision.
func firstRevision(kind Kind) *revision {
	return packedRevision(kind, fontNumber, penaltyPageNumber)
}

// packedRevision is the same document. If it is hybrid, these objects are in an object stream.
func packedRevision(kind Kind, beside ...int) *revision {
	return revisionOf(kind, firstTexts(), beside...)
}

// firstTexts are the objects of the document, from number 1 on.
func firstTexts() []string {
	return []string{"<< /Type /Catalog /Pages 2 0 R >>", treeText, pageText, agreed, fontText, penaltyPage, penalty}
}

// revisionOf is a document of these objects. An object stream, where there is one, follows them.
func revisionOf(kind Kind, texts []string, beside ...int) *revision {
	r := &revision{
		kind: kind, prefix: []byte(header), rows: []row{{0, rowFree, 0, 65535}},
		ending: ending{size: len(texts) + 1,
			entries: "/ID [<00112233445566778899AABBCCDDEEFF> <00112233445566778899AABBCCDDEEFF>]"},
	}
	var members []member
	for i, text := range texts {
		number := i + 1
		packed := kind == Streams && !strings.Contains(text, "endstream") ||
			kind == Hybrid && slices.Contains(beside, number)
		if packed {
			r.rows = append(r.rows, row{number, rowPacked, len(texts) + 1, len(members)})
			members = append(members, member{number, text})
			continue
		}
		r.objects = append(r.objects, &object{number: number, text: text})
	}
	if len(members) > 0 {
		r.list(objectStream("", members...))
	}
	return r
}

// linearised is the same document in two sections, with the first section at the beginning. It has
// no hint tables, because readers do not need them.
func linearised() []byte {
	first := []*object{
		{number: 8, text: "<< /Linearized 1 /L 0000000000 /H [0 0] /O 3 /E 0000000000 /N 2 /T 0000000000 >>"},
		{number: 1, text: "<< /Type /Catalog /Pages 2 0 R >>"}, {number: 3, text: pageText}, {number: 4, text: agreed},
		{number: 5, text: fontText}}
	second := []*object{{number: 2, text: treeText}, {number: 6, text: penaltyPage}, {number: 7, text: penalty}}
	const id = "/ID [<00112233445566778899AABBCCDDEEFF> <00112233445566778899AABBCCDDEEFF>]"
	lay := func(firstAt, mainAt int) (string, int, int) {
		out := header
		put := func(objects []*object) {
			for _, o := range objects {
				o.at = len(out)
				out += o.String()
			}
		}
		put(first[:1])
		at := len(out)
		rows := []row{}
		for _, o := range []*object{first[1], first[2], first[3], first[4], first[0]} {
			rows = append(rows, row{o.number, rowPlain, o.at, 0})
		}
		out += fmt.Sprintf("xref\n%strailer\n<< /Size 9 /Root 1 0 R /Prev %010d %s >>\nstartxref\n0\n%%%%EOF\n",
			subsections(rows, false), mainAt, id)
		put(first[1:])
		end := len(out)
		put(second)
		main := len(out)
		rows = []row{{0, rowFree, 0, 65535}}
		for _, o := range second {
			rows = append(rows, row{o.number, rowPlain, o.at, 0})
		}
		out += fmt.Sprintf("xref\n%strailer\n<< /Size 9 /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n",
			subsections(rows, false), id, firstAt)
		first[0].text = fmt.Sprintf("<< /Linearized 1 /L %010d /H [0 0] /O 3 /E %010d /N 2 /T %010d >>", len(out), end,
			main)
		return out, at, main
	}
	firstAt, mainAt := 0, 0
	for range 3 { // the offsets of later parts are in earlier ones
		_, firstAt, mainAt = lay(firstAt, mainAt)
	}
	out, _, _ := lay(firstAt, mainAt)
	return []byte(out)
}

// laterRevision starts a revision that a certification permits: the catalog gets an empty document
// security store.
func laterRevision(kind Kind, signed []byte) *revision {
	r := &revision{kind: kind, prefix: signed,
		ending: ending{prev: lastNumber(signed, "startxref"), size: lastNumber(signed, "/Size")}}
	if kind == Linearised {
		r.kind = Tables
	}
	catalog := lastObject(signed, catalogNumber)
	text := strings.Replace(catalog, "/DSS << >>", "/DSS << /VRI << >> >>", 1)
	if text == catalog {
		text = "<< /DSS << >> " + strings.TrimPrefix(catalog, "<<")
	}
	r.objects = []*object{{number: catalogNumber, text: text}}
	r.entries = "/ID [<00112233445566778899AABBCCDDEEFF> <0123456789ABCDEF0123456789ABCDEF>]"
	return r
}

// lastNumber returns the number after the last occurrence of a word.
func lastNumber(file []byte, word string) int {
	number, ok := findNumber(file, word)
	if !ok {
		panic("internal error: no number behind " + word)
	}
	return number
}

// findNumber is lastNumber for a file that may have no number there.
func findNumber(file []byte, word string) (int, bool) {
	at := bytes.LastIndex(file, []byte(word))
	if at < 0 {
		return 0, false
	}
	rest := bytes.TrimLeft(file[at+len(word):], " \r\n")
	end := bytes.IndexFunc(rest, func(c rune) bool { return c < '0' || c > '9' })
	number, err := strconv.Atoi(string(rest[:max(end, 0)]))
	return number, err == nil
}

// lastObject returns the text of the newest object of a number that is not in an object stream.
func lastObject(file []byte, number int) string {
	head := fmt.Appendf(nil, "\n%d 0 obj\n", number)
	rest := file[bytes.LastIndex(file, head)+len(head):]
	return string(rest[:bytes.Index(rest, []byte("\nendobj"))])
}
