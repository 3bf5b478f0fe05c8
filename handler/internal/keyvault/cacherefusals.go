package keyvault

import "time"

// remembered is a refusal, and until when it is returned without a fetch.
type remembered struct {
	refused *refusal
	until   time.Time
}

// refuse remembers a refusal. A final one also removes the cached values that it concerns. The
// caller holds the lock.
func (c *cache[K, V]) refuse(key K, refused *refusal, now time.Time) {
	memory := remembered{refused, now.Add(refused.remember)}
	if refused.everyone {
		c.paused = memory
	}
	if refused.final {
		delete(c.values, key)
		for k, h := range c.values {
			if c.concerns != nil && c.concerns(key, k, h.value) {
				delete(c.values, k)
			}
		}
	}
	if len(c.refusals) >= c.maxRefusals {
		c.forgetRefusals(now)
	}
	c.refusals[key] = memory
}

// forgetRefusals makes space: it drops the refusals that have ended, or the one that ends next if
// none has.
func (c *cache[K, V]) forgetRefusals(now time.Time) {
	var next K
	var soonest time.Time
	for k, entry := range c.refusals {
		if !now.Before(entry.until) {
			delete(c.refusals, k)
			continue
		}
		if soonest.IsZero() || entry.until.Before(soonest) {
			next, soonest = k, entry.until
		}
	}
	if len(c.refusals) >= c.maxRefusals {
		delete(c.refusals, next)
	}
}

// remembered returns the refusal that is in force for key, with the time that is left of it.
func (c *cache[K, V]) remembered(key K, now time.Time) *refusal {
	entry, ok := c.refusals[key]
	if ok && !now.Before(entry.until) {
		delete(c.refusals, key)
		ok = false
	}
	if !ok && now.Before(c.paused.until) {
		entry, ok = c.paused, true
	}
	if !ok {
		return nil
	}
	return entry.refused.after(entry.until.Sub(now))
}

func asError(refused *refusal) error {
	if refused == nil {
		return nil
	}
	return refused.err
}
