package verify

import (
	"strings"
	"testing"

	"influxion/handler/internal/pades"
)

// If a limit left out a timestamp, a reason that a proof of time could take away is not known: the
// limit is told instead. Every other reason stays, and so does a failure.
func TestLackingProofBehindALimit(t *testing.T) {
	t.Parallel()
	limit := pades.LimitedBy("more than 16 timestamps")
	for sub, depends := range map[pades.SubIndication]bool{
		pades.OutOfBoundsNoPOE: true, pades.OutOfBoundsNotRevoked: true, pades.RevokedNoPOE: true,
		pades.RevokedCANoPOE: true, pades.NotYetValid: true, pades.CryptoConstraintsNoPOE: true,
		pades.RevocationOutOfBounds: true, pades.NoPOE: true,
		pades.CryptoConstraintsFailure: false, pades.SigConstraintsFailure: false, pades.TryLater: false,
		pades.NoCertificateChain: false, pades.ChainConstraintsFailure: false, pades.ChainGeneralFailure: false,
	} {
		reason := pades.Undecided(sub, "the reason")
		got, _ := lacking(reason, limit).(*pades.VerdictError)
		switch told := got != nil && got.Sub == pades.LimitReached && got.Indication == pades.Indeterminate &&
			strings.Contains(got.Detail, limit.Detail) && strings.Contains(got.Detail, reason.Detail); {
		case depends && !told:
			t.Errorf("%s: got %v, want the limit, and the reason behind it", sub, got)
		case !depends && got != reason:
			t.Errorf("%s: got %v, want the reason itself", sub, got)
		}
		if got := lacking(reason, nil); got != error(reason) {
			t.Errorf("%s: got %v without a limit, want the reason itself", sub, got)
		}
		if failed := pades.Failed(sub, "the reason"); lacking(failed, limit) != error(failed) {
			t.Errorf("%s: got %v for a failure, want the failure itself", sub, lacking(failed, limit))
		}
	}
	if got := lacking(nil, limit); got != nil {
		t.Errorf("got %v without a reason, want none", got)
	}
}
