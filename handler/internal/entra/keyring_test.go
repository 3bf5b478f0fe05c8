package entra_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"influxion/handler/internal/entra"
	"influxion/handler/internal/entratest"
	"influxion/handler/internal/signing"
)

const (
	minute = time.Minute
	hour   = time.Hour
)

func rotate(t *testing.T, c *cloud) {
	t.Helper()
	if err := c.RotateKeys(); err != nil {
		t.Fatal(err)
	}
}

func accepted(t *testing.T, a *entra.Authenticator, token string) {
	t.Helper()
	if _, err := a.Authenticate(t.Context(), token); err != nil {
		t.Fatalf("got %v, want the token accepted", err)
	}
}

func rejected(t *testing.T, a *entra.Authenticator, token string, kind signing.Kind) *signing.Error {
	t.Helper()
	_, err := a.Authenticate(t.Context(), token)
	return want(t, err, kind)
}

func fetches(t *testing.T, c *cloud, want int) {
	t.Helper()
	if got := c.Requests(entratest.Keys); got != want {
		t.Fatalf("got %d requests for keys, want %d", got, want)
	}
}

// lasting gives a good token that does not expire within the test.
func (c *cloud) lasting() string {
	return c.Mint(nil, with(c.delegated(), map[string]any{"exp": c.Now().Add(1000 * hour).Unix()}))
}

func TestNoNetworkBeforeFirstUse(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	rejected(t, a, "", refused)
	rejected(t, a, c.Mint(nil, with(c.delegated(), map[string]any{"aud": otherAPIID})), refused)
	fetches(t, c, 0)
	if err := a.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	fetches(t, c, 1)
	accepted(t, a, c.token())
	fetches(t, c, 1)
}

func TestRemovedKeyStops(t *testing.T) {
	t.Parallel()
	t.Run("when a new kid comes", func(t *testing.T) {
		t.Parallel()
		c := newCloud(t, nil)
		a := c.authenticator(t, nil)
		old := c.lasting()
		accepted(t, a, old)
		rotate(t, c)
		c.RemoveOldKeys()
		accepted(t, a, c.token())
		rejected(t, a, old, refused)
	})
	t.Run("after an hour, behind the caller's back", func(t *testing.T) {
		t.Parallel()
		c := newCloud(t, nil)
		a := c.authenticator(t, nil)
		old := c.lasting()
		accepted(t, a, old)
		rotate(t, c)
		c.RemoveOldKeys()
		c.Advance(hour - time.Second)
		accepted(t, a, old)
		fetches(t, c, 1)
		c.Advance(time.Second)
		accepted(t, a, old)       // starts the fetch
		accepted(t, a, c.token()) // joins it
		fetches(t, c, 2)
		rejected(t, a, old, refused)
	})
	t.Run("after twelve hours, at once", func(t *testing.T) {
		t.Parallel()
		c := newCloud(t, nil)
		a := c.authenticator(t, nil)
		old := c.lasting()
		accepted(t, a, old)
		rotate(t, c)
		c.RemoveOldKeys()
		c.Advance(12 * hour)
		rejected(t, a, old, refused)
	})
}

func TestWrongSignaturesFetchNothing(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	accepted(t, a, c.token())
	forged := signed(c, c.Header(), func([]byte) []byte { return make([]byte, 256) })
	for range 1000 {
		rejected(t, a, forged, refused)
	}
	fetches(t, c, 1)
}

var outages = []entratest.Fault{
	entratest.Down, entratest.Garbage, entratest.HugeBody, entratest.Redirect,
	entratest.ServerError, entratest.Throttled, entratest.NotFound,
}

func TestAuthorityDownWithoutKeys(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	for _, endpoint := range []entratest.Endpoint{entratest.Discovery, entratest.Keys} {
		for _, outage := range outages {
			t.Run(string(endpoint)+" "+string(outage), func(t *testing.T) {
				a := c.authenticator(t, nil)
				c.SetFault(endpoint, outage)
				before := c.Requests(endpoint)
				token := c.lasting()
				failure := rejected(t, a, token, signing.Unavailable)
				if outage == entratest.Throttled && failure.RetryAfter < 30*time.Second {
					t.Errorf("got RetryAfter %v, want what the authority asks for, 30s", failure.RetryAfter)
				}
				want(t, a.Ready(t.Context()), signing.Unavailable)
				for range 20 {
					rejected(t, a, token, signing.Unavailable)
				}
				limit := 1
				if outage == entratest.Down {
					limit = 2 // net/http itself tries again when a kept connection breaks
				}
				if got := c.Requests(endpoint) - before; got > limit {
					t.Errorf("got %d requests, want %d at most until the pause is over", got, limit)
				}
				c.SetFault(endpoint, entratest.None)
				c.Advance(failure.RetryAfter)
				accepted(t, a, token)
				if err := a.Ready(t.Context()); err != nil {
					t.Errorf("got %v, want ready", err)
				}
			})
		}
	}
}

