package pades_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
)

// twoCatalogs is a handwritten file with a second catalog, object 7, whose page shows something
// else. Object 10 becomes the signature.
func twoCatalogs(streams bool) pdftest.File {
	return pdftest.File{Streams: streams,
		Objects: payment(resources+"/Contents 4 0 R", "/AcroForm << /Fields [6 0 R] >>",
			"<< /FT /Sig /T (Signature1) /V 10 0 R >>",
			"<< /Type /Catalog /Pages 8 0 R /AcroForm << /Fields [6 0 R] >> >>",
			"<< /Type /Pages /Count 1 /Kids [<< /Type /Page /MediaBox [0 0 595 842] "+resources+
				"/Contents 9 0 R >>] >>",
			pdftest.Stream("", shown("PAY 999999")))}
}

// plainly keeps the signature dictionary out of the object stream: package pdftest puts no object
// with this word into one.
const plainly = "/Reason (endstream)"

// doubled duplicates a key in the trailer, or in the dictionary of the cross-reference stream: it
// adds another value under the same key before or behind the entry.
func doubled(document []byte, key, entry, other string, first, escaped bool) []byte {
	again := "/" + key
	if escaped {
		again = fmt.Sprintf("/%s#%02x", key[:len(key)-1], key[len(key)-1])
	}
	again += " " + other
	pair := entry + " " + again
	if first {
		pair = again + " " + entry
	}
	at := bytes.LastIndex(document, []byte(entry))
	return []byte(string(document[:at]) + pair + string(document[at+len(entry):]))
}

// If a trailer, or the dictionary of a cross-reference stream, has a duplicate key, some readers
// use the first value and others the last: they show different documents. No signature over such a
// document passes, whatever comes after it.
func TestKeysTwiceInASignedTrailer(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const id = "[<00112233445566778899AABBCCDDEEFF> <00112233445566778899AABBCCDDEEFF>]"
	type entry struct{ key, value, other string }
	both := []entry{{"Root", "1 0 R", "7 0 R"}, {"Root", "1 0 R", "1 0 R"}, {"Root", "1 0 R", "null"},
		{"Size", "", "6"}, {"Info", "5 0 R", "6 0 R"}, {"Prev", "0", "9"}, {"Encrypt", "null", "5 0 R"}}
	for _, streams := range []bool{false, true} {
		entries := append([]entry{{"ID", id, "[<00> <00>]"}, {"XRefStm", "0", "15"}}, both...)
		file := twoCatalogs(streams)
		file.Trailer = "/Info 5 0 R /Prev 0 /Encrypt null /XRefStm 0"
		if streams {
			entries = append([]entry{{"W", "[1 4 2]", "[1 2 4]"}, {"Type", "/XRef", "/ObjStm"},
				{"Index", "[0 13]", "[0 5]"}, {"Filter", "null", "/FlateDecode"}, {"DecodeParms", "null", "<< >>"},
				{"Length", "91", "90"}}, both...)
			file.Trailer = "/Info 5 0 R /Prev 0 /Encrypt null /Index [0 13] /Filter null /DecodeParms null"
		}
		signature := plainly + " /M (" + time.Now().UTC().Format("D:20060102150405Z") + ")"
		sound := s.byHandIn(t, file, signature, nil)
		wantPassed(t, s, sound)
		for _, e := range entries {
			if e.value == "" {
				e.value = map[bool]string{false: "11", true: "13"}[streams]
			}
			stated := "/" + e.key + " " + e.value
			if !bytes.Contains(sound, []byte(stated)) {
				t.Fatalf("%s: not in the document", stated)
			}
			for i := range 4 {
				first, escaped := i&1 != 0, i&2 != 0
				signed := s.byHandIn(t, file, signature, func(document []byte) []byte {
					return doubled(document, e.key, stated, e.other, first, escaped)
				})
				name := fmt.Sprintf("%s %s, streams=%v, first=%v, escaped=%v", e.key, e.other, streams, first, escaped)
				doesNotPass(t, s, name, signed)
				body := "20 0 obj\nnull\nendobj\n"
				doesNotPass(t, s, name+", a later revision", rawRevision(signed, body,
					fmt.Sprintf("20 1\n%010d 00000 n \n", len(signed)), 21))
			}
		}
	}
}

// The same holds for the cross-reference stream that a table names (/XRefStm), because some readers
// take entries from it that the trailer lacks.
func TestKeysTwiceBesideASignedTable(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	hybrid := func(more string) []byte {
		document := pdftest.Hybrid{Start: len(more), Previous: len(more)}.Bytes()
		return bytes.Replace(document, []byte("/Type/XRef"), []byte("/Type/XRef"+more), 1)
	}
	wantPassed(t, s, s.sign(t, hybrid("/Unknown 1"), pades.Options{}))
	for _, twice := range []string{"/Root 2 0 R", "/R#6fot 2 0 R", "/Root null", "/Size 4", "/W[1 1 2]", "/Type/XRef",
		"/Unknown 1/Unknown 2"} {
		file, err := pdf.Open(t.Context(), bytes.NewReader(hybrid(twice)), pdf.DefaultLimits())
		if err == nil {
			file.Close()
			t.Errorf("%s: got it read, want a refusal", twice)
		}
	}
}

func wantPassed(t *testing.T, s signer, document []byte) {
	t.Helper()
	if got := verified(t, document, s.trust())[0]; got.Indication != pades.TotalPassed {
		t.Errorf("got %s (%s), want %s", got.Indication, got.Detail, pades.TotalPassed)
	}
}

func doesNotPass(t *testing.T, s signer, name string, document []byte) {
	t.Helper()
	report, err := verify.Verify(t.Context(), bytes.NewReader(document), s.trust())
	if err != nil {
		return // refused: nothing is shown
	}
	for _, found := range report.Signatures {
		if found.Indication == pades.TotalPassed {
			t.Errorf("%s: %s got %s", name, found.Field, found.Indication)
		}
	}
}
