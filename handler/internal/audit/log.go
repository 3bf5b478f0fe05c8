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

// Config configures a Log. Out is required.
type Config struct {
	Out         io.Writer         // gets each line in one call: standard output, which the Functions host collects
	Store       Store             // also gets the lines of attempts; nil = none
	Timestamper pades.Timestamper // timestamps heads; nil = they are not timestamped
	Logger      *slog.Logger      // for errors after which the Log tries again; nil = none
	Now         func() time.Time  // nil = time.Now
	Timeout     time.Duration     // for one call of the store; 0 = 10 seconds
	Pause       time.Duration     // before the store is tried again; it grows with each failure; 0 = half a second
}

// Log writes the audit log of this start of the program, which is one instance. Safe for concurrent
// use.
type Log struct {
	config       Config
	queue        *queue // of lines for the store; nil = there is no store
	timestampDue chan struct{}
	stop         context.CancelFunc
	ended        sync.WaitGroup

	mu       sync.Mutex
	attempts chain
	refusals chain
	torn     bool // the last line was written in part
	closed   bool
	unproved int // lines since the last timestamp
}

// New starts an instance. Without a store it does no I/O. With a store it reads the heads of other
// instances in the background. The Log must be closed.
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
	l := &Log{config: config, timestampDue: make(chan struct{}, 1),
		attempts: chain{instance: instance, stream: Attempts}, refusals: chain{instance: instance, stream: Refusals}}
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	if config.Store != nil {
		l.queue = newQueue(config)
		l.ended.Go(func() { l.queue.run(ctx) })
	}
	if config.Timestamper != nil {
		l.ended.Go(func() { l.keepTimestamping(ctx) })
	}
	return l
}

// Write calls WriteAll with one record.
func (l *Log) Write(ctx context.Context, r *signing.Record, stream Stream) error {
	return l.WriteAll(ctx, []*signing.Record{r}, stream)
}

// WriteAll writes the records of one attempt. If they are of signatures and there is a store, it
// returns only when the store has them too. After an error no signature of the attempt may be
// released. A *signing.Error of kind Unavailable means that the store does not take them now. Any
// other error is about Out.
func (l *Log) WriteAll(ctx context.Context, records []*signing.Record, stream Stream) error {
	var pending []*batch
	for _, r := range records {
		duration := r.Duration.Milliseconds()
		line := Line{Level: "INFO", Message: messageRecord, DurationMS: &duration, Record: r}
		into := stream
		if r.Outcome != signing.Signed && l.queue != nil && !l.queue.hasBegun() {
			into = Refusals // nothing was released, so the record need not wait for a store that never answered
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

// Available reports whether a signature could be released now, as far as is known. It returns the
// error that Write would return. It never waits. Callers use it so that no key is used in vain.
func (l *Log) Available() error {
	if l.queue == nil {
		return nil
	}
	return l.queue.available()
}

// Ready is Available for a readiness check: it waits for the store's first answer.
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

// write writes a line to Out. It returns the batch that takes the line to the store; nil = it does
// not go there.
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

// append is write without the wait for the store. The caller must have locked l.mu.
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
		// This check comes before the line joins the chain: every line of the chain must reach the
		// store.
		if err := l.queue.checkSpace(len(text)); err != nil {
			return nil, err
		}
	}
	if err := l.print(text); err != nil {
		return nil, err
	}
	*own = next
	if l.unproved++; l.unproved%timestampLines == 0 {
		l.requestTimestamp()
	}
	if !stored {
		return nil, nil
	}
	return l.queue.add(text), nil
}

// print writes a line to Out. A line that was not written whole is not in the chain: the next line
// gets its sequence number.
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
		return nil // only the line end is missing, and the next line brings it
	}
	return fmt.Errorf("write audit record: %w", err)
}

// Close writes an end line to each chain and waits until the store has all lines or has failed, for
// one and a half times Config.Timeout at most. Later writes are refused.
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
	line := Line{Level: "INFO", Message: messageEnd, End: &End{l.config.Now().UTC()}}
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
