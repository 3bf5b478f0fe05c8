package hostiletest_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/hostiletest"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pkitest"
)

// verbs are the operations on documents, without network access.
func verbs(t *testing.T) map[string]func(context.Context, pades.Document) error {
	t.Helper()
	chain, key := pkitest.Signer(t)
	now := time.Now()
	return map[string]func(context.Context, pades.Document) error{
		"verify": func(ctx context.Context, doc pades.Document) error {
			_, err := verify.Verify(ctx, doc, pades.Trust{Anchors: chain[1:], Time: now})
			return err
		},
		"sign": func(ctx context.Context, doc pades.Document) error {
			_, err := sign.Sign(ctx, doc, chain, key, pades.Options{Time: now})
			return err
		},
		"extend": func(ctx context.Context, doc pades.Document) error {
			_, err := sign.Extend(ctx, doc, sign.Extension{Level: pades.LevelBT, AllowLower: true, Time: now})
			return err
		},
	}
}

// heap returns the bytes in use that the garbage collector found in its last run.
func heap() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// total returns the number of bytes allocated since the program began.
func total() int64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.TotalAlloc)
}

// highest returns the highest growth of the heap while work runs.
func highest(work func()) int64 {
	runtime.GC()
	before, most := heap(), int64(0)
	done, sampled := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(sampled)
		ticks := time.NewTicker(200 * time.Microsecond)
		defer ticks.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticks.C:
				most = max(most, heap()-before)
			}
		}
	}()
	work()
	close(done)
	<-sampled
	return most
}

// exactHeap is the setting of the Go runtime with which the collector finds only memory in use, and
// no memory that is allocated meanwhile.
const exactHeap = "gcstoptheworld=1"

// TestCostsAreCounted runs this program again, with that setting.
func TestCostsAreCounted(t *testing.T) {
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestExactCostsAreCounted$", "-test.count=1")
	again.Env = append(os.Environ(), "GODEBUG="+exactHeap)
	if output, err := again.CombinedOutput(); err != nil || !strings.Contains(string(output), "PASS") {
		t.Errorf("%v\n%s", err, output)
	}
}

// Memory that a document makes the program hold was charged to its budget before. The memory stays
// within its limit. The work does too, except for metadata, whose whole cost is charged at once.
// The work bounds the total allocation.
func TestExactCostsAreCounted(t *testing.T) {
	if os.Getenv("GODEBUG") != exactHeap {
		t.Skip("TestCostsAreCounted runs it")
	}
	files, err := hostiletest.Files()
	if err != nil {
		t.Fatal(err)
	}
	// of the heap, in which the documents themselves take tens of megabytes: the collector runs all
	// the time
	const percent = 4
	defer debug.SetGCPercent(debug.SetGCPercent(percent))
	limits := budget.For(hostiletest.MaxSize)
	for i, verb := range []string{"verify", "sign", "extend"} {
		work := verbs(t)[verb]
		for j, file := range files {
			if verb != "verify" && j%2 == i%2 { // they have much in common
				continue
			}
			t.Run(verb+"/"+file.Name, func(t *testing.T) {
				b := budget.New(limits, nil)
				allocated := total()
				var err error
				grown := highest(func() { err = work(budget.With(t.Context(), b), bytes.NewReader(file.Data)) })
				const fixed = 3 << 20 // windows, and what is not counted for being little
				if most := b.Peak() + fixed; grown > most {
					t.Errorf("got %.1f MiB more, of which %.1f were taken", float64(grown)/(1<<20),
						float64(b.Peak())/(1<<20))
				}
				const atOnce = pades.PacketCost << 20 // units, for the metadata
				if b.Peak() > limits.Memory || b.Spent() > limits.Work+atOnce {
					t.Errorf("got %d bytes and %d units, want at most %+v", b.Peak(), b.Spent(), limits)
				}
				// Otherwise garbage would enlarge the process unnoticed: budget.Budget.Much.
				const unit = 32 // bytes
				if got := total() - allocated; got > fixed+unit*b.Spent()+2*b.Peak() {
					t.Errorf("got %.1f MiB allocated in all, for %d units of work", float64(got)/(1<<20), b.Spent())
				}
				judge(t, err)
			})
		}
	}
}

// judge requires an error that is the document's fault.
func judge(t *testing.T, err error) {
	t.Helper()
	_, over := errors.AsType[*budget.Error](err)
	_, refused := errors.AsType[*pades.Error](err)
	_, unreachable := errors.AsType[*pades.ServiceError](err)
	if err != nil && !over && !refused && !unreachable {
		t.Errorf("got %v, want an error of the document", err)
	}
	if over && !strings.Contains(err.Error(), "memory") && !strings.Contains(err.Error(), "work") {
		t.Errorf("got %v, want the limit named", err)
	}
}
