//go:build !linux

package main_test

import "testing"

// processorTime skips a benchmark: other systems don't tell the time of another process so
// exactly.
func processorTime(b *testing.B, _ int) float64 {
	b.Skip("processor time is measured on Linux alone")
	return 0
}
