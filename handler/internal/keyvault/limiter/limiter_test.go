package limiter_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"influxion/handler/internal/keyvault/limiter"
)

// takes makes work that takes the duration d and has the outcome met.
func takes(d time.Duration, met limiter.Outcome) func(context.Context) limiter.Outcome {
	return func(context.Context) limiter.Outcome {
		time.Sleep(d)
		return met
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter.New(limiter.Config{Places: 8, Waiting: 100})
		var mu sync.Mutex
		running, most, order := 0, 0, []int{}
		var all sync.WaitGroup
		start := time.Now()
		for i := range 30 {
			all.Go(func() {
				err := l.Do(t.Context(), "seal", func(context.Context) limiter.Outcome {
					mu.Lock()
					running++
					most = max(most, running)
					order = append(order, i)
					mu.Unlock()
					time.Sleep(time.Second)
					mu.Lock()
					running--
					mu.Unlock()
					return limiter.Outcome{}
				})
				if err != nil {
					t.Errorf("got %v, want a call", err)
				}
			})
			synctest.Wait() // they come one after the other
		}
		all.Wait()
		if most != 6 || time.Since(start) != 5*time.Second {
			t.Errorf("got %d calls at once for %v, want 6 (three quarters of the places) for 5 s", most,
				time.Since(start))
		}
		for at, i := range order {
			if i/6 != at/6 {
				t.Fatalf("got the order %v, want first come, first served", order)
			}
		}
	})
}

// A key whose calls never end, or that is throttled, does not delay the others.
func TestOneKeyLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	for name, work := range map[string]func(context.Context) limiter.Outcome{
		"slow":      takes(time.Hour, limiter.Outcome{}),
		"throttled": takes(0, limiter.Outcome{Throttled: true, RetryAfter: time.Minute}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := limiter.New(limiter.Config{Places: 8, Waiting: 40})
				ctx, cancel := context.WithCancel(t.Context())
				var bad, good sync.WaitGroup
				full := 0
				for range 100 {
					bad.Go(func() {
						if errors.Is(l.Do(ctx, "bad", work), limiter.ErrFull) {
							full++
						}
					})
					synctest.Wait()
				}
				start := time.Now()
				for range 10 {
					good.Go(func() {
						if err := l.Do(t.Context(), "good", takes(time.Second, limiter.Outcome{})); err != nil {
							t.Errorf("got %v, want a call", err)
						}
					})
				}
				good.Wait()
				if took := time.Since(start); took > 5*time.Second {
					t.Errorf("got %v for ten calls, want those of two places at least", took)
				}
				if full < 60 {
					t.Errorf("got %d refused, want a line of bounded length", full)
				}
				cancel()
				time.Sleep(2 * time.Hour)
				bad.Wait()
			})
		})
	}
}

func TestRests(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		met  []limiter.Outcome // of successive calls; later calls succeed
		want []time.Duration   // when each call began
	}{
		{"well", nil, []time.Duration{0}},
		{"no time named", []limiter.Outcome{{Throttled: true}, {Throttled: true}, {Throttled: true}},
			[]time.Duration{0, 10, 30, 70}},
		{"a time named", []limiter.Outcome{{Throttled: true, RetryAfter: 3 * time.Second}}, []time.Duration{0, 3000}},
		{"a huge time named", []limiter.Outcome{{Throttled: true, RetryAfter: 1000 * time.Hour}},
			[]time.Duration{0, 60000}},
		{"for long", slices.Repeat([]limiter.Outcome{{Throttled: true}}, 8),
			[]time.Duration{0, 10, 30, 70, 150, 310, 630, 1130, 1630}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := limiter.New(limiter.Config{})
				start, calls := time.Now(), []time.Duration{}
				err := l.Do(t.Context(), "seal", func(context.Context) limiter.Outcome {
					calls = append(calls, time.Since(start)/time.Millisecond)
					if len(calls) <= len(row.met) {
						return row.met[len(calls)-1]
					}
					return limiter.Outcome{}
				})
				if err != nil || !slices.Equal(calls, row.want) {
					t.Errorf("got calls at %v ms and %v, want %v", calls, err, row.want)
				}
			})
		})
	}
}

// Calls that are throttled together cause one pause. After it one call tries alone.
func TestBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter.New(limiter.Config{Places: 16})
		start := time.Now()
		var mu sync.Mutex
		began := map[time.Duration]int{}
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() {
				err := l.Do(t.Context(), "seal", func(context.Context) limiter.Outcome {
					mu.Lock()
					began[time.Since(start)/time.Millisecond]++
					mu.Unlock()
					time.Sleep(30 * time.Millisecond)
					return limiter.Outcome{Throttled: time.Since(start) < 200*time.Millisecond}
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		// At 40 ms the first call tries alone and is throttled at 70 ms, and so on. It succeeds at
		// 300 ms. Then half of the places may call, and one more after each call that succeeds.
		want := map[time.Duration]int{0: 12, 40: 1, 90: 1, 160: 1, 270: 1, 300: 7, 330: 4}
		if fmt.Sprint(began) != fmt.Sprint(want) {
			t.Errorf("got calls by time in ms %v, want %v", began, want)
		}
	})
}

func TestCallersWhoLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter.New(limiter.Config{Places: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var holder sync.WaitGroup
		holder.Go(func() {
			if err := l.Do(t.Context(), "seal", takes(10*time.Second, limiter.Outcome{})); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		start := time.Now()
		if err := l.Do(ctx, "seal", takes(0, limiter.Outcome{})); !errors.Is(err, context.DeadlineExceeded) ||
			time.Since(start) != time.Second {
			t.Errorf("got %v after %v, want the end of the caller's time", err, time.Since(start))
		}
		holder.Wait()
		if err := l.Do(t.Context(), "seal", takes(0, limiter.Outcome{})); err != nil {
			t.Errorf("got %v, want the place that nobody has", err)
		}
		// A pause that is longer than the caller's time gives an error at once.
		throttled := takes(0, limiter.Outcome{Throttled: true, RetryAfter: 30 * time.Second})
		short, cancelShort := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancelShort()
		start = time.Now()
		for range 2 {
			resting, ok := errors.AsType[*limiter.RestingError](l.Do(short, "seal", throttled))
			if !ok || resting.Left != 30*time.Second || time.Since(start) != 0 {
				t.Errorf("got %v after %v, want to be told of a rest of 30 s at once", resting, time.Since(start))
			}
		}
	})
}

// A call that panics frees its place.
func TestPanic(t *testing.T) {
	t.Parallel()
	l := limiter.New(limiter.Config{Places: 1})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("got no panic, want it passed on")
			}
		}()
		_ = l.Do(t.Context(), "seal", func(context.Context) limiter.Outcome { panic("of the SDK") })
	}()
	if err := l.Do(t.Context(), "seal", takes(0, limiter.Outcome{})); err != nil {
		t.Errorf("got %v, want the place back", err)
	}
}
