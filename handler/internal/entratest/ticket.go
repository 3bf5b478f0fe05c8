package entratest

import (
	"crypto/rand"
	"sync"
	"time"
)

// maxTickets bounds each kind of ticket. Beyond it, a new ticket replaces the oldest.
const maxTickets = 1000

// tickets are random strings that identify sign-ins in progress, codes and refresh tokens. They
// exist only in memory. Safe for concurrent use.
type tickets[T any] struct {
	prefix   string
	lifetime time.Duration
	now      func() time.Time

	mu      sync.Mutex
	entries map[string]*ticket[T]
	order   []string // of issue
}

type ticket[T any] struct {
	value   T
	expires time.Time
	used    bool
}

func newTickets[T any](prefix string, lifetime time.Duration, now func() time.Time) *tickets[T] {
	return &tickets[T]{prefix: prefix, lifetime: lifetime, now: now, entries: map[string]*ticket[T]{}}
}

func (t *tickets[T]) issue(value T) string {
	name := t.prefix + rand.Text() + rand.Text()
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.order) == maxTickets {
		delete(t.entries, t.order[0])
		t.order = t.order[1:]
	}
	t.entries[name] = &ticket[T]{value: value, expires: t.now().Add(t.lifetime)}
	t.order = append(t.order, name)
	return name
}

// ticketState is the state of a ticket.
type ticketState int

const (
	unknown ticketState = iota
	good
	expired
	used
)

// look returns the value of a ticket without using it.
func (t *tickets[T]) look(name string) (T, ticketState) { return t.inspect(name, false) }

// use returns the value of a ticket once. Every later call, even a concurrent one, finds the ticket
// used.
func (t *tickets[T]) use(name string) (T, ticketState) { return t.inspect(name, true) }

func (t *tickets[T]) inspect(name string, use bool) (value T, _ ticketState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.entries[name]
	switch {
	case found == nil:
		return value, unknown
	case found.used:
		return found.value, used
	case !t.now().Before(found.expires):
		return found.value, expired
	}
	found.used = use
	return found.value, good
}

// change edits the value of a good ticket.
func (t *tickets[T]) change(name string, edit func(*T)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if found := t.entries[name]; found != nil {
		edit(&found.value)
	}
}

// find returns the first good ticket that match accepts.
func (t *tickets[T]) find(match func(T) bool) (name string, value T, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, found := range t.entries {
		if !found.used && t.now().Before(found.expires) && match(found.value) {
			return name, found.value, true
		}
	}
	return "", value, false
}
