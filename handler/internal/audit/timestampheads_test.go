package audit_test

import (
	"context"
	"crypto"
	"errors"
	"io"
	"testing"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/signing"
)

// silentAuthority gives no timestamps, and tells of each call.
type silentAuthority struct{ asked chan struct{} }

func (s silentAuthority) Timestamp(context.Context, crypto.Hash, []byte) (*cms.Timestamp, error) {
	s.asked <- struct{}{}
	return nil, errors.New("the authority does not answer")
}

func (silentAuthority) TokenSize() int { return 0 }

// An authority that gives no timestamps is asked once for each thousand lines, not at each line.
func TestSilentAuthorityIsNotAskedAtEachLine(t *testing.T) {
	t.Parallel()
	authority := silentAuthority{make(chan struct{}, 10_000)}
	log := audit.New(audit.Config{Out: io.Discard, Timestamper: authority})
	write := func(lines int) {
		for range lines {
			record := &signing.Record{RecordedOutcome: signing.RecordedOutcome{Outcome: signing.Refused}}
			if err := log.Write(t.Context(), record, audit.Refusals); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(1000)
	<-authority.asked
	write(1000)
	<-authority.asked
	write(990)
	log.Close()
	if more := len(authority.asked); more != 0 {
		t.Errorf("got %d more calls, want one for each thousand lines", more)
	}
}
