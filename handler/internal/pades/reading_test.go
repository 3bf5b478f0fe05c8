package pades_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
)

// splitField is a document with a signature field "Sign here". Its only widget, object 6, is an
// object of its own.
func splitField() []string {
	return []string{
		"<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R >>",
		"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Resources << >> /Annots 7 0 R >>",
		"<< /Fields [5 0 R] >>",
		"<< /FT /Sig /T (Sign here) /Kids [6 0 R] >>",
		"<< /Type /Annot /Subtype /Widget /Parent 5 0 R /Rect [20 20 200 60] /P 3 0 R /F 4 >>",
		"[6 0 R]",
	}
}

// noted signs a document, checks that all of its signatures pass then, and gives the signed
// document and the remarks.
func noted(t *testing.T, s signer, document []byte, options pades.Options) ([]byte, string) {
	t.Helper()
	options.Time = time.Now()
	increment, err := sign.Sign(t.Context(), bytes.NewReader(document), s.chain, s.key, options)
	if err != nil {
		t.Fatal(err)
	}
	signed := slices.Concat(document, increment.Bytes)
	report := reported(t, signed, s.trust())
	for _, one := range report.Signatures {
		if one.Indication != pades.TotalPassed {
			t.Errorf("signature in %q: got %v %v %s, want it to pass", one.Field, one.Indication, one.SubIndication,
				one.Detail)
		}
	}
	if last := report.Signatures[len(report.Signatures)-1]; !coversAll(last) ||
		options.Field != "" && last.Field != options.Field {
		t.Errorf("got %+v, want a signature in %q that covers the document", last, options.Field)
	}
	return signed, strings.Join(increment.Remarks, "\n")
}

// place matches the part of a refusal that names the place of the damage.
var place = regexp.MustCompile(`object \d+ .*offset \d+\)|object \d+ in object stream \d+\)|\(offset \d+\)|at offset \d+`)

// wantPlaced checks that an error is about damage and names its place.
func wantPlaced(t *testing.T, err error) {
	t.Helper()
	fault, ok := errors.AsType[*pades.Error](err)
	if !ok || fault.Code != pades.CodeDamaged || !place.MatchString(fault.Detail) {
		t.Errorf("got %v, want %s with object and offset", err, pades.CodeDamaged)
	}
}

// Every viewer ignores junk between a value and endobj, in any object.
func TestJunkBehindAnObject(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, junk := range []string{
		">>", ">> >>", ">", "]", ")", "}", "{", "[", "(", "(x", "<", "word", "enobj", "end obj", "endobj", "7", "7 8",
		"7 0 R", "/Name", "(text)", "[1 2]",
		"null", "true", "%\n>>", "\x00\x01\xfe", "endstream", "-1.5", strings.Repeat(">>", 300),
	} {
		for number := range splitField() {
			objects := splitField()
			objects[number] += " " + junk
			t.Run(fmt.Sprintf("%q in object %d", junk, number+1), func(t *testing.T) {
				t.Parallel()
				noted(t, s, pdftest.File{Objects: objects}.Bytes(), pades.Options{Field: "Sign here"})
			})
		}
	}
	for _, junk := range []string{"<< /Type /Page >>", "> << >>", "stream\nx", ">> stream\nx\nendstream",
		strings.Repeat(">> ", 500)} {
		objects := splitField()
		objects[2] += " " + junk
		_, err := s.try(t.Context(), pdftest.File{Objects: objects}.Bytes(), pades.Options{})
		wantPlaced(t, err)
	}
}

// Readers repair a file in different ways. In such a file words do not count as junk, because the
// repaired document may differ from reader to reader.
func TestJunkInARepairedFile(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for junk, signs := range map[string]bool{">>": true, "]": true, " >> >>": true, "word": false, "endoij": false,
		"7": false} {
		objects := splitField()
		objects[0] += " " + junk
		file := pdftest.File{Objects: objects}.Bytes()
		file = append(file[:bytes.LastIndex(file, []byte("startxref"))], "startxref\n7\n%%EOF\n"...)
		if signs {
			noted(t, s, file, pades.Options{})
			continue
		}
		_, err := s.try(t.Context(), file, pades.Options{})
		wantPlaced(t, err)
	}
}

