package audit

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"influxion/handler/internal/signing"
)

// Store is permanent storage for lines, in addition to standard output.
type Store interface {
	// Append durably appends lines to those of earlier calls. After an error it is unknown whether
	// the lines are stored. Append is then called again with the same lines, and must store them
	// exactly once.
	Append(ctx context.Context, lines []byte) error
	// Tails returns the last bytes that each recent instance wrote. They contain its last line: at
	// least MaxLine bytes, or all if there are fewer.
	Tails(ctx context.Context) ([][]byte, error)
}

const (
	defaultTimeout = 10 * time.Second
	maxBatch       = 1 << 20 // bytes of lines in one call of the store
	maxQueue       = 8 << 20 // bytes of lines that wait for the store; beyond it lines are refused
	defaultPause   = 500 * time.Millisecond
	maxPauses      = 32 // longest pause, as a multiple of the first
	maxKnown       = 64 // heads that a line may name
)

// batch is a group of lines for one call of the store.
type batch struct {
	lines []byte
	ended bool          // done is closed
	done  chan struct{} // closed after the first answer of the store
	err   error         // the first answer
}

// queue sends lines to the store, in order and each exactly once. Lines that arrive during a call
// form the next batch. The queue repeats a failed batch with the same bytes until the store has it.
// Whoever waited for it got the error and has discarded the signature.
type queue struct {
	store   Store
	timeout time.Duration
	pause   time.Duration
	logger  *slog.Logger
	wake    chan struct{}
	tried   chan struct{} // closed after the store's first answer, or its first time-out
	begun   chan struct{} // closed when known is set

	mu      sync.Mutex
	known   []Head
	waiting []*batch // the first one may be in a call
	size    int      // bytes of all waiting batches
	err     error    // of the last call; nil = it succeeded
}

func newQueue(config Config) *queue {
	return &queue{store: config.Store, timeout: config.Timeout, pause: config.Pause, logger: config.Logger,
		wake: make(chan struct{}, 1), tried: make(chan struct{}), begun: make(chan struct{})}
}

// unavailable is the error for callers. Its Detail tells nothing of the store.
func unavailable(cause error) error {
	return &signing.Error{Kind: signing.Unavailable, Code: "audit_unavailable", RetryAfter: 10 * time.Second,
		Detail: "the store of the audit log does not take the record, and its outcome was discarded", Err: cause}
}

// run sends batches until ctx ends.
func (q *queue) run(ctx context.Context) {
	pause := q.pause
	begun, tried := false, false
	for ctx.Err() == nil {
		var err error
		if !begun {
			err = q.begin(ctx)
			begun = err == nil
		} else {
			err = q.send(ctx)
		}
		if !tried {
			close(q.tried)
			tried = true
		}
		if err == nil {
			pause = q.pause
			if q.idle() {
				select {
				case <-q.wake:
				case <-ctx.Done():
				}
			}
			continue
		}
		q.logger.Warn("audit store does not answer", "error", err.Error())
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause = min(2*pause, maxPauses*q.pause)
	}
}

// begin reads the heads in the store.
func (q *queue) begin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	known, err := readHeads(ctx, q.store)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err = err; err != nil {
		return err
	}
	q.known = known
	close(q.begun)
	return nil
}

// readHeads returns the head of each chain in the store, at most maxKnown. It skips lines that it
// cannot read: a verifier reports those, and they must not stop the log.
func readHeads(ctx context.Context, store Store) ([]Head, error) {
	tails, err := store.Tails(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the heads of other chains: %w", err)
	}
	var heads []Head
	for _, tail := range tails {
		text := bytes.TrimRight(tail, "\n")
		text = text[bytes.LastIndexByte(text, '\n')+1:]
		if line, ok, err := ParseLine(text); ok && err == nil && len(heads) < maxKnown {
			heads = append(heads, Head{line.Link.Instance, line.Link.Stream, line.Link.Sequence, Digest(text)})
		}
	}
	return heads, nil
}

// send sends the first batch to the store.
func (q *queue) send(ctx context.Context) error {
	q.mu.Lock()
	if len(q.waiting) == 0 {
		q.mu.Unlock()
		return nil
	}
	first := q.waiting[0]
	q.mu.Unlock()
	// Lines that arrive during the call go into the next batch: see add.
	ctx, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	err := q.store.Append(ctx, first.lines)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.err = err // before any caller gets the outcome, and may call available
	if err == nil {
		q.waiting = q.waiting[1:]
		q.size -= len(first.lines)
		first.tell(nil)
		return nil
	}
	for _, batch := range q.waiting {
		batch.tell(err) // the store is down for every batch
	}
	return err
}

// tell gives the waiting callers the first outcome of the batch. It ignores later outcomes.
func (b *batch) tell(err error) {
	if !b.ended {
		b.ended, b.err = true, err
		close(b.done)
	}
}

func (q *queue) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) == 0
}

// available returns an error if the last call of the store failed or the queue is full.
func (q *queue) available() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.err != nil:
		return unavailable(q.err)
	case q.size >= maxQueue:
		return unavailable(fmt.Errorf("%d bytes wait for the store", q.size))
	}
	return nil
}

// checkSpace returns an error if a line does not fit into the queue.
func (q *queue) checkSpace(size int) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.size+size > maxQueue {
		return unavailable(fmt.Errorf("%d bytes wait for the store", q.size))
	}
	return nil
}

// add appends a line to the queue and returns its batch.
func (q *queue) add(text []byte) *batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.size += len(text)
	// A batch must not change while it is in a call, nor after a failed call.
	if n := len(q.waiting); n > 1 && !q.waiting[n-1].ended && len(q.waiting[n-1].lines)+len(text) <= maxBatch {
		last := q.waiting[n-1]
		last.lines = append(last.lines, text...)
		return last
	}
	b := &batch{lines: text, done: make(chan struct{})}
	q.waiting = append(q.waiting, b)
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return b
}

func (q *queue) hasBegun() bool {
	select {
	case <-q.begun:
		return true
	default:
		return false
	}
}

// heads returns the heads that were in the store at the start. It waits for the store's first
// answer.
func (q *queue) heads(ctx context.Context) ([]Head, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), q.timeout)
	defer cancel()
	select {
	case <-q.tried:
	case <-ctx.Done():
		return nil, unavailable(fmt.Errorf("the store has not answered yet: %w", ctx.Err()))
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.hasBegun() {
		return nil, unavailable(q.err)
	}
	return q.known, nil
}

// wait waits for the store's first answer to a batch. It waits even after the caller's context has
// ended, because the record will be sent anyway.
func (q *queue) wait(ctx context.Context, b *batch) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), q.timeout+q.timeout/2)
	defer cancel()
	select {
	case <-b.done:
		if b.err != nil {
			return unavailable(b.err)
		}
		return nil
	case <-ctx.Done():
		return unavailable(fmt.Errorf("the store is slow: %w", ctx.Err()))
	}
}
