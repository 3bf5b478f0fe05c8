package pades_test

import (
	"bytes"
	"fmt"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pdftest"
)

// reusedNumber is a document whose object 6 has a generation above zero: its number was used
// before.
func reusedNumber(objects []string, generation int) []byte {
	document := pdftest.File{Objects: objects}.Bytes()
	at := bytes.Index(document, []byte("\n6 0 obj")) + 1
	document = bytes.Replace(document, []byte("\n6 0 obj"), fmt.Appendf(nil, "\n6 %d obj", generation), 1)
	return bytes.Replace(document, fmt.Appendf(nil, "%010d 00000 n", at),
		fmt.Appendf(nil, "%010d %05d n", at, generation), 1)
}

// An object that a later revision frees reads as null. The change is judged by the object's former
// roles, whatever its generation is.
func TestObjectsThatAreFreed(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	note := "<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (x) >>"
	widget := "<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /FT /Tx /T (a) /V (10) >>"
	stamp := pdftest.Stream(formXObject, shown("PAY 10"))
	for _, generation := range []int{0, 1, 7} {
		in := func(format string) string { return fmt.Sprintf(format, generation) }
		for _, test := range []struct {
			name          string
			page, catalog string
			object        string
			certify       pades.Permission
			want          pades.Change
			passes        bool
		}{
			{"an object that nothing reaches", "/Contents 4 0 R", "", note, pades.NoChanges, pades.ChangeNone, true},
			{"a comment, where comments may go", in("/Contents 4 0 R /Annots [6 %d R]"), "", note,
				pades.FormsAndComments,
				pades.ChangeAnnotation, true},
			{"a comment, where none may", in("/Contents 4 0 R /Annots [6 %d R]"), "", note, pades.FormFilling,
				pades.ChangeAnnotation, false},
			{"a field", in("/Contents 4 0 R /Annots [6 %d R]"), in("/AcroForm << /Fields [6 %d R] >>"), widget,
				pades.FormsAndComments, pades.ChangeOther, false},
			{"content", in("/Contents [4 0 R 6 %d R]"), "", pdftest.Stream("", shown("VOID")), pades.FormsAndComments,
				pades.ChangeOther, false},
			{"what the content draws", in("/Contents 4 0 R /Annots [] /Group << /X 6 %d R >>"), "", stamp,
				pades.FormsAndComments, pades.ChangeOther, false},
		} {
			t.Run(fmt.Sprintf("%s, generation %d", test.name, generation), func(t *testing.T) {
				t.Parallel()
				document := reusedNumber(payment(resources+test.page, test.catalog, test.object), generation)
				signed := s.sign(t, document, pades.Options{Certify: test.certify})
				if got := verified(t, signed, s.trust())[0]; got.Indication != pades.TotalPassed {
					t.Fatalf("got %s (%s) before", got.Indication, got.Detail)
				}
				freed := rawRevision(signed, "", fmt.Sprintf("0 1\n0000000006 65535 f \n6 1\n0000000000 %05d f \n",
					generation+1), 12)
				got := verified(t, freed, s.trust())[0]
				if got.ChangesAfter != test.want || (got.Indication == pades.TotalPassed) != test.passes {
					t.Errorf("got %s %q (%s), want %q to pass: %v", got.Indication, got.ChangesAfter, got.Detail,
						test.want,
						test.passes)
				}
			})
		}
	}
}
