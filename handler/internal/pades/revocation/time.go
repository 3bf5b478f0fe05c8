package revocation

import (
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// readTime reads a Time: RFC 5280, section 5.1.2.4.
func readTime(s *cryptobyte.String, t *time.Time) bool {
	if s.PeekASN1Tag(asn1.UTCTime) {
		ok := s.ReadASN1UTCTime(t)
		*t = t.UTC()
		return ok
	}
	return readGeneralizedTime(s, t)
}

// readGeneralizedTime reads the only form of time that OCSP has: RFC 6960, section 4.2.1. It cuts
// off fractions of a second, which the RFC forbids but real responders write.
func readGeneralizedTime(s *cryptobyte.String, t *time.Time) bool {
	const layout = "20060102150405.999999999Z"
	var contents cryptobyte.String
	if !s.ReadASN1(&contents, asn1.GeneralizedTime) || len(contents) > len(layout) {
		return false
	}
	precise, err := time.Parse(layout, string(contents))
	*t = precise.Truncate(time.Second)
	return err == nil
}

// readCutoff reads an archive cutoff. Qualified authorities write UTCTime here, and years below
// zero. A cutoff that cannot be read counts as absent: that promises nothing about expired
// certificates, and the rest of the evidence stays valid.
func readCutoff(s cryptobyte.String) time.Time {
	var t time.Time
	if !readTime(&s, &t) || !s.Empty() {
		return time.Time{}
	}
	return t
}

// ordered reports whether an interval ends after it begins. A zero end means no end.
func ordered(thisUpdate, nextUpdate time.Time) bool {
	return nextUpdate.IsZero() || !nextUpdate.Before(thisUpdate)
}
