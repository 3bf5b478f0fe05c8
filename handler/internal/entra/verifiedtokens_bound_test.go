package entra

import (
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/signing"
)

var start = time.Unix(1_800_000_000, 0)

// loadedRing is a key ring that has a key under a kid and never asks for others.
func loadedRing(kid string) *keyRing {
	ring := newKeyRing("tenant", nil, func() time.Time { return start }, slog.New(slog.DiscardHandler))
	ring.set = keySet{keys: map[string]*rsa.PublicKey{kid: {}}, loaded: start, generation: 1}
	return ring
}

func numbered(ring *keyRing, number int, roles ...string) verifiedToken {
	return verifiedToken{
		digest:    sha256.Sum256([]byte(fmt.Sprint(number))),
		principal: signing.Principal{ObjectID: fmt.Sprint(number), Roles: roles},
		validity:  validity{expiry: start.Unix() + 60, notBefore: start.Unix(), issued: start.Unix()},
		keys:      ring, keyID: "kid", generation: 1,
	}
}

func has(v *verifiedTokens, token verifiedToken) bool {
	principal, ok := v.find(token.digest, start)
	return ok && principal.ObjectID == token.principal.ObjectID
}

// sound fails the test unless the cache counts its bytes correctly and stays within its bound.
func sound(t *testing.T, v *verifiedTokens) {
	t.Helper()
	sum := 0
	for element := v.recent.Front(); element != nil; element = element.Next() {
		sum += element.Value.(verifiedToken).cost()
	}
	if sum != v.bytes || len(v.entries) != v.recent.Len() || v.bytes > v.maxBytes {
		t.Fatalf("got %d entries, %d in the list, %d bytes on the account for %d, bound %d",
			len(v.entries), v.recent.Len(), v.bytes, sum, v.maxBytes)
	}
}

func TestVerifiedTokensAreBounded(t *testing.T) {
	t.Parallel()
	ring := loadedRing("kid")
	one := numbered(ring, 10).cost()
	v := newVerifiedTokens(4 * one)
	for i := 10; i < 90; i++ {
		v.add(numbered(ring, i))
		v.add(numbered(ring, i)) // again: it counts once
		has(v, numbered(ring, 10))
		sound(t, v)
	}
	if len(v.entries) != 4 {
		t.Errorf("got %d entries, want 4", len(v.entries))
	}
	for number, want := range map[int]bool{10: true, 86: false, 87: true, 88: true, 89: true} {
		if got := has(v, numbered(ring, number)); got != want {
			t.Errorf("got token %d remembered %v, want %v: what was used least recently goes first", number, got, want)
		}
	}
	v.forget()
	sound(t, v)
	if v.bytes != 0 || has(v, numbered(ring, 89)) {
		t.Errorf("got %d bytes after forgetting, want none", v.bytes)
	}
}

func TestLargePrincipalsTakeTheirPlace(t *testing.T) {
	t.Parallel()
	ring := loadedRing("kid")
	v := newVerifiedTokens(16 << 10)
	for i := range 10 {
		v.add(numbered(ring, i))
	}
	small := len(v.entries)
	roles := make([]string, 400) // one byte each: the list itself is what takes memory
	for i := range roles {
		roles[i] = "r"
	}
	v.add(numbered(ring, 10, roles...))
	sound(t, v)
	if len(v.entries) != small+1 {
		t.Errorf("got %d entries, want %d", len(v.entries), small+1)
	}
	v.add(numbered(ring, 11, strings.Repeat("r", 8<<10)))
	sound(t, v)
	if !has(v, numbered(ring, 11)) || has(v, numbered(ring, 0)) {
		t.Error("got an old token in place of a large new one")
	}
	before := len(v.entries)
	v.add(numbered(ring, 12, strings.Repeat("r", 16<<10)))
	sound(t, v)
	if has(v, numbered(ring, 12)) || len(v.entries) != before {
		t.Error("got a token remembered that alone is too large, or others forgotten for it")
	}
}

// TestEntryOfAnotherGeneration has a token that was verified before a change of keys and enters the
// cache after it.
func TestEntryOfAnotherGeneration(t *testing.T) {
	t.Parallel()
	ring := loadedRing("kid")
	v := newVerifiedTokens(1 << 20)
	late := numbered(ring, 1)
	ring.set.generation++
	v.add(late)
	if has(v, late) || len(v.entries) != 0 {
		t.Error("got a token of older keys remembered, want it forgotten")
	}
}

func TestEntryOfAnUnknownKid(t *testing.T) {
	t.Parallel()
	ring := loadedRing("another")
	v := newVerifiedTokens(1 << 20)
	v.add(numbered(ring, 1))
	if has(v, numbered(ring, 1)) {
		t.Error("got a token remembered whose key the ring does not have")
	}
}
