package pades_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
)

// otherThings are objects of each type, a missing object, an unreadable object, and references to
// such objects.
var otherThings = []string{
	"null", "true", "7", "2.5", "(text)", "<00>", "/Name", "[]", "[7]", "[7 0 R]", "[99 0 R]", "<< >>",
	"<< /Other 1 >>", "99 0 R", "4 0 R", "]", "<< /A", "<< /Kids 7 >>", "<< /Fields 7 /SigFlags 3 >>",
	"[<< /T 7 /Kids [7 0 R] >>]",
	"[<< /FT 7 /T (a) /V 15 0 R >>]", pdftest.Stream("", "data"),
}

// asObjects makes a signed document in which each value that the verifier reads is an object of its
// own.
func (s signer) asObjects(t *testing.T) []byte {
	t.Helper()
	return s.byHandIn(t, pdftest.File{Objects: eachAnObject}, claimedNow()+certified("2"), nil)
}

// eachAnObject are the objects of asObjects without its signature.
var eachAnObject = []string{
	"<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R /DSS 8 0 R /Perms 9 0 R /Extensions 12 0 R >>",
	"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
	"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots 11 0 R " + resources + "/Contents 4 0 R >>",
	pdftest.Stream("", shown("PAY 10")),
	"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	"<< /Fields 10 0 R /SigFlags 3 /DR << >> >>",
	"<< /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R /FT /Sig /T (Signature1) /V 15 0 R >>",
	"<< /Certs [] /VRI 13 0 R >>", "<< /DocMDP 15 0 R >>", "[7 0 R 14 0 R]", "[7 0 R]",
	"<< /ADBE << /BaseVersion /1.7 /ExtensionLevel 3 >> >>", "<< /AB << /Cert [] >> >>",
	"<< /FT /Tx /T (a) /V (b) >>",
}

// hides gives the fault in the report on a document that asObjects signed and that was then
// changed; "" = no fault. passes = the signature may permit the change.
func (s signer) hides(t *testing.T, changed []byte, passes bool) string {
	t.Helper()
	report, err := verify.Verify(t.Context(), bytes.NewReader(changed), s.trust())
	if err != nil {
		return told(report, err)
	}
	sum := sha256.Sum256(changed)
	i := slices.IndexFunc(report.Signatures, func(one pades.Signature) bool { return one.Signer != nil })
	if i < 0 || report.Document.Size != int64(len(changed)) || report.Document.SHA256 != hex.EncodeToString(sum[:]) {
		return told(report, nil)
	}
	one := report.Signatures[i]
	covers := one.CoversWholeDocument == nil || *one.CoversWholeDocument
	passed := one.Indication == pades.TotalPassed || one.ChangesAfter != pades.ChangeOther
	if one.Integrity != pades.IntegrityIntact || covers || passed && !passes {
		return told(report, nil)
	}
	return ""
}

// A later revision may replace any value that the verifier reads, or make it unreadable. This does
// not hide the earlier signature: the report lists it as intact, and says that the document was
// changed.
func TestNoLaterRevisionHidesASignature(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.asObjects(t)
	file, _ := open(t, signed)
	check := func(n int, key pdf.Name, other, object string) {
		body := fmt.Sprintf("%d 0 obj\n%s\nendobj\n", n, object)
		changed := rawRevision(signed, body, fmt.Sprintf("%d 1\n%010d 00000 n \n", n, len(signed)), 16)
		if got := s.hides(t, changed, mayBe(n, key, other)); got != "" {
			t.Errorf("%d with /%s %s: got %s", n, key, other, got)
		}
	}
	for n := 1; n <= 14; n++ {
		object, err := file.Object(number(n))
		if err != nil {
			t.Fatal(err)
		}
		dict, _ := object.(pdf.Dict)
		for _, other := range otherThings {
			check(n, "", other, other)
			for key := range dict {
				rest := dict.Clone()
				delete(rest, key)
				text, err := pdf.Append(nil, rest)
				if err != nil {
					t.Fatal(err)
				}
				check(n, key, other, fmt.Sprintf("<< /%s %s %s", key, other, text[2:]))
			}
		}
	}
}

// mayBe reports whether an entry of an object of asObjects may change to another value. It may keep
// its value, lose validation data or extensions, or change freely if nothing is drawn with it.
func mayBe(n int, key pdf.Name, other string) bool {
	absent := slices.Contains([]string{"null", "99 0 R", "<< >>"}, other)
	switch fmt.Sprintf("%d %s", n, key) {
	case "1 DSS", "1 Extensions", "8 ", "8 VRI", "12 ", "13 ", "13 AB":
		return absent
	case "8 Certs", "12 ADBE", "13 AB Cert":
		return absent || other == "[]" || other == "[99 0 R]"
	case "3 Annots", "11 ":
		return other == "[7 0 R]"
	case "3 Contents":
		return other == "4 0 R"
	case "6 SigFlags":
		return other == "7"
	case "6 DR", "14 V", "14 ":
		return true
	}
	return false
}

