package trustservices

import (
	"context"
	"sync"
)

// background runs work that no caller waits for, until it is closed. Safe for concurrent use.
type background struct {
	ctx    context.Context // of all requests; ends with close
	cancel context.CancelFunc

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// launch runs work and reports whether it does: after close it runs none.
func (b *background) launch(work func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.running.Go(work)
	return true
}

// close ends all work and waits for it.
func (b *background) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.cancel()
	b.running.Wait()
}
