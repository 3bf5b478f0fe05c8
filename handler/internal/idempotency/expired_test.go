package idempotency_test

import (
	"testing"
	"time"

	"influxion/handler/internal/idempotency"
)

// An entry expires, whatever the clock of the host was that added it.
func TestEntriesExpire(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * time.Hour
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		begun time.Duration // from now
		done  bool
		want  bool
	}{
		{0, false, false},
		{-idempotency.UnderWay, false, false},
		{-idempotency.UnderWay - 1, false, true},
		{idempotency.UnderWay, false, false}, // a clock that is a little ahead
		{idempotency.UnderWay + 1, false, true},
		{year, false, true},
		{-idempotency.Lasts, true, false},
		{-idempotency.Lasts - 1, true, true},
		{idempotency.Lasts, true, false},
		{year, true, true},
	} {
		entry := idempotency.Entry{Begun: now.Add(test.begun), Done: test.done}
		if got := entry.Expired(now); got != test.want {
			t.Errorf("got expired = %v of an entry begun %v from now, done = %v, want %v", got, test.begun, test.done,
				test.want)
		}
	}
}
