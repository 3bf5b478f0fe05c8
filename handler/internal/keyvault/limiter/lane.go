package limiter

import "time"

// lane is what is known of one key.
type lane struct {
	running, waiting int
	allowed          int // places that it may have: fewer once it was throttled

	until  time.Time     // it rests until then
	rest   time.Duration // the last rest that we chose; 0 = the vault bears the key
	rests  uint64        // how often it was made to rest
	trying bool          // after a rest: one call goes first
}

// places are those that the key may have now.
func (l *lane) places() int {
	if l.trying {
		return 1
	}
	return l.allowed
}

// ended notes what a call met that began after so many rests. Calls that were under way together
// are refused together: only the first of them lengthens the rest.
func (l *lane) ended(began uint64, met Outcome, config Config) {
	l.running--
	switch {
	case !met.Throttled:
		if began == l.rests {
			l.rest, l.trying = 0, false
		}
		l.allowed = min(l.allowed+1, share(config.Places))
		return
	case began != l.rests && met.RetryAfter == 0:
		return
	}
	rest := min(met.RetryAfter, config.MaxRetryAfter)
	if rest <= 0 {
		l.rest = min(max(config.Rest, 2*l.rest), config.MaxRest)
		rest = l.rest
	} else {
		l.rest = max(l.rest, config.Rest)
	}
	rest += time.Duration(config.Jitter() * float64(rest))
	if until := time.Now().Add(rest); until.After(l.until) {
		l.until = until
	}
	l.rests++
	if !l.trying {
		l.allowed = max(1, l.allowed/2)
	}
	l.trying = true
}
