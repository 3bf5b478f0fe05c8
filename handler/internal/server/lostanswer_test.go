package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"influxion/handler/internal/idempotency"
	"influxion/handler/internal/idempotencytest"
	"influxion/handler/internal/jobs"
	"influxion/handler/internal/server"
)

var errLostAnswer = errors.New("read tcp: the connection is gone")

// lossyJobs stores a job, and loses the answer at the given call of Create, from 1.
type lossyJobs struct {
	*inbox
	calls, lost int
}

func (s *lossyJobs) Create(ctx context.Context, job *jobs.Job, input io.Reader) error {
	s.calls++
	err := s.inbox.Create(ctx, job, input)
	if s.calls == s.lost {
		return errors.Join(err, errLostAnswer)
	}
	return err
}

// A request for jobs that is refused leaves no job, though the store has a job whose answer was
// lost: a sweep would find it, and sign for a caller that was told of an error.
func TestRefusedRequestLeavesNoJob(t *testing.T) {
	t.Parallel()
	item := map[string]any{"operation": "sign", "document": samplePDF()}
	for lost := range 4 {
		var store *lossyJobs
		a := newAPI(t, withKeys, func(c *server.Config) {
			store = &lossyJobs{inbox: c.Jobs.Store.(*inbox), lost: lost}
			c.Jobs = &server.Jobs{Store: store, Queue: c.Jobs.Queue}
		})
		a.jobs.resting = true
		body, err := json.Marshal(map[string]any{"jobs": []any{item, item, item}})
		if err != nil {
			t.Fatal(err)
		}
		wantStatus, wantJobs := http.StatusServiceUnavailable, 0
		if lost == 0 {
			wantStatus, wantJobs = http.StatusAccepted, 3
		}
		response, text := a.send(t, "/api/jobs", "application/json", string(body), "k")
		kept := 0
		if err := store.Scan(t.Context(), func(jobs.Entry) error { kept++; return nil }); err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != wantStatus || kept != wantJobs {
			t.Errorf("got %d and %d jobs with the answer %d lost, want %d and %d: %s", response.StatusCode, kept, lost,
				wantStatus, wantJobs, text)
		}
	}
}

// lossyKeys adds an entry, and loses the answer once.
type lossyKeys struct {
	*idempotencytest.Memory
	lost atomic.Bool
}

func (s *lossyKeys) Begin(ctx context.Context, key string, entry idempotency.Entry) (*idempotency.Entry, error) {
	found, err := s.Memory.Begin(ctx, key, entry)
	if s.lost.CompareAndSwap(false, true) {
		return nil, errors.Join(err, errLostAnswer)
	}
	return found, err
}

// A request whose entry was added without an answer may come again at once: it is not in progress.
func TestRequestOfALostEntryComesAgain(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(c *server.Config) { c.Idempotency = &lossyKeys{Memory: &idempotencytest.Memory{}} })
	for _, want := range []int{http.StatusServiceUnavailable, http.StatusOK} {
		response, text := a.send(t, "/api/sign", "application/pdf", string(samplePDF()), "k")
		if response.StatusCode != want {
			t.Errorf("got %d, want %d: %.200q", response.StatusCode, want, text)
		}
	}
}
