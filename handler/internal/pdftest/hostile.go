package pdftest

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strconv"
	"strings"
)

// Hostile is a document that must be refused, and the code of the refusal.
type Hostile struct {
	Name string
	File []byte
	Code string
}

// The codes of refusals, as the API spells them.
const (
	notPDF     = "not_a_pdf"
	damaged    = "document_damaged"
	tooComplex = "document_too_complex"
	encrypted  = "document_encrypted"
	forbidden  = "changes_forbidden"
)

// HostileFiles returns documents that cannot be signed: not PDF, broken, encrypted, certified
// against changes, or made to exhaust a reader. None is larger than a megabyte.
func HostileFiles() []Hostile {
	var all hostileList
	all.addBroken()
	all.addEncrypted()
	all.addOddObjects()
	all.addOddForms()
	all.addCertified()
	return all
}

type hostileList []Hostile

func (l *hostileList) add(name, code string, file []byte) { *l = append(*l, Hostile{name, file, code}) }

// addBroken adds what is no PDF, or none that can be read.
func (l *hostileList) addBroken() {
	good := Sample(4000)
	l.add("text", notPDF, []byte("Dear reader,\nthis is no PDF.\n"))
	l.add("zeros", notPDF, make([]byte, 4096))
	l.add("one byte", notPDF, []byte("%"))
	l.add("header behind 4 kB of junk", notPDF, append(bytes.Repeat([]byte("junk"), 1024), good...))
	l.add("header alone", damaged, []byte("%PDF-1.7\n"))
	for i := range 20 {
		at := len(good) * (i + 1) / 21
		l.add(fmt.Sprintf("truncated at byte %d", at), damaged, good[:at])
	}

	for name, file := range DisputedFiles() {
		l.add("unusable cross-references, "+name, damaged, file)
	}
	l.add("object stream that inflates to 200 MB", tooComplex, bomb(200<<20))
}

func (l *hostileList) addEncrypted() {
	for name, entry := range map[string]string{
		"direct": "/Encrypt << /Filter /Standard /V 4 /R 4 >>", "by reference": "/Encrypt 3 0 R",
		"by a reference to nothing":        "/Encrypt 99 0 R",
		"for certificates":                 "/Encrypt << /Filter /Adobe.PubSec /SubFilter /adbe.pkcs7.s5 >>",
		"with the key in another spelling": "/Encr#79pt 3 0 R",
		"by an unknown handler":            "/Encrypt << /Filter /Own >>",
	} {
		l.add("encrypted, "+name, encrypted, File{Objects: Pages(1, ""), Trailer: entry}.Bytes())
		l.add("encrypted, in a stream, "+name, encrypted,
			File{Objects: Pages(1, ""), Streams: true, Trailer: entry}.Bytes())
		l.add("encrypted, unusable cross-references, "+name, encrypted,
			withStart(File{Objects: Pages(1, ""), Trailer: entry}.Bytes(), "7"))
		l.add("encrypted, unusable cross-reference stream, "+name, encrypted,
			withStart(File{Objects: Pages(1, ""), Streams: true, Trailer: entry}.Bytes(), "7"))
	}
	l.add("encrypted, in an object", encrypted,
		File{Objects: append(Pages(1, ""), "<< /Filter /Standard /V 5 /R 6 >>"), Trailer: "/Encrypt 4 0 R"}.Bytes())
	for name, file := range map[string]File{"a table": {}, "a stream": {Streams: true}} {
		file.Objects, file.Trailer = Pages(1, ""), "/Encrypt 3 0 R /Encrypt null"
		l.add("encrypted and then not, in "+name, damaged, file.Bytes())
	}
	l.add("encrypted in the older revision alone", encrypted, revised("/Encrypt 3 0 R", ""))
	l.add("encrypted in the newer revision alone", encrypted, revised("", "/Encrypt 3 0 R"))
}