// Appended bytes that make the whole document unreadable do not hide earlier signatures: the report
// lists them.
func TestNoAppendedEndHidesASignature(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.asObjects(t)
	at, previous := len(signed), bytes.LastIndex(signed, []byte("xref\n0 "))
	section := func(entries, trailer string) string {
		return fmt.Sprintf("xref\n%strailer\n<< %s >>\nstartxref\n%d\n%%%%EOF\n", entries, trailer, at)
	}
	linked := func(entries string) string { return section("0 0\n", fmt.Sprintf("%s /Prev %d", entries, previous)) }
	whole := func(entries string) string {
		return section(entries, fmt.Sprintf("/Size 16 /Root 1 0 R /Prev %d", previous))
	}
	encrypted := func(entry string) string { return linked("/Size 16 /Root 1 0 R /ID [<00> <00>] /Encrypt " + entry) }
	for name, appended := range map[string]string{
		"no catalog":                  linked("/Size 16"),
		"a catalog that is not there": linked("/Size 16 /Root 99 0 R"),
		"a catalog that is a number":  linked("/Size 16 /Root 7"),
		"a catalog that is a stream":  linked("/Size 16 /Root 4 0 R"),
		"a catalog that was freed":    whole("1 1\n0000000000 00001 f \n"),
		"a catalog at another place":  whole("1 1\n0000000003 00000 n \n"),
		"a section that is its own":   section("0 0\n", fmt.Sprintf("/Size 16 /Root 1 0 R /Prev %d", at)),
		"a section behind the end":    section("0 0\n", "/Size 16 /Root 1 0 R /Prev 99999999"),
		"a section before the end":    section("0 0\n", "/Size 16 /Root 1 0 R /Prev -1"),
		"a size below zero":           linked("/Size -1 /Root 1 0 R"),
		"a size that is a name":       linked("/Size /A /Root 1 0 R"),
		"entries that are none":       whole("0 2\nabc\n"),
		"a count that is none":        whole("0 x\n"),
		"a stream beside the table":   linked("/Size 16 /Root 1 0 R /XRefStm 9"),
		"an encryption":               encrypted("<< >>"),
		"an encryption for nobody":    encrypted("<< /Filter /Other /V 4 >>"),
		"an encryption not there":     encrypted("99 0 R"),
		"an encryption with password": encrypted(fmt.Sprintf(
			"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <%s> /U <%s> >>",
			strings.Repeat("00", 32), strings.Repeat("11", 32))),
		"a trailer that does not end": strings.ReplaceAll(linked("/Size 16 /Root 1 0 R"), ">>", ""),
		"a stream that is no section": fmt.Sprintf("16 0 obj\n<< /Type /XRef /W [1 2 1] /Size 16 "+
			"/Root 1 0 R /Length 4 >>\nstream\nabcd\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", at),
		"a start that is no section": "startxref\n9\n%%EOF\n",
		"a start behind the end":     "startxref\n99999999\n%%EOF\n",
		"a start that is no number":  "startxref\nabc\n%%EOF\n",
		"a start below zero":         "startxref\n-5\n%%EOF\n",
		"zeros":                      strings.Repeat("\x00", 5000),
		"text":                       strings.Repeat("some text ", 500),
		"another document":           string(pdftest.File{Objects: pdftest.Pages(1, "")}.Bytes()),
	} {
		if got := s.hides(t, slices.Concat(signed, []byte(appended)), false); got != "" {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

// The same holds in files of each kind, whichever changes the signature permits there.
func TestNoLaterRevisionHidesASignatureInFilesOfEachKind(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	objects := slices.Clone(eachAnObject)
	objects[6] = strings.Replace(objects[6], "/V 15 0 R", "", 1)
	objects[8] = "<< >>"
	entry := regexp.MustCompile(`/(Root|Encrypt) \d+ 0 R|/ID ?\[.*?\]`)
	aes := &pdftest.Encryption{Revision: 6}
	for kind, file := range map[string][]byte{
		"streams":             pdftest.File{Objects: objects, Streams: true}.Bytes(),
		"RC4":                 pdftest.File{Objects: objects, Encryption: &pdftest.Encryption{Revision: 2}}.Bytes(),
		"AES":                 pdftest.File{Objects: objects, Encryption: aes}.Bytes(),
		"streams and AES":     pdftest.File{Objects: objects, Streams: true, Encryption: aes}.Bytes(),
		"a table and streams": pdftest.Hybrid{}.Bytes(),
	} {
		signed := s.sign(t, file, pades.Options{Field: "Signature1", Certify: pades.FormFilling})
		trailer := bytes.Join(entry.FindAll(signed[bytes.LastIndex(signed, []byte("/Root")):], -1), []byte(" "))
		last := len(objects)
		if kind == "a table and streams" {
			last = 8
		}
		for n := 1; n <= last; n++ {
			for _, other := range otherThings {
				changed := rawRevision(signed, fmt.Sprintf("%d 0 obj\n%s\nendobj\n", n, other),
					fmt.Sprintf("%d 1\n%010d 00000 n \n", n, len(signed)), 40)
				changed = slices.Concat(signed, bytes.Replace(changed[len(signed):], []byte("/Root 1 0 R"), trailer, 1))
				if got := s.hides(t, changed, true); got != "" {
					t.Errorf("%s, %d as %s: got %s", kind, n, other, got)
				}
			}
		}
	}
}
