package main_test

import (
	"testing"

	"golang.org/x/sys/unix"
)

// processorTime is how many seconds of a processor a process has used, all its threads together,
// those that have ended included: clock_getcpuclockid(3), to the nanosecond.
func processorTime(b *testing.B, pid int) float64 {
	const scheduler = 2 // CPUCLOCK_SCHED: the time that the scheduler counts
	var used unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduler), &used); err != nil {
		b.Fatal(err)
	}
	return float64(used.Nano()) / 1e9
}
