package main

import (
	"math"
	"runtime/debug"
	"testing"
)

// The heap grows by no more than the bound while there is one. It keeps a smaller growth of its
// own, and grows as before once the bound ends.
func TestHeapTightens(t *testing.T) {
	current := func() int {
		growth := debug.SetGCPercent(100)
		debug.SetGCPercent(growth)
		return growth
	}
	defer debug.SetGCPercent(current())
	const most = 50
	for usual, tight := range map[int]int{100: most, 400: most, -1: most, 20: 20} {
		debug.SetGCPercent(usual)
		h := newHeap()
		h.Tighten(most)
		if got := current(); got != tight {
			t.Errorf("%d %%: got %d %% while it is tight, want %d", usual, got, tight)
		}
		h.Tighten(0)
		if got := current(); got != usual {
			t.Errorf("%d %%: got %d %% afterwards, want the same", usual, got)
		}
	}
}

// The heap may grow more if a memory limit bounds it, unless the operator has set GOGC.
func TestHeapLoosens(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	for _, test := range []struct {
		limit   int64
		environ map[string]string
		want    int
	}{
		{128 << 20, nil, 400},
		{256 << 20, nil, 400},
		{512 << 20, nil, 800},
		{1 << 30, nil, 1600},
		{math.MaxInt64 - 1, nil, 2000},
		{math.MaxInt64, nil, 100},
		{1 << 30, map[string]string{"GOGC": "100"}, 100},
	} {
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(test.limit)
		loosen(test.environ)
		if got := debug.SetGCPercent(100); got != test.want {
			t.Errorf("limit %d, %v: got %d %%, want %d", test.limit, test.environ, got, test.want)
		}
	}
}
