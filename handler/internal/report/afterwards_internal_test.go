package report

import (
	"strings"
	"testing"

	"influxion/handler/internal/pades"
)

// A timestamp in a field that waited for a signature is not called a signature, and what one
// revision adds and another signs is named once.
func TestWhatWasSignedAfterwards(t *testing.T) {
	t.Parallel()
	const signature, timestamp = pades.KindSignature, pades.KindDocumentTimestamp
	field := pades.Addition{Page: 1, Kind: "Widget", Box: [4]float64{0, 0, 9, 9}}
	for name, test := range map[string]struct {
		kinds []pades.Kind
		want  string
	}{
		"a signature":                  {[]pades.Kind{signature}, "1 signature added"},
		"a timestamp":                  {[]pades.Kind{timestamp}, "1 timestamp added"},
		"two timestamps":               {[]pades.Kind{timestamp, timestamp}, "2 timestamps added"},
		"a signature and a timestamp":  {[]pades.Kind{signature, timestamp}, "1 signature and 1 timestamp added"},
		"a signature that is not told": {[]pades.Kind{""}, "1 signature added"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := pades.Signature{Kind: pades.KindSignature, Revision: 1, Indication: pades.TotalPassed,
				ChangesAfter: pades.ChangeSignature}
			r := &pades.Report{Signatures: []pades.Signature{first}, Revisions: []pades.Revision{{Number: 1}}}
			for i, kind := range test.kinds {
				r.Revisions = append(r.Revisions, pades.Revision{Number: i + 2, Change: pades.ChangeSignature,
					Added: []pades.Addition{field}})
				if kind != "" {
					r.Signatures = append(r.Signatures, pades.Signature{Kind: kind, Revision: i + 2})
				}
			}
			got := afterwards(&first, r)
			if got.Word != test.want || strings.Count(got.Text, "form field") != 1 {
				t.Errorf("got %q: %q, want %q and the field once", got.Word, got.Text, test.want)
			}
		})
	}
}
