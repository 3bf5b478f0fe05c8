//go:build unix

package pades_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/trusttest"
)

// processorTime is the least processor time of several runs of work. The minimum depends least on
// the other load of the machine.
func processorTime(b *testing.B, runs int, work func()) time.Duration {
	b.Helper()
	return processorTimes(b, runs, work)[0]
}

// processorTimes is processorTime for several works. They run in turns, so that the other load of
// the machine affects all of them.
func processorTimes(b *testing.B, runs int, works ...func()) []time.Duration {
	b.Helper()
	used := func() time.Duration {
		var usage syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
			b.Fatal(err)
		}
		return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	least := slices.Repeat([]time.Duration{math.MaxInt64}, len(works))
	for range runs {
		for i, work := range works {
			runtime.GC()
			before := used()
			work()
			least[i] = min(least[i], used()-before)
		}
	}
	return least
}

// mostExponent bounds how fast processor time and allocated memory may grow with the parts of a
// document, as the exponent of a power law.
const mostExponent = 1.1

// BenchmarkGrowth fits the growth of processor time. It measures signing with its self-check, and
// verifying two signatures, against the size, the pages, the objects, the fields and the tagged
// elements of a document. It also measures verifying against the number of signatures. It fails
// above the limit. The range is wide, because work that fits into a processor's cache is cheaper by
// a constant factor.
func BenchmarkGrowth(b *testing.B) {
	s := ecdsaSigner(b)
	for name, row := range map[string]struct {
		least    int
		document func(n int) []byte
	}{
		"size":    {2 << 20, pdftest.Sample},
		"pages":   {2_500, func(n int) []byte { return pdftest.File{Objects: manyPages(n)}.Bytes() }},
		"objects": {12_500, manyObjects},
		"fields":  {2_500, func(n int) []byte { return pdftest.File{Objects: manyFields(n)}.Bytes() }},
		"tagged":  {5_000, func(n int) []byte { return pdftest.File{Objects: manyTagged(n)}.Bytes() }},
	} {
		b.Run(name, func(b *testing.B) {
			times := []int{1, 2, 4, 8, 16}
			var signing, verifying []func()
			for _, many := range times {
				base := row.document(row.least * many)
				signed := s.sign(b, s.sign(b, base, pades.Options{}), pades.Options{})
				signing = append(signing, func() {
					whole := s.sign(b, base, pades.Options{})
					found, err := verify.VerifyFrom(b.Context(), bytes.NewReader(whole), int64(len(base)), s.trust())
					if err != nil || len(found) != 1 || found[0].Indication != pades.TotalPassed {
						b.Fatalf("got %+v and %v", found, err)
					}
				})
				verifying = append(verifying, func() { wantSignatures(b, s, signed, 2) })
			}
			claimExponent(b, "sign", times, signing)
			claimExponent(b, "verify", times, verifying)
		})
	}
	b.Run("signatures", func(b *testing.B) {
		counts := []int{25, 50, 100, 199}
		var verifying []func()
		document := sample()
		for n := 1; n <= 199; n++ {
			document = s.sign(b, document, pades.Options{})
			if slices.Contains(counts, n) {
				signed := document
				verifying = append(verifying, func() { wantSignatures(b, s, signed, n) })
			}
		}
		claimExponent(b, "verify", counts, verifying)
	})
}

func wantSignatures(b *testing.B, s signer, document []byte, count int) {
	b.Helper()
	report, err := verify.Verify(b.Context(), bytes.NewReader(document), s.trust())
	if err != nil || len(report.Signatures) != count || report.Summary.Passed != count {
		b.Fatalf("got %v, want %d signatures to pass", err, count)
	}
}

// claimExponent measures how the processor time and the allocated bytes of works grow with their
// counts. It turns the garbage collector off. The collector starts only above some megabytes, so
// only large works would include its cost, which would look like growth. Its cost is proportional
// to the allocated bytes, and these have the same limit.
func claimExponent(b *testing.B, name string, counts []int, works []func()) {
	b.Helper()
	const rounds = 10
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	allocated := make([]float64, len(works))
	for i, work := range works {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		work()
		runtime.ReadMemStats(&after)
		allocated[i] = float64(after.TotalAlloc - before.TotalAlloc)
	}
	var spent []float64
	for _, cost := range processorTimes(b, b.N*rounds, works...) {
		spent = append(spent, cost.Seconds())
	}
	for _, row := range []struct {
		unit string
		of   []float64
	}{{name + "-exponent", spent}, {name + "-bytes-exponent", allocated}} {
		exponent := exponentOf(counts, row.of)
		b.ReportMetric(exponent, row.unit)
		b.ReportMetric(mostExponent, row.unit+"-limit")
		if exponent > mostExponent {
			b.Errorf("%s: got growth with the power %.2f, want %.1f at most: %v", row.unit, exponent, mostExponent,
				row.of)
		}
	}
}

