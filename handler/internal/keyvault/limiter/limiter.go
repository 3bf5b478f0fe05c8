package limiter

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Config configures a Limiter. A zero value stands for the default.
type Config struct {
	Places  int // calls at once; default 128. One key gets at most three quarters of them.
	Waiting int // waiting callers; default 1024. Those of one key are at most three quarters.

	Rest    time.Duration // pause after the first throttled call without Retry-After; doubles each time; default 10 ms
	MaxRest time.Duration // upper bound of such a pause; default 500 ms
	// MaxRetryAfter bounds a pause that the vault asks for; default one minute.
	MaxRetryAfter time.Duration
	// Jitter returns the share of a pause, from 0 to 1, that is added to it, so that instances do
	// not return together; nil adds nothing.
	Jitter func() float64
}

// Limiter lets calls through in the order in which they arrive, except that it skips a key that
// pauses or that uses its share of the places. After a pause one call alone tries the key. Then the
// key gets half as many places as before, and one more for each call that is not throttled. Safe
// for concurrent use.
type Limiter struct {
	config Config

	mu      sync.Mutex
	lanes   map[string]*lane
	line    []*waiter // ordered by ticket
	running int
	tickets uint64
	timer   *time.Timer // runs dispatch when a pause ends
}

// waiter is a waiting caller.
type waiter struct {
	ticket uint64
	key    string
	lane   *lane
	let    chan struct{} // closed when the caller may call
	began  uint64        // the value of lane.rests at that moment
}

// Outcome is the result of a call as far as the Limiter needs it.
type Outcome struct {
	Throttled  bool          // the vault refused the call because of too many calls; Do repeats it
	RetryAfter time.Duration // the pause that the vault asks for; 0 = none
}

// ErrFull means that no more callers may wait.
var ErrFull = errors.New("too many signatures wait for the vault")

// RestingError means that the key is throttled for longer than the caller has time. Left is the
// time until the key may be called again.
type RestingError struct{ Left time.Duration }

func (e *RestingError) Error() string {
	return "the vault throttles the key for longer than the time left for the request"
}

// New makes a Limiter.
func New(config Config) *Limiter {
	set := func(value *time.Duration, otherwise time.Duration) {
		if *value <= 0 {
			*value = otherwise
		}
	}
	if config.Places <= 0 {
		config.Places = 128
	}
	if config.Waiting <= 0 {
		config.Waiting = 1024
	}
	set(&config.Rest, 10*time.Millisecond)
	set(&config.MaxRest, 500*time.Millisecond)
	set(&config.MaxRetryAfter, time.Minute)
	if config.Jitter == nil {
		config.Jitter = func() float64 { return 0 }
	}
	return &Limiter{config: config, lanes: map[string]*lane{}}
}

// share is the part of all that one key gets: less than all, so that it does not delay other keys.
func share(all int) int { return max(1, all-all/4) }

// Do runs work for a key when its turn has come. If the vault throttles the call, Do runs work
// again, in its original place in the order. It returns nil when work was not throttled, else
// ErrFull, a *RestingError, or the cause of the end of ctx.
func (l *Limiter) Do(ctx context.Context, key string, work func(context.Context) Outcome) error {
	var ticket uint64
	for {
		w, err := l.enter(ctx, key, ticket)
		if err != nil {
			return err
		}
		select {
		case <-w.let:
		case <-ctx.Done():
			l.leave(w)
			return context.Cause(ctx)
		}
		if !l.call(ctx, w, work) {
			return nil
		}
		ticket = w.ticket
	}
}

// call runs work once and reports whether it was throttled. It frees the place also if work panics.
func (l *Limiter) call(ctx context.Context, w *waiter, work func(context.Context) Outcome) bool {
	var met Outcome
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.running--
		w.lane.ended(w.began, met, l.config)
		l.dispatch()
	}()
	met = work(ctx)
	return met.Throttled
}

// enter adds a caller to the line: at the end, or at the position of its ticket.
func (l *Limiter) enter(ctx context.Context, key string, ticket uint64) (*waiter, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	own := l.lanes[key]
	if own == nil {
		own = &lane{allowed: share(l.config.Places)}
		l.lanes[key] = own
	}
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(own.until) {
		left := time.Until(own.until)
		l.forget(key, own)
		return nil, &RestingError{Left: left}
	}
	if len(l.line) >= l.config.Waiting || own.waiting >= share(l.config.Waiting) {
		l.forget(key, own)
		return nil, ErrFull
	}
	if ticket == 0 {
		l.tickets++
		ticket = l.tickets
	}
	w := &waiter{ticket: ticket, key: key, lane: own, let: make(chan struct{})}
	at, _ := slices.BinarySearchFunc(l.line, ticket, func(w *waiter, ticket uint64) int {
		if w.ticket < ticket {
			return -1
		}
		return 1
	})
	l.line = slices.Insert(l.line, at, w)
	own.waiting++
	l.dispatch()
	return w, nil
}

// leave removes a caller from the line. If the caller got a place at the same moment, leave frees
// that.
func (l *Limiter) leave(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-w.let:
		l.running--
		w.lane.running--
	default:
		if at := slices.Index(l.line, w); at >= 0 {
			l.line = slices.Delete(l.line, at, at+1)
		}
		w.lane.waiting--
	}
	l.dispatch()
	l.forget(w.key, w.lane)
}

// dispatch lets every caller through who may call now, and arranges to run again when the next
// pause ends.
func (l *Limiter) dispatch() {
	now := time.Now()
	var next time.Time
	l.line = slices.DeleteFunc(l.line, func(w *waiter) bool {
		if l.running >= l.config.Places {
			return false
		}
		if now.Before(w.lane.until) {
			if next.IsZero() || w.lane.until.Before(next) {
				next = w.lane.until
			}
			return false
		}
		if w.lane.running >= w.lane.places() {
			return false
		}
		l.running++
		w.lane.running++
		w.lane.waiting--
		w.began = w.lane.rests
		close(w.let)
		return true
	})
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	if !next.IsZero() {
		l.timer = time.AfterFunc(next.Sub(now), func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.dispatch()
		})
	}
	for key, own := range l.lanes {
		if len(l.lanes) <= maxIdleLanes {
			break
		}
		l.forget(key, own)
	}
}

// maxIdleLanes is how many lanes may exist before dispatch drops idle ones.
const maxIdleLanes = 64

// forget drops a lane without calls, waiting callers or a pause.
func (l *Limiter) forget(key string, own *lane) {
	if own.running == 0 && own.waiting == 0 && own.rest == 0 && !time.Now().Before(own.until) &&
		own.allowed == share(l.config.Places) {
		delete(l.lanes, key)
	}
}
