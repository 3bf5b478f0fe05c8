package waiting

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"influxion/handler/client"
)

// patience is the time without an answer before the first remark. After it, the pauses between
// remarks double.
const patience = 5 * time.Second

// Transport is a transport that prints a remark when no request has been answered for a while. Safe
// for concurrent use.
type Transport struct {
	Next http.RoundTripper
	Tell func(string)

	mu    sync.Mutex
	open  int // requests that are not answered
	since time.Time
	pause time.Duration
	turn  int         // number of the wait
	timer *time.Timer // of it; nil = nothing is waited for
}

// RoundTrip sends one request.
func (w *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	w.count(1, request.URL.Hostname())
	defer w.count(-1, request.URL.Hostname())
	return w.Next.RoundTrip(request)
}

// count starts to wait at the first open request, and again after each answer.
func (w *Transport) count(change int, host string) {
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

// remark prints a remark on one wait. If that wait has ended, it prints nothing.
func (w *Transport) remark(turn int, host string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer == nil || w.turn != turn {
		return
	}
	w.Tell(fmt.Sprintf("waiting for an answer of %s: %s so far", host, Span(time.Since(w.since))))
	w.pause *= 2
	w.timer.Reset(w.pause)
}

// Span returns a duration as text for a person: whole seconds, or less than one.
func Span(d time.Duration) string {
	if d < time.Second {
		return "less than a second"
	}
	return d.Round(time.Second).String()
}

// timeoutError reports that --timeout has ended the command.
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

// Unwrap returns the service's last answer.
func (e *timeoutError) Unwrap() error { return e.last }

// Limit returns a context that ends after a while; 0 = it does not end.
func Limit(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	if after <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, after, &timeoutError{after: after})
}

// Ended reports whether an error follows from the end of the context. This may be before the end
// itself: the client gives up at once if the service asks for a pause that is longer than the time
// left.
func Ended(ctx context.Context, err error) bool {
	_, answered := errors.AsType[*client.Problem](err)
	return ctx.Err() != nil || answered && errors.Is(err, context.DeadlineExceeded)
}

// TimedOut replaces an error that follows from the end of --timeout by one that says so.
func TimedOut(ctx context.Context, err error) error {
	problem, answered := errors.AsType[*client.Problem](err)
	if answered && ctx.Err() == nil && Ended(ctx, err) {
		return fmt.Errorf("given up: --timeout would end before the requested pause of %s does: %w",
			Span(problem.RetryAfter), problem)
	}
	end, ended := errors.AsType[*timeoutError](context.Cause(ctx))
	if err == nil || !ended {
		return err
	}
	if !answered {
		return end
	}
	return &timeoutError{end.after, problem}
}
