package verify

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/cms"
)

// clockSkew is the tolerated difference between the clocks of instances and of timestamp
// authorities.
const clockSkew = 5 * time.Minute

// checkTimestamps verifies the timestamps and returns those that verify.
func (l *Log) checkTimestamps() []loggedTimestamp {
	var good []loggedTimestamp
	for _, s := range l.timestamps {
		if err := l.verify(s.Timestamp); err != nil {
			l.add(Finding{Kind: Untrusted, Place: s.place, Instance: s.instance, Stream: s.stream, Sequence: s.sequence,
				Detail: "the timestamp does not verify: " + err.Error()})
			continue
		}
		good = append(good, s)
	}
	return good
}

// verify verifies a timestamp: imprint, signature, and purpose and chain of the authority at the
// time of the timestamp.
func (l *Log) verify(timestamp audit.Timestamp) error {
	token, err := cms.ParseTimestamp(timestamp.Token)
	if err != nil {
		return fmt.Errorf("the token cannot be read: %w", err)
	}
	if token.Hash != algorithm.SHA256 {
		return errors.New("the imprint of the token is not SHA-256")
	}
	if err := token.Verify(audit.Imprint(timestamp.Heads)); err != nil {
		return err
	}
	if !token.Time.Equal(timestamp.Time) {
		return errors.New("the line has another time than its token")
	}
	authority, err := token.Signer()
	if err != nil {
		return err
	}
	intermediates := x509.NewCertPool()
	for _, certificate := range token.Certificates {
		intermediates.AddCert(certificate)
	}
	if _, err := authority.Verify(x509.VerifyOptions{Roots: l.Roots, Intermediates: intermediates,
		CurrentTime: token.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}}); err != nil {
		return fmt.Errorf("its authority is not trusted: %w", err)
	}
	return nil
}

// checkTimes compares the times of records with the timestamps that cover them: a record cannot be
// later than its timestamp.
func (l *Log) checkTimes(timestamps []loggedTimestamp) {
	reported := map[Place]bool{}
	for _, s := range timestamps {
		for _, head := range s.Heads {
			c := l.chains[chainID{head.Instance, head.Stream}]
			end, _ := slices.BinarySearch(c.sequences, head.Sequence+1)
			for _, sequence := range c.sequences[max(0, end-maxLookedAt):end] {
				e := c.bySequence[sequence]
				if !e.time.IsZero() && e.time.Add(-clockSkew).After(s.Time) && !reported[e.place] {
					reported[e.place] = true
					l.add(c.finding(Untimely, e.place, e.sequence,
						"the record states a later time than the timestamp over it (%s)",
						s.place))
				}
			}
		}
	}
}

// maxLookedAt bounds how many records before a head are compared with the time of its timestamp:
// about as many as there are since the previous timestamp.
const maxLookedAt = 2000
