package pades_test

import (
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// If a later revision replaces the dictionary of a signature, or no longer refers to it, the
// signature is still listed, and is judged by the revision that it signed.
func TestReplacedSignatures(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	signed := s.somewhere(t, "", "/AcroForm << /Fields [6 0 R] >>", "<< /FT /Sig /T (s) /V %d 0 R >>")
	unread := s.somewhere(t, "", "/AcroForm << /Fields [6 0 R] >>", "<< /FT /Sig /T 5 /V %d 0 R >>")
	set := func(object pdf.Object) func(*testing.T, *pdf.File, *pdf.Update) {
		return func(_ *testing.T, _ *pdf.File, u *pdf.Update) { u.Set(number(7), object) }
	}
	tampered := func(t *testing.T, document []byte) []byte {
		return replaceInLast(t, document, "/MediaBox [0 0 595 842]", "/MediaBox [0 0 595 999]")
	}
	const former = `"s" INDETERMINATE SIG_CONSTRAINTS_FAILURE intact trusted other`
	for name, test := range map[string]struct {
		document []byte
		want     []string
	}{
		"by an empty dictionary": {appendix(t, signed, set(pdf.Dict{})), []string{former,
			`"s" INDETERMINATE SIG_CONSTRAINTS_FAILURE not_evaluated`}},
		"by null": {appendix(t, signed, set(nil)), []string{former}},
		"by a copy with another time": {appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(7), pdf.Dict{"M": pdf.Text("D:20200101000000Z")})
		}), []string{former, `"s" TOTAL-FAILED FORMAT_FAILURE broken`}},
		"by a copy without its contents": {appendix(t, signed, func(t *testing.T, f *pdf.File, u *pdf.Update) {
			edit(t, f, u, number(7), pdf.Dict{"Contents": pdf.String("0")})
		}), []string{former, `"s" TOTAL-FAILED FORMAT_FAILURE broken`}},
		"by nothing: no /Prev leads to it": {withoutPrevious(t, signed), []string{former}},
		"of a revision whose form cannot be read": {
			appendix(t, unread, func(_ *testing.T, _ *pdf.File, u *pdf.Update) {
				u.Set(number(6), nil)
				u.Set(number(7), nil)
			}), []string{strings.Replace(former, "s", "", 1)}},
		"of a document that was changed": {appendix(t, tampered(t, signed), set(nil)),
			[]string{`"s" TOTAL-FAILED HASH_FAILURE broken not_evaluated`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := reported(t, test.document, s.trust())
			got := told(report, nil)
			for _, want := range test.want {
				if !strings.Contains("\n"+got, "\n"+want) {
					t.Errorf("got\n%s\nwant a line that begins\n%s", got, want)
				}
			}
			if former := report.Signatures[0]; former.Integrity == pades.IntegrityIntact &&
				(len(report.Revisions) != 2 || !slices.Equal(former.ForbiddenRevisions, []int{2})) {
				t.Errorf("got the revisions %v and %v forbidden, want two and the second", report.Revisions,
					former.ForbiddenRevisions)
			}
			if len(report.Signatures) != len(test.want) || report.Verdict.Indication == pades.TotalPassed {
				t.Errorf("got\n%s\nwant %d signatures, and not all of them valid", got, len(test.want))
			}
		})
	}
}

// Signatures in revisions beyond the bound of opened ones are reported as not judged.
func TestManyReplacedSignatures(t *testing.T) {
	t.Parallel()
	const signatures, opened = 18, 16
	s := ecdsaSigner(t)
	document := sample()
	for range signatures {
		document = s.sign(t, document, pades.Options{})
	}
	document = appendix(t, document, func(t *testing.T, f *pdf.File, u *pdf.Update) {
		for n := range 200 {
			if dict, err := f.Dict(number(n)); err == nil && dict["ByteRange"] != nil {
				u.Set(number(n), pdf.Dict{})
			}
		}
	})
	report := reported(t, document, s.trust())
	former := slices.DeleteFunc(report.Signatures,
		func(s pades.Signature) bool { return s.Integrity != pades.IntegrityIntact })
	if len(former) != opened || len(report.Unjudged) != signatures-opened {
		t.Errorf("got %d intact signatures and %d unjudged, want %d and %d", len(former), len(report.Unjudged), opened,
			signatures-opened)
	}
}
