package signing

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// A timestamp is sound without a trust anchor. Every other indeterminate timestamp is not.
func TestSoundTimestamps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		indication pades.Indication
		sub        pades.SubIndication
		want       bool
	}{
		{pades.TotalPassed, "", true}, {pades.Indeterminate, pades.NoCertificateChain, true},
		{pades.Indeterminate, pades.TryLater, false}, {pades.TotalFailed, pades.NoCertificateChain, false},
	} {
		if got := sound(test.indication, test.sub); got != test.want {
			t.Errorf("%s %s: got sound %v", test.indication, test.sub, got)
		}
	}
}

// An increment that achieves less than it states is not released, even if everything in it is
// sound.
func TestSelfCheckMissesNothing(t *testing.T) {
	t.Parallel()
	chain, key := pkitest.Signer(t)
	certificate, doc := &Certificate{Chain: chain, Key: key}, bytes.NewReader(pdftest.Sample(0))
	made, err := sign.Sign(t.Context(), doc, chain, key, pades.Options{Time: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		change func(*pades.Increment)
		want   string // "" = accepted
	}{
		{"as it was made", func(*pades.Increment) {}, ""},
		{"nothing", func(i *pades.Increment) { i.Bytes = nil }, "no signature was found"},
		{"something behind it", func(i *pades.Increment) { i.Bytes = append(i.Bytes, "\n"...) },
			"covers the whole document"},
		{"called B-T", func(i *pades.Increment) { i.Level = pades.LevelBT }, "no signature timestamp"},
		{"called B-LT", func(i *pades.Increment) { i.Level = pades.LevelBLT }, "no signature timestamp"},
		{"called B-LTA", func(i *pades.Increment) { i.Level = pades.LevelLTA }, "no document timestamp"},
		{"called a document timestamp", func(i *pades.Increment) { i.Level = "" }, "no document timestamp"},
	} {
		increment := *made
		increment.Bytes = slices.Clone(made.Bytes)
		test.change(&increment)
		err := checkSeal(t.Context(), doc, &increment, certificate, time.Now())
		if got := AsError(err); test.want == "" && err != nil ||
			test.want != "" && (err == nil || got.Code != "self_check" || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
	issuer := &Certificate{Chain: chain[1:]} // trusted, and not the one that signs
	if err := checkSeal(t.Context(), doc, made, issuer, time.Now()); err == nil || AsError(err).Code != "self_check" {
		t.Errorf("got %v for the seal of another certificate, want self_check", err)
	}
	comment := &pades.Increment{Bytes: []byte("\n%\n")}
	if err := checkTimestamps(t.Context(), doc, comment, time.Now()); err == nil || AsError(err).Code != "self_check" {
		t.Errorf("got %v for a timestamp that is not there, want self_check", err)
	}
}
