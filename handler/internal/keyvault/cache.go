package keyvault

import (
	"context"
	"errors"
	"sync"
	"time"

	"influxion/handler/internal/signing"
)

// cache holds answers of the vault.
//
//   - Key: what was asked for; for certificates, name and version, where the empty version is a key
//     of its own.
//   - TTL: an answer younger than fresh (half the TTL) is served as it is; between fresh and ttl it
//     is served and refreshed in the background; older than ttl it is served only after the vault
//     was asked. A rotation is therefore seen within the TTL. A caller whose own time is short
//     waits for half of it and is then served what is held.
//   - Single flight: one fetch a key for all who wait. It runs on its own deadline, so that the
//     first caller's departure does not fail the others; each waiting caller leaves when its own
//     context ends.
//   - Outage: a transient refusal is remembered briefly (Retry-After, else two seconds and jitter)
//     and meanwhile the held answer is served, until stale after it was fetched and never outside
//     its own validity. Throttling stops the fetches of every key. For as long after a transient
//     refusal as an answer would be fresh, the held one is served at once and refreshed behind:
//     callers of an outage do not each wait for it.
//   - Definite refusals (disabled, deleted, unfit, forbidden) drop the held answer at once, stale
//     service included, and are remembered for 30 seconds. Within its fresh time nobody asks the
//     vault, so "at once" means: as soon as any answer says so.
//   - Bounds: maxValues answers, the least recently used go first; maxRefusals refusals; maxCalls
//     fetches for keys of which nothing is held, beyond which callers are told to come back.
type cache[K comparable, V any] struct {
	lifetime
	rules[K, V]

	mu        sync.Mutex
	values    map[K]*entry[V]
	refusals  map[K]remembered
	calls     map[K]*call[V]
	paused    remembered // throttled: for every key
	uses      uint64
	closed    bool
	coldCalls int
}

// rules are what makes one cache different from another.
type rules[K comparable, V any] struct {
	fresh, ttl, staleFor             time.Duration
	maxValues, maxRefusals, maxCalls int

	fetch    func(ctx context.Context, key K) (answer[V], *refusal)
	concerns func(asked, held K, value V) bool               // nil: a refusal concerns its own key alone
	failed   func(key K, refused *refusal, servedStale bool) // told of refusals that no caller is told of
}

// lifetime is what the caches of a Source share.
type lifetime struct {
	ctx      context.Context // ends the fetches
	running  *sync.WaitGroup
	now      func() time.Time
	deadline time.Duration // of one fetch
}

// answer is a value with the time in which it may be used; a zero time is no bound.
type answer[V any] struct {
	value       V
	from, until time.Time
}

type entry[V any] struct {
	answer[V]
	fetched  time.Time
	troubled time.Time // when it was last not refreshed for a transient reason
	used     uint64
}

type remembered struct {
	refused *refusal
	until   time.Time
}

type call[V any] struct {
	done    chan struct{}
	awaited bool // a caller will get the outcome
	cold    bool // nothing was held when it began
	value   V
	refused *refusal
}

func newCache[K comparable, V any](common lifetime, own rules[K, V]) *cache[K, V] {
	return &cache[K, V]{
		lifetime: common, rules: own,
		values: map[K]*entry[V]{}, refusals: map[K]remembered{}, calls: map[K]*call[V]{},
	}
}

// hit gives a fresh answer, without any other effect.
func (c *cache[K, V]) hit(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	h := c.usable(key, now)
	if h == nil || now.Sub(h.fetched) >= c.fresh {
		var none V
		return none, false
	}
	return c.use(h), true
}

// get gives the answer for key as the type's comment says. Its errors are *signing.Error.
func (c *cache[K, V]) get(ctx context.Context, key K) (V, error) {
	value, waiting, refused := c.look(key)
	if waiting == nil {
		return value, asError(refused)
	}
	var hurry <-chan time.Time
	if deadline, ok := ctx.Deadline(); ok {
		timer := time.NewTimer(time.Until(deadline) / 2)
		defer timer.Stop()
		hurry = timer.C
	}
	for {
		select {
		case <-waiting.done:
			return waiting.value, asError(waiting.refused)
		case <-hurry:
			if value, ok := c.fallback(key); ok {
				return value, nil
			}
		case <-ctx.Done():
			return value, &signing.Error{
				Kind: signing.DeadlineExceeded, Code: "deadline_exceeded",
				Detail: "the certificate store took longer than this request may",
				Err:    context.Cause(ctx),
			}
		}
	}
}

// fallback gives what is held, however old, for a caller who cannot wait.
func (c *cache[K, V]) fallback(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.usable(key, c.now()); h != nil {
		return c.use(h), true
	}
	var none V
	return none, false
}

// peek gives what is held for key, however old, without using it.
func (c *cache[K, V]) peek(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.usable(key, c.now()); h != nil {
		return h.value, true
	}
	var none V
	return none, false
}

// withdraw drops what is held for key, and what concerns tells, for a refusal that came up in its
// use.
func (c *cache[K, V]) withdraw(key K, refused *refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuse(key, refused, c.now())
}

