package memory

import (
	"context"

	"influxion/handler/internal/signing"
)

// Reservation is one request's share of the document bytes that may be in memory at once. Not safe
// for concurrent use.
type Reservation struct {
	total    *admission
	caller   string // whose request it is
	bytes    int64
	working  *workingMemory // counts the bytes of documents; nil = they are not counted
	segments *segments      // lends the memory; nil = memory is allocated
}

// AtLeast enlarges the share to n bytes. Its error says that the server is busy.
func (r *Reservation) AtLeast(ctx context.Context, n int64) error {
	if n <= r.bytes {
		return nil
	}
	if r.total.tryAcquire(r.caller, n-r.bytes) {
		r.hold(n)
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, admissionWait)
	defer cancel()
	if err := r.total.acquire(waiting, r.caller, n-r.bytes); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &signing.Error{Kind: signing.Unavailable, Code: "busy",
			Detail:     "too many documents are in progress; try again shortly",
			RetryAfter: r.total.retryAfter(n - r.bytes), Err: err}
	}
	r.hold(n)
	return nil
}

// AtLeastOrAll is AtLeast, except that n may exceed the whole capacity: the share is then all of
// it.
func (r *Reservation) AtLeastOrAll(ctx context.Context, n int64) error {
	return r.AtLeast(ctx, min(n, r.total.capacity))
}

// Expect enlarges the share to what reading a document of n bytes takes.
func (r *Reservation) Expect(ctx context.Context, n int64) error { return r.AtLeast(ctx, memoryFor(n)) }

// Largest is the size of the largest document that the share can be enlarged for.
func (r *Reservation) Largest() int64 { return r.total.capacity - SegmentSize }

// hold notes that the share is n bytes now.
func (r *Reservation) hold(n int64) {
	if r.working != nil {
		r.working.hold(n - r.bytes)
	}
	r.bytes = n
}

// Release gives the share back.
func (r *Reservation) Release() {
	if r.bytes > 0 {
		r.total.release(r.caller, r.bytes)
		r.hold(0)
	}
}
