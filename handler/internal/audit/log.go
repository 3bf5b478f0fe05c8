package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"influxion/handler/internal/guid"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/signing"
)

// Config is what a Log is made of. Out is required.
type Config struct {
	Out         io.Writer         // gets each line in one call: standard output, which the Functions host collects
	Store       Store             // gets the lines of attempts beside that; nil = none
	Timestamper pades.Timestamper // for heads; nil = they are not timestamped
	Logger      *slog.Logger      // of what fails and is tried again; nil = none
	Now         func() time.Time  // nil = time.Now
	Timeout     time.Duration     // of one call of the store; 0 = 10 seconds
	Pause       time.Duration     // before the store is tried again, longer each time; 0 = half a second
}

// Log writes the audit log of this start of the program, which is an instance. Safe for concurrent
// use.
type Log struct {
	config Config
	queue  *queue // to the store; nil = none
	stamps chan struct{}
	stop   context.CancelFunc
	ended  sync.WaitGroup

	mu       sync.Mutex
	attempts chain
	refusals chain
	torn     bool // a line is half written
	closed   bool
	unproved int // lines since the last timestamp
}

// New begins an instance. Without a store it does no I/O; with one it looks there, behind the
// callers' backs, for the heads that others have written. Close it.
func New(config Config) *Log {
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Timeout <= 0 {
		config.Timeout = defaultTimeout
	}
	if config.Pause <= 0 {
		config.Pause = defaultPause
	}
	instance := guid.New()
	l := &Log{config: config, stamps: make(chan struct{}, 1),
		attempts: chain{instance: instance, stream: Attempts}, refusals: chain{instance: instance, stream: Refusals}}
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	if config.Store != nil {
		l.queue = newQueue(config)
		l.ended.Go(func() { l.queue.run(ctx) })
	}
	if config.Timestamper != nil {
		l.ended.Go(func() { l.stampAlways(ctx) })
	}
	return l
}

// Write is WriteAll for one record.
func (l *Log) Write(ctx context.Context, r *signing.Record, stream Stream) error {
	return l.WriteAll(ctx, []*signing.Record{r}, stream)
}

// WriteAll writes the records of one attempt. Where they are of signatures and there is a store, it
// returns once the store has them too. After an error no signature of the attempt must be released.
// A *signing.Error of kind Unavailable says that the store does not take them now; any other is
// about Out.
func (l *Log) WriteAll(ctx context.Context, records []*signing.Record, stream Stream) error {
	var pending []*batch
	for _, r := range records {
		duration := r.Duration.Milliseconds()
		line := Line{Level: "INFO", Message: MessageRecord, DurationMS: &duration, Record: r}
		into := stream
		if r.Outcome != signing.Signed && l.queue != nil && !l.queue.hasBegun() {
			into = Refusals // nothing was released, and its record need not wait for a store that was never there
		}
		batch, err := l.write(ctx, line, into)
		if err != nil {
			return err
		}
		if batch != nil && r.Outcome == signing.Signed && !slices.Contains(pending, batch) {
			pending = append(pending, batch)
		}
	}
	for _, batch := range pending {
		if err := l.queue.wait(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// Available tells whether a signature could be released now, as far as is known: its error is the
// one that Write would give. It waits for nothing, and is there so that no key is used for nothing.
func (l *Log) Available() error {
	if l.queue == nil {
		return nil
	}
	return l.queue.available()
}

// Ready tells the same to a readiness check, which waits for the store's first answer.
func (l *Log) Ready(ctx context.Context) error {
	if l.queue == nil {
		return nil
	}
	if _, err := l.queue.heads(ctx); err != nil {
		return err
	}
	return l.queue.available()
}

var errClosed = errors.New("the audit log is closed")

// write writes a line to Out, and gives the batch in which it goes to the store, nil for none.
func (l *Log) write(ctx context.Context, line Line, stream Stream) (*batch, error) {
	var known []Head
	if stream == Attempts && l.queue != nil {
		var err error
		if known, err = l.queue.heads(ctx); err != nil {
			return nil, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errClosed
	}
	return l.append(line, stream, known)
}

// append does the same for whoever holds the lock.
func (l *Log) append(line Line, stream Stream, known []Head) (*batch, error) {
	own, other := &l.attempts, &l.refusals
	if stream == Refusals {
		own, other = other, own
	}
	if head, begun := other.head(); begun {
		known = append([]Head{head}, known...)
	}
	text, next, err := own.encode(line, known)
	if err != nil {
		return nil, err
	}
	stored := l.queue != nil && stream == Attempts
	if stored {
		// Before it is in the chain: what is in the chain must come into the store.
		if err := l.queue.checkSpace(len(text)); err != nil {
			return nil, err
		}
	}
	if err := l.print(text); err != nil {
		return nil, err
	}
	*own = next
	if l.unproved++; l.unproved >= stampLines {
		l.askForStamp()
	}
	if !stored {
		return nil, nil
	}
	return l.queue.add(text), nil
}

// print writes a line to Out. One that could not be written as a whole is not in the chain: the
// next one has its sequence.
func (l *Log) print(text []byte) error {
	if l.torn {
		if _, err := l.config.Out.Write([]byte{'\n'}); err != nil {
			return fmt.Errorf("write audit record: %w", err)
		}
		l.torn = false
	}
	n, err := l.config.Out.Write(text)
	if err == nil && n < len(text) {
		err = io.ErrShortWrite
	}
	if err == nil {
		return nil
	}
	l.torn = n > 0
	if n >= len(text)-1 {
		return nil // but for its end, which the next line brings
	}
	return fmt.Errorf("write audit record: %w", err)
}

// Close ends the chains with a line each and waits until the store has all, a few seconds at most.
// What is written afterwards is refused.
func (l *Log) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), l.config.Timeout)
	defer cancel()
	batch := l.end()
	if batch != nil {
		if err := l.queue.wait(ctx, batch); err != nil {
			l.config.Logger.Warn("audit log not stored to its end", "error", err.Error())
		}
	}
	l.stop()
	l.ended.Wait()
}

func (l *Log) end() (last *batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	line := Line{Level: "INFO", Message: MessageEnd, End: &End{l.config.Now().UTC()}}
	for _, own := range []*chain{&l.refusals, &l.attempts} {
		if own.sequence == 0 {
			continue
		}
		batch, err := l.append(line, own.stream, nil)
		if err != nil {
			l.config.Logger.Warn("audit log not ended", "error", err.Error())
			continue
		}
		last = batch
	}
	return last
}
