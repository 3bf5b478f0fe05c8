package pades_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// BenchmarkSign compares Sign with the least that signing can cost: one SHA-256 pass over the
// document and one private-key operation. It runs both in turns, because the load of the machine
// varies. It claims that ratio ≤ limit.
func BenchmarkSign(b *testing.B) {
	for _, algorithm := range []pkitest.Algorithm{pkitest.RSA2048, pkitest.P256} {
		for _, size := range []int{100 << 10, 1 << 20, 50 << 20} {
			b.Run(fmt.Sprintf("%s/%dKB", algorithm, size>>10), func(b *testing.B) {
				chain, key := newSigner(b, algorithm)
				document := pdftest.Sample(size)
				options := pades.Options{Time: time.Now()}
				var ratios []float64
				for b.Loop() {
					began := time.Now()
					digest := sha256.Sum256(document)
					if _, err := key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
						b.Fatal(err)
					}
					between := time.Now()
					if _, err := sign.Sign(b.Context(), bytes.NewReader(document), chain, key, options); err != nil {
						b.Fatal(err)
					}
					ratios = append(ratios, float64(time.Since(between))/float64(between.Sub(began)))
				}
				peak := allocated(func() {
					if _, err := sign.Sign(b.Context(), bytes.NewReader(document), chain, key, options); err != nil {
						b.Fatal(err)
					}
				})
				b.ReportMetric(median(ratios), "ratio")
				b.ReportMetric(1.3, "ratio-limit")
				b.ReportMetric(float64(len(document)+int(peak))/(1<<20), "MB")
				b.ReportMetric(1.5*float64(len(document))/(1<<20)+16, "MB-limit")
			})
		}
	}
}

// BenchmarkSignLTA measures Sign at B-LTA with warm caches, over real services on this machine: the
// requests to services for each signature, and the cost compared with one SHA-256 pass and one
// private-key operation, in turns. The cost includes that of the TSA, which runs on the same
// machine.
func BenchmarkSignLTA(b *testing.B) {
	for _, size := range []int{100 << 10, 50 << 20} {
		b.Run(fmt.Sprintf("RSA-2048/%dKB", size>>10), func(b *testing.B) {
			w := newWorld(b, trusttest.Config{Delegated: true})
			s := w.newSigner(b, pkitest.RSA2048, pkitest.SigningTemplate("Seal", time.Now()))
			document := pdftest.Sample(size)
			options := w.options(pades.LevelLTA)
			sign := func() {
				if _, err := sign.Sign(b.Context(), bytes.NewReader(document), s.chain, s.key, options); err != nil {
					b.Fatal(err)
				}
			}
			requests := func() (n int) {
				for _, service := range []trusttest.Service{trusttest.TSA, trusttest.OCSP, trusttest.CRL,
					trusttest.Issuers} {
					n += w.Requests(service)
				}
				return n
			}
			sign()
			before := requests()
			var ratios []float64
			for b.Loop() {
				began := time.Now()
				digest := sha256.Sum256(document)
				if _, err := s.key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
					b.Fatal(err)
				}
				between := time.Now()
				sign()
				ratios = append(ratios, float64(time.Since(between))/float64(between.Sub(began)))
			}
			b.ReportMetric(float64(requests()-before)/float64(len(ratios)), "round-trips")
			b.ReportMetric(2, "round-trips-limit")
			b.ReportMetric(median(ratios), "ratio")
			b.ReportMetric(float64(allocated(sign))/(1<<20), "MB-beside-document")
		})
	}
}

