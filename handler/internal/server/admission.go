package server

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"influxion/handler/internal/signing"
)

// admissionWait is how long a request waits for the documents before it to leave memory, before it is sent away to try again.
const admissionWait = 2 * time.Second

// Bounds of the validation data that the requests of the moment hold beside their documents, which may be small: one request can come to
// 112 MiB of it, while honest ones stay far below what they have free and never wait.
const (
	maxValidationInFlight = 128 << 20
	freeValidation        = 512 << 10
)

// validation is one request's share of it.
type validation struct {
	hold
	used int64
}

// room is a pades.Room.
func (v *validation) room(ctx context.Context, more int64) error {
	if v.used += more; v.used <= freeValidation {
		return nil
	}
	return v.atLeast(ctx, v.used)
}

// hold is one request's share of the document bytes that may be in memory at once. Not safe for concurrent use.
type hold struct {
	total *semaphore.Weighted
	bytes int64
}

// atLeast enlarges the share to n bytes, or says that the server is busy.
func (h *hold) atLeast(ctx context.Context, n int64) error {
	if n <= h.bytes || h.total.TryAcquire(n-h.bytes) {
		h.bytes = max(h.bytes, n)
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, admissionWait)
	defer cancel()
	if err := h.total.Acquire(waiting, n-h.bytes); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &signing.Error{Kind: signing.Unavailable, Code: "busy", Detail: "too many documents are in progress; try again shortly",
			RetryAfter: 2 * admissionWait, Err: err}
	}
	h.bytes = n
	return nil
}

// release gives the share back.
func (h *hold) release() {
	if h.bytes > 0 {
		h.total.Release(h.bytes)
		h.bytes = 0
	}
}
