package hosttest

import "time"

// Next gives the next time of a schedule after another.
func Next(text string, after time.Time) (time.Time, error) {
	s, err := parseSchedule(text)
	if err != nil {
		return time.Time{}, err
	}
	return s.next(after), nil
}
