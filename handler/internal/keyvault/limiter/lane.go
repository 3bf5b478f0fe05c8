package limiter

import "time"

// lane is the state of one key.
type lane struct {
	running, waiting int
	allowed          int // places that it may use: fewer after it was throttled

	until  time.Time     // end of its pause
	rest   time.Duration // the last pause chosen here, which the next one doubles; 0 = the key is not throttled
	rests  uint64        // number of its pauses
	trying bool          // a pause is over and one call tests the key
}

// places is how many calls of the key may run now.
func (l *lane) places() int {
	if l.trying {
		return 1
	}
	return l.allowed
}

// ended records the outcome of a call. began is the number of pauses when the call began. Calls
// that run together are throttled together, so only the first of them lengthens the pause.
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
