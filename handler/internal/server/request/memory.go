package request

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/signing"
)

// admissionWait is how long a request waits for the documents before it to leave memory, before it is sent away to try again.
const admissionWait = 2 * time.Second

// Bounds of what the requests of the moment take beside their documents. A quarter of it is for the first bytes of each request, so that
// documents that take much keep no others out.
const (
	defaultBeside = 512 << 20
	leastBeside   = 8 << 20
	smallShare    = 1 << 20
	smallPart     = 4
	much          = 4 << 20 // of one request
)

// Heap is the program's own, which is told of documents that take much.
type Heap interface {
	Tighten(tight bool) // such documents are in progress: what they leave is to be collected sooner; or none is any more
	Collect()           // one of them is done: what it leaves is to go back to the system
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

// beside is the memory that all requests may take beside their documents.
type beside struct {
	small, large *semaphore.Weighted
	bytes        int64
	heap         Heap // nil = it is left to itself

	mu         sync.Mutex
	heavy      int // requests that take much
	collecting bool
}

func newBeside(bytes int64, heap Heap) *beside {
	bytes = max(bytes, leastBeside)
	return &beside{
		small: semaphore.NewWeighted(bytes / smallPart), large: semaphore.NewWeighted(bytes - bytes/smallPart), bytes: bytes, heap: heap,
	}
}

// enter notes a request that takes much.
func (b *beside) enter() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.heavy++; b.heavy == 1 && b.heap != nil {
		b.heap.Tighten(true)
	}
}

// leave notes that such a request is done. What it leaves would add to what the next takes.
func (b *beside) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.heavy--; b.heap == nil {
		return
	}
	if b.heavy == 0 {
		b.heap.Tighten(false)
	}
	if !b.collecting {
		b.collecting = true
		go b.collect()
	}
}

func (b *beside) collect() {
	b.heap.Collect()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.collecting = false
}

// allowance is one request's budget with its share of that memory. Not safe for concurrent use, but for the budget.
type allowance struct {
	*budget.Budget
	of           *beside
	small, large hold
	heavy        bool // it takes much
}

func (b *beside) allowance() *allowance {
	a := &allowance{of: b, small: hold{total: b.small}, large: hold{total: b.large}}
	a.Budget = budget.New(b.limits(0), a.reserve)
	return a
}

// limits are those of a document of so many bytes, on this instance.
func (b *beside) limits(size int64) budget.Limits {
	l := budget.For(size)
	l.Memory = min(l.Memory, b.bytes-b.bytes/smallPart)
	return l
}

// reserve is a budget.Reserve.
func (a *allowance) reserve(ctx context.Context, total int64) error {
	if err := a.small.atLeast(ctx, min(total, smallShare)); err != nil || total <= smallShare {
		return err
	}
	if total >= much && !a.heavy {
		a.heavy = true
		a.of.enter()
	}
	return a.large.atLeast(ctx, total-smallShare)
}

func (a *allowance) release() {
	a.Close()
	a.small.release()
	a.large.release()
	if a.heavy {
		a.heavy = false
		a.of.leave()
	}
}
