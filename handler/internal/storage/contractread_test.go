package storage_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"influxion/handler/internal/clocktest"
	"influxion/handler/internal/guid"
	"influxion/handler/internal/storage"
)

// A list of several pages is complete and in order, whatever characters the names have.
func contractList(t *testing.T, p place) {
	odd := []string{"a b.jsonl", "a&b<c>.jsonl", "a+b%41.jsonl", "a'b\"c.jsonl", "ü/ﬁ/日.jsonl", "a#b?c=d.jsonl",
		"a;b=c,d.jsonl"}
	var want []string
	for _, name := range odd {
		for _, prefix := range []string{"", "2026/01/31/", "2026/01/310/"} {
			p.make(t, prefix+name)
			if prefix == "2026/01/31/" {
				want = append(want, prefix+name)
			}
		}
	}
	slices.Sort(want)
	got, err := p.open(t, p.token).Names(t.Context(), "2026/01/31/")
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
	if got := p.names(t); len(got) != 3*len(odd) || !slices.IsSorted(got) {
		t.Errorf("got %q, want %d names in order", got, 3*len(odd))
	}
	if got, err := p.open(t, p.token).Names(t.Context(), "2027/"); err != nil || len(got) != 0 {
		t.Errorf("got %q (%v), want none", got, err)
	}
}

// Whole blobs are read by name. Empty blobs and missing ones are told apart.
func contractRead(t *testing.T, p place) {
	large := strings.Repeat("0123456789abcdef", 100_000)
	for name, text := range map[string]string{"2026/01/31/a b+c%20ü.jsonl": "odd\n", "large": large, "one": "1"} {
		p.make(t, name, text, text)
		if got := p.read(t, name); got != text+text {
			t.Errorf("%s: got %d bytes, want %d", name, len(got), 2*len(text))
		}
	}
	p.make(t, "empty")
	if got := p.read(t, "empty"); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
	_, err := p.open(t, p.token).Open(t.Context(), "absent")
	hasCode(t, "absent", err, bloberror.BlobNotFound)
}

// A list has the length of each blob as it was then.
func contractLengths(t *testing.T, p place) {
	p.make(t, "a", "one\n")
	p.make(t, "b", "two\n", "three\n")
	list, err := p.open(t, p.token).Blobs(t.Context(), "")
	want := []storage.Blob{{Name: "a", Length: 4}, {Name: "b", Length: 10}}
	if err != nil || !slices.Equal(list, want) {
		t.Errorf("got %v (%v), want %v", list, err, want)
	}
}

// Tails are the last bytes of each writer of today and the day before, from the blob where it wrote
// last. A long blob gives no more than one tail.
func contractTails(t *testing.T, p place) {
	clock := clocktest.New(noon)
	old := storage.NewAppendLog(p.open(t, p.token), clocktest.New(noon.AddDate(0, 0, -2)).Now)
	first, second := storage.NewAppendLog(p.open(t, p.token), clock.Now),
		storage.NewAppendLog(p.open(t, p.token), clock.Now)
	first.SetMaxBlocks(1)
	long := strings.Repeat("0123456789abcde\n", 32<<10)
	p.make(t, "2026/01/31/notes.txt", "somebody's\n")
	p.make(t, "2026/01/31/20260131T120000Z-"+guid.New()+"-0001.jsonl") // whose writer wrote nothing
	appendAll(t, old, "old\n")
	appendAll(t, first, "a\n", "b\n", "c\n", "d\n", "e\n")
	appendAll(t, second, long, "x\n")
	clock.Advance(24 * time.Hour)
	tails, err := second.Tails(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, tail := range tails {
		got = append(got, string(tail))
	}
	slices.Sort(got)
	if len(got) != 2 || got[1] != "e\n" || len(got[0]) != 256<<10 || !strings.HasSuffix(long+"x\n", got[0]) {
		t.Errorf("got %d tails, the last %q, want the last bytes of two writers", len(got), got[len(got)-1:])
	}
}
