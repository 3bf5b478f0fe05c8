package entra

import (
	"context"
	"crypto/rsa"
	"errors"
	"log/slog"
	"math/big"
	"testing"
	"testing/synctest"
	"time"

	"influxion/handler/internal/signing"
)

// TestOnlyALaterFetchDecides: keys that were asked for before a token came cannot tell that its kid
// is wrong.
func TestOnlyALaterFetchDecides(t *testing.T) {
	t.Parallel()
	key := &rsa.PublicKey{N: big.NewInt(1), E: 3} // never used to verify
	for name, test := range map[string]struct {
		second map[string]*rsa.PublicKey // what the fetch that the token causes gives; nil = an error
		want   func(key *rsa.PublicKey, err error) bool
	}{
		"new key": {map[string]*rsa.PublicKey{"old": key, "new": key},
			func(key *rsa.PublicKey, err error) bool { return key != nil && err == nil }},
		"wrong kid": {map[string]*rsa.PublicKey{"old": key},
			func(_ *rsa.PublicKey, err error) bool { return errors.Is(err, errUnknownKey) }},
		"no answer": {nil, func(_ *rsa.PublicKey, err error) bool {
			failure, ok := errors.AsType[*signing.Error](err)
			return ok && failure.Kind == signing.Unavailable && failure.RetryAfter > 0
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				answers := make(chan map[string]*rsa.PublicKey)
				fetch := func(context.Context, string) (map[string]*rsa.PublicKey, error) {
					keys := <-answers
					if keys == nil {
						return nil, errors.New("no answer")
					}
					return keys, nil
				}
				ring := newKeyRing("tenant", fetch, time.Now, slog.New(slog.DiscardHandler))
				ring.refresh(true) // the first fetch is under way
				done := make(chan bool)
				go func() {
					key, _, err := ring.key(t.Context(), "new")
					done <- test.want(key, err)
				}()
				synctest.Wait()
				answers <- map[string]*rsa.PublicKey{"old": key}
				synctest.Wait()
				select {
				case <-done:
					t.Fatal("got an answer from keys that were asked for before, want another fetch")
				default:
				}
				answers <- test.second
				if !<-done {
					t.Error("got another answer than the fetch's")
				}
				if ring.finished != 2 {
					t.Errorf("got %d fetches, want 2", ring.finished)
				}
			})
		})
	}
}

func TestAllowance(t *testing.T) {
	t.Parallel()
	var a allowance
	now := time.Unix(1_800_000_000, 0)
	spent := func(want int) {
		t.Helper()
		got := 0
		for range 10 {
			if a.spend(now) {
				got++
			}
		}
		if got != want {
			t.Errorf("got %d fetches allowed, want %d", got, want)
		}
	}
	spent(unknownBurst)
	now = now.Add(unknownInterval - 1)
	spent(0)
	if got := a.wait(now); got != 1 {
		t.Errorf("got a wait of %v, want 1ns", got)
	}
	now = now.Add(1)
	spent(1)
	now = now.Add(2 * unknownInterval)
	spent(2)
	now = now.Add(1000 * time.Hour)
	spent(unknownBurst) // what was not spent does not add up
}
