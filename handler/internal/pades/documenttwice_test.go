package pades_test

import (
	"bytes"
	"slices"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pdftest"
)

// TestDocumentsThatAreThereTwice signs a document with a second copy of itself behind it, as some
// producers write it. No cross-reference leads to the objects of the copy. The comment in the
// trailer makes some readers repair the file, and these readers find the copies.
func TestDocumentsThatAreThereTwice(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	once := pdftest.File{Objects: payment(resources+"/Contents 4 0 R", ""), Trailer: "\n% a comment\n"}.Bytes()
	for name, test := range map[string]struct {
		copied []byte
		passes bool
	}{
		"as it is":     {once, true},
		"other text":   {bytes.Replace(once, []byte("PAY 10"), []byte("PAY 99"), 1), false},
		"other length": {bytes.Replace(once, []byte("PAY 10"), []byte("PAY 10 "), 1), false},
		"other font":   {bytes.Replace(once, []byte("/Helvetica"), []byte("/Helvetixa"), 1), false},
		"junk": {bytes.Replace(once, []byte("Helvetica >>\nendobj"), []byte("Helvetica >>\n>>\nendobj"), 1),
			false},
	} {
		for _, levels := range []int{1, 2} {
			document := slices.Concat(once, test.copied)
			for range levels {
				document = s.sign(t, document, pades.Options{})
			}
			first := verified(t, document, s.trust())[0]
			if passes := test.passes || levels == 1; (first.Indication == pades.TotalPassed) != passes {
				t.Errorf("%s, %d signatures: got %s (%s), want it to pass: %v", name, levels, first.Indication,
					first.Detail, passes)
			}
		}
	}
}
