package entra

import (
	"errors"
	"math/rand/v2"
	"time"
)

// backoff spaces out the fetches while the authority fails. The zero value has no failures.
type backoff struct {
	failures int       // since the last good fetch
	err      error     // of the last one
	until    time.Time // no fetch before
}

func (b *backoff) rests(now time.Time) bool { return now.Before(b.until) }

// fail notes a failure and gives the pause after it.
func (b *backoff) fail(now time.Time, err error) time.Duration {
	pause := min(firstPause<<min(b.failures, 10), maxPause)
	// Many instances that failed at once should not come back at once.
	pause = pause/2 + rand.N(pause/2)
	if answer, ok := errors.AsType[*answerError](err); ok {
		pause = max(pause, min(answer.retryAfter, maxRetryAfter))
	}
	b.failures++
	b.err, b.until = err, now.Add(pause)
	return pause
}
