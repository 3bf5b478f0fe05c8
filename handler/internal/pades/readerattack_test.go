package pades_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// The attacks of this file change objects that only other, less strict readers find.

func TestObjectsThatOnlyOthersFind(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	plain := func(text string) string { return pdftest.Stream("", shown(text)) }
	odd := func(text string) string { // most readers tolerate a malformed number like this
		return strings.Replace(plain(text), "/Length", "/Odd 1-2 /Length", 1)
	}
	cover := "<< /Type /Annot /Subtype /Widget /Rect [0 0 595 842] /AP << /N 4 0 R >> >>"
	for name, test := range map[string]struct {
		page, catalog string
		signed        string // object 6
		appended      string
		generation    int // of the appended object
	}{
		"content that we cannot read":       {"/Contents 6 0 R", "", odd("PAY 10"), odd("PAY 999999"), 0},
		"content of another generation":     {"/Contents 6 1 R", "", plain("PAY 10"), plain("PAY 999999"), 0},
		"content that was free":             {"/Contents [4 0 R 6 1 R]", "", "", plain("PAY 999999"), 0},
		"annotations of another generation": {"/Contents 4 0 R /Annots 6 1 R", "", "[]", "[7 0 R]", 0},
		"a field of another generation": {"/Contents 4 0 R /Annots [6 1 R]", "/AcroForm << /Fields [6 1 R] >>",
			"null", cover, 0},
		"content with a length of no account": {"/Contents 8 0 R", "", "10", "100", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := payment("", test.catalog, test.signed, cover,
				strings.Replace(plain("PAY 10"), "/Length", "/Length 6 1 R /Was", 1),
				"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "+resources+test.page+" >>")
			objects[1] = "<< /Type /Pages /Count 2 /Kids [3 0 R 9 0 R] >>"
			signed := s.sign(t, pdftest.File{Objects: objects}.Bytes(), pades.Options{})
			attacked := rawRevision(signed, fmt.Sprintf("6 %d obj\n%s\nendobj\n", test.generation, test.appended),
				fmt.Sprintf("6 1\n%010d %05d n \n", len(signed), test.generation), 20)
			checkAttack(t, s, attacked, pades.ChangeOther)
		})
	}
	t.Run("what is not found stays where it is", func(t *testing.T) {
		t.Parallel()
		signed := s.sign(t,
			pdftest.File{Objects: payment(resources+"/Contents [4 0 R 6 0 R 7 1 R 99 0 R]", "", odd("PAY 10"),
				plain("PAY 10"))}.Bytes(), pades.Options{})
		checkAttack(t, s, appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(1), pdf.Dict{"DSS": u.Add(pdf.Dict{})})
		}), pades.ChangeDSS)
	})
}

func TestAnUnreadableObjectBehindTheSignedEnd(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const place = 40_000
	document := pdftest.File{Objects: payment(resources+"/Contents [4 0 R 6 0 R]", "",
		pdftest.Stream("", "q Q"))}.Bytes()
	at := bytes.Index(document, []byte("\n6 0 obj")) + 1
	document = bytes.Replace(document, fmt.Appendf(nil, "%010d 00000 n", at), fmt.Appendf(nil, "%010d 00000 n", place),
		1)
	signed := s.sign(t, document, pades.Options{})
	body := "%" + strings.Repeat(" ", place-len(signed)-2) + "\n6 0 obj\n" +
		pdftest.Stream("/Odd 1-2", shown("PAY 999999")) + "\nendobj\n"
	checkAttack(t, s, rawRevision(signed, body, "0 0\n", 12), pades.ChangeOther)
}

// An update writes an object stream again. It changes the value of a duplicate key that only other
// readers use.
func TestAnObjectStreamThatIsWrittenAgain(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	page := "<< /Contents 7 0 R /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] " + resources + "/Contents 4 0 R >>"
	objects := payment(resources+"/Contents 4 0 R", "", page, pdftest.Stream("", shown("PAY 10")),
		pdftest.Stream("", shown("PAY 999999")))
	objects[1] = "<< /Type /Pages /Count 2 /Kids [3 0 R 6 0 R] >>"
	container := number(len(objects) + 1)
	signed := s.sign(t, pdftest.File{Objects: objects, Streams: true}.Bytes(), pades.Options{})
	checkAttack(t, s, appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
		stream, err := f.Stream(container)
		if err != nil {
			t.Fatal(err)
		}
		data, err := f.Decode(stream)
		if err != nil {
			t.Fatal(err)
		}
		u.Set(container,
			pdf.NewStream(stream.Dict, bytes.Replace(data, []byte("/Contents 7"), []byte("/Contents 8"), 1)))
	}), pades.ChangeOther)
}
