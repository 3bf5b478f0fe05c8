package pdf

import (
	"testing"

	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/pdf/bounds"
)

// The cache of a document is bounded in memory and in number, for the objects of all revisions
// together. It gives back the memory of the objects that it drops.
func TestCacheKeepsItsBounds(t *testing.T) {
	t.Parallel()
	b := budget.New(budget.Limits{Memory: 8 << 20, Work: 1}, nil)
	most := b.Limits().Memory / cacheShare
	for name, test := range map[string]struct {
		size  int64
		most  int
		large int
	}{
		"many":      {100, 2 * cacheCount, 0},
		"large":     {most / 2, 2, 0},
		"too large": {most/2 + 1, 0, mostLarge},
	} {
		ctx := budget.With(t.Context(), b)
		m := bounds.NewMemory(ctx, 0)
		a := bounds.NewAccount(ctx, m, Limits{})
		c := newCache(m)
		keep := func(kept func() bool) {
			if err := a.Take(test.size); err != nil {
				t.Fatal(err)
			}
			if !kept() {
				c.Give(test.size)
			}
		}
		for i := range 3 * cacheCount {
			keep(func() bool { return c.keepReading(int64(i), reading{size: test.size}) })
			keep(func() bool { c.keepObject(viewed{i % 3, i}, nil, test.size); return true })
			byItself := int64(len(c.large)) * test.size
			if got := len(c.readings) + len(c.objects); got > test.most || len(c.large) > test.large || c.used > most ||
				c.Taken() != c.used+byItself {
				t.Fatalf("%s: got %d after %d with %d bytes of %d that are taken, want at most %d with %d", name, got,
					i, c.used, c.Taken(), test.most, most)
			}
		}
		if test.most > 0 && (len(c.readings) == 0 || len(c.objects) == 0) {
			t.Errorf("%s: got %d readings and %d objects, want some of each", name, len(c.readings), len(c.objects))
		}
	}
}

// A single object stream is kept whatever its size. Several are kept only if they are within the
// bound together.
func TestCacheOfStreamsKeepsItsBounds(t *testing.T) {
	t.Parallel()
	ctx := budget.With(t.Context(), budget.New(budget.Limits{Memory: 32 << 20, Work: 1}, nil))
	m := bounds.NewMemory(ctx, 0)
	a := bounds.NewAccount(ctx, m, Limits{})
	c := newCache(m)
	for i, size := range []int64{c.streams.most / 2, c.streams.most / 2, 1, c.streams.most + 1, 7} {
		if err := a.Take(size); err != nil {
			t.Fatal(err)
		}
		c.keepStream(viewed{0, i}, &objectStream{size: size})
		if got, want := len(c.streams.kept), []int{1, 2, 1, 1, 1}[i]; got != want || c.Taken() != c.streams.used {
			t.Errorf("after %d: got %d streams of %d bytes with %d taken, want %d", i, got, c.streams.used, c.Taken(),
				want)
		}
	}
}
