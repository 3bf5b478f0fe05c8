package keyvault

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"influxion/handler/internal/signing"
)

// cache caches answers of the vault.
//
//   - Key: what was asked for. For certificates it is name and version; the empty version is a key
//     of its own.
//   - TTL: an answer younger than fresh (half the TTL) is served without a request. Between fresh
//     and ttl it is served and refreshed in the background. Beyond ttl it is served only after the
//     vault was asked. So a rotation is seen within the TTL. A caller with a short deadline waits
//     for half of its time and then gets the cached answer.
//   - Single flight: one fetch for each key, for all callers who wait. The fetch has its own
//     deadline, so that the first caller's departure does not fail the others. Each waiting caller
//     leaves when its own context ends.
//   - Outage: a transient refusal is remembered for a short time (Retry-After, else two seconds and
//     jitter). Meanwhile the cached answer is served, until staleFor after its fetch and never
//     outside its own validity. Throttling stops the fetches of every key. After a transient
//     refusal the cached answer is served at once and refreshed in the background, for as long as
//     an answer would be fresh, so that not every caller waits during an outage.
//   - Definite refusals (disabled, deleted, unfit, forbidden) drop the cached answer at once, for
//     stale service too, and are remembered for 30 seconds. While an answer is fresh nobody asks
//     the vault, so "at once" means: as soon as any answer says so.
//   - Bounds: maxValues answers, of which the least recently used is dropped first; maxRefusals
//     refusals; maxCalls fetches at once for keys without a cached answer. Further callers are told
//     to try again later.
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

// rules are the parameters in which caches differ.
type rules[K comparable, V any] struct {
	fresh, ttl, staleFor             time.Duration
	maxValues, maxRefusals, maxCalls int

	fetch func(ctx context.Context, key K) (answer[V], *refusal)
	// reports whether a refusal of asked drops cached too; nil: it never does
	concerns func(asked, cached K, value V) bool
	failed   func(key K, refused *refusal, servedStale bool) // gets the refusals that no caller receives
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
	troubled time.Time // when a refresh last failed for a transient reason
	used     uint64
}

type call[V any] struct {
	done    chan struct{}
	awaited bool // a caller waits for the outcome
	cold    bool // there was no cached answer when it began
	value   V
	refused *refusal
}

func newCache[K comparable, V any](common lifetime, own rules[K, V]) *cache[K, V] {
	return &cache[K, V]{
		lifetime: common, rules: own,
		values: map[K]*entry[V]{}, refusals: map[K]remembered{}, calls: map[K]*call[V]{},
	}
}

// hit returns a fresh answer. It never starts a fetch.
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

// get returns the answer for key by the rules in the comment of cache. Its errors are
// *signing.Error.
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

// fallback returns the cached answer, even a stale one, for a caller who cannot wait.
func (c *cache[K, V]) fallback(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.usable(key, c.now()); h != nil {
		return c.use(h), true
	}
	var none V
	return none, false
}

// peek returns the cached answer for key, even a stale one, and does not count as a use.
func (c *cache[K, V]) peek(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.usable(key, c.now()); h != nil {
		return h.value, true
	}
	var none V
	return none, false
}

// keys returns the keys of all cached answers, even of those that are too old to be used.
func (c *cache[K, V]) keys() []K {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Keys(c.values))
}

// withdraw drops the cached answer for key, and those that concerns names, after a refusal that
// occurred while the answer was in use.
func (c *cache[K, V]) withdraw(key K, refused *refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuse(key, refused, c.now())
}

// look returns the answer if it needs no waiting, else the call to wait for.
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

// launch starts a fetch, or returns the one that is running.
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

// finish stores the outcome of a fetch and passes it to all callers who wait.
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
	unreported := refused != nil && (servedStale || !ended.awaited)
	c.mu.Unlock()
	if unreported {
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

// usable returns the cached answer for key. It drops an answer outside its validity or older than
// staleFor.
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
