package pades_test

import (
	"bytes"
	"crypto/x509"
	"reflect"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// The facts that earlier documents proved change no report: not on the same document, not on one
// with a different byte, and not with other anchors or another time.
func TestProvenChangesNoReport(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]trusttest.Config{
		"issuers answer":    {},
		"responders answer": {Delegated: true},
		"lists alone":       {Without: []trusttest.Service{trusttest.OCSP}},
		"another algorithm": {TSAAlgorithm: pkitest.RSA2048},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t, config)
			document := e.signAt(t, pdftest.Sample(0), pades.LevelLTA, pades.Options{})
			size := len(pdftest.Sample(0))
			proven := new(algorithm.Proven)
			other := ecdsaSigner(t)
			trusts := []pades.Trust{e.offline(), {Time: e.now()}, other.trust(), e.offline(), e.offline()}
			trusts[2].Anchors = append(trusts[2].Anchors, e.chain[1])
			trusts[3].Time = e.now().AddDate(30, 0, 0)
			trusts[4].Anchors = []*x509.Certificate{other.chain[len(other.chain)-1], e.Root}
			same := func(what string, document []byte, trust pades.Trust) {
				want, wantErr := verify.Verify(t.Context(), bytes.NewReader(document), trust)
				trust.Proven = proven
				for range 2 {
					got, err := verify.Verify(t.Context(), bytes.NewReader(document), trust)
					if (err == nil) != (wantErr == nil) || !reflect.DeepEqual(got, want) {
						t.Fatalf("%s: got %+v and %v with what is proven, want %+v and %v", what, got, err, want,
							wantErr)
					}
				}
			}
			for range 2 {
				for _, trust := range trusts {
					same("whole", document, trust)
				}
			}
			for at := size; at < len(document); at += 331 {
				changed := bytes.Clone(document)
				flipDigit(changed, at)
				same("changed", changed, trusts[0])
			}
		})
	}
}

// Proven facts do not let a signer pass whose certificate was revoked since, nor a document with
// the signature value of another document.
func TestProvenIsNotTrust(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{})
	trust := e.online()
	trust.Proven = new(algorithm.Proven)
	first := e.signAt(t, pdftest.Sample(0), pades.LevelBB, pades.Options{})
	check := func(want pades.Indication) {
		t.Helper()
		trust.Time = e.now()
		report, err := verify.Verify(t.Context(), bytes.NewReader(first), trust)
		if err != nil || report.Verdict.Indication != want {
			t.Fatalf("got %+v and %v, want %s", report, err, want)
		}
	}
	check(pades.TotalPassed)
	e.advance(time.Hour)
	if err := e.Revoke(e.chain[0], e.now(), 1); err != nil {
		t.Fatal(err)
	}
	e.advance(48 * time.Hour)
	check(pades.Indeterminate)
}
