package pades_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// Some readers treat a null entry of a page differently from an inherited one: PDFium then crops
// and rotates the page differently.
func TestInheritedAttributesThatAreNull(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, key := range []string{"Resources", "MediaBox", "CropBox", "Rotate"} {
		for _, null := range []string{"/" + key + " null",
			"/" + key[:1] + fmt.Sprintf("#%02x", key[1]) + key[2:] + " null"} {
			for _, streams := range []bool{false, true} {
				objects := payment("", "/AcroForm << /Fields [6 0 R] >>", "<< /FT /Sig /T (Signature1) /V 7 0 R >>")
				objects[1] = "<< /Type /Pages /Count 1 /Kids [3 0 R] " + resources +
					" /MediaBox [0 0 300 300] /CropBox [0 0 200 200] /Rotate 90 >>"
				page := "<< /Type /Page /Parent 2 0 R /Contents 4 0 R %s >>"
				name := fmt.Sprintf("%s, streams=%v", null, streams)
				for _, before := range []bool{false, true} {
					objects[2] = fmt.Sprintf(page, map[bool]string{true: null}[before])
					signed := s.byHandIn(t, pdftest.File{Objects: objects, Streams: streams},
						plainly+" /M ("+time.Now().UTC().Format("D:20060102150405Z")+")", nil)
					wantPassed(t, s, signed)
					f, _ := open(t, signed)
					was, err := f.Object(number(3))
					if err != nil {
						t.Fatal(err)
					}
					written, err := pdf.Append(nil, was)
					if err != nil {
						t.Fatal(err)
					}
					is := string(written)
					if !before {
						is = strings.TrimSuffix(is, ">>") + null + " >>"
					}
					attacked := rawRevision(signed, "3 0 obj\n"+is+"\nendobj\n",
						fmt.Sprintf("3 1\n%010d 00000 n \n", len(signed)), 14)
					if streams {
						attacked = members(t, signed, 1, map[int]string{3: is})
					}
					if got, _ := judged(t, s, attacked); got == pades.TotalPassed {
						t.Errorf("%s, in what was signed=%v: got %s", name, before, got)
					}
				}
			}
		}
	}
}

// For a page with a duplicate key, readers use one value or the other. If an update writes the page
// again with only one of them, the page may look different.
func TestKeysTwiceThatAreCleared(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, twice := range []string{"/Contents 8 0 R /Contents 4 0 R", "/Contents 4 0 R /Contents 8 0 R"} {
		objects := payment(resources+twice, "/AcroForm << /Fields [6 0 R] >>",
			"<< /FT /Sig /T (Signature1) /V 9 0 R >>",
			"null", pdftest.Stream("", shown("PAY 999999")))
		signed := s.byHand(t, objects, "")
		wantPassed(t, s, signed)
		for _, kept := range []string{"4", "8"} {
			page := strings.Replace(objects[2], twice, "/Contents "+kept+" 0 R", 1)
			checkAttack(t, s, rawRevision(signed, "3 0 obj\n"+page+"\nendobj\n",
				fmt.Sprintf("3 1\n%010d 00000 n \n", len(signed)), 14), pades.ChangeOther)
		}
	}
}

