package limiter

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Config is what a Limiter is made of; zero values are the defaults.
type Config struct {
	Places  int // calls at once; default 128. One key gets at most three quarters of them.
	Waiting int // callers in line; default 1024, of one key at most three quarters

	Rest    time.Duration // after the first refusal that names no time; doubled by each further one; default 10 ms
	MaxRest time.Duration // of a rest that we choose; default 500 ms
	// MaxRetryAfter bounds a rest that the vault asks for; default one minute.
	MaxRetryAfter time.Duration
	// Jitter gives the share of a rest that is added to it, from 0 to 1, so that instances do not
	// come back together; nil adds nothing.
	Jitter func() float64
}

// Limiter lets calls through: in the order in which they came, but passing over a key that rests or
// that has its share of the places. A throttled key is tried again by one call alone; then it gets
// half as many places as before, and one more for each call that comes through. Safe for concurrent
// use.
type Limiter struct {
	config Config

	mu      sync.Mutex
	lanes   map[string]*lane
	line    []*waiter // in order of their tickets
	running int
	tickets uint64
	timer   *time.Timer // wakes the line when a rest ends
}

// waiter is a caller in line.
type waiter struct {
	ticket uint64
	key    string
	lane   *lane
	let    chan struct{} // closed when it may call
	began  uint64        // the rests of its lane at that moment
}

// Outcome is what a call met.
type Outcome struct {
	Throttled  bool          // the vault refused because of too many calls: it is tried again
	RetryAfter time.Duration // what the vault asked for; 0 = nothing
}

// ErrFull: as many wait already as may.
var ErrFull = errors.New("too many signatures wait for the vault")

// RestingError: the key is throttled for longer than the caller has time.
type RestingError struct{ Left time.Duration }

func (e *RestingError) Error() string {
	return "the vault throttles the key for longer than the request has time"
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

// share is what one key gets of so many: not all, so that the others are not held up.
func share(all int) int { return max(1, all-all/4) }

// Do calls work for a key when its turn has come, and again where the vault throttles it, in the
// turn that it had. It returns when work was not throttled, or with ErrFull, a *RestingError, or
// the end of ctx.
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

// call makes one call, and says whether it was throttled. A panic of work gives the place back too.
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

// enter puts a caller in line: at the end, or in the turn of its ticket.
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

// leave takes a caller out of the line, or gives back the place that it got at the same time.
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

// dispatch lets everybody through who may be, and sees to it that it is called again when the next
// rest ends.
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

// maxIdleLanes is how many keys are remembered without need.
const maxIdleLanes = 64

// forget drops a lane of which nothing need be known.
func (l *Limiter) forget(key string, own *lane) {
	if own.running == 0 && own.waiting == 0 && own.rest == 0 && !time.Now().Before(own.until) &&
		own.allowed == share(l.config.Places) {
		delete(l.lanes, key)
	}
}
