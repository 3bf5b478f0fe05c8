package trustservices_test

import (
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/trustservices"
)

func TestCache(t *testing.T) {
	t.Parallel()
	at := time.Unix(1000, 0)
	c := trustservices.NewCache(3, 100<<10)
	put := func(key string, size int) { c.Put(key, "value of "+key, size, at.Add(time.Minute), at.Add(time.Hour)) }
	holds := func(step string, keys ...string) {
		t.Helper()
		for _, key := range []string{"a", "b", "c", "d", "e"} {
			value, _, ok := c.Get(key, at)
			if ok != slices.Contains(keys, key) || ok && value != "value of "+key {
				t.Errorf("%s: got %s held %v, want of all %v", step, key, ok, keys)
			}
		}
	}
	put("a", 1)
	put("b", 1)
	put("c", 1)
	c.Get("a", at)
	put("d", 1)
	holds("too many", "a", "c", "d")
	put("e", 90<<10)
	holds("too large together", "d", "e")
	put("a", 100<<10)
	holds("too large", "d", "e")
	put("e", 1)
	if entries, size := c.Held(); entries != 2 || size != 2*(trustservices.EntryCost+1)+2 {
		t.Errorf("got %d entries of %d bytes, want 2 of little", entries, size)
	}
	for after, want := range map[time.Duration]struct{ due, ok bool }{
		0: {false, true}, time.Minute - 1: {false, true}, time.Minute: {true, true}, time.Hour - 1: {true, true},
	} {
		if _, due, ok := c.Get("e", at.Add(after)); due != want.due || ok != want.ok {
			t.Errorf("after %v: got due %v, held %v, want %v", after, due, ok, want)
		}
	}
	if _, _, ok := c.Get("e", at.Add(time.Hour)); ok {
		t.Error("got an entry that has ended")
	}
	if entries, _ := c.Held(); entries != 1 {
		t.Errorf("got %d entries, want the ended one gone", entries)
	}
}
