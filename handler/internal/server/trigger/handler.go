package trigger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// Runner does the work.
type Runner interface {
	// Run runs the job with that ID. An error means that trying again may help.
	Run(ctx context.Context, id string) error
	// Sweep looks after all jobs.
	Sweep(ctx context.Context) error
}

// The functions, by the names of their folders, and the binding of the message.
const (
	Job     = "Job"
	Sweep   = "Sweep"
	Binding = "job"
)

const (
	maxBody = 1 << 20 // bytes of an invocation: a message has 64 KiB, and stands in it twice
	// functionTime is for one invocation, which the host ends after 30 minutes. A job waits for
	// nine minutes and runs for 20 at most (package jobs).
	functionTime = 29 * time.Minute
)

// Handler serves the functions, and leaves all other requests to Next. Safe for concurrent use.
type Handler struct {
	Runner Runner
	Next   http.Handler
	Logger *slog.Logger
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The host hands requests of clients on with their path, which begins with its route prefix,
	// and marks them as forwarded.
	if r.Method != http.MethodPost || r.URL.RawPath != "" || r.Header.Get("X-Forwarded-For") != "" ||
		r.Header.Get("X-Forwarded-Host") != "" {
		h.Next.ServeHTTP(w, r)
		return
	}
	switch r.URL.Path {
	case "/" + Job:
		h.serve(w, r, h.job)
	case "/" + Sweep:
		h.serve(w, r, func(ctx context.Context, _ []byte) error { return h.Runner.Sweep(ctx) })
	default:
		h.Next.ServeHTTP(w, r)
	}
}

// serve does the work of an invocation and answers it. The host tries a failed invocation again,
// but not one that can never be read.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request,
	work func(ctx context.Context, body []byte) error) {
	ctx, cancel := context.WithTimeout(r.Context(), functionTime)
	defer cancel()
	// The server's limits are for requests of clients. Not every writer has deadlines.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{})
	_ = control.SetWriteDeadline(time.Time{})
	start := time.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		h.Logger.Error("invocation ignored", "function", r.URL.Path, "error", "it is too large")
		err = nil
	} else if err == nil {
		err = guarded(ctx, body, work)
	}
	w.Header().Set("Content-Type", "application/json")
	status := http.StatusOK
	if err != nil {
		status = http.StatusInternalServerError
		h.Logger.Error("invocation failed", "function", r.URL.Path, "error", err.Error(),
			"duration_ms", time.Since(start).Milliseconds())
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"Outputs":{},"Logs":[],"ReturnValue":null}`)
}

// guarded turns a panic into an error, without values that may hold a caller's data.
func guarded(ctx context.Context, body []byte, work func(context.Context, []byte) error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic of type %T: %s", reason, debug.Stack())
		}
	}()
	return work(ctx, body)
}

// job runs the job that a message names.
func (h *Handler) job(ctx context.Context, body []byte) error {
	id, delivered, err := message(body, Binding)
	if err != nil {
		h.Logger.Error("invocation ignored", "function", "/"+Job, "error", err.Error())
		return nil
	}
	if delivered > 1 {
		h.Logger.Info("message delivered again", "delivered", delivered)
	}
	return h.Runner.Run(ctx, id)
}