// Junk in a revision after a signature is not ignored.
func TestJunkBehindASignature(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.sign(t, pdftest.File{Objects: splitField()}.Bytes(), pades.Options{})
	later := func(junk, before string) []byte {
		text := "20 0 obj\n<< /Own true >>" + junk + "\nendobj\n" + before
		at := len(signed)
		previous := regexp.MustCompile(`startxref\n(\d+)`).FindAllSubmatch(signed, -1)
		return fmt.Appendf(bytes.Clone(signed),
			"%sxref\n20 1\n%010d 00000 n \ntrailer\n<< /Size 21 /Root 1 0 R /Prev %s >>\nstartxref\n%d\n%%%%EOF\n",
			text, at, previous[len(previous)-1][1], at+len(text)-len(before))
	}
	if got := reported(t, later("", ""), s.trust()).Verdict; got.Indication != pades.TotalPassed {
		t.Fatalf("without junk: got %v, want a document that passes", got)
	}
	for _, junk := range []string{" >>", " word", " 7", " ]", " (x)"} {
		if got := reported(t, later(junk, ""), s.trust()).Verdict; got.Indication == pades.TotalPassed {
			t.Errorf("%q: got %v, want that it does not pass", junk, got)
		}
	}
	if got := reported(t, later("", "% a comment\n"), s.trust()).Verdict; got.Indication == pades.TotalPassed {
		t.Errorf("a comment in front of the cross-references: got %v, want that it does not pass", got)
	}
}

// A hybrid file shows the same content by its table alone. Therefore wrong offsets in it leave no
// doubt about its content.
func TestHybridWithBrokenOffsets(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, by := range []int{-300, -20, -7, -3, -2, -1, 0, 1, 2, 3, 7, 20, 300, 100_000} {
		for name, h := range map[string]pdftest.Hybrid{
			"startxref": {Start: by}, "previous": {Previous: by}, "stream": {Stream: by}, "entries": {Entries: by},
			"previous and stream": {Previous: by, Stream: -by},
			"all":                 {Start: by, Previous: by, Stream: by, Entries: by},
		} {
			t.Run(fmt.Sprintf("%s by %d", name, by), func(t *testing.T) {
				t.Parallel()
				document := h.Bytes()
				signed, notes := noted(t, s, document, pades.Options{})
				file, catalog := open(t, signed)
				root, err := file.Dict(catalog["StructTreeRoot"])
				if err != nil {
					t.Fatal(err)
				}
				if element, err := file.Dict(root["K"]); err != nil || element["S"] != pdf.Name("Document") {
					t.Errorf("got %v %v, want the structure element", element, err)
				}
				if complete := file.Trailer()["Prev"] == nil; complete != (notes != "") {
					t.Errorf("got complete cross-references: %v, and the note %q", complete, notes)
				}
				noted(t, s, signed, pades.Options{})
			})
		}
	}
}

// If some reader could not use the cross-references, the increment writes complete ones, unless
// that would harm a signature.
func TestCrossReferencesThatReadersStumbleOver(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for name, file := range stumbling() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signed, notes := noted(t, s, file, pades.Options{})
			if f, _ := open(t, signed); f.Trailer()["Prev"] != nil || f.Tolerated() != "" || notes == "" {
				t.Errorf("got trailer %v and the note %q, want complete cross-references", f.Trailer(), notes)
			}
		})
	}
}

