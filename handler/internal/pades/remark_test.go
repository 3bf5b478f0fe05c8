package pades_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// Odd descriptive entries of a signature dictionary do not harm the signature.
func TestOddEntriesAreRemarks(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	iso := time.Now().UTC().Format("2006-01-02T15:04:05Z")
	const odd = "/M is a date, but not in the form of PDF"
	for _, test := range []struct {
		entries string // replacements for /M (…), /Reason and others
		claimed bool   // the report has a claimed time
		remarks []string
	}{
		{"/M (D:" + time.Now().UTC().Format("20060102150405") + "Z)", true, nil},
		{"/M (" + iso + ")", true, []string{odd}},
		{"/M (" + strings.Replace(iso, "Z", "+00:00", 1) + ")", true, []string{odd}},
		{"/M (yesterday)", false, []string{odd}},
		{"/M (D:20261341)", false, []string{odd}},
		{"/M (" + strings.Repeat("9", 100) + ")", false, []string{odd}},
		{"/M 20261129", false, []string{"/M is not a date"}},
		{"/M /D", false, []string{"/M is not a date"}},
		{"/M 3 0 R", false, []string{"/M is not a date"}},
		{"/M (" + iso + ") /Reason 7 /Location [1] /ContactInfo << >> /Name /A", true, []string{
			"/ContactInfo is not a string", "/Location is not a string", "/Name is not a string",
			"/Reason is not a string", odd,
		}},
		{"/M (" + iso + ") /Reference 7", true, []string{odd, "/Reference, or the /Lock of the field, cannot be read"}},
		{"/M (" + iso + ") /Reference [<< /TransformMethod 7 >>]", true,
			[]string{odd, "/Reference, or the /Lock of the field, cannot be read"}},
	} {
		t.Run(test.entries, func(t *testing.T) {
			t.Parallel()
			document := s.byHandWith(t,
				payment(resources+"/Contents 4 0 R", "/AcroForm << /Fields [<< /FT /Sig /T (s) /V 6 0 R >>] >>"),
				test.entries)
			got := verified(t, document, s.trust())[0]
			if got.Indication != pades.TotalPassed || got.Integrity != pades.IntegrityIntact ||
				got.ClaimedTime.IsZero() == test.claimed {
				t.Errorf("got %+v, want it to pass", got)
			}
			if remarks := slices.Sorted(slices.Values(got.Remarks)); !slices.Equal(remarks,
				slices.Sorted(slices.Values(test.remarks))) {
				t.Errorf("got %q, want %q", got.Remarks, test.remarks)
			}
		})
	}
}

// If the permissions of a signature cannot be read, the signature permits only validation data.
func TestPermissionsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	objects := payment(resources+"/Contents 4 0 R", "/AcroForm << /Fields [<< /FT /Sig /T (s) /V 7 0 R >> 6 0 R] >>",
		"<< /FT /Tx /T (amount) >>")
	now := "/M (" + time.Now().UTC().Format("D:20060102150405Z") + ") "
	for name, test := range map[string]struct {
		entries string
		change  func(*testing.T, *pdf.File, *pdf.Update)
		passes  bool
	}{
		"nothing forbidden, a field filled": {"", fillAmount, true},
		"unreadable, nothing behind":        {"/Reference 7", nil, true},
		"unreadable, validation data": {"/Reference 7",
			func(t *testing.T, f *pdf.File, u *pdf.Update) { edit(t, f, u, number(1), pdf.Dict{"DSS": pdf.Dict{}}) },
			true},
		"unreadable, a field filled": {"/Reference [7]", fillAmount, false},
	} {
		document := s.byHandWith(t, objects, now+test.entries)
		if test.change != nil {
			document = appendix(t, document, test.change)
		}
		got := verified(t, document, s.trust())[0]
		if (got.Indication == pades.TotalPassed) != test.passes || (got.ForbiddenRevisions == nil) != test.passes ||
			got.Integrity != pades.IntegrityIntact {
			t.Errorf("%s: got %+v, want it to pass: %v", name, got, test.passes)
		}
	}
}

func fillAmount(t *testing.T, f *pdf.File, u *pdf.Update) {
	edit(t, f, u, number(6), pdf.Dict{"V": pdf.Text("9")})
}
