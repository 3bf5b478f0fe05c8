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