func TestPausesGrow(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	c.SetFault(entratest.Discovery, entratest.ServerError)
	token := c.lasting()
	for range 600 { // ten minutes, a request each second
		rejected(t, a, token, signing.Unavailable)
		c.Advance(time.Second)
	}
	if got := c.Requests(entratest.Discovery); got < 10 || got > 32 {
		t.Errorf("got %d requests in ten minutes of outage, want 10 to 32", got)
	}
}

func TestLastGoodKeysServeForADay(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	token := c.lasting()
	accepted(t, a, token)
	c.SetFault(entratest.Discovery, entratest.Down)
	for _, step := range []time.Duration{2 * hour, 10 * hour, 6 * hour, 6*hour - time.Second} {
		c.Advance(step)
		accepted(t, a, token)
	}
	// With keys in hand but no authority to ask, a new kid may be good: it is not the caller's
	// mistake.
	rejected(t, a, c.unknownKid(), signing.Unavailable)
	c.Advance(time.Second)
	rejected(t, a, token, signing.Unavailable)
	want(t, a.Ready(t.Context()), signing.Unavailable)
	c.SetFault(entratest.Discovery, entratest.None)
	c.Advance(minute)
	accepted(t, a, token)
	rejected(t, a, c.unknownKid(), refused)
}

func TestOneFetchForAllWaiting(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	c.SetFault(entratest.Keys, entratest.Slow)
	token := c.token()
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() {
			if _, err := a.Authenticate(t.Context(), token); err != nil {
				t.Errorf("got %v, want the token accepted", err)
			}
		})
	}
	c.SetFault(entratest.Keys, entratest.None)
	callers.Wait()
	fetches(t, c, 1)
}

func TestCallerWhoLeavesTakesNothingAway(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	c.SetFault(entratest.Keys, entratest.Slow)
	started := c.Started(entratest.Keys)
	token := c.token()
	impatient, leave := context.WithCancel(t.Context())
	left, stayed := make(chan error, 1), make(chan error, 1)
	go func() { _, err := a.Authenticate(impatient, token); left <- err }()
	<-started
	go func() { _, err := a.Authenticate(t.Context(), token); stayed <- err }()
	leave()
	err := <-left
	want(t, err, signing.Unavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error within", err)
	}
	c.SetFault(entratest.Keys, entratest.None)
	if err := <-stayed; err != nil {
		t.Errorf("got %v, want the token accepted", err)
	}
	fetches(t, c, 1)
}

func TestSlowAuthorityKeepsTheDeadline(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	c.SetFault(entratest.Discovery, entratest.Slow)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := a.Authenticate(ctx, c.token())
	want(t, err, signing.Unavailable)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline's error within", err)
	}
	c.SetFault(entratest.Discovery, entratest.None)
}

// inProcess answers requests without a socket, which a bubble of synctest could not wait for.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	p.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

func TestRunKeepsKeysFresh(t *testing.T) {
	t.Parallel()
	// Its key is made outside of the bubble, whose clock stands still: in FIPS 140-3 mode entropy
	// comes from the clock.
	server, err := entratest.New(entratest.Config{TenantID: tenantID})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		a, err := entra.New(entra.Config{TenantID: tenantID, Audiences: []string{apiID},
			HTTPClient: &http.Client{Transport: inProcess{server}}})
		if err != nil {
			t.Fatal(err)
		}
		server.SetFault(entratest.Discovery, entratest.ServerError)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { a.Run(ctx); close(done) }()
		synctest.Wait()
		if got := server.Requests(entratest.Discovery); got != 1 {
			t.Errorf("got %d requests at the start, want 1", got)
		}
		server.SetFault(entratest.Discovery, entratest.None)
		time.Sleep(minute) // the bubble's time
		synctest.Wait()
		if got := server.Requests(entratest.Keys); got != 1 {
			t.Errorf("got %d requests for keys after a failure, want 1", got)
		}
		time.Sleep(3*hour - minute)
		synctest.Wait()
		if got := server.Requests(entratest.Keys); got != 3 {
			t.Errorf("got %d requests for keys in three hours, want 3", got)
		}
		stop()
		<-done
	})
}