// BenchmarkVerifyFrom compares the check of Sign's own output with one SHA-256 pass and one
// public-key operation.
func BenchmarkVerifyFrom(b *testing.B) {
	for _, size := range []int{100 << 10, 50 << 20} {
		b.Run(fmt.Sprintf("RSA-2048/%dKB", size>>10), func(b *testing.B) {
			chain, key := newSigner(b, pkitest.RSA2048)
			document := pdftest.Sample(size)
			increment, err := sign.Sign(b.Context(), bytes.NewReader(document), chain, key,
				pades.Options{Time: time.Now()})
			if err != nil {
				b.Fatal(err)
			}
			signed := pades.Join(bytes.NewReader(document), increment.Bytes)
			digest := sha256.Sum256(document)
			signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
			if err != nil {
				b.Fatal(err)
			}
			trust := pades.Trust{Anchors: chain[:1], Time: time.Now()} // as package signing does
			var ratios []float64
			for b.Loop() {
				began := time.Now()
				sha256.Sum256(document)
				if err := chain[0].CheckSignature(x509.SHA256WithRSA, document[:0], signature); err == nil {
					b.Fatal("a signature of other bytes verifies")
				}
				between := time.Now()
				if _, err := verify.VerifyFrom(b.Context(), signed, int64(len(document)), trust); err != nil {
					b.Fatal(err)
				}
				ratios = append(ratios, float64(time.Since(between))/float64(between.Sub(began)))
			}
			b.ReportMetric(median(ratios), "ratio")
		})
	}
}

// median is the ratio that half of the turns did not exceed. It depends little on the other load of
// the machine.
func median(ratios []float64) float64 {
	slices.Sort(ratios)
	return ratios[(len(ratios)-1)/2]
}

// allocated is the number of bytes that a call allocates in total: an upper bound of the memory
// that it holds at any time.
func allocated(call func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func newSigner(tb testing.TB, algorithm pkitest.Algorithm) ([]*x509.Certificate, crypto.Signer) {
	tb.Helper()
	return newNamedSigner(tb, algorithm, "Seal")
}

func newNamedSigner(tb testing.TB, algorithm pkitest.Algorithm, name string) ([]*x509.Certificate, crypto.Signer) {
	tb.Helper()
	root, err := pkitest.NewRoot("Root", time.Now())
	if err != nil {
		tb.Fatal(err)
	}
	issuer, err := root.NewIntermediate("Issuer", time.Now())
	if err != nil {
		tb.Fatal(err)
	}
	key, err := pkitest.NewKey(algorithm)
	if err != nil {
		tb.Fatal(err)
	}
	chain, err := issuer.Issue(pkitest.SigningTemplate(name, time.Now()), key.Public())
	if err != nil {
		tb.Fatal(err)
	}
	return chain, key
}

// BenchmarkVerify compares Verify with the least that it can cost: one SHA-256 pass over the
// document, and the public-key operations of the signatures, timestamps, certificates and evidence
// in it. It claims that ratio ≤ limit.
func BenchmarkVerify(b *testing.B) {
	for _, c := range []struct {
		name       string
		size       int
		signatures int
		level      pades.Level
		operations int // public-key operations: distinct ones, of a key over a digest
	}{
		{"B-B/1", 50 << 20, 1, pades.LevelBB, 3}, {"B-B/10", 50 << 20, 10, pades.LevelBB, 12},
		{"B-LTA/1", 50 << 20, 1, pades.LevelLTA, 11}, {"B-LTA/10", 50 << 20, 10, pades.LevelLTA, 74},
		{"small/B-LTA", 100 << 10, 1, pades.LevelLTA, 11},
	} {
		b.Run(c.name, func(b *testing.B) {
			e := newEstate(b, trusttest.Config{})
			document := pdftest.Sample(c.size)
			for range c.signatures {
				document = e.signAt(b, document, c.level, pades.Options{})
			}
			trust := e.offline()
			signature, err := e.key.Sign(rand.Reader, make([]byte, 32), crypto.SHA256)
			if err != nil {
				b.Fatal(err)
			}
			var ratios []float64
			for b.Loop() {
				began := time.Now()
				sha256.Sum256(document)
				for range c.operations {
					if err := e.chain[0].CheckSignature(x509.ECDSAWithSHA256, nil, signature); err == nil {
						b.Fatal("a signature of other bytes verifies")
					}
				}
				between := time.Now()
				if _, err := verify.Verify(b.Context(), bytes.NewReader(document), trust); err != nil {
					b.Fatal(err)
				}
				ratios = append(ratios, float64(time.Since(between))/float64(between.Sub(began)))
			}
			b.ReportMetric(median(ratios), "ratio")
			b.ReportMetric(1.5, "ratio-limit")
		})
	}
}
