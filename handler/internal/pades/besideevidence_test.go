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
	sound := h.answer(seal.chain[0])
	sound.this = genTime(time.Now().Add(time.Minute))
	for kind, rows := range map[string][]evidenceRow{"OCSP": answerRows(), "CRL": listRows()} {
		for _, row := range rows {
			t.Run(kind+" "+row.name, func(t *testing.T) {
				t.Parallel()
				store := securityStore{certificates: [][]byte{seal.chain[1].Raw}, responses: [][]byte{sound.bytes()}}
				if evidence := row.make(h, seal); kind == "OCSP" {
					store.responses = append(store.responses, evidence)
				} else {
					store.lists = [][]byte{evidence}
				}
				want := proves
				if row.want == revoked {
					want = revoked
				}
				checkSaid(t, verified(t, store.append(t, sealed), h.trust())[0], saidWith(want, pades.LevelBLT))
			})
		}
	}
}
