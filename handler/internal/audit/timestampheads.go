package audit

import (
	"context"
	"crypto"
	"fmt"
	"time"
)

const (
	// timestampLines is after how many lines heads are timestamped, and after how many more it is
	// tried again: an authority that does not answer must not be asked at each line.
	timestampLines    = 1000
	timestampInterval = 10 * time.Minute // time after which heads are timestamped if there are new lines
)

// requestTimestamp makes keepTimestamping get a timestamp now.
func (l *Log) requestTimestamp() {
	select {
	case l.timestampDue <- struct{}{}:
	default:
	}
}

// keepTimestamping timestamps heads until ctx ends.
func (l *Log) keepTimestamping(ctx context.Context) {
	ticker := time.NewTicker(timestampInterval)
	defer ticker.Stop()
	for {
		select {
		case <-l.timestampDue:
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if err := l.TimestampHeads(ctx); err != nil {
			l.config.Logger.Warn("audit heads not timestamped", "error", err.Error())
		}
	}
}

// TimestampHeads gets one timestamp over the heads of all known chains: the instance's own, and
// those of other instances in the store. It does nothing if no line was written since the last
// timestamp.
func (l *Log) TimestampHeads(ctx context.Context) error {
	l.mu.Lock()
	before := l.unproved
	var heads []Head
	for _, own := range []chain{l.attempts, l.refusals} {
		if head, begun := own.head(); begun {
			heads = append(heads, head)
		}
	}
	instance := l.attempts.instance
	l.mu.Unlock()
	if before == 0 || len(heads) == 0 {
		return nil
	}
	if l.config.Store != nil {
		others, err := readHeads(ctx, l.config.Store)
		if err != nil {
			return err
		}
		for _, head := range others {
			if head.Instance != instance {
				heads = append(heads, head)
			}
		}
	}
	token, err := l.config.Timestamper.Timestamp(ctx, crypto.SHA256, Imprint(heads))
	if err != nil {
		return fmt.Errorf("timestamp heads: %w", err)
	}
	line := Line{Level: "INFO", Message: messageTimestamp,
		Timestamp: &Timestamp{Time: token.Time.UTC(), Heads: heads, Token: token.Raw}}
	if _, err := l.write(ctx, line, Attempts); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unproved -= before + 1 // the token proves the timestamp's own line
	return nil
}
