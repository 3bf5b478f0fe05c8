package rate_test

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"influxion/handler/internal/server/rate"
	"influxion/handler/internal/signing"
)

type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()) }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d)) }

func who(object string) signing.Principal {
	return signing.Principal{TenantID: "tenant", ObjectID: object}
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	type step struct {
		after  time.Duration
		caller string
		bytes  int64
		refuse string        // the detail's word
		retry  time.Duration // of a refusal
		left   string        // RateLimit
	}
	for _, test := range []struct {
		name   string
		limits rate.Limits
		policy string
		steps  []step
	}{
		{"requests", rate.Limits{Requests: 2}, `"requests";q=2;w=60`, []step{
			{0, "a", 1 << 40, "", 0, `"requests";r=1;t=60`},
			{10 * time.Second, "a", 0, "", 0, `"requests";r=0;t=50`},
			{500 * time.Millisecond, "a", 0, "requests", 49500 * time.Millisecond, `"requests";r=0;t=50`},
			{0, "b", 0, "", 0, `"requests";r=1;t=60`}, // another caller
			{49499 * time.Millisecond, "a", 0, "requests", time.Millisecond, `"requests";r=0;t=1`},
			{time.Millisecond, "a", 0, "", 0, `"requests";r=1;t=60`}, // a new window
		}},
		{"bytes", rate.Limits{Bytes: 100}, `"bytes";q=100;qu="content-bytes";w=60`, []step{
			{0, "a", 60, "", 0, `"bytes";r=40;t=60`},
			{0, "a", 41, "bytes", time.Minute, `"bytes";r=40;t=60`},
			{0, "a", 40, "", 0, `"bytes";r=0;t=60`},
			{0, "a", 0, "", 0, `"bytes";r=0;t=60`}, // what has no body
			{0, "a", 1, "bytes", time.Minute, `"bytes";r=0;t=60`},
			{time.Minute, "a", 100, "", 0, `"bytes";r=0;t=60`},
			{0, "b", 1<<63 - 1, "bytes", time.Minute, `"bytes";r=100;t=60`},
		}},
		{"both", rate.Limits{Requests: 2, Bytes: 10}, `"requests";q=2;w=60, "bytes";q=10;qu="content-bytes";w=60`, []step{
			{0, "a", 11, "bytes", time.Minute, `"requests";r=1;t=60, "bytes";r=10;t=60`},
			{0, "a", 10, "", 0, `"requests";r=0;t=60, "bytes";r=0;t=60`},
			{0, "a", 0, "requests", time.Minute, `"requests";r=0;t=60, "bytes";r=0;t=60`},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var clock clock
			limiter := rate.New(test.limits, clock.now)
			for i, step := range test.steps {
				clock.advance(step.after)
				usage, err := limiter.Request(who(step.caller), step.bytes)
				header := http.Header{}
				usage.Set(header)
				if header.Get("RateLimit") != step.left || header.Get("RateLimit-Policy") != test.policy {
					t.Errorf("step %d: got %v, want %s of %s", i, header, step.left, test.policy)
				}
				fault, refused := errors.AsType[*signing.Error](err)
				switch {
				case refused != (step.refuse != ""):
					t.Errorf("step %d: got %v, want a refusal: %v", i, err, step.refuse != "")
				case refused && (fault.Kind != signing.TooManyRequests || fault.RetryAfter != step.retry ||
					fault.Detail != "this caller has used up its "+step.refuse+" of this minute"):
					t.Errorf("step %d: got %+v, want %s after %v", i, fault, step.refuse, step.retry)
				}
			}
		})
	}
}

// A body of unknown length counts as it is read, and not as a request.
func TestBody(t *testing.T) {
	t.Parallel()
	var clock clock
	limiter := rate.New(rate.Limits{Requests: 1, Bytes: 10}, clock.now)
	if _, err := limiter.Request(who("a"), 0); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, true, false} {
		if _, err := limiter.Body(who("a"), 5); (err == nil) != want {
			t.Errorf("got %v for part %d, want it allowed: %v", err, i, want)
		}
	}
}

// Each further document of a request counts as a request.
func TestDocument(t *testing.T) {
	t.Parallel()
	var clock clock
	limiter := rate.New(rate.Limits{Requests: 3, Bytes: 10}, clock.now)
	if _, err := limiter.Request(who("a"), 10); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, true, false} {
		if _, err := limiter.Document(who("a")); (err == nil) != want {
			t.Errorf("got %v for document %d, want it allowed: %v", err, i+2, want)
		}
	}
}

// The table is bounded: a new caller is counted, and the caller whose window ends first is dropped.
func TestTheTableIsBounded(t *testing.T) {
	t.Parallel()
	var clock clock
	limiter := rate.New(rate.Limits{Requests: 1}, clock.now)
	for i := range rate.MaxCallers + 1 {
		if _, err := limiter.Request(who(strconv.Itoa(i)), 0); err != nil {
			t.Fatalf("got %v for caller %d, want its first request allowed", err, i)
		}
		clock.advance(time.Millisecond)
	}
	if got := limiter.Callers(); got != rate.MaxCallers {
		t.Errorf("got %d callers in the table, want %d", got, rate.MaxCallers)
	}
	if _, err := limiter.Request(who(strconv.Itoa(rate.MaxCallers)), 0); err == nil {
		t.Error("got the newest caller forgotten, want the oldest")
	}
	if _, err := limiter.Request(who("0"), 0); err != nil {
		t.Errorf("got %v, want the oldest caller to begin again", err)
	}
}

// Each of several concurrent requests is counted.
func TestConcurrentRequests(t *testing.T) {
	t.Parallel()
	var clock clock
	limiter := rate.New(rate.Limits{Requests: 50}, clock.now)
	var allowed atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 25 {
				if _, err := limiter.Request(who("a"), 0); err == nil {
					allowed.Add(1)
				}
			}
		})
	}
	group.Wait()
	if got := allowed.Load(); got != 50 {
		t.Errorf("got %d requests allowed, want 50", got)
	}
}
