package pades_test

import (
	"testing"

	"influxion/handler/internal/pades"
)

func TestSummarize(t *testing.T) {
	t.Parallel()
	got := pades.Summarize([]pades.Signature{{Indication: pades.TotalPassed}, {Indication: pades.TotalFailed},
		{Indication: pades.TotalFailed},
		{Indication: pades.Indeterminate}, {Indication: ""}})
	if want := (pades.Summary{Total: 5, Passed: 1, Indeterminate: 2, Failed: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// The order of changes follows what each can hide.
func TestGraver(t *testing.T) {
	t.Parallel()
	order := []pades.Change{pades.ChangeNone, pades.ChangeDSS, pades.ChangeMetadata, pades.ChangeSignature,
		pades.ChangeFormFilling,
		pades.ChangeAnnotation, pades.ChangeNotEvaluated, pades.ChangeOther}
	for i, a := range order {
		for j, b := range order {
			if got := a.Graver(b); got != (i > j) {
				t.Errorf("%s graver than %s: got %v", a, b, got)
			}
		}
	}
}
