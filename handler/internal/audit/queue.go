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

// Store is where lines go beside standard output, to stay there.
type Store interface {
	// Append makes lines durable behind those that it was given before. After an error nobody knows
	// whether it did; it is called again with the same lines, and then they must be there once.
	Append(ctx context.Context, lines []byte) error
	// Tails gives the last bytes of what each instance wrote lately, at least MaxLine of each where
	// there is as much, for its last line.
	Tails(ctx context.Context) ([][]byte, error)
}

const (
	defaultTimeout = 10 * time.Second
	maxBatch       = 1 << 20 // bytes of lines that go to the store in one call
	maxQueue       = 8 << 20 // bytes of lines that wait for the store; then nothing more is taken
	defaultPause   = 500 * time.Millisecond
	maxPauses      = 32 // times the first one
	maxKnown       = 64 // heads that a line names
)

// batch is a group of lines on their way to the store.
type batch struct {
	lines []byte
	told  bool          // done is closed
	done  chan struct{} // the first answer of the store is there
	err   error         // that answer
}

// queue brings lines to the store, in order and each once, as many at once as have come meanwhile.
// A batch that fails is tried again until the store has it, with the same bytes; whoever waited for
// it was told, and its signature is gone.
type queue struct {
	store   Store
	timeout time.Duration
	pause   time.Duration
	logger  *slog.Logger
	wake    chan struct{}
	tried   chan struct{} // the store has given its first answer, or none in its time
	begun   chan struct{} // known is there

	mu      sync.Mutex
	known   []Head
	waiting []*batch // the first may be under way
	size    int      // bytes of all of them
	fault   error    // of the last call; nil = it went well
}

func newQueue(config Config) *queue {
	return &queue{store: config.Store, timeout: config.Timeout, pause: config.Pause, logger: config.Logger,
		wake: make(chan struct{}, 1), tried: make(chan struct{}), begun: make(chan struct{})}
}

// unavailable is what a caller is told: nothing of the store.
func unavailable(cause error) error {
	return &signing.Error{Kind: signing.Unavailable, Code: "audit_unavailable", RetryAfter: 10 * time.Second,
		Detail: "the store of the audit log does not take the record, and its outcome was discarded", Err: cause}
}

// run works until ctx ends.
func (q *queue) run(ctx context.Context) {
	pause := q.pause
	begun, told := false, false
	for ctx.Err() == nil {
		var err error
		if !begun {
			err = q.begin(ctx)
			begun = err == nil
		} else {
			err = q.send(ctx)
		}
		q.note(err)
		if !told {
			close(q.tried)
			told = true
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

// begin reads the heads that are in the store.
func (q *queue) begin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	known, err := readHeads(ctx, q.store)
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.known = known
	close(q.begun)
	return nil
}

// readHeads gives the head of each chain in the store, maxKnown at most. What cannot be read there
// is for a verifier to find, and stops nobody here.
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

// send brings the first batch to the store.
func (q *queue) send(ctx context.Context) error {
	q.mu.Lock()
	if len(q.waiting) == 0 {
		q.mu.Unlock()
		return nil
	}
	first := q.waiting[0]
	q.mu.Unlock()
	// While it is under way, what comes goes into the next one: see add.
	ctx, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	err := q.store.Append(ctx, first.lines)
	q.mu.Lock()
	defer q.mu.Unlock()
	if err == nil {
		q.waiting = q.waiting[1:]
		q.size -= len(first.lines)
		first.tell(nil)
		return nil
	}
	for _, batch := range q.waiting {
		batch.tell(err) // the store is down for all of them
	}
	return err
}

// tell lets those go who wait for the batch. Later answers are for nobody.
func (b *batch) tell(err error) {
	if !b.told {
		b.told, b.err = true, err
		close(b.done)
	}
}

func (q *queue) note(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fault = err
}

func (q *queue) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) == 0
}

// available is what is known of the store: the last call, and what waits.
func (q *queue) available() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.fault != nil:
		return unavailable(q.fault)
	case q.size >= maxQueue:
		return unavailable(fmt.Errorf("%d bytes wait for the store", q.size))
	}
	return nil
}

// checkSpace refuses a line that does not fit into the queue.
func (q *queue) checkSpace(size int) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.size+size > maxQueue {
		return unavailable(fmt.Errorf("%d bytes wait for the store", q.size))
	}
	return nil
}

// add puts a line behind the others and gives its batch.
func (q *queue) add(text []byte) *batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.size += len(text)
	// Neither a batch that is under way nor one that has failed may change.
	if n := len(q.waiting); n > 1 && !q.waiting[n-1].told && len(q.waiting[n-1].lines)+len(text) <= maxBatch {
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

// heads gives the heads that the store had at the start; it waits for its first answer.
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
		return nil, unavailable(q.fault)
	}
	return q.known, nil
}

// wait waits for the store's first answer to a batch. A caller who has gone changes nothing: the
// record is on its way.
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
