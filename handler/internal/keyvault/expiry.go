package keyvault

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"influxion/handler/internal/signing"
)

// expiry logs a warning for each certificate that expires soon, once a day. Safe for concurrent
// use.
type expiry struct {
	logger *slog.Logger

	mu     sync.Mutex
	warned map[string]time.Time // when it last warned, by fingerprint
}

// warnDays is how many days before the end of a certificate the warnings begin.
const warnDays = 30

// note logs a warning if the certificate ends within warnDays and the last warning is a day old.
func (e *expiry) note(ctx context.Context, c *signing.Certificate, now time.Time) {
	if c.DaysLeft(now) > warnDays {
		return
	}
	e.mu.Lock()
	last, known := e.warned[c.Fingerprint()]
	due := !known || now.Sub(last) >= 24*time.Hour
	if due {
		if len(e.warned) >= maxRemembered {
			clear(e.warned)
		}
		e.warned[c.Fingerprint()] = now
	}
	e.mu.Unlock()
	if due {
		e.logger.WarnContext(ctx, "certificate expires soon", "certificate", c.Name, "version", c.Version,
			"days_left", c.DaysLeft(now), "until", c.Until.UTC().Format(time.RFC3339))
	}
}
