package waiting

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"influxion/handler/client"
)

// held is a service that answers only when it is told to.
type held struct{ answers chan struct{} }

func (h held) RoundTrip(*http.Request) (*http.Response, error) {
	<-h.answers
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// A silent service causes remarks, at longer and longer intervals. An answer starts the wait again.
func TestWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var said []string
		take := func() []string {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			defer func() { said = nil }()
			return said
		}
		service := held{make(chan struct{})}
		w := &Transport{Next: service, Tell: func(text string) {
			mu.Lock()
			defer mu.Unlock()
			said = append(said, text)
		}}
		var requests sync.WaitGroup
		for range 3 {
			requests.Go(func() {
				request := httptest.NewRequestWithContext(t.Context(), http.MethodPost,
					"https://signing.example.org/api/sign", nil)
				if _, err := w.RoundTrip(request); err != nil {
					t.Error(err)
				}
			})
		}
		check := func(after time.Duration, want ...string) {
			t.Helper()
			time.Sleep(after)
			if got := take(); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		const begin = "waiting for an answer of signing.example.org: "
		check(4 * time.Second)
		check(20*time.Second, begin+"5s so far", begin+"15s so far")
		service.answers <- struct{}{}
		check(4 * time.Second)
		check(2*time.Second, begin+"5s so far")
		service.answers <- struct{}{}
		service.answers <- struct{}{}
		requests.Wait()
		check(time.Hour)
	})
}

// An error that --timeout caused says so, with the last answer before it. No other error says so.
func TestTimedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := Limit(t.Context(), 3*time.Second)
		defer cancel()
		other := errors.New("other")
		if err := TimedOut(ctx, other); !errors.Is(err, other) {
			t.Errorf("got %v before the end, want the error as it is", err)
		}
		long := &client.Problem{Status: 503, Code: "busy", RetryAfter: 20 * time.Second}
		if err := TimedOut(ctx, errors.Join(context.DeadlineExceeded, long)); !errors.Is(err, long) ||
			err.Error() != "given up: --timeout would end before the requested pause of 20s does: "+long.Error() {
			t.Errorf("got %v of a pause that is too long", err)
		}
		if !Ended(ctx, errors.Join(context.DeadlineExceeded, long)) || Ended(ctx, long) ||
			Ended(ctx, context.DeadlineExceeded) {
			t.Error("got another end than that of a pause which is too long")
		}
		if err := TimedOut(ctx, long); !errors.Is(err, long) || err.Error() != long.Error() {
			t.Errorf("got %v of an answer, want it as it is", err)
		}
		<-ctx.Done()
		if err := TimedOut(ctx, ctx.Err()); err == nil || err.Error() != "given up after 3s (--timeout)" {
			t.Errorf("got %v", err)
		}
		busy := &client.Problem{Status: 503, Code: "busy"}
		err := TimedOut(ctx, errors.Join(ctx.Err(), busy))
		if want := "given up after 3s (--timeout): influxion answers 503 busy"; err.Error() != want ||
			!errors.Is(err, busy) {
			t.Errorf("got %v, want %q", err, want)
		}
		if TimedOut(ctx, nil) != nil {
			t.Error("got an error where there was none")
		}
		interrupted, interrupt := context.WithCancel(t.Context())
		interrupt()
		if err := TimedOut(interrupted, interrupted.Err()); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v for an interruption", err)
		}
	})
}
