package verify

import (
	"testing"

	"influxion/handler/internal/pades"
)

// The first line says once, and first, that the signed content is intact.
func TestFirstLineSaysOnceThatContentIsIntact(t *testing.T) {
	t.Parallel()
	for detail, want := range map[string]string{
		"no chain leads to an anchor": "signed content intact; no chain leads " +
			"to an anchor",
		"no chain leads to an anchor; signed content intact, 1 " +
			"comment added": "signed content intact; no chain leads " +
			"to an anchor; 1 comment added",
		"signed content intact, 2 comments added": "signed content intact, 2 comments added",
	} {
		signatures := []pades.Signature{{Indication: pades.Indeterminate, Integrity: pades.IntegrityIntact,
			ChangesAfter: pades.ChangeAnnotation, Detail: detail}}
		r := &pades.Report{Signatures: signatures, Summary: pades.Summarize(signatures)}
		if got := overall(r).Detail; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
