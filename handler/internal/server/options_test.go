package server

import (
	"reflect"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/signing"
)

// TestOptionsBecomeARequest makes sure that each option arrives where it belongs.
func TestOptionsBecomeARequest(t *testing.T) {
	t.Parallel()
	doc := &document{}
	tests := []struct {
		name, value string
		want        signing.Request
	}{
		{"certificate", "seal", signing.Request{Certificate: "seal"}},
		{"version", "v", signing.Request{Version: "v"}},
		{"level", "B-B", signing.Request{Options: pades.Options{Level: pades.LevelBB}}},
		{"reason", "r", signing.Request{Options: pades.Options{Reason: "r"}}},
		{"location", "l", signing.Request{Options: pades.Options{Location: "l"}}},
		{"contact", "c", signing.Request{Options: pades.Options{ContactInfo: "c"}}},
		{"name", "n", signing.Request{Options: pades.Options{Name: "n"}}},
		{"field", "f", signing.Request{Options: pades.Options{Field: "f"}}},
		{"certify", "no-changes", signing.Request{Options: pades.Options{Certify: pades.NoChanges}}},
		{"certify", "form-filling", signing.Request{Options: pades.Options{Certify: pades.FormFilling}}},
		{"certify", "annotations", signing.Request{Options: pades.Options{Certify: pades.FormsAndComments}}},
	}
	for _, test := range tests {
		o := newOptions(signOptions())
		if err := o.choose(test.name, test.value); err != nil {
			t.Fatalf("%s: got %v, want it accepted", test.name, err)
		}
		test.want.Document = doc
		got, err := o.request(doc)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s=%s: got %+v (%v), want %+v", test.name, test.value, got, err, test.want)
		}
	}
}

func TestSummarize(t *testing.T) {
	t.Parallel()
	got := summarize([]pades.Signature{{Indication: pades.TotalPassed}, {Indication: pades.TotalFailed}, {Indication: pades.TotalFailed},
		{Indication: pades.Indeterminate}, {Indication: ""}})
	if want := (summary{Total: 5, Passed: 1, Indeterminate: 2, Failed: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
