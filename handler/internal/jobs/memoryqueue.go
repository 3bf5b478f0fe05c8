package jobs

import (
	"context"
	"sync"
	"time"
)

// MemoryQueue is a Queue within the process. Its zero value is ready for use. Safe for concurrent
// use.
type MemoryQueue struct {
	mu      sync.Mutex
	waiting []string
	present map[string]bool // jobs that wait, each once
	added   chan struct{}
}

// signal gives the channel that tells of an added ID. The caller must have locked q.mu.
func (q *MemoryQueue) signal() chan struct{} {
	if q.added == nil {
		q.added, q.present = make(chan struct{}, 1), map[string]bool{}
	}
	return q.added
}

// Enqueue implements Queue.
func (q *MemoryQueue) Enqueue(_ context.Context, id string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	added := q.signal()
	if q.present[id] {
		return nil
	}
	q.present[id] = true
	q.waiting = append(q.waiting, id)
	wake(added)
	return nil
}

// wake lets one Serve look for work.
func wake(added chan struct{}) {
	select {
	case added <- struct{}{}:
	default: // a Serve is about to look
	}
}

// next takes an ID; ok is false if none waits.
func (q *MemoryQueue) next() (id string, added <-chan struct{}, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	signal := q.signal()
	if len(q.waiting) == 0 {
		return "", signal, false
	}
	id, q.waiting = q.waiting[0], q.waiting[1:]
	delete(q.present, id)
	if len(q.waiting) > 0 {
		wake(signal)
	}
	return id, signal, true
}

// Serve runs what is queued, one after the other, until ctx ends. Several may serve one queue. A
// job whose run fails comes back after the pause that the error asks for.
func (q *MemoryQueue) Serve(ctx context.Context, run func(ctx context.Context, id string) error) {
	for {
		id, added, ok := q.next()
		if !ok {
			select {
			case <-ctx.Done():
				return
			case <-added:
				continue
			}
		}
		if ctx.Err() != nil {
			return
		}
		if err := run(ctx, id); err != nil {
			time.AfterFunc(pauseAfter(err), func() { _ = q.Enqueue(ctx, id) })
		}
	}
}