// exponentOf fits cost = c·count^exponent by least squares of the logarithms.
func exponentOf(counts []int, costs []float64) float64 {
	var sx, sy, sxx, sxy float64
	for i, cost := range costs {
		x, y := math.Log(float64(counts[i])), math.Log(cost)
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	n := float64(len(costs))
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

// exponentOf finds the exponent of a power law, whatever the constant factor is.
func TestExponentOf(t *testing.T) {
	t.Parallel()
	counts := []int{1, 2, 4, 8}
	for _, power := range []float64{0.5, 1, 1.2, 2} {
		var costs []float64
		for _, count := range counts {
			costs = append(costs, 0.003*math.Pow(float64(count), power))
		}
		if got := exponentOf(counts, costs); math.Abs(got-power) > 1e-9 {
			t.Errorf("got %v, want %v", got, power)
		}
	}
}

// manyTagged is a page with count structure elements.
func manyTagged(count int) []string {
	objects := append(pdftest.Pages(1, "/MarkInfo << /Marked true >> /StructTreeRoot 4 0 R"), "")
	var kids strings.Builder
	for i := range count {
		fmt.Fprintf(&kids, "%d 0 R ", 5+i)
		objects = append(objects, fmt.Sprintf("<< /Type /StructElem /S /P /P 4 0 R /Pg 3 0 R /K %d >>", i))
	}
	objects[3] = "<< /Type /StructTreeRoot /K [" + kids.String() + "] >>"
	return objects
}

// BenchmarkSelfCheck bounds the check of one's own B-LTA output: it may take twice the time of
// signing plus half a microsecond for each object that is reached.
func BenchmarkSelfCheck(b *testing.B) {
	const eachObject = 500 * time.Nanosecond
	e := newEstate(b, trusttest.Config{})
	for _, objects := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprintf("objects=%d", objects), func(b *testing.B) {
			document := manyObjects(objects)
			var signing, checking time.Duration
			for range b.N {
				var increment *pades.Increment
				signing += processorTime(b, 3, func() {
					var err error
					if increment, err = sign.Sign(b.Context(), bytes.NewReader(document), e.chain, e.key, pades.Options{
						Level: pades.LevelLTA, Services: e.services(), Time: e.now(),
					}); err != nil {
						b.Fatal(err)
					}
				})
				whole := pades.Join(bytes.NewReader(document), increment.Bytes)
				checking += processorTime(b, 3, func() {
					found, err := verify.VerifyFrom(b.Context(), whole, int64(len(document)), e.online())
					if err != nil || len(found) != 2 || found[0].ChangesAfter != pades.ChangeDSS {
						b.Fatalf("got %+v and %v", found, err)
					}
				})
			}
			allowed := 2*signing + time.Duration(b.N*objects)*eachObject
			b.ReportMetric(float64(checking)/float64(allowed), "of-allowed")
			b.ReportMetric(1, "of-allowed-limit")
			b.ReportMetric(float64(checking.Nanoseconds())/float64(b.N*objects), "check-ns/object")
			b.ReportMetric(float64(signing.Nanoseconds())/float64(b.N*objects), "sign-ns/object")
		})
	}
}

// BenchmarkVerifyFloor compares verifying with the necessary work, measured at the same time:
// SHA-256 of the document, and one public-key operation for each signature.
func BenchmarkVerifyFloor(b *testing.B) {
	s := ecdsaSigner(b)
	digest := sha256.Sum256([]byte("floor"))
	value, err := ecdsa.SignASN1(rand.Reader, s.key.(*ecdsa.PrivateKey), digest[:])
	if err != nil {
		b.Fatal(err)
	}
	for _, row := range []struct {
		name       string
		size       int
		signatures int
		most       float64
	}{
		{"50MB", 50 << 20, 1, 1.5},
		{"signatures=199", 0, 199, 3.4}, // 60 ms where a signature of P-256 takes 88 µs
	} {
		b.Run(row.name, func(b *testing.B) {
			document := pdftest.Sample(row.size)
			for range row.signatures {
				document = s.sign(b, document, pades.Options{})
			}
			least := processorTimes(b, 10*b.N, func() {
				sha256.Sum256(document)
				for range row.signatures {
					if !ecdsa.VerifyASN1(&s.key.(*ecdsa.PrivateKey).PublicKey, digest[:], value) {
						b.Fatal("a sound signature does not verify")
					}
				}
			}, func() { wantSignatures(b, s, document, row.signatures) })
			b.ReportMetric(float64(least[1])/float64(least[0]), "floors")
			b.ReportMetric(row.most, "floors-limit")
			b.ReportMetric(float64(least[1].Microseconds())/1000, "processor-ms")
		})
	}
}
