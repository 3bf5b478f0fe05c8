package jobs

import (
	"time"

	"influxion/handler/internal/signing"
)

// Pauses before a job is tried again.
const (
	defaultPause = 5 * time.Second
	longestPause = time.Minute
)

// pauseAfter is how long a job rests after an error of its run.
func pauseAfter(err error) time.Duration {
	if pause := signing.AsError(err).RetryAfter; pause > 0 {
		return min(pause, longestPause)
	}
	return defaultPause
}
