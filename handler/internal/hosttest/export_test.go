package hosttest

import "time"

// Next returns the first time of a schedule after the given time.
func Next(text string, after time.Time) (time.Time, error) {
	s, err := parseSchedule(text)
	if err != nil {
		return time.Time{}, err
	}
	return s.next(after), nil
}
