package trustservices

import (
	"container/list"
	"crypto/x509"
	"sync"
	"time"
)

// cache stores answers until their end. It is bounded in entries and in bytes; what was used
// longest ago is dropped first. An answer that is due should be renewed, but is still given until
// its end. Safe for concurrent use.
type cache[V any] struct {
	maxEntries, maxBytes int

	mu      sync.Mutex
	entries map[string]*list.Element // of *entry[V], the one used last in front
	order   *list.List               // the entry used last in front
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

// get gives the value of a key, if there is one, and whether it is due.
func (c *cache[V]) get(key string, now time.Time) (value V, due, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element := c.entries[key]
	if element == nil {
		return value, false, false
	}
	cached := element.Value.(*entry[V])
	if !now.Before(cached.end) {
		c.remove(element)
		return value, false, false
	}
	c.order.MoveToFront(element)
	return cached.value, !now.Before(cached.due), true
}

// put stores a value and replaces an earlier one.
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

// entryCost is roughly what an entry costs in addition to its bytes: parsed certificates, times,
// the map.
const entryCost = 4 << 10

// oversize is what unusually large certificates cost in addition: crypto/x509 can take forty times
// as much memory as they have bytes.
func oversize(certificates ...*x509.Certificate) (bytes int) {
	const usual = 2 << 10
	for _, one := range certificates {
		bytes += 40 * max(len(one.Raw)-usual, 0)
	}
	return bytes
}

// postpone makes an entry due later, because it could not be renewed.
func (c *cache[V]) postpone(key string, due time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element := c.entries[key]; element != nil {
		element.Value.(*entry[V]).due = due
	}
}

func (c *cache[V]) remove(element *list.Element) {
	cached := c.order.Remove(element).(*entry[V])
	delete(c.entries, cached.key)
	c.bytes -= cached.size
}