// addOddObjects adds documents whose objects are not what they must be.
func (l *hostileList) addOddObjects() {
	one := Pages(1, "")
	l.add("no root", damaged,
		bytes.Replace(File{Objects: one}.Bytes(), []byte("/Root 1 0 R"), []byte("/Toor 1 0 R"), 1))
	l.add("root is a number", damaged,
		bytes.Replace(File{Objects: one}.Bytes(), []byte("/Root 1 0 R"), []byte("/Root 7    "), 1))
	l.add("arrays a hundred thousand deep", tooComplex,
		File{Objects: Pages(1, "/AcroForm "+strings.Repeat("[", 100_000))}.Bytes())
	l.add("dictionaries a hundred thousand deep", tooComplex,
		File{Objects: Pages(1, "/AcroForm "+strings.Repeat("<</A", 100_000))}.Bytes())
	l.add("a string without end", damaged, File{Objects: Pages(1, "/Lang ("+strings.Repeat("(", 1000))}.Bytes())
	l.add("size claims two billion objects", tooComplex, hugeSection())
	l.add("page tree is its own kid", damaged,
		File{Objects: []string{"<< /Type /Catalog /Pages 2 0 R >>",
			"<< /Type /Pages /Count 1 /Kids [2 0 R] >>"}}.Bytes())
	l.add("page tree without pages", damaged,
		File{Objects: []string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 0 /Kids [] >>"}}.Bytes())
	l.add("no page tree", damaged, File{Objects: []string{"<< /Type /Catalog >>"}}.Bytes())
	l.add("kids are a number", damaged,
		File{Objects: []string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids 7 >>"}}.Bytes())
	l.add("references in a circle", damaged,
		File{Objects: append(Pages(1, "/AcroForm 4 0 R"), "5 0 R", "4 0 R")}.Bytes())
	l.add("object number differs", damaged,
		bytes.Replace(File{Objects: one}.Bytes(), []byte("1 0 obj"), []byte("9 0 obj"), 1))
}

func (l *hostileList) addOddForms() {
	l.add("form is a stream", damaged, File{Objects: append(Pages(1, "/AcroForm 4 0 R"), Stream("", ""))}.Bytes())
	l.add("fields of a form with signatures are a dictionary", damaged,
		File{Objects: Pages(1, "/AcroForm << /SigFlags 1 /Fields << >> >>")}.Bytes())
	l.add("signature flags are a stream", damaged,
		File{Objects: append(Pages(1, "/AcroForm << /SigFlags 4 0 R /Fields [] >>"), Stream("", ""))}.Bytes())
	l.add("annotations are a stream", damaged,
		bytes.Replace(File{Objects: append(Pages(1, ""), Stream("", ""))}.Bytes(), []byte("/Resources << >>"),
			[]byte("/Annots 4 0 R   "), 1))
	l.add("fields nested too deep", tooComplex,
		File{Objects: append(Pages(1, "/AcroForm << /Fields [4 0 R] >>"), nestedFields(4, 200)...)}.Bytes())
}

// addCertified adds documents that a certification or a lock protects.
func (l *hostileList) addCertified() {
	certified := "<< /Type /Sig /Reference [<< /TransformMethod /DocMDP /TransformParams << /P 1 >> >>] >>"
	l.add("certified with P 1", forbidden,
		File{Objects: append(Pages(1, "/Perms << /DocMDP 4 0 R >>"), certified)}.Bytes())
	l.add("certified with P 1, in the form alone", forbidden,
		File{Objects: append(Pages(1, "/AcroForm << /Fields [<< /FT /Sig /T (s) /V 4 0 R >>] >>"), certified)}.Bytes())
	l.add("locked with P 1", forbidden,
		File{
			Objects: append(
				Pages(1, "/AcroForm << /Fields [<< /FT /Sig /T (s) /V 4 0 R /Lock << /Action /All /P 1 >> >>] >>"),
				"<< /Type /Sig >>")}.Bytes())
}

// withStart replaces the offset after the last startxref.
func withStart(file []byte, offset string) []byte {
	at := bytes.LastIndex(file, []byte("startxref\n"))
	return append(bytes.Clone(file[:at]), "startxref\n"+offset+"\n%%EOF\n"...)
}

// revised is a file of two revisions with further entries in their trailers.
func revised(older, newer string) []byte {
	file := File{Objects: Pages(1, ""), Trailer: older}.Bytes()
	previous, start := bytes.LastIndex(file, []byte("xref\n0 ")), len(file)
	return fmt.Appendf(file, "xref\n0 0\ntrailer\n<< /Size 4 /Root 1 0 R /Prev %d %s >>\nstartxref\n%d\n%%%%EOF\n",
		previous, newer, start)
}

// hugeSection has a table whose subsection claims two billion entries.
func hugeSection() []byte {
	base := File{Objects: Pages(1, "")}.Bytes()
	return bytes.Replace(base, []byte("xref\n0 4\n"), []byte("xref\n0 2147483647\n"), 1)
}

// bomb is a file whose catalog lies in an object stream of size bytes, nearly all of them white
// space.
func bomb(size int) []byte {
	var packed bytes.Buffer
	deflate := zlib.NewWriter(&packed)
	blank := bytes.Repeat([]byte(" "), 1<<20)
	for range size / len(blank) {
		deflate.Write(blank) // to memory, which does not fail
	}
	deflate.Close()
	plain := File{Objects: Pages(1, ""), Streams: true}.Bytes()
	// The bomb replaces the container. The cross-reference stream, the last object, moves after the
	// bomb.
	at, section := bytes.Index(plain, []byte("4 0 obj")), bytes.Index(plain, []byte("5 0 obj"))
	container := fmt.Sprintf("4 0 obj\n%s\nendobj\n",
		Stream("/Type /ObjStm /Filter /FlateDecode /N 3 /First 16", packed.String()))
	out := append(bytes.Clone(plain[:at]), container...)
	start := len(out)
	out = append(out, plain[section:]...)
	return withStart(out, strconv.Itoa(start))
}

// nestedFields is a chain of fields from object number on. Each field is the only kid of the field
// before it.
func nestedFields(number, depth int) []string {
	var fields []string
	for i := range depth {
		fields = append(fields, fmt.Sprintf("<< /T (f%d) /Kids [%d 0 R] >>", i, number+i+1))
	}
	return append(fields, "<< /T (leaf) /FT /Tx >>")
}
