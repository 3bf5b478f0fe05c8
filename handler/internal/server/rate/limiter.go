package rate

import (
	"container/list"
	"strings"
	"sync"
	"time"

	"influxion/handler/internal/signing"
)

// window is the period over which usage counts. It begins with a caller's first request.
const window = time.Minute

// maxCallers bounds the table, to some 3 MB. When the table is full, a new caller replaces the one
// whose window ends first, and that one's count begins again.
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
	callers map[caller]*list.Element // elements of order
	order   *list.List               // of *used, oldest window first
}

// caller identifies who is counted: a user or a service principal of a tenant.
type caller struct{ tenant, object string }

// used is what a caller has used in its window.
type used struct {
	caller
	since           time.Time
	requests, bytes int64
}

// New makes a Limiter that takes the time from now.
func New(limits Limits, now func() time.Time) *Limiter {
	return &Limiter{limits: limits, now: now, callers: map[caller]*list.Element{}, order: list.New()}
}

// Request counts a request with a body of so many bytes, 0 if the length is unknown, and returns
// what is left. Its error is a *signing.Error of kind TooManyRequests; the body must then not be
// read. A request that is refused for its bytes counts as a request, but its bytes do not count.
func (l *Limiter) Request(principal signing.Principal, bytes int64) (Usage, error) {
	return l.take(principal, 1, bytes)
}

// Document counts one more document of a request that has several, as if it were a request. Its
// errors are those of Request.
func (l *Limiter) Document(principal signing.Principal) (Usage, error) {
	return l.take(principal, 1, 0)
}

// Body counts bytes that were read from a body of unknown length. Its errors are those of Request.
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

// find returns what the caller has used in its current window, or begins one.
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
	// The names may share the memory of a whole token, which must not stay in memory.
	u := &used{caller: caller{strings.Clone(c.tenant), strings.Clone(c.object)}, since: now}
	l.callers[u.caller] = l.order.PushBack(u)
	return u
}
