package server_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"influxion/handler/internal/server"
	"influxion/handler/internal/signing"
)

// manyCallers uses the token as the name of its caller.
type manyCallers struct{}

func (manyCallers) Authenticate(_ context.Context, token string) (signing.Principal, error) {
	return signing.Principal{TenantID: "tenant", ObjectID: token}, nil
}

// TestAdmissionIsFairBetweenCallers checks that a caller who sends one document waits for one
// document of a caller who sends many, not for all of them.
func TestAdmissionIsFairBetweenCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, handler := plain(t, func(c *server.Config) {
			c.Authenticator, c.MaxInFlightBytes = manyCallers{}, 2<<20+512<<10 // memory for two
		})
		a.vault.fail(func(context.Context) error {
			time.Sleep(100 * time.Millisecond)
			return nil
		})
		var mu sync.Mutex
		var served []string
		var all sync.WaitGroup
		post := func(caller string) {
			all.Go(func() {
				r := signRequest(bytes.NewReader(make([]byte, 1<<20)))
				r.Header.Set("Authorization", "Bearer "+caller)
				recorder := httptest.NewRecorder()
				handler.ServeHTTP(recorder, r)
				if recorder.Code != http.StatusUnprocessableEntity {
					t.Errorf("got %d %s for %s, want its document refused", recorder.Code, recorder.Body, caller)
				}
				mu.Lock()
				defer mu.Unlock()
				served = append(served, caller)
			})
			synctest.Wait()
		}
		for range 10 {
			post("many")
		}
		post("one")
		all.Wait()
		if at := slices.Index(served, "one"); at > 3 {
			t.Errorf("got %v served in this order, want the one with the second pair", served)
		}
	})
}
