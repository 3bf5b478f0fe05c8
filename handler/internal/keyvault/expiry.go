package keyvault

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"influxion/handler/internal/signing"
)

// expiry logs a warning for each certificate that expires soon, once for each day that is left.
// Safe for concurrent use.
type expiry struct {
	logger *slog.Logger

	mu     sync.Mutex
	warned map[string]int // the days that were left in the last warning, by name and fingerprint
}

// warnDays is how many days before the end of a certificate the warnings begin.
const warnDays = 30

// note logs a warning if the certificate ends within warnDays, unless it has logged one for the
// same number of days. It counts the days that are left and not the time since the last warning,
// because that would be longer than a day each time, and would omit a day in the end.
func (e *expiry) note(ctx context.Context, c *signing.Certificate, now time.Time) {
	left := c.DaysLeft(now)
	if left > warnDays {
		return
	}
	mark := strings.ToLower(c.Name) + "/" + c.Fingerprint()
	e.mu.Lock()
	last, known := e.warned[mark]
	due := !known || last != left
	if due {
		if len(e.warned) >= maxRemembered {
			clear(e.warned)
		}
		e.warned[mark] = left
	}
	e.mu.Unlock()
	if due {
		e.logger.WarnContext(ctx, "certificate expires soon", "certificate", c.Name, "version", c.Version,
			"days_left", left, "until", c.Until.UTC().Format(time.RFC3339))
	}
}
