package entra

import (
	"container/list"
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"time"

	"influxion/handler/internal/signing"
)

// verifiedTokens is the cache of the tokens that were verified and authorized.
//
// Key: the SHA-256 of the whole token. Life: as long as the token may be used and its issuer's keys
// are unchanged: the first entry with an older generation of keys makes the cache forget all.
// Bound: bytes, as cost counts them; the entries that were used least recently go first. Outage:
// there is no hit where the key ring would not give the entry's key at once, so that without keys a
// known token is refused as a new one is.
//
// Misses are not shared: callers that bring the same new token at once each verify it.
type verifiedTokens struct {
	maxBytes int

	mu      sync.Mutex
	entries map[[sha256.Size]byte]*list.Element
	recent  list.List // of verifiedToken, the one used last in front
	bytes   int
}

// verifiedToken is what is remembered of a token. It never changes.
type verifiedToken struct {
	digest     [sha256.Size]byte
	principal  signing.Principal
	validity   validity
	keys       *keyRing
	keyID      string
	generation uint64 // of keys, when they verified the token
}

func newVerifiedTokens(maxBytes int) *verifiedTokens {
	return &verifiedTokens{maxBytes: maxBytes, entries: map[[sha256.Size]byte]*list.Element{}}
}

// find gives the principal of a token that would be accepted now. The principal is the caller's
// own copy.
func (v *verifiedTokens) find(digest [sha256.Size]byte, now time.Time) (signing.Principal, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	element, ok := v.entries[digest]
	if !ok {
		return signing.Principal{}, false
	}
	token := element.Value.(verifiedToken)
	if token.validity.check(now) != nil {
		v.remove(element)
		return signing.Principal{}, false
	}
	key, generation := token.keys.current(token.keyID)
	if generation != token.generation {
		v.forget()
		return signing.Principal{}, false
	}
	if key == nil {
		return signing.Principal{}, false
	}
	v.recent.MoveToFront(element)
	return copyOf(token.principal), true
}

// add remembers a token, unless the token alone is larger than the cache.
func (v *verifiedTokens) add(token verifiedToken) {
	token.principal = copyOf(token.principal)
	for i, scope := range token.principal.Scopes {
		token.principal.Scopes[i] = strings.Clone(scope) // a substring would keep all of scp in memory
	}
	cost := token.cost()
	if cost > v.maxBytes {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if known, ok := v.entries[token.digest]; ok {
		v.remove(known)
	}
	for v.bytes+cost > v.maxBytes {
		v.remove(v.recent.Back())
	}
	v.entries[token.digest] = v.recent.PushFront(token)
	v.bytes += cost
}

func (v *verifiedTokens) remove(element *list.Element) {
	token := v.recent.Remove(element).(verifiedToken)
	delete(v.entries, token.digest)
	v.bytes -= token.cost()
}

func (v *verifiedTokens) forget() {
	clear(v.entries)
	v.recent.Init()
	v.bytes = 0
}

// cost is at least the memory that an entry takes, in bytes.
func (t verifiedToken) cost() int {
	const (
		entry  = 512 // the entry, its map and list elements, and rounding by the allocator
		header = 16  // a string in a list, without its text
	)
	p := t.principal
	cost := entry + len(p.TenantID) + len(p.ObjectID) + len(p.ClientID) + len(t.keyID)
	for _, texts := range [][]string{p.Scopes, p.Roles} {
		for _, text := range texts {
			cost += header + len(text)
		}
	}
	return cost
}

func copyOf(p signing.Principal) signing.Principal {
	p.Scopes, p.Roles = slices.Clone(p.Scopes), slices.Clone(p.Roles)
	return p
}
