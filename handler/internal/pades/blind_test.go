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

// Objects below an object that only other readers can read must not change, because those readers
// may draw them.
func TestBelowWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const fonts = "<< /Font << /F1 5 0 R >> "
	plain := func(resources string) pdftest.File {
		return pdftest.File{Objects: payment("/Resources "+resources+" /Contents 8 0 R", "",
			fonts+"/XObject << /X 7 0 R >> >>",
			pdftest.Stream(formXObject, shown("PAY 10")), pdftest.Stream("", "/X Do"))}
	}
	with := func(resources string) pdftest.File {
		file := plain("6 0 R")
		file.Objects[5] = resources
		return file
	}
	junk := func(text string) pdftest.File { return with(fonts + "/XObject << /X 7 0 R >> /Junk " + text + " >>") }
	offset := func(by int) []byte {
		document := plain("6 0 R").Bytes()
		at := bytes.Index(document, []byte("6 0 obj"))
		return bytes.Replace(document, fmt.Appendf(nil, "%010d 00000 n", at), fmt.Appendf(nil, "%010d 00000 n", at+by),
			1)
	}
	for name, document := range map[string][]byte{
		"what can be read":            junk("1").Bytes(),
		"a number out of range":       junk("99999999999999999999").Bytes(),
		"a number of two signs":       junk("--5").Bytes(),
		"a number of two points":      junk("1.2.3").Bytes(),
		"a number with a dash":        junk("5-3").Bytes(),
		"another generation":          plain("6 7 R").Bytes(),
		"an offset that is too large": offset(3),
		"an offset that is too small": offset(-3),
		"a number that wraps":         with(fonts + "/XObject << /X 4294967303 0 R >> >>").Bytes(),
		"a generation out of range":   with(fonts + "/XObject << /X 7 70000 R >> >>").Bytes(),
		"a key twice, first":          with(fonts + "/XObject << /X 7 0 R /X 9 0 R >> >>").Bytes(),
		"a key twice, last":           with(fonts + "/XObject << /X 9 0 R /X 7 0 R >> >>").Bytes(),
		"padding that is broken":      brokenPadding(plain("6 0 R")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signed := s.sign(t, document, pades.Options{})
			attacked := appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
				object, err := f.Stream(number(7))
				if err != nil {
					t.Fatal(err)
				}
				u.Set(number(7), pdf.NewStream(object.Dict.Clone(), []byte(shown("PAY 999999"))))
			})
			checkAttack(t, s, attacked, pades.ChangeOther)
			again := s.sign(t, signed, pades.Options{}) // the document can be signed again, too
			checkAttack(t, s, again, pades.ChangeSignature)
		})
	}
}

// brokenPadding encrypts a document, and breaks the padding of a string in its object 6.
func brokenPadding(file pdftest.File) []byte {
	file.Encryption = &pdftest.Encryption{Revision: 4, AES: true}
	file.Objects[5] = strings.TrimSuffix(file.Objects[5], ">>") + "/Junk (JUNKJUNKJUNKJUNK) >>"
	document := file.Bytes()
	begin := bytes.Index(document, []byte("/Junk <"))
	end := begin + bytes.IndexByte(document[begin:], '>')
	flipDigit(document, end-32-2) // the last byte of the block before the padding
	flipDigit(document, end-32-1)
	return document
}

// Readers draw a referenced object as soon as an update defines it, even if only other readers can
// read the reference.
func TestDanglingBelowWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const junk, x = "/Junk 1.2.3", "/XObject << /X 20 0 R >>"
	for name, test := range map[string]struct {
		entries    string // of an unreadable dictionary of resources
		compressed bool
	}{
		"plain":                        {x + junk, false},
		"in a stream":                  {x + junk, true},
		"with a comment in it":         {"/XObject << /X 20 %x\n0 R >>" + junk, false},
		"with a comment behind it":     {"/XObject << /X 20 0 %0 R\rR >>" + junk, false},
		"without a gap":                {"/XObject << /X 20 0R >>", false},
		"with a sign within":           {"/XObject << /X 2-0 0 R >>", false},
		"with a fraction":              {"/XObject << /X 20.5 0 R >>", false},
		"with a fraction that rounds":  {"/XObject << /X 19.99999999999999999999 0 R >>", false},
		"that wraps at 64 bits":        {"/XObject << /X 18446744073709551636 0 R >>", true},
		"that wraps below nothing":     {"/XObject << /X -4294967276 0 R >>", false},
		"behind an end in a string":    {junk + "/S (endobj)" + x, false},
		"behind an end in a comment":   {junk + "%endobj\n" + x, false},
		"behind an end in a name":      {junk + "/endobj 1" + x, false},
		"behind an end in digits":      {junk + "/S <endobj>" + x, false},
		"behind an end in an array":    {junk + "/S [endobj]" + x, false},
		"behind an end in the entries": {junk + "/S endobj" + x, false},
		"behind the end of a stream":   {junk + "/S [stream endobj]" + x, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkAttack(t, s, defines20(t, s, test.entries, test.compressed), pades.ChangeOther)
		})
	}
	for name, test := range map[string]struct{ entries, limit string }{
		"behind a long string": {junk + "/S (" + strings.Repeat("x", 2<<20) + ")" + x, "1048576 bytes"},
		"behind much space":    {junk + strings.Repeat(" ", 2<<20) + x, "1048576 bytes"},
		"of too many digits":   {"/XObject << /X " + strings.Repeat("0", 254) + "207 0 R >>", "127 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := verified(t, defines20(t, s, test.entries, false), s.trust())[0]
			if got.Indication != pades.Indeterminate || got.SubIndication != pades.LimitReached ||
				!strings.Contains(got.Detail, test.limit) {
				t.Errorf("got %s %s (%s), want the limit", got.Indication, got.SubIndication, got.Detail)
			}
		})
	}
}

// defines20 signs a document whose resources have these entries, and appends an update that defines
// the objects up to 20, each of which draws another amount.
func defines20(t *testing.T, s signer, entries string, compressed bool) []byte {
	t.Helper()
	signed := s.sign(t,
		pdftest.File{Streams: compressed, Objects: payment("/Resources 6 0 R /Contents 7 0 R", "",
			"<< /Font << /F1 5 0 R >> "+entries+" >>", pdftest.Stream("", "/X Do"))}.Bytes(),
		pades.Options{})
	return appendix(t, signed, func(_ *testing.T, _ *pdf.File, u *pdf.Update) {
		for u.Add(pdf.NewStream(pdf.Dict{"Subtype": pdf.Name("Form"), "BBox": pdf.Array{}},
			[]byte(shown("PAY 999999")))).Number < 20 {
		}
	})
}
