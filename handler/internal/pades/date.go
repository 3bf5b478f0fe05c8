package pades

import (
	"errors"
	"strings"
	"time"
)

// ParseDate reads a date of ISO 32000-2, 7.9.4: D:YYYYMMDDHHmmSSOHH'mm'. Only the year is required.
func ParseDate(text string) (time.Time, error) {
	if len(text) > 64 {
		return time.Time{}, errors.New("date too long")
	}
	text = trimDate(text)
	for _, form := range []string{
		"20060102150405Z0700", "20060102150405Z07", "20060102150405", "200601021504", "2006010215", "20060102",
		"200601", "2006",
	} {
		if date, err := time.Parse(form, text); err == nil {
			return date.UTC(), nil
		}
	}
	return time.Time{}, errors.New("not a date")
}

// trimDate removes the prefix and the apostrophes, which writers place differently, and anything
// behind a Z.
func trimDate(text string) string {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "D:"), "'", "")
	if zulu := strings.IndexByte(text, 'Z'); zulu >= 0 {
		return text[:zulu+1]
	}
	return text
}
