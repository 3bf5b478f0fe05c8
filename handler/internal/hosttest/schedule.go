package hosttest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// schedule is an NCRONTAB expression: second, minute, hour, day, month, day of the week. Each field
// holds the matching values.
type schedule [6]map[int]bool

// fieldRanges are the ranges of the fields, with the end excluded.
var fieldRanges = [6][2]int{{0, 60}, {0, 60}, {0, 24}, {1, 32}, {1, 13}, {0, 7}}

// parseSchedule reads lists of *, */n, n, n-m and n-m/s.
func parseSchedule(text string) (schedule, error) {
	var s schedule
	fields := strings.Fields(text)
	if len(fields) != len(s) {
		return s, fmt.Errorf("schedule %q: six fields are wanted", text)
	}
	for i, field := range fields {
		s[i] = map[int]bool{}
		for part := range strings.SplitSeq(field, ",") {
			if err := s.add(i, part); err != nil {
				return s, fmt.Errorf("schedule %q: %w", text, err)
			}
		}
	}
	return s, nil
}

func (s schedule) add(field int, part string) error {
	from, to, step := fieldRanges[field][0], fieldRanges[field][1]-1, 1
	values, every, stepped := strings.Cut(part, "/")
	var err error
	if stepped {
		if step, err = strconv.Atoi(every); err != nil || step < 1 {
			return fmt.Errorf("%q is not understood", part)
		}
	}
	if values != "*" {
		first, last, ranged := strings.Cut(values, "-")
		if from, err = strconv.Atoi(first); err != nil {
			return fmt.Errorf("%q is not understood", part)
		}
		switch {
		case ranged:
			if to, err = strconv.Atoi(last); err != nil {
				return fmt.Errorf("%q is not understood", part)
			}
		case !stepped:
			to = from
		}
	}
	if from < fieldRanges[field][0] || to >= fieldRanges[field][1] || from > to {
		return fmt.Errorf("%q is out of range", part)
	}
	for value := from; value <= to; value += step {
		s[field][value] = true
	}
	return nil
}

// next returns the first matching second after a time, in UTC as in Azure. For a schedule that
// never matches, it returns a time far in the future.
func (s schedule) next(after time.Time) time.Time {
	t := after.UTC().Truncate(time.Second).Add(time.Second)
	end := t.AddDate(5, 0, 0)
	for t.Before(end) {
		switch {
		case !s[4][int(t.Month())] || !s[3][t.Day()] || !s[5][int(t.Weekday())]:
			t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
		case !s[2][t.Hour()]:
			t = t.Truncate(time.Hour).Add(time.Hour)
		case !s[1][t.Minute()]:
			t = t.Truncate(time.Minute).Add(time.Minute)
		case !s[0][t.Second()]:
			t = t.Add(time.Second)
		default:
			return t
		}
	}
	return end
}
