package certificate

import (
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/ber"
)

// readTime reads a Time (RFC 5280, section 4.1.2.5) in all forms of ASN.1: also without seconds,
// with fractions of a second, or with an offset. If it cannot read the time, it returns the zero
// time.
func readTime(s *ber.Cursor) time.Time {
	var layouts []string
	short := s.At(asn1.UTCTime)
	switch {
	case short:
		layouts = []string{"060102150405Z0700", "0601021504Z0700"}
	case s.At(asn1.GeneralizedTime):
		layouts = []string{"20060102150405Z0700", "200601021504Z0700", "2006010215Z0700", "20060102150405",
			"200601021504"}
	}
	if s.Empty() {
		return time.Time{}
	}
	contents, ok := s.Take(asn1.Tag(s.Rest[0]))
	if !ok || len(contents.Rest) > maxTime {
		return time.Time{}
	}
	text := strings.TrimSpace(string(contents.Rest))
	for _, layout := range layouts {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		if short && t.Year() >= 2050 { // UTCTime ends in 2049: RFC 5280, section 4.1.2.5.1
			t = t.AddDate(-100, 0, 0)
		}
		return t.UTC()
	}
	return time.Time{}
}