// Not all readers take a null entry for an absent one: in PDFium and pdf.js, fields do not inherit
// what is null in their own dictionary, and pdf.js draws the border of an annotation whose /BS is
// null.
func TestEntriesThatBecomeNull(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	const widget = "<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /Parent 7 0 R"
	for _, test := range []struct {
		name      string
		number    int
		was, is   string
		unchanged bool
	}{
		{"the value that a widget inherits", 6, widget + " >>", widget + " /V null >>", false},
		{"the type that a widget inherits", 6, widget + " >>", widget + " /F#54 null >>", false},
		{"the kids of a widget", 6, widget + " >>", widget + " /Kids null >>", false},
		{"an entry that stays null", 6, widget + " /V null >>", widget + " /V null >>", true},
		{"an entry that is null instead of another", 6, widget + " /X null >>", widget + " /V null >>", false},
		{"an entry that is null beside another", 6, widget + " /X null >>", widget + " /X null /V null >>", false},
		{"an entry that is null no longer", 6, widget + " /X null >>", widget + " >>", true},
		{"the style of the border of a link", 8, "<< /Subtype /Link /Rect [0 0 9 9] /C [1] >>",
			"<< /Subtype /Link /Rect [0 0 9 9] /C [1] /BS null >>", false},
		{"an entry of a dictionary in a link", 8, "<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI >> >>",
			"<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /Next null >> >>", false},
		{"an entry of the dictionary beside", 8, "<< /Subtype /Link /Rect [0 0 9 9] /A [<< /S null >> << >>] >>",
			"<< /Subtype /Link /Rect [0 0 9 9] /A [<< >> << /S null >>] >>", false},
		{"an element of an array", 8, "<< /Subtype /Link /Rect [0 0 9 9] /Dest [3 0 R /XYZ null null null] >>",
			"<< /Subtype /Link /Rect [0 0 9 9] /Dest [3 0 R /XYZ null null null] >>", true},
		{"what is drawn", 9, "<< /CA 1 >>", "<< /CA 1 /SMask null >>", false},
	} {
		for _, streams := range []bool{false, true} {
			objects := payment("/Resources << /Font << /F1 5 0 R >> /ExtGState << /G 9 0 R >> >> /Contents 4 0 R "+
				"/Annots [6 0 R 8 0 R]", "/AcroForm << /Fields [7 0 R 10 0 R] >>", widget+" >>",
				"<< /FT /Tx /T (a) /V (10) /Kids [6 0 R] >>", "<< /Subtype /Link /Rect [0 0 9 9] >>", "<< /CA 1 >>",
				"<< /FT /Sig /T (Signature1) /V 11 0 R >>")
			objects[test.number-1] = test.was
			signed := s.byHandIn(t, pdftest.File{Objects: objects, Streams: streams}, plainly+" "+claimedNow(), nil)
			wantPassed(t, s, signed)
			attacked := rawRevision(signed, fmt.Sprintf("%d 0 obj\n%s\nendobj\n", test.number, test.is),
				fmt.Sprintf("%d 1\n%010d 00000 n \n", test.number, len(signed)), 14)
			if streams {
				attacked = members(t, signed, 1, map[int]string{test.number: test.is})
			}
			if got, why := judged(t, s, attacked); (got == pades.TotalPassed) != test.unchanged {
				t.Errorf("%s, streams=%v: got %s %v", test.name, streams, got, why)
			}
		}
	}
}

// Readers differ in the bytes of a string with a line end of its own or with an escape beyond one
// byte: PDFium, MuPDF and pdf.js keep a carriage return, which an encrypted string then decrypts
// otherwise, and pdf.js makes another character of the escape.
func TestStringsThatReadersReadDifferently(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for _, test := range []struct {
		was, is   string
		unchanged bool
	}{
		{`(a\nb)`, "(a\rb)", false}, {`(a\nb)`, "(a\r\nb)", false}, {`(a\nb)`, "(a\nb)", true}, {`(ab)`, "(a\\\rb)", true},
		{`(ab)`, "(a\\\r\nb)", true}, {`(a\rb)`, `(a\015b)`, true},
		{`(A)`, `(\501)`, false}, {`(A)`, `(\101)`, true}, {"(\xff)", `(\377)`, true}, {"(\x00)", `(\400)`, false},
		{"(\x08\x38)", `(\0108)`, true}, {`(48)`, `(\48)`, false}, {"(\x0480)", `(\480)`, true}, {`(a)`, `(\a)`, true},
	} {
		for _, streams := range []bool{false, true} {
			title := "<< /Type /Outlines /Title %s >>"
			objects := payment(resources+"/Contents 4 0 R", "/AcroForm << /Fields [7 0 R] >> /Outlines 6 0 R",
				fmt.Sprintf(title, test.was), "<< /FT /Sig /T (Signature1) /V 8 0 R >>")
			signed := s.byHandIn(t, pdftest.File{Objects: objects, Streams: streams}, plainly+" "+claimedNow(), nil)
			wantPassed(t, s, signed)
			is := fmt.Sprintf(title, test.is)
			attacked := rawRevision(signed, "6 0 obj\n"+is+"\nendobj\n",
				fmt.Sprintf("6 1\n%010d 00000 n \n", len(signed)), 14)
			if streams {
				attacked = members(t, signed, 1, map[int]string{6: is})
			}
			if got, why := judged(t, s, attacked); (got == pades.TotalPassed) != test.unchanged {
				t.Errorf("%q to %q, streams=%v: got %s %v", test.was, test.is, streams, got, why)
			}
		}
	}
}
