package main

import (
	"errors"
	"time"
)

// sendTime is how long a caller may take to read a print.
const sendTime = time.Minute

// Bounds of one form.
const (
	maxForm   = 64 << 20 // bytes
	maxFiles  = 256
	maxFields = 64
	maxValue  = 1 << 10 // bytes of a field
)

// Bounds of the browser's messages.
const (
	maxMessage = 128 << 20 // bytes: an event repeats a data: URL of the page
	printStep  = 1 << 20   // bytes of the print that are asked for at once
	maxLog     = 4 << 10   // bytes of its log that are kept
)

// limits are the limits that the operator can choose.
type limits struct {
	printing int           // pages at a time
	waiting  int           // pages beside them
	time     time.Duration // for one page, its wait included
	printed  int64         // bytes of one print
}

func usualLimits() limits {
	return limits{printing: 2, waiting: 8, time: time.Minute, printed: 128 << 20}
}

func (l limits) check() error {
	if l.printing < 1 || l.waiting < 0 || l.time <= 0 || l.printed < 1 {
		return errors.New("-concurrent, -timeout and -max-bytes must be more than 0, -queue not less")
	}
	return nil
}
