package verify

import (
	"testing"

	"influxion/handler/internal/pades"
)

// The first line begins with the statement that the signed content is intact, and does not repeat
// it.
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

// The first line says how many signatures and timestamps there are.
func TestKinds(t *testing.T) {
	t.Parallel()
	for want, counts := range map[string][2]int{
		"1 signature": {1, 0}, "2 signatures": {2, 0}, "1 timestamp": {0, 1}, "2 timestamps": {0, 2},
		"2 signatures and 1 timestamp": {2, 1},
	} {
		all := make([]pades.Signature, counts[0]+counts[1])
		for i := range counts[1] {
			all[i].Kind = pades.KindDocumentTimestamp
		}
		if got := kinds(all); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
