package request

import (
	"reflect"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/server/request/memory"
	"influxion/handler/internal/signing"
)

// TestOptionsBecomeARequest makes sure that each option sets the right field.
func TestOptionsBecomeARequest(t *testing.T) {
	t.Parallel()
	doc := &memory.Document{}
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
		{"level", "B-LTA", signing.Request{Options: pades.Options{Level: pades.LevelLTA}}},
		{"allow-lower", "true", signing.Request{Options: pades.Options{AllowLower: true}}},
		{"allow-lower", "false", signing.Request{}},
		{"allow-lower", "TRUE", signing.Request{Options: pades.Options{AllowLower: true}}},
		{"level", "b-Lt", signing.Request{Options: pades.Options{Level: pades.LevelBLT}}},
		{"visible", "true", signing.Request{Options: pades.Options{Appearance: &pades.Appearance{}}}},
		{"visible", "false", signing.Request{}},
		{"page", "-1", signing.Request{Options: pades.Options{Appearance: &pades.Appearance{Page: -1}}}},
		{"box", "10, 20.5,30,40",
			signing.Request{Options: pades.Options{Appearance: &pades.Appearance{Box: pades.Rectangle{X: 10, Y: 20.5,
				Width: 30, Height: 40}}}}},
		{"text", "one\r\ntwo",
			signing.Request{Options: pades.Options{Appearance: &pades.Appearance{Text: "one\ntwo"}}}},
		{"color", "navy", signing.Request{Options: pades.Options{Appearance: &pades.Appearance{Color: "navy"}}}},
		{"background", "none",
			signing.Request{Options: pades.Options{Appearance: &pades.Appearance{Background: "none"}}}},
		{"border", "#123456",
			signing.Request{Options: pades.Options{Appearance: &pades.Appearance{Border: "#123456"}}}},
		{"text", "", signing.Request{}}, {"page", "", signing.Request{}}, {"box", "", signing.Request{}},
		{"color", "", signing.Request{}},
		{"certify", "no-changes", signing.Request{Options: pades.Options{Certify: pades.NoChanges}}},
		{"certify", "form-filling", signing.Request{Options: pades.Options{Certify: pades.FormFilling}}},
		{"certify", "annotations", signing.Request{Options: pades.Options{Certify: pades.FormsAndComments}}},
	}
	for _, test := range tests {
		o := newOptions(SignOptions())
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

// TestOptionsRefused has option values that no signature can have.
func TestOptionsRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, value string }{
		{"allow-lower", "yes"}, {"visible", "1"}, {"page", "0"}, {"page", "-2"}, {"page", "1.5"}, {"page", "first"},
		{"box", "1,2,3"}, {"box", "1,2,3,4,5"}, {"box", "1,2,0,4"}, {"box", "1,2,3,-4"}, {"box", "a,2,3,4"},
		{"box", "NaN,2,3,4"},
		{"box", "1,2,Inf,4"}, {"box", "1e300,2,3,4"}, {"level", "B-X"}, {"certify", "all"},
	} {
		o := newOptions(SignOptions())
		if err := o.choose(test.name, test.value); err != nil {
			t.Fatalf("%s: got %v, want it read", test.name, err)
		}
		if _, err := o.request(&memory.Document{}); signing.AsError(err).Code != pades.CodeOptionInvalid ||
			!strings.Contains(signing.AsError(err).Detail, test.name) {
			t.Errorf("%s=%s: got %v, want option_invalid by name", test.name, test.value, err)
		}
	}
	o := newOptions(SignOptions())
	o.values["visible"], o.values["box"] = "false", "1,2,3,4"
	if _, err := o.request(&memory.Document{}); signing.AsError(err).Code != pades.CodeOptionInvalid {
		t.Errorf("got %v, want option_invalid for an invisible signature with a box", err)
	}
}
