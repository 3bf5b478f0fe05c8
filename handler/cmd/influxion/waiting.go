package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/terminal"
)

// patience is how long nothing is said while no answer comes; then the pauses between remarks
// double.
const patience = 5 * time.Second

// talks tells whether remarks on what goes on are wanted: on a terminal, or with --verbose.
func (a *app) talks() bool { return a.global.verbose || terminal.IsTerminal(a.err) }

// tellPause says why a request is sent again, and when.
func (a *app) tellPause(_ context.Context, p client.Pause) {
	if !a.talks() {
		return
	}
	why := fmt.Sprintf("the service answers %d", p.Problem.Status)
	if p.Problem.Code != "" {
		why += " " + p.Problem.Code
	}
	if p.Problem.Detail != "" {
		why += fmt.Sprintf(" (%q)", p.Problem.Detail)
	}
	a.notice(fmt.Sprintf("%s: again in %s, attempt %d of %d; --no-retry gives up at once", why, span(p.Wait),
		p.Attempt+1,
		p.Attempts))
}

// waiting is a transport that says when no request has been answered for a while. Safe for
// concurrent use.
type waiting struct {
	next http.RoundTripper
	tell func(string)

	mu    sync.Mutex
	open  int // requests that are not answered
	since time.Time
	pause time.Duration
	turn  int         // which wait this is
	timer *time.Timer // of it; nil = nothing is waited for
}

// RoundTrip sends one request.
func (w *waiting) RoundTrip(request *http.Request) (*http.Response, error) {
	w.count(1, request.URL.Hostname())
	defer w.count(-1, request.URL.Hostname())
	return w.next.RoundTrip(request)
}

// count begins to wait with the first request, and anew with each answer.
func (w *waiting) count(change int, host string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil && (change < 0 || w.open == 0) {
		w.timer.Stop()
		w.timer = nil
	}
	w.open += change
	if w.open == 0 || w.timer != nil {
		return
	}
	w.since, w.pause = time.Now(), patience
	w.turn++
	turn := w.turn
	w.timer = time.AfterFunc(patience, func() { w.remark(turn, host) })
}

// remark is of one wait; once that has ended it says nothing.
func (w *waiting) remark(turn int, host string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer == nil || w.turn != turn {
		return
	}
	w.tell(fmt.Sprintf("waiting for an answer of %s: %s so far", host, span(time.Since(w.since))))
	w.pause *= 2
	w.timer.Reset(w.pause)
}

// span is a duration for a person: whole seconds, or less than one.
func span(d time.Duration) string {
	if d < time.Second {
		return "less than a second"
	}
	return d.Round(time.Second).String()
}

// timeoutError is the end of --timeout.
type timeoutError struct {
	after time.Duration
	last  error // the service's last answer, if there was one
}

// Error names the flag.
func (e *timeoutError) Error() string {
	text := fmt.Sprintf("given up after %s (--timeout)", e.after)
	if e.last != nil {
		text += ": " + e.last.Error()
	}
	return text
}

// Unwrap gives the service's last answer.
func (e *timeoutError) Unwrap() error { return e.last }

// limited ends with --timeout, if there is one.
func (a *app) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.global.timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, a.global.timeout, &timeoutError{after: a.global.timeout})
}

// timedOut makes an error that follows from the end of --timeout say so.
func timedOut(ctx context.Context, err error) error {
	limit, ended := errors.AsType[*timeoutError](context.Cause(ctx))
	if err == nil || !ended {
		return err
	}
	problem, answered := errors.AsType[*client.Problem](err)
	if !answered {
		return limit
	}
	return &timeoutError{limit.after, problem}
}
