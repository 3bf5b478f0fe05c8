package entra

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"influxion/handler/internal/signing"
)

// Ages of a key set, and pauses between the requests for it.
const (
	refreshAge  = time.Hour        // older: fetched again behind the callers' backs
	waitAge     = 12 * time.Hour   // older: fetched again first, and used only if that fails
	lastGoodAge = 24 * time.Hour   // older: never used
	unknownRest = time.Minute      // at most one fetch in this time because of unknown kids
	firstPause  = time.Second      // after a failed fetch, doubled by each further one
	maxPause    = time.Minute      // the most that it is doubled to
	maxAskPause = 5 * time.Minute  // the most that the authority may ask for in Retry-After
	fetchLimit  = 10 * time.Second // for discovery document and keys together
)

var errUnknownKey = errors.New("kid is not of a key of the issuer")

// keyRing is the cache of one tenant's token keys, by kid. One fetch serves all who wait, and goes on when they leave. Bad tokens
// can make it fetch once in unknownRest, and never while the authority fails: then attempts are spaced out, the last good keys
// serve for lastGoodAge, and after that the answer is Unavailable.
type keyRing struct {
	tenant string
	fetch  func(ctx context.Context, tenant string) (map[string]*rsa.PublicKey, error)
	now    func() time.Time
	logger *slog.Logger

	mu       sync.Mutex
	keys     map[string]*rsa.PublicKey // replaced as a whole, never changed
	loaded   time.Time                 // when keys were fetched
	flight   chan struct{}             // closed when the fetch under way is done
	failures int                       // since the last good fetch
	failure  error                     // of the last fetch
	pause    time.Time                 // no fetch before this
	rest     time.Time                 // no fetch for an unknown kid before this
}

func newKeyRing(tenant string, fetch func(context.Context, string) (map[string]*rsa.PublicKey, error), now func() time.Time,
	logger *slog.Logger) *keyRing {
	return &keyRing{tenant: tenant, fetch: fetch, now: now, logger: logger}
}

// key gives the key with that kid, waiting for a fetch only where it must.
func (k *keyRing) key(ctx context.Context, kid string) (*rsa.PublicKey, error) {
	k.mu.Lock()
	now := k.now()
	age := now.Sub(k.loaded)
	key := k.usable(now)[kid]
	if key != nil && age < waitAge {
		if age >= refreshAge {
			k.start(now)
		}
		k.mu.Unlock()
		return key, nil
	}
	if key == nil && k.usable(now) != nil && age < refreshAge && k.flight == nil {
		if now.Before(k.rest) {
			defer k.mu.Unlock()
			return k.conclude(now, kid)
		}
		k.rest = now.Add(unknownRest)
	}
	flight := k.start(now)
	k.mu.Unlock()

	if err := wait(ctx, flight); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.conclude(k.now(), kid)
}

// ready is key for any kid.
func (k *keyRing) ready(ctx context.Context) error {
	k.mu.Lock()
	now := k.now()
	var flight chan struct{}
	if k.usable(now) == nil {
		flight = k.start(now)
	}
	k.mu.Unlock()
	if err := wait(ctx, flight); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if now = k.now(); k.usable(now) == nil {
		return k.unavailable(now)
	}
	return nil
}

// refresh starts a fetch if one is due; if the keys were never asked for, only when they are wanted.
func (k *keyRing) refresh(wanted bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if k.keys == nil && !wanted || k.keys != nil && now.Sub(k.loaded) < refreshAge {
		return
	}
	k.start(now)
}

// usable gives the keys unless they are too old.
func (k *keyRing) usable(now time.Time) map[string]*rsa.PublicKey {
	if now.Sub(k.loaded) >= lastGoodAge {
		return nil
	}
	return k.keys
}

// conclude answers for a kid when no fetch can help now. An unknown kid is the caller's fault only if the keys are known to be
// the authority's current ones.
func (k *keyRing) conclude(now time.Time, kid string) (*rsa.PublicKey, error) {
	keys := k.usable(now)
	if key := keys[kid]; key != nil {
		return key, nil
	}
	if keys == nil || k.failures > 0 {
		return nil, k.unavailable(now)
	}
	return nil, errUnknownKey
}

func (k *keyRing) unavailable(now time.Time) *signing.Error {
	return identityUnavailable(max(k.pause.Sub(now), firstPause), fmt.Errorf("no current token keys: %w", k.failure))
}

// start begins a fetch unless one is under way or the last one failed just now, and gives the one under way.
func (k *keyRing) start(now time.Time) chan struct{} {
	if k.flight != nil || now.Before(k.pause) {
		return k.flight
	}
	flight := make(chan struct{})
	k.flight = flight
	go func() {
		// Not the caller's context: the callers behind it would lose their fetch with it.
		ctx, cancel := context.WithTimeout(context.Background(), fetchLimit)
		defer cancel()
		keys, err := k.fetch(ctx, k.tenant)
		k.finish(keys, err)
		close(flight)
	}()
	return flight
}

// finish takes in the outcome of a fetch and logs it: it belongs to no single request.
func (k *keyRing) finish(keys map[string]*rsa.PublicKey, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	k.flight, k.failure = nil, err
	if err == nil {
		k.keys, k.loaded, k.failures, k.pause = keys, now, 0, time.Time{}
		k.logger.Info("token keys loaded", "tenant_id", k.tenant, "keys", len(keys))
		return
	}
	pause := min(firstPause<<min(k.failures, 10), maxPause)
	// Many instances that failed at once should not come back at once.
	pause = pause/2 + rand.N(pause/2)
	if answer, ok := errors.AsType[*answerError](err); ok {
		pause = max(pause, min(answer.retryAfter, maxAskPause))
	}
	k.failures++
	k.pause = now.Add(pause)
	k.logger.Warn("token keys not loaded", "tenant_id", k.tenant, "failures", k.failures, "pause", pause,
		"last_good", k.keys != nil && now.Sub(k.loaded) < lastGoodAge, "error", err)
}

// wait waits for a fetch, if there is one, as long as the caller has time.
func wait(ctx context.Context, flight chan struct{}) error {
	if flight == nil {
		return nil
	}
	select {
	case <-flight:
		return nil
	case <-ctx.Done():
		return identityUnavailable(firstPause, fmt.Errorf("wait for token keys: %w", ctx.Err()))
	}
}

func identityUnavailable(after time.Duration, cause error) *signing.Error {
	return &signing.Error{Kind: signing.Unavailable, Code: "identity_unavailable",
		Detail: "access tokens cannot be checked at the moment", RetryAfter: after, Err: cause}
}

// verifiedToken is the oidc.KeySet of one token: it verifies the signature of the token that it holds.
type verifiedToken struct {
	token    *token
	keys     *keyRing
	verified bool
	err      error // kept here because go-oidc flattens it to text
}

// VerifySignature verifies the token by its issuer's key and gives the claims that go-oidc reads. The text that it was
// given is not the token: see verify.
func (v *verifiedToken) VerifySignature(ctx context.Context, _ string) ([]byte, error) {
	key, err := v.keys.key(ctx, v.token.keyID)
	if err != nil {
		v.err = err
		return nil, err
	}
	digest := sha256.Sum256([]byte(v.token.signed))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], v.token.signature) != nil {
		v.err = errors.New("signature does not verify")
		return nil, v.err
	}
	v.verified = true
	return v.token.claims.forOIDC, nil
}
