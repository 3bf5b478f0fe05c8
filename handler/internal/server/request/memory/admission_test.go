package memory

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// queued starts a request that waits, and gives a channel with its outcome.
func queued(ctx context.Context, a *admission, caller string, bytes int64) <-chan error {
	done := make(chan error, 1)
	go func() { done <- a.acquire(ctx, caller, bytes) }()
	synctest.Wait()
	return done
}

func outcome(done <-chan error) string {
	synctest.Wait()
	select {
	case err := <-done:
		return fmt.Sprint(err)
	default:
		return "waits"
	}
}

// Memory that becomes free goes to the caller who holds the least, whoever came first.
func TestAdmissionIsFair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAdmission(4)
		if !a.tryAcquire("much", 3) || !a.tryAcquire("little", 1) {
			t.Fatal("got no bytes, want all of them")
		}
		first, second := queued(t.Context(), a, "much", 1), queued(t.Context(), a, "much", 1)
		other, none := queued(t.Context(), a, "little", 1), queued(t.Context(), a, "none", 1)
		if a.tryAcquire("new", 1) {
			t.Error("got bytes past those who wait")
		}
		want := func(states ...string) {
			t.Helper()
			for i, done := range []<-chan error{first, second, other, none} {
				if got := outcome(done); got != states[i] {
					t.Errorf("request %d: got %s, want %s", i, got, states[i])
				}
			}
		}
		want("waits", "waits", "waits", "waits")
		a.release("much", 1)
		want("waits", "waits", "waits", "<nil>")
		none = nil // its outcome was taken
		a.release("none", 1)
		want("waits", "waits", "<nil>", "waits")
		other = nil
		a.release("little", 2)
		want("<nil>", "<nil>", "waits", "waits")
		a.release("much", 4)
		if len(a.callers) > 0 || a.used != 0 || a.wanted != 0 {
			t.Errorf("got %+v at the end, want nothing", a)
		}
	})
}

// A large request is not overtaken by small ones. A request whose caller leaves delays nobody.
func TestAdmissionOfLargeRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAdmission(4)
		a.tryAcquire("a", 2)
		ctx, cancel := context.WithCancel(t.Context())
		large, small := queued(ctx, a, "b", 4), queued(t.Context(), a, "c", 1)
		if got := outcome(small); got != "waits" {
			t.Errorf("got %s for a small request behind a large one, want it to wait", got)
		}
		cancel()
		if got := outcome(large); got != context.Canceled.Error() {
			t.Errorf("got %s for the large one, want the error of its context", got)
		}
		if got := outcome(small); got != "<nil>" {
			t.Errorf("got %s for the small one now, want it admitted", got)
		}
	})
}

// The queue is bounded. When it is full, the caller with the most waiting requests loses one.
func TestAdmissionIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAdmission(1)
		a.tryAcquire("busy", 1)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var waiting []<-chan error
		for range maxWaiting {
			waiting = append(waiting, queued(ctx, a, "many", 1))
		}
		if err := a.acquire(ctx, "many", 1); !errors.Is(err, errFull) {
			t.Errorf("got %v for one too many, want %v", err, errFull)
		}
		others := []<-chan error{queued(ctx, a, "one", 1), queued(ctx, a, "another", 1)}
		for i, done := range others {
			if got := outcome(done); got != "waits" {
				t.Errorf("got %s for other caller %d, want a place", got, i)
			}
		}
		for i, done := range waiting {
			want := "waits"
			if i >= maxWaiting-len(others) {
				want = errFull.Error()
			}
			if got := outcome(done); got != want {
				t.Errorf("request %d: got %s, want %s", i, got, want)
			}
		}
		cancel()
		synctest.Wait()
		if a.waiting != 0 || a.wanted != 0 || len(a.callers) != 1 {
			t.Errorf("got %d waiting for %d bytes of %d callers when all have left", a.waiting, a.wanted,
				len(a.callers))
		}
	})
}

// Many callers send requests at once. They never hold more than the capacity, each gets memory or
// an error, and in the end no memory is held.
func TestAdmissionUnderLoad(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			const capacity = 100
			a := newAdmission(capacity)
			random := rand.New(rand.NewPCG(seed, 1))
			var all sync.WaitGroup
			var mu sync.Mutex
			var held int64
			for range 300 {
				caller, bytes := fmt.Sprint(random.IntN(7)), 1+random.Int64N(capacity)
				patience, pause := time.Duration(random.IntN(3000))*time.Millisecond, time.Duration(random.IntN(90))
				all.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					if err := a.acquire(ctx, caller, bytes); err != nil {
						return
					}
					mu.Lock()
					if held += bytes; held > capacity {
						t.Errorf("got %d bytes held of %d", held, capacity)
					}
					mu.Unlock()
					time.Sleep(pause * time.Millisecond)
					mu.Lock()
					held -= bytes
					mu.Unlock()
					a.release(caller, bytes)
				})
			}
			all.Wait()
			if a.used != 0 || a.waiting != 0 || a.wanted != 0 || len(a.callers) != 0 {
				t.Errorf("seed %d: got %+v at the end, want nothing", seed, a)
			}
		})
	}
}

// Retry-After is accurate: it is the time until the requests that wait now are served, apart from
// the time that a request may itself wait.
func TestRetryAfterIsTrue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const capacity, each, takes = 100, 10, 3 * time.Second
		a := newAdmission(capacity)
		if got := a.retryAfter(each); got != 2*admissionWait {
			t.Errorf("got %v with nothing to estimate by, want %v", got, 2*admissionWait)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		defer all.Wait()
		defer cancel()
		for range 3 * capacity / each { // a queue of two rounds
			all.Go(func() {
				for a.acquire(ctx, "many", each) == nil {
					time.Sleep(takes)
					a.release("many", each)
				}
			})
		}
		time.Sleep(10*takes + takes/2)
		told := a.retryAfter(each)
		// Two rounds of three seconds come first.
		if told < 2*takes || told > 4*takes {
			t.Errorf("got Retry-After %v, want about %v", told, 2*takes)
		}
		began := time.Now()
		if err := a.acquire(t.Context(), "many", each); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited > told+admissionWait {
			t.Errorf("got in after %v, want about what was told: %v", waited, told)
		}
		a.release("many", each)
	})
}

func TestDrained(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	var d drained
	rates := []float64{d.rate(now)}
	d.add(now, 100)
	for _, after := range []time.Duration{0, 4 * time.Second, 5 * time.Second, 9 * time.Second, 15 * time.Second} {
		rates = append(rates, d.rate(now.Add(after)))
	}
	if want := []float64{0, 100, 25, 20, 100.0 / 9, 0}; !slices.Equal(rates, want) {
		t.Errorf("got %v bytes a second, want %v", rates, want)
	}
}
