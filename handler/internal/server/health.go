package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/signing"
)

const (
	readyWithin = 10 * time.Second // for all checks together
	// How long a result is reused: callers are anonymous and must not overload what is checked.
	readyTTL = 5 * time.Second
)

// The words of a health answer.
const (
	statusOK          = "ok"
	statusUnavailable = "unavailable"
)

// health is GET /api/health. With ready=1 it also checks that the service can do its work.
func (s *Server) health(ctx context.Context, x *exchange) (*answer.Answer, error) {
	query, err := request.Query(x.request.URL.RawQuery, request.ReadyOption())
	if err != nil {
		return nil, err
	}
	type report struct {
		Status  string            `json:"status"`
		Version string            `json:"version"`
		Checks  map[string]string `json:"checks,omitempty"`
	}
	switch query["ready"] {
	case "", "0":
		return answer.JSON(http.StatusOK, report{statusOK, s.config.Version, nil})
	case "1":
	default:
		return nil, request.OptionInvalid("ready", "is not 0 or 1")
	}
	checks, ok, err := s.readiness.result(ctx)
	if err != nil {
		return nil, err
	}
	if ok {
		return answer.JSON(http.StatusOK, report{statusOK, s.config.Version, checks})
	}
	a, err := answer.JSON(http.StatusServiceUnavailable, report{statusUnavailable, s.config.Version, checks})
	if err != nil {
		return nil, err
	}
	a.Header = http.Header{"Retry-After": {retryAfter(readyTTL)}}
	return a, nil
}

// probe is GET /, with which the Functions host often asks whether the process listens. It must do
// nothing.
func (s *Server) probe(context.Context, *exchange) (*answer.Answer, error) {
	return &answer.Answer{Status: http.StatusOK, MediaType: mediaText, Body: answer.Bytes([]byte("influxion\n"))}, nil
}

// readiness runs the checks. Its one result is shared by all callers that wait for it and by those
// of the next readyTTL; a check that fails is logged once a run. Safe for concurrent use.
type readiness struct {
	checks []Check
	log    *slog.Logger
	now    func() time.Time
	call   singleflight.Group

	mu    sync.Mutex
	last  map[string]string
	ok    bool
	until time.Time
}

func newReadiness(checks []Check, log *slog.Logger, now func() time.Time) *readiness {
	return &readiness{checks: checks, log: log, now: now}
}

// result gives the word for each check, and whether all checks succeeded.
func (r *readiness) result(ctx context.Context) (map[string]string, bool, error) {
	done := r.call.DoChan("ready", func() (any, error) {
		if !r.fresh() {
			r.run(context.WithoutCancel(ctx)) // all callers share the run: it must not end with the first one's context
		}
		return nil, nil
	})
	select {
	case <-done:
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.last, r.ok, nil
	case <-ctx.Done():
		return nil, false, &signing.Error{Kind: signing.DeadlineExceeded, Code: "deadline_exceeded",
			Detail: "the checks took longer than this route allows", Err: ctx.Err()}
	}
}

func (r *readiness) fresh() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last != nil && r.now().Before(r.until)
}

func (r *readiness) run(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	errs := make([]error, len(r.checks))
	var running sync.WaitGroup
	for i, check := range r.checks {
		running.Go(func() { errs[i] = runCheck(ctx, check) })
	}
	running.Wait()
	words, ok := make(map[string]string, len(r.checks)), true
	for i, check := range r.checks {
		words[check.Name] = statusOK
		if errs[i] != nil {
			words[check.Name], ok = statusUnavailable, false
			r.log.LogAttrs(ctx, slog.LevelWarn, "not ready", slog.String("check", check.Name),
				slog.String("error", errs[i].Error()))
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last, r.ok, r.until = words, ok, r.now().Add(readyTTL)
}

// runCheck waits for a check until the context ends, even where the check ignores the context.
func runCheck(ctx context.Context, check Check) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if reason := recover(); reason != nil {
				done <- fmt.Errorf("panic: %s", panicText(reason))
			}
		}()
		done <- check.Check(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return errors.Join(errors.New("no answer in time"), ctx.Err())
	}
}
