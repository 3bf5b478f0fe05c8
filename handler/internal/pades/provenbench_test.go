//go:build unix

package pades_test

import (
	"bytes"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/trusttest"
)

// mostOfNew allows a fifth of the saving to be lost: 0.63 was measured.
const mostOfNew = 0.71

// BenchmarkProven compares two ways of verifying a small document at B-LTA: with the facts that
// another document with the same certificates proved, and with no known facts.
func BenchmarkProven(b *testing.B) {
	e := newEstate(b, trusttest.Config{})
	other := e.signAt(b, pdftest.Sample(0), pades.LevelLTA, pades.Options{})
	document := e.signAt(b, pdftest.Sample(100<<10), pades.LevelLTA, pades.Options{})
	trust := e.offline()
	trust.Proven = new(algorithm.Proven)
	check := func(document []byte, trust pades.Trust) {
		report, err := verify.Verify(b.Context(), bytes.NewReader(document), trust)
		if err != nil || report.Summary.Passed != 2 {
			b.Fatalf("got %+v and %v, want two signatures that pass", report, err)
		}
	}
	check(other, trust)
	times := processorTimes(b, 50*b.N,
		func() { check(document, e.offline()) }, func() { check(document, trust) })
	b.ReportMetric(times[0].Seconds()*1000, "new-ms")
	b.ReportMetric(times[1].Seconds()*1000, "known-ms")
	share := float64(times[1]) / float64(times[0])
	b.ReportMetric(share, "of-new")
	b.ReportMetric(mostOfNew, "of-new-limit")
	if share > mostOfNew {
		b.Errorf("got %.2f of what it takes with nothing known, want %.2f at most", share, mostOfNew)
	}
}