func stumbling() map[string][]byte {
	all := map[string][]byte{}
	for _, comment := range []string{"% a comment\n", "%\r", "\n\n%one\n  %two\n\n",
		"%" + strings.Repeat("x", 2000) + "\n", "%%EOF\n"} {
		for _, streams := range []bool{false, true} {
			file := pdftest.File{Objects: pdftest.Pages(2, ""), Streams: streams}.Bytes()
			at := bytes.LastIndex(file, []byte("xref\n0 "))
			if streams {
				at = bytes.LastIndex(file[:bytes.Index(file, []byte("/XRef"))], []byte("\n")) - len("7 0 obj") + 1
				at = bytes.LastIndex(file[:at], []byte("endobj\n")) + len("endobj\n")
			}
			all[fmt.Sprintf("%.20q in front, streams %v", comment, streams)] = slices.Insert(file, at,
				[]byte(comment)...)
		}
	}
	table := pdftest.File{Objects: pdftest.Pages(2, "")}.Bytes()
	for _, end := range []string{" \n", "\r\n", " \r", "\n"} {
		at := bytes.LastIndex(table, []byte("xref\n0 5"))
		text := strings.ReplaceAll(strings.Replace(string(table[at:]), "xref\n0 5", "xref\n1 5", 1), " \n", end)
		all[fmt.Sprintf("a table from 1, lines that end in %q", end)] = append(bytes.Clone(table[:at]), text...)
	}
	all["/XRefStm 0"] = bytes.Replace(table, []byte("/Root"), []byte("/XRefStm 0 /Root"), 1)
	return all
}

// Readers ignore a long run of white space before the cross-references.
func TestSpaceInFrontOfCrossReferences(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	table := pdftest.File{Objects: pdftest.Pages(1, "")}.Bytes()
	for _, count := range []int{1, 40, 500, 4000} {
		padded := slices.Insert(bytes.Clone(table), bytes.LastIndex(table, []byte("xref\n0 ")),
			bytes.Repeat([]byte("\n"), count)...)
		if _, notes := noted(t, s, padded, pades.Options{}); notes != "" {
			t.Errorf("%d line ends: got the note %q, want none", count, notes)
		}
	}
}

// Every refusal of a damaged document names the damaged object, or its place.
func TestDamageSaysWhere(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	files := map[string][]byte{}
	for _, hostile := range pdftest.HostileFiles() {
		if hostile.Code == pades.CodeDamaged {
			files[hostile.Name] = hostile.File
		}
	}
	random := rand.New(rand.NewPCG(11, 2))
	wholes := [][]byte{
		pdftest.File{Objects: splitField()}.Bytes(), pdftest.File{Objects: splitField(), Streams: true}.Bytes(),
		pdftest.Hybrid{}.Bytes(),
		s.sign(t, pdftest.File{Objects: splitField()}.Bytes(), pades.Options{})[:1500],
	}
	for i := range 1500 {
		file := bytes.Clone(wholes[i%len(wholes)])
		for range 1 + random.IntN(3) {
			at := random.IntN(len(file))
			switch random.IntN(3) {
			case 0:
				file[at] = "()<>[]{}/%0R9 \nx"[random.IntN(16)]
			case 1:
				file = slices.Delete(file, at, min(at+1+random.IntN(8), len(file)))
			default:
				file = slices.Insert(file, at,
					[]byte([]string{">>", "<<", "]", "null", "7 0 R", "(", " 1 2 ", "/Kids"}[random.IntN(8)])...)
			}
		}
		files[fmt.Sprintf("changed at random, %d", i)] = file
	}
	damaged := 0
	for name, file := range files {
		options := pades.Options{Field: []string{"", "Sign here"}[len(file)%2]}
		if len(file)%3 == 0 {
			options.Appearance = &pades.Appearance{Text: "x"}
		}
		_, err := s.try(t.Context(), file, options)
		if codeOf(err) != pades.CodeDamaged {
			continue
		}
		damaged++
		if fault, _ := errors.AsType[*pades.Error](err); !place.MatchString(fault.Detail) {
			t.Errorf("%s: got %q, want object and offset", name, fault.Detail)
		}
	}
	if damaged < 400 {
		t.Errorf("got %d refusals of damaged documents, want at least 400", damaged)
	}
}
