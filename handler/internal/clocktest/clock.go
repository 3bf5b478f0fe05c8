package clocktest

import (
	"sync"
	"time"
)

// Clock is a time that tests move. Its method Now is what the packages under test take as their
// Now. Safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// New is a clock that stands at a time.
func New(at time.Time) *Clock { return &Clock{now: at} }

// Now is the time that the clock stands at.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock, back where d is negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
