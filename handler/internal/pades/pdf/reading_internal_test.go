package pdf

import "testing"

// What is kept for other revisions is bounded, tables and objects together.
func TestReadingsKeepTheirBounds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bytes int64
		most  int
	}{
		"many":      {10, cacheCount},
		"large":     {cacheObject, cacheWeight / cacheObject},
		"too large": {cacheObject + 1, 0},
	} {
		r := newReadings()
		for i := range int64(2 * cacheCount) {
			r.keep(i, reading{weight: c.bytes})
			r.keepTable(i, &table{end: i + c.bytes})
			if got := len(r.byOffset) + len(r.tables); got > c.most {
				t.Fatalf("%s: got %d after %d, want at most %d", name, got, i, c.most)
			}
		}
		if len(r.byOffset) == 0 && c.most > 0 || len(r.tables) == 0 && c.most > 0 {
			t.Errorf("%s: got %d objects and %d tables, want some of each", name, len(r.byOffset), len(r.tables))
		}
	}
}
