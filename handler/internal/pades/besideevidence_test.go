package pades_test

import (
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pkitest"
)

// Newer sound evidence that a certificate is good outweighs what proves nothing, and lifts a hold.
// It never outweighs a final revocation, in whatever form that is stated.
func TestEvidenceBesideSoundEvidence(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	seal := h.asked(t, pkitest.P256)
	sealed := h.timestampedBy(seal)
	type beside struct {
		evidenceRow
		store *securityStore
	}
	var all []beside
	for kind, rows := range map[string][]evidenceRow{"OCSP": answerRows(), "CRL": listRows()} {
		for _, row := range rows {
			store := &securityStore{certificates: [][]byte{seal.chain[1].Raw}}
			if evidence := [][]byte{row.make(h, seal)}; kind == "OCSP" {
				store.responses = evidence
			} else {
				store.lists = evidence
			}
			row.name = kind + " " + row.name
			all = append(all, beside{row, store})
		}
	}
	sound := h.answer(seal.chain[0])
	sound.this = genTime(time.Now().Add(time.Minute)) // newer than all of them
	for _, row := range all {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.store.responses = append(row.store.responses, sound.bytes())
			want := proves
			if row.want == revoked {
				want = revoked
			}
			checkSaid(t, verified(t, row.store.append(t, sealed), h.trust())[0], saidWith(want, pades.LevelBLT))
		})
	}
}
