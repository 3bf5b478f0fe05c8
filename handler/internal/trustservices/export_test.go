package trustservices

import (
	"net/netip"
	"time"
)

// What the tests of the rules themselves use.
var (
	Followable  = followable
	ParseBundle = parseBundle
	IssuersOf   = issuersOf
	Affordable  = cheapToVerify
	CRLBody     = crlBody
)

// Permits asks a guard with these allowed networks about an address.
func Permits(address netip.Addr, allowed ...netip.Prefix) bool {
	g, err := newGuard(allowed)
	return err == nil && g.permits(address)
}

// Control asks the guard as the dialer does.
func Control(address string) error {
	g, err := newGuard(nil)
	if err != nil {
		return err
	}
	return g.control("tcp", address, nil)
}

// Cache is a cache of texts.
type Cache struct{ *cache[string] }

// NewCache makes a cache of texts.
func NewCache(maxEntries, maxBytes int) Cache { return Cache{newCache[string](maxEntries, maxBytes)} }

// Put stores a text that is due at due and ends at end.
func (c Cache) Put(key, value string, size int, due, end time.Time) {
	c.put(key, value, size, lifetime{due, end})
}

// Get asks for a text.
func (c Cache) Get(key string, now time.Time) (string, bool, bool) { return c.get(key, now) }

// Held is the number of entries and bytes in the cache.
func (c Cache) Held() (entries, bytes int) { return len(c.entries), c.bytes }

// The bounds that tests compare with.
const (
	EntryCost    = entryCost
	MaxTimestamp = maxTimestamp
	RenewAfter   = renewAfter
	RetryAfter   = retryAfter
	RefusalLife  = refusalLife
	UnboundLife  = unboundLife
	UnboundAge   = unboundAge
	BadRest      = badRest
	TokenSlack   = tokenSlack
	MaxPlaces    = maxPlaces
	MaxBundle    = maxBundle
)

// WaitForBackground waits for everything that runs in the background.
func (r *Revocation) WaitForBackground() { r.running.Wait() }

// ChargedBytes is how many bytes are charged to the caches of evidence and of CA certificates.
func (r *Revocation) ChargedBytes() (evidence, bundles int) { return r.evidence.bytes, r.bundles.bytes }
