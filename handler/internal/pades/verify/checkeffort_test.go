package verify_test

import (
	"bytes"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/chain"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// One bound limits the cost of checking all signatures of a document.
func TestSignatureChecksAreBounded(t *testing.T) {
	t.Parallel()
	root, err := pkitest.NewRoot("Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	path, err := root.Issue(pkitest.SigningTemplate("Seal", time.Now()), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	document := pdftest.Sample(0)
	increment, err := sign.Sign(t.Context(), bytes.NewReader(document), path, key, pades.Options{Time: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	document = append(document, increment.Bytes...)
	for spent, want := range map[int]pades.SubIndication{0: "", chain.MaxEffort - 1: pades.LimitReached} {
		found, err := verify.JudgeAfter(t.Context(), bytes.NewReader(document),
			pades.Trust{Anchors: root.Chain, Time: time.Now()}, spent)
		if err != nil || found[0].SubIndication != want {
			t.Errorf("after %d: got %v %v, want %q", spent, found, err, want)
		}
	}
}
