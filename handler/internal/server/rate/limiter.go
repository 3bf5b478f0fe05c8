package rate

import (
	"container/list"
	"strings"
	"sync"
	"time"

	"influxion/handler/internal/signing"
)

// window is how long what was used counts, from the first request in it.
const window = time.Minute

// maxCallers bounds the table, to some 3 MB. Where it is full, the caller whose window ends first
// begins another one.
const maxCallers = 10_000

// Limits are what one caller may use in a minute; 0 = no limit.
type Limits struct {
	Requests int64
	Bytes    int64 // of request bodies
}

// Limiter counts what callers use. Safe for concurrent use.
type Limiter struct {
	limits  Limits
	now     func() time.Time
	mu      sync.Mutex
	callers map[caller]*list.Element // of order
	order   *list.List               // of *used, the oldest window first
}

// caller is who is counted: a user or a service principal of a tenant.
type caller struct{ tenant, object string }

// used is what a caller has used in its window.
type used struct {
	caller
	since           time.Time
	requests, bytes int64
}

// New makes a Limiter, by a clock.
func New(limits Limits, now func() time.Time) *Limiter {
	return &Limiter{limits: limits, now: now, callers: map[caller]*list.Element{}, order: list.New()}
}

// Request counts a request with a body of a length in bytes, 0 for one that is not known, and gives
// what is left. Its error is a *signing.Error of kind TooManyRequests: the body must not be read.
// A request that is refused for its bytes counts as a request alone.
func (l *Limiter) Request(principal signing.Principal, bytes int64) (Usage, error) {
	return l.take(principal, 1, bytes)
}

// Body counts bytes of a body of unknown length that have been read. Its error is that of Request.
func (l *Limiter) Body(principal signing.Principal, bytes int64) (Usage, error) {
	return l.take(principal, 0, bytes)
}

func (l *Limiter) take(principal signing.Principal, requests, bytes int64) (Usage, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	u := l.find(caller{principal.TenantID, principal.ObjectID}, now)
	what := ""
	switch {
	case l.limits.Requests > 0 && u.requests+requests > l.limits.Requests:
		what = "requests"
	case l.limits.Bytes > 0 && bytes > l.limits.Bytes-u.bytes:
		u.requests += requests
		what = "bytes"
	default:
		u.requests += requests
		u.bytes += bytes
	}
	usage := l.usage(u, now)
	if what == "" {
		return usage, nil
	}
	return usage, &signing.Error{Kind: signing.TooManyRequests, Code: "caller_rate_exceeded",
		Detail: "this caller has used up its " + what + " of this minute", RetryAfter: usage.reset}
}

// find gives what the caller has used in a window that still lasts.
func (l *Limiter) find(c caller, now time.Time) *used {
	if element, ok := l.callers[c]; ok {
		u := element.Value.(*used)
		if age := now.Sub(u.since); age < 0 || age >= window {
			u.since, u.requests, u.bytes = now, 0, 0
			l.order.MoveToBack(element)
		}
		return u
	}
	if l.order.Len() >= maxCallers {
		oldest := l.order.Front()
		delete(l.callers, oldest.Value.(*used).caller)
		l.order.Remove(oldest)
	}
	// Clones, because the names may be parts of a whole token.
	u := &used{caller: caller{strings.Clone(c.tenant), strings.Clone(c.object)}, since: now}
	l.callers[u.caller] = l.order.PushBack(u)
	return u
}
