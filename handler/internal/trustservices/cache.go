package trustservices

import (
	"container/list"
	"crypto/x509"
	"sync"
	"time"
)

// cache holds answers for as long as they say something about the present. It is bounded in entries
// and in the bytes that they are charged for; what was used longest ago leaves first. An answer
// that is due should be renewed, and serves until it ends. Safe for concurrent use.
type cache[V any] struct {
	maxEntries, maxBytes int

	mu      sync.Mutex
	entries map[string]*list.Element // of *entry[V]
	order   *list.List               // the one used last in front
	bytes   int
}

type entry[V any] struct {
	key   string
	value V
	size  int
	lifetime
}

// lifetime is when an answer is to be renewed and when it ends.
type lifetime struct{ due, end time.Time }

func newCache[V any](maxEntries, maxBytes int) *cache[V] {
	return &cache[V]{maxEntries: maxEntries, maxBytes: maxBytes, entries: map[string]*list.Element{}, order: list.New()}
}

// get gives what is held, and whether it is due.
func (c *cache[V]) get(key string, now time.Time) (value V, due, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element := c.entries[key]
	if element == nil {
		return value, false, false
	}
	held := element.Value.(*entry[V])
	if !now.Before(held.end) {
		c.remove(element)
		return value, false, false
	}
	c.order.MoveToFront(element)
	return held.value, !now.Before(held.due), true
}

// put holds a value in place of an earlier one.
func (c *cache[V]) put(key string, value V, size int, life lifetime) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element := c.entries[key]; element != nil {
		c.remove(element)
	}
	size += entryCost + len(key)
	if size > c.maxBytes {
		return
	}
	c.entries[key] = c.order.PushFront(&entry[V]{key, value, size, life})
	c.bytes += size
	for len(c.entries) > c.maxEntries || c.bytes > c.maxBytes {
		c.remove(c.order.Back())
	}
}

// entryCost is what an entry costs besides its bytes, roughly: certificates that were parsed,
// times, the map.
const entryCost = 4 << 10

// swelling is what certificates of unusual size cost beyond that: crypto/x509 can take forty times
// as much memory as they have bytes.
func swelling(certificates ...*x509.Certificate) (bytes int) {
	const usual = 2 << 10
	for _, one := range certificates {
		bytes += 40 * max(len(one.Raw)-usual, 0)
	}
	return bytes
}

// postpone makes an entry due later, after it could not be renewed.
func (c *cache[V]) postpone(key string, due time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element := c.entries[key]; element != nil {
		element.Value.(*entry[V]).due = due
	}
}

func (c *cache[V]) remove(element *list.Element) {
	held := c.order.Remove(element).(*entry[V])
	delete(c.entries, held.key)
	c.bytes -= held.size
}
