package verify

import (
	"testing"

	"influxion/handler/internal/pades"
)

// A failure decides the verdict wherever it stands among the reasons. Otherwise the first reason
// does. The detail begins with the reason that decides, and states all others.
func TestTheReasonThatDecides(t *testing.T) {
	t.Parallel()
	undecided := func(detail string) error { return pades.Undecided(pades.TryLater, detail) }
	failed := func(detail string) error { return pades.Failed(pades.NotYetValid, detail) }
	for name, test := range map[string]struct {
		outcome    outcome
		indication pades.Indication
		detail     string
	}{
		"one reason":  {outcome{form: undecided("a")}, pades.Indeterminate, "a"},
		"two reasons": {outcome{form: undecided("a"), changes: undecided("b")}, pades.Indeterminate, "a; b"},
		"a failure behind a reason": {outcome{form: undecided("a"), trust: failed("b"), changes: undecided("c")},
			pades.TotalFailed, "b; a; c"},
		"a failure before a reason": {outcome{trust: failed("a"), changes: undecided("b")}, pades.TotalFailed, "a; b"},
		"two failures":              {outcome{trust: failed("a"), changes: failed("b")}, pades.TotalFailed, "a; b"},
	} {
		got := test.outcome.verdict()
		if got == nil || got.Indication != test.indication || got.Detail != test.detail {
			t.Errorf("%s: got %v, want %s: %s", name, got, test.indication, test.detail)
		}
	}
	if got := new(outcome).verdict(); got != nil {
		t.Errorf("got %v without a reason, want none", got)
	}
}
