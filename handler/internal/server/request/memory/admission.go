package memory

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	// admissionWait is how long a request waits for memory before it is answered with 503.
	admissionWait = 2 * time.Second
	// maxWaiting bounds the requests that wait. If one more comes, either it is refused at once, or
	// the newest request of the caller with the most waiting requests is.
	maxWaiting = 256
	// drainPeriod is the period over which the rate of released memory is measured. The period
	// before it counts too.
	drainPeriod = 5 * time.Second

	leastRetry, mostRetry = time.Second, time.Minute
)

// errFull is the error for a request that is refused because too many others wait.
var errFull = errors.New("too many requests wait for memory")

// admission shares a number of bytes between the requests of all callers. Bytes that become free go
// to the waiting caller who holds the fewest; among equals, to the one whose request came first. So
// a caller who sends a lot waits for its own requests and does not delay the others. A request that
// does not fit yet is not overtaken, so that large requests get their turn. Safe for concurrent
// use.
type admission struct {
	capacity int64

	mu      sync.Mutex
	used    int64
	callers map[string]*callerShare // those that hold bytes or wait
	waiting int
	wanted  int64 // bytes that the waiting requests need
	arrived int64 // requests that have waited since the start
	drained drained
}

// callerShare is what one caller holds, and its waiting requests.
type callerShare struct {
	reserved int64    // bytes
	places   []*place // in the order in which they came
}

// place is the place of one waiting request in the queue.
type place struct {
	bytes   int64
	number  int64
	decided chan error // receives one value: nil = the bytes are taken
}

func newAdmission(capacity int64) *admission {
	return &admission{capacity: capacity, callers: map[string]*callerShare{}}
}

// tryAcquire takes bytes for a caller unless other requests wait or too few bytes are free.
func (a *admission) tryAcquire(caller string, bytes int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting > 0 || bytes > a.capacity-a.used {
		return false
	}
	a.hold(caller, bytes)
	return true
}

// acquire takes bytes for a caller when its turn comes. Its error is that of the context, or
// errFull.
func (a *admission) acquire(ctx context.Context, caller string, bytes int64) error {
	if err := ctx.Err(); err != nil || a.tryAcquire(caller, bytes) {
		return err
	}
	p, err := a.queue(caller, bytes)
	if err != nil {
		return err
	}
	select {
	case err := <-p.decided:
		return err
	case <-ctx.Done():
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case err := <-p.decided: // meanwhile
		return err
	default:
	}
	a.leave(caller, p)
	a.admit()
	return ctx.Err()
}

// queue gives a request a place, if one is left for it.
func (a *admission) queue(caller string, bytes int64) (*place, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting == maxWaiting {
		if most := a.most(); most == caller || !a.displace(most, caller) {
			return nil, errFull
		}
	}
	a.arrived++
	p := &place{bytes: bytes, number: a.arrived, decided: make(chan error, 1)}
	share := a.share(caller)
	share.places = append(share.places, p)
	a.waiting++
	a.wanted += bytes
	a.admit() // it may have been released since
	return p, nil
}

// most is the caller with the most waiting requests.
func (a *admission) most() (caller string) {
	most := 0
	for name, share := range a.callers {
		if n := len(share.places); n > most || n == most && name < caller {
			caller, most = name, n
		}
	}
	return caller
}

// displace refuses the newest waiting request of one caller to make a place for one of another
// caller, who has fewer. It reports whether it did.
func (a *admission) displace(from, to string) bool {
	places := a.callers[from].places
	if share := a.callers[to]; share != nil && len(share.places)+1 >= len(places) {
		return false
	}
	last := places[len(places)-1]
	a.leave(from, last)
	last.decided <- errFull
	return true
}

// leave removes a place from the queue.
func (a *admission) leave(caller string, p *place) {
	share := a.callers[caller]
	share.places = slices.DeleteFunc(share.places, func(other *place) bool { return other == p })
	a.waiting--
	a.wanted -= p.bytes
	a.forget(caller)
}

// admit gives free bytes to the requests whose turn it is.
func (a *admission) admit() {
	for a.waiting > 0 {
		var next string
		var first *callerShare
		for name, share := range a.callers {
			if len(share.places) > 0 && (first == nil || share.before(first)) {
				next, first = name, share
			}
		}
		p := first.places[0]
		if p.bytes > a.capacity-a.used {
			return
		}
		a.hold(next, p.bytes)
		a.leave(next, p)
		p.decided <- nil
	}
}

// before reports whether s gets its turn before other. Both wait.
func (s *callerShare) before(other *callerShare) bool {
	return cmp.Or(cmp.Compare(s.reserved, other.reserved), cmp.Compare(s.places[0].number, other.places[0].number)) < 0
}

func (a *admission) hold(caller string, bytes int64) {
	a.used += bytes
	a.share(caller).reserved += bytes
}

func (a *admission) share(caller string) *callerShare {
	share := a.callers[caller]
	if share == nil {
		share = &callerShare{}
		a.callers[caller] = share
	}
	return share
}

func (a *admission) forget(caller string) {
	if share := a.callers[caller]; share.reserved == 0 && len(share.places) == 0 {
		delete(a.callers, caller)
	}
}

// release gives bytes of a caller back.
func (a *admission) release(caller string, bytes int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.used -= bytes
	a.share(caller).reserved -= bytes
	a.forget(caller)
	a.drained.add(time.Now(), bytes)
	a.admit()
}

// retryAfter estimates when a request for so many bytes would be admitted, at the rate at which
// memory was released in the last seconds.
func (a *admission) retryAfter(bytes int64) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	rate := a.drained.rate(time.Now())
	if rate <= 0 {
		return 2 * admissionWait // no rate to estimate with
	}
	ahead := max(0, a.wanted+bytes-(a.capacity-a.used))
	return min(max(time.Duration(float64(ahead)/rate*float64(time.Second)), leastRetry), mostRetry)
}

// drained measures how fast memory is released. The zero value is ready for use.
type drained struct {
	since        time.Time // when the current period began
	bytes, older int64     // released in it, and in the period before
}

func (d *drained) turn(now time.Time) {
	switch age := now.Sub(d.since); {
	case age >= 2*drainPeriod:
		d.since, d.bytes, d.older = now, 0, 0
	case age >= drainPeriod:
		d.since, d.bytes, d.older = d.since.Add(drainPeriod), 0, d.bytes
	}
}

func (d *drained) add(now time.Time, bytes int64) {
	d.turn(now)
	d.bytes += bytes
}

// rate is in bytes per second; 0 = nothing was released.
func (d *drained) rate(now time.Time) float64 {
	d.turn(now)
	period := now.Sub(d.since)
	if d.older > 0 {
		period += drainPeriod
	}
	return float64(d.bytes+d.older) / max(period, time.Second).Seconds()
}
