package chain

import (
	"errors"
	"testing"
)

// Once a piece has found no memory, no smaller one is taken, so that the report says what is left
// out.
func TestShortfallLasts(t *testing.T) {
	t.Parallel()
	short := errors.New("no memory")
	r := &reservation{memory: func(bytes int64) error {
		if bytes > 10 {
			return short
		}
		return nil
	}}
	for _, step := range []struct {
		bytes int64
		taken bool
		short error
	}{{10, true, nil}, {11, false, short}, {1, false, short}, {10, false, short}} {
		if taken := r.take(step.bytes); taken != step.taken || r.short != step.short {
			t.Errorf("%d bytes: got %v and %v, want %v and %v", step.bytes, taken, r.short, step.taken, step.short)
		}
	}
}
