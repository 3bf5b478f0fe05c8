package keyvault

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"influxion/handler/internal/signing"
)

// outage is a cache of one number in front of a vault that can stop answering.
type outage struct {
	*cache[string, int]
	mu      sync.Mutex
	refused *refusal // nil = a good answer
	silent  bool     // no answer at all
	value   int
}

func newOutage(t *testing.T) *outage {
	t.Helper()
	o := &outage{value: 1}
	var running sync.WaitGroup
	o.cache = newCache(lifetime{ctx: t.Context(), running: &running, now: time.Now, deadline: 8 * time.Second},
		rules[string, int]{
			fresh: 5 * time.Minute, ttl: 10 * time.Minute, staleFor: time.Hour, maxValues: 8, maxRefusals: 8,
			maxCalls: 8,
			fetch:    o.answer,
			failed:   func(string, *refusal, bool) {},
		})
	t.Cleanup(running.Wait)
	return o
}

func (o *outage) answer(ctx context.Context, _ string) (answer[int], *refusal) {
	time.Sleep(100 * time.Millisecond)
	o.mu.Lock()
	silent, refused, value := o.silent, o.refused, o.value
	o.mu.Unlock()
	if silent {
		<-ctx.Done()
		return answer[int]{}, unavailable(errors.New("no answer in time"))
	}
	return answer[int]{value: value}, refused
}

func (o *outage) set(silent bool, refused *refusal, value int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.silent, o.refused, o.value = silent, refused, value
}

// expect gets the answer and checks how long it took.
func (o *outage) expect(t *testing.T, ctx context.Context, want int, took time.Duration) {
	t.Helper()
	began := time.Now()
	got, err := o.get(ctx, "seal")
	if err != nil || got != want || time.Since(began) != took {
		t.Errorf("got %d (%v) after %v, want %d after %v", got, err, time.Since(began), want, took)
	}
}

// TestOutageDelaysOneCaller checks that only the first caller waits for a silent vault.
func TestOutageDelaysOneCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.expect(t, t.Context(), 1, 100*time.Millisecond)
		o.set(true, nil, 0)
		time.Sleep(10 * time.Minute)
		o.expect(t, t.Context(), 1, 8*time.Second)
		for range 100 {
			time.Sleep(5 * time.Second)
			o.expect(t, t.Context(), 1, 0)
		}
		// The next good answer ends the outage: beyond the TTL callers wait for the vault again.
		o.set(false, nil, 2)
		time.Sleep(time.Minute)
		o.get(t.Context(), "seal")
		time.Sleep(time.Second)
		o.expect(t, t.Context(), 2, 0)
		o.set(false, nil, 3)
		time.Sleep(10 * time.Minute)
		o.expect(t, t.Context(), 3, 100*time.Millisecond)
	})
}

// TestTroubleIsForgotten checks that an old transient refusal is no reason to serve an answer
// beyond its TTL.
func TestTroubleIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.get(t.Context(), "seal")
		o.set(false, unavailable(errors.New("down")), 0)
		time.Sleep(6 * time.Minute)
		o.expect(t, t.Context(), 1, 0)
		time.Sleep(time.Second)
		o.set(false, nil, 2)
		time.Sleep(10 * time.Minute)
		o.expect(t, t.Context(), 2, 100*time.Millisecond)
	})
}

// TestOutageHeedsTheDefiniteWord checks that a definite refusal after an outage drops the cached
// answer.
func TestOutageHeedsTheDefiniteWord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.get(t.Context(), "seal")
		o.set(false, unavailable(errors.New("down")), 0)
		time.Sleep(10 * time.Minute)
		o.expect(t, t.Context(), 1, 100*time.Millisecond)
		o.set(false, notFound(errors.New("disabled")), 0)
		time.Sleep(5 * time.Second)
		o.expect(t, t.Context(), 1, 0)
		time.Sleep(time.Second)
		if got, err := o.get(t.Context(), "seal"); signing.AsError(err).Kind != signing.NotFound {
			t.Errorf("got %d (%v) after the refresh behind, want not found", got, err)
		}
	})
}

// TestCallerInAHurry checks that callers with a short deadline get the cached answer of a silent
// vault, and an error if there is none.
func TestCallerInAHurry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		o.get(t.Context(), "seal")
		o.set(true, nil, 0)
		time.Sleep(10 * time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		o.expect(t, ctx, 1, 2*time.Second)
		if got, err := o.get(ctx, "other"); signing.AsError(err).Kind != signing.DeadlineExceeded {
			t.Errorf("got %d (%v) of which nothing is held, want a deadline", got, err)
		}
	})
}