// look gives what can be said at once, or the call to wait for.
func (c *cache[K, V]) look(key K) (V, *call[V], *refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var none V
	now := c.now()
	h := c.usable(key, now)
	if h != nil && now.Sub(h.fetched) < c.fresh {
		return c.use(h), nil, nil
	}
	refused := c.remembered(key, now)
	var waiting *call[V]
	if refused == nil {
		waiting, refused = c.launch(key, h == nil)
	}
	switch {
	case h != nil && (waiting == nil || now.Sub(h.fetched) < c.ttl || now.Sub(h.troubled) < c.fresh):
		return c.use(h), nil, nil
	case waiting == nil:
		return none, nil, refused
	}
	waiting.awaited = true
	return none, waiting, nil
}

// launch begins a fetch, or gives the one under way.
func (c *cache[K, V]) launch(key K, cold bool) (*call[V], *refusal) {
	if waiting := c.calls[key]; waiting != nil {
		return waiting, nil
	}
	if c.closed {
		return nil, unavailable(errors.New("the source is closed"))
	}
	if cold && c.coldCalls >= c.maxCalls {
		return nil, unavailable(errors.New("too many certificates are being fetched at once"))
	}
	if cold {
		c.coldCalls++
	}
	started := &call[V]{done: make(chan struct{}), cold: cold}
	c.calls[key] = started
	c.running.Go(func() {
		ctx, cancel := context.WithTimeout(c.ctx, c.deadline)
		defer cancel()
		got, refused := c.fetch(ctx, key)
		c.finish(key, started, got, refused)
	})
	return started, nil
}

// finish notes the outcome of a fetch and hands it to all who wait.
func (c *cache[K, V]) finish(key K, ended *call[V], got answer[V], refused *refusal) {
	c.mu.Lock()
	delete(c.calls, key)
	if ended.cold {
		c.coldCalls--
	}
	now := c.now()
	servedStale := false
	if refused == nil {
		ended.value = got.value
		c.hold(key, got, now)
	} else {
		c.refuse(key, refused, now)
		if h := c.usable(key, now); h != nil {
			h.troubled = now
			ended.value, servedStale = c.use(h), true
		} else {
			ended.refused = refused
		}
	}
	untold := refused != nil && (servedStale || !ended.awaited)
	c.mu.Unlock()
	if untold {
		c.failed(key, refused, servedStale)
	}
	close(ended.done)
}

func (c *cache[K, V]) hold(key K, got answer[V], now time.Time) {
	delete(c.refusals, key)
	h := &entry[V]{answer: got, fetched: now}
	c.values[key] = h
	c.use(h)
	for len(c.values) > c.maxValues {
		var oldest K
		least := h.used
		for k, other := range c.values {
			if other.used < least {
				oldest, least = k, other.used
			}
		}
		delete(c.values, oldest)
	}
}

func (c *cache[K, V]) refuse(key K, refused *refusal, now time.Time) {
	memory := remembered{refused, now.Add(refused.remember)}
	if refused.everyone {
		c.paused = memory
	}
	if refused.final {
		delete(c.values, key)
		for k, h := range c.values {
			if c.concerns != nil && c.concerns(key, k, h.value) {
				delete(c.values, k)
			}
		}
	}
	if len(c.refusals) >= c.maxRefusals {
		c.forgetRefusals(now)
	}
	c.refusals[key] = memory
}

// forgetRefusals makes room: what is over, and if that is nothing, what would be over next.
func (c *cache[K, V]) forgetRefusals(now time.Time) {
	var next K
	var soonest time.Time
	for k, entry := range c.refusals {
		if !now.Before(entry.until) {
			delete(c.refusals, k)
			continue
		}
		if soonest.IsZero() || entry.until.Before(soonest) {
			next, soonest = k, entry.until
		}
	}
	if len(c.refusals) >= c.maxRefusals {
		delete(c.refusals, next)
	}
}

// usable gives what is held for key, and drops it when its validity or its time of stale service is
// over.
func (c *cache[K, V]) usable(key K, now time.Time) *entry[V] {
	h := c.values[key]
	if h == nil {
		return nil
	}
	if now.Before(h.from) || (!h.until.IsZero() && !now.Before(h.until)) || now.Sub(h.fetched) >= c.staleFor {
		delete(c.values, key)
		return nil
	}
	return h
}

// remembered gives the refusal that still holds for key, telling the time that is left of it.
func (c *cache[K, V]) remembered(key K, now time.Time) *refusal {
	entry, ok := c.refusals[key]
	if ok && !now.Before(entry.until) {
		delete(c.refusals, key)
		ok = false
	}
	if !ok && now.Before(c.paused.until) {
		entry, ok = c.paused, true
	}
	if !ok {
		return nil
	}
	return entry.refused.after(entry.until.Sub(now))
}

func (c *cache[K, V]) use(h *entry[V]) V {
	c.uses++
	h.used = c.uses
	return h.value
}

func (c *cache[K, V]) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
}

func asError(refused *refusal) error {
	if refused == nil {
		return nil
	}
	return refused.fault
}
