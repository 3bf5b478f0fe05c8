package entra

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"influxion/handler/internal/signing"
)

var (
	errUnknownKey = errors.New("kid is not that of a key of the issuer")
	errNotFetched = errors.New("kid is not that of a known key, and no fetch is allowed yet")
)

// keyRing is the cache of one tenant's token keys.
//
// Key: kid. Life: the keys are fetched again in the background after refreshAge; after waitAge
// callers wait for that. Single flight: all callers that wait share one fetch, which goes on when
// they leave. Bound: maxKeys. Outage: attempts are spaced out, the last good keys serve for
// lastGoodAge, and after that the answer is Unavailable.
//
// An unknown kid causes a fetch, within an allowance that all bad tokens share. Only a fetch that
// began after the token came can prove that its kid is wrong. Where no fetch is allowed the answer
// is Unavailable, because the kid may be that of a new key.
type keyRing struct {
	tenant string
	fetch  fetchKeys
	now    func() time.Time
	logger *slog.Logger

	mu        sync.Mutex
	set       keySet
	call      chan struct{} // closed when the fetch under way is done; nil = none
	finished  uint64        // number of finished fetches
	backoff   backoff
	allowance allowance
}

// keySet is the outcome of the last good fetch.
type keySet struct {
	keys       map[string]*rsa.PublicKey // by kid; replaced as a whole, never changed
	loaded     time.Time
	generation uint64 // changes with the keys; 0 = never loaded
}

// fetchKeys asks the authority for a tenant's current keys, by kid.
type fetchKeys func(ctx context.Context, tenant string) (map[string]*rsa.PublicKey, error)

func newKeyRing(tenant string, fetch fetchKeys, now func() time.Time, logger *slog.Logger) *keyRing {
	return &keyRing{tenant: tenant, fetch: fetch, now: now, logger: logger}
}

// key gives the key with that kid, and the generation of its key set. It waits for a fetch only
// where it must.
func (k *keyRing) key(ctx context.Context, kid string) (*rsa.PublicKey, uint64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	decisive := k.finished + 1 // the number of the fetch that decides whether kid is unknown
	if k.call != nil {
		decisive++
	}
	for {
		now := k.now()
		if key := k.fresh(now, kid); key != nil {
			return key, k.set.generation, nil
		}
		if k.finished >= decisive || k.call == nil && k.backoff.rests(now) {
			return k.conclude(now, kid)
		}
		if k.unknown(now, kid) && k.call == nil && !k.allowance.spend(now) {
			return nil, 0, identityUnavailable(k.allowance.wait(now), errNotFetched)
		}
		call := k.start(now)
		k.mu.Unlock()
		err := wait(ctx, call)
		k.mu.Lock()
		if err != nil {
			return nil, 0, err
		}
	}
}

// current is key without waiting: it gives no key where key would wait for a fetch or fail.
func (k *keyRing) current(kid string) (key *rsa.PublicKey, generation uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.fresh(k.now(), kid), k.set.generation
}

// ready is key without a particular kid.
func (k *keyRing) ready(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if k.usable(now) == nil {
		call := k.start(now)
		k.mu.Unlock()
		err := wait(ctx, call)
		k.mu.Lock()
		if err != nil {
			return err
		}
		now = k.now()
	}
	if k.usable(now) == nil {
		return k.unavailable(now)
	}
	return nil
}

// refresh starts a fetch if one is due. Keys that nobody asked for yet are fetched only if wanted
// is set.
func (k *keyRing) refresh(wanted bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if k.set.keys == nil && !wanted || k.set.keys != nil && k.age(now) < refreshAge {
		return
	}
	k.start(now)
}

func (k *keyRing) age(now time.Time) time.Duration { return now.Sub(k.set.loaded) }

// fresh gives a key without waiting, and starts a fetch in the background if one is due.
func (k *keyRing) fresh(now time.Time, kid string) *rsa.PublicKey {
	key := k.set.keys[kid]
	if key == nil || k.age(now) >= waitAge {
		return nil
	}
	if k.age(now) >= refreshAge {
		k.start(now)
	}
	return key
}

// usable gives the keys, or none if they are too old.
func (k *keyRing) usable(now time.Time) map[string]*rsa.PublicKey {
	if k.age(now) >= lastGoodAge {
		return nil
	}
	return k.set.keys
}

// unknown reports whether there are keys, but none with that kid.
func (k *keyRing) unknown(now time.Time, kid string) bool {
	keys := k.usable(now)
	return keys != nil && keys[kid] == nil
}

// conclude gives the answer for a kid when no fetch can help now. An unknown kid is the caller's
// error only if the keys are known to be current.
func (k *keyRing) conclude(now time.Time, kid string) (*rsa.PublicKey, uint64, error) {
	keys := k.usable(now)
	if key := keys[kid]; key != nil {
		return key, k.set.generation, nil
	}
	if keys == nil || k.backoff.failures > 0 {
		return nil, 0, k.unavailable(now)
	}
	return nil, 0, errUnknownKey
}

func (k *keyRing) unavailable(now time.Time) *signing.Error {
	return identityUnavailable(k.backoff.until.Sub(now), fmt.Errorf("no current token keys: %w", k.backoff.err))
}

// start begins a fetch, unless one is running or the last one failed just now, and gives the one
// that is running.
func (k *keyRing) start(now time.Time) chan struct{} {
	if k.call != nil || k.backoff.rests(now) {
		return k.call
	}
	call := make(chan struct{})
	k.call = call
	go func() {
		// The fetch has a context of its own: other callers wait for it too.
		ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
		defer cancel()
		keys, err := k.fetch(ctx, k.tenant)
		k.finish(keys, err)
		close(call)
	}()
	return call
}

// finish stores the outcome of a fetch and logs it, since the fetch belongs to no single request.
func (k *keyRing) finish(keys map[string]*rsa.PublicKey, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	k.call = nil
	k.finished++
	if err != nil {
		pause := k.backoff.fail(now, err)
		k.logger.Warn("token keys not loaded", "tenant_id", k.tenant, "failures", k.backoff.failures, "pause", pause,
			"last_good", k.usable(now) != nil, "error", err)
		return
	}
	k.backoff = backoff{}
	if !maps.EqualFunc(k.set.keys, keys, func(a, b *rsa.PublicKey) bool { return a.Equal(b) }) {
		k.set.generation++
	}
	k.set.keys, k.set.loaded = keys, now
	k.logger.Info("token keys loaded", "tenant_id", k.tenant, "keys", len(keys))
}

// wait waits for a fetch, if there is one, until the caller's context ends.
func wait(ctx context.Context, call chan struct{}) error {
	if call == nil {
		return nil
	}
	select {
	case <-call:
		return nil
	case <-ctx.Done():
		return identityUnavailable(firstPause, fmt.Errorf("wait for token keys: %w", ctx.Err()))
	}
}

// identityUnavailable asks the caller to try again after a while, a second at least.
func identityUnavailable(after time.Duration, cause error) *signing.Error {
	return &signing.Error{Kind: signing.Unavailable, Code: "identity_unavailable",
		Detail: "access tokens cannot be verified at the moment", RetryAfter: max(after, firstPause), Err: cause}
}
