package server_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"influxion/handler/internal/server"
)

func ready(handler http.Handler) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/api/health?ready=1", nil))
	return recorder
}

// TestReadySparesWhatItChecks has many anonymous callers. The service that is checked gets one
// call, and then none for a while.
func TestReadySparesWhatItChecks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		var fault atomic.Value
		_, handler := plain(t, func(c *server.Config) {
			c.Ready = []server.Check{{Name: "vault", Check: func(context.Context) error {
				calls.Add(1)
				time.Sleep(time.Second)
				err, _ := fault.Load().(error)
				return err
			}}}
		})
		var callers sync.WaitGroup
		for range 100 {
			callers.Go(func() {
				if got := ready(handler).Code; got != http.StatusOK {
					t.Errorf("got %d, want 200", got)
				}
			})
		}
		callers.Wait()
		fault.Store(errors.New("down"))
		ready(handler)
		if got := calls.Load(); got != 1 {
			t.Errorf("got %d calls, want 1", got)
		}
		time.Sleep(6 * time.Second)
		if got := ready(handler).Code; got != http.StatusServiceUnavailable {
			t.Errorf("got %d after the result has aged, want 503", got)
		}
		if got := calls.Load(); got != 2 {
			t.Errorf("got %d calls, want 2", got)
		}
	})
}

// TestReadyOutlivesItsFirstCaller has a first caller who leaves. The others still get the result.
func TestReadyOutlivesItsFirstCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, handler := plain(t, func(c *server.Config) {
			c.Ready = []server.Check{{Name: "vault", Check: func(ctx context.Context) error {
				select {
				case <-time.After(3 * time.Second):
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}}}
		})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			r := httptest.NewRequest(http.MethodGet, "/api/health?ready=1", nil).WithContext(ctx)
			handler.ServeHTTP(httptest.NewRecorder(), r)
		}()
		synctest.Wait()
		time.AfterFunc(time.Second, cancel)
		if got := ready(handler).Code; got != http.StatusOK {
			t.Errorf("got %d, want 200", got)
		}
	})
}

// TestReadyIsBounded has checks that hang, ignore their context, or panic.
func TestReadyIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		a, handler := plain(t, func(c *server.Config) {
			c.Ready = []server.Check{
				{Name: "deaf", Check: func(context.Context) error { <-release; return nil }},
				{Name: "broken", Check: func(context.Context) error { panic("canary-document") }},
				{Name: "down",
					Check: func(context.Context) error { return errors.New("dial secret-vault.vault.azure.net") }},
			}
		})
		start := time.Now()
		recorder := ready(handler)
		if got := time.Since(start); got > 15*time.Second {
			t.Errorf("got an answer after %v, want it within the route's deadline", got)
		}
		want := `{"status":"unavailable","version":"1.2.3","checks":{"broken":"unavailable","deaf":"unavailable","down":"unavailable"}}`
		if got := recorder.Body.String(); recorder.Code != http.StatusServiceUnavailable || got != want {
			t.Errorf("got %d %s, want 503 %s", recorder.Code, got, want)
		}
		if log := a.log.String(); !strings.Contains(log, "secret-vault") || strings.Contains(log, "canary") {
			t.Errorf("got log %s, want the causes and no values of a panic", log)
		}
	})
}
