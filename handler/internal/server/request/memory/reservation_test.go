package memory

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/signing"
)

// TestAllowance: the first bytes of every request come from a part that no request can empty, the
// rest from one that they share.
func TestAllowance(t *testing.T) {
	t.Parallel()
	b := newWorkingMemory(0, nil)
	greedy, modest := b.allowance(), b.allowance()
	most := b.limits(0).Memory
	if err := greedy.Take(t.Context(), most); err != nil {
		t.Fatal(err)
	}
	over, ok := errors.AsType[*budget.Error](greedy.Take(t.Context(), 1))
	if !ok || !strings.Contains(over.Detail, "6 MiB") {
		t.Errorf("got %v for more than one document may take, want an error that names the limit", over)
	}
	if err := modest.Take(t.Context(), smallShare); err != nil {
		t.Errorf("got %v for the first bytes of another request, want none", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := modest.Take(ended, smallShare+1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v for more than is left, want to wait", err)
	}
	greedy.release()
	if err := modest.Take(t.Context(), smallShare+1); err != nil {
		t.Errorf("got %v when there is memory again, want none", err)
	}
	modest.release()
	if !b.small.tryAcquire("", b.bytes/smallPart) || !b.large.tryAcquire("", b.bytes-b.bytes/smallPart) {
		t.Error("got less memory than before, want all of it given back")
	}
}

// TestAllowanceIsBusy has no memory left.
func TestAllowanceIsBusy(t *testing.T) {
	t.Parallel()
	b := newWorkingMemory(leastWorking, nil)
	b.large.tryAcquire("", leastWorking-leastWorking/smallPart)
	fault := signing.AsError(b.allowance().Take(t.Context(), 2*smallShare))
	if fault.Kind != signing.Unavailable || fault.Code != "busy" || fault.RetryAfter == 0 {
		t.Errorf("got %v, want busy and when to come again", fault)
	}
}

// heap notes what it is told.
type heap struct {
	tight     []bool
	collected chan struct{}
	wait      chan struct{}
}

func (h *heap) Tighten(tight bool) { h.tight = append(h.tight, tight) }
func (h *heap) Collect()           { h.collected <- struct{}{}; <-h.wait }

// TestHeapIsToldOfMuch: the heap is tight while a request takes much, and what it leaves is
// collected, once at a time.
func TestHeapIsToldOfMuch(t *testing.T) {
	t.Parallel()
	h := &heap{collected: make(chan struct{}, 9), wait: make(chan struct{})}
	b := newWorkingMemory(64<<20, h)
	take := func(bytes int64) *allowance {
		a := b.allowance()
		if err := a.Take(t.Context(), bytes); err != nil {
			t.Fatal(err)
		}
		return a
	}
	small, first, second := take(smallShare), take(much), take(2*much)
	small.release()
	first.release()
	if !slices.Equal(h.tight, []bool{true}) {
		t.Errorf("got %v while one takes much, want it tight", h.tight)
	}
	second.release()
	second.release()
	take(much).release()
	if !slices.Equal(h.tight, []bool{true, false, true, false}) {
		t.Errorf("got %v at the end, want it tight twice and then no more", h.tight)
	}
	<-h.collected
	close(h.wait)
	if len(h.collected) > 0 {
		t.Error("got another collection while one is under way, want none")
	}
}

// The heap is tight while the documents in memory are many bytes together, and until they are few.
func TestHeapIsToldOfManyBytes(t *testing.T) {
	t.Parallel()
	const each = manyBytes / 4
	h := &heap{}
	p := New(Limits{Document: 2 * manyBytes}, h)
	incoming := func(bytes int64) *Share {
		s := p.Share()
		if err := s.Document.Expect(t.Context(), bytes); err != nil {
			t.Fatal(err)
		}
		return s
	}
	var all []*Share
	want := func(tight ...bool) {
		t.Helper()
		if !slices.Equal(h.tight, tight) {
			t.Fatalf("got %v with %d documents, want %v", h.tight, len(all), tight)
		}
	}
	for range 3 {
		all = append(all, incoming(each))
	}
	want()
	all = append(all, incoming(each), incoming(each))
	want(true)
	for len(all) > 2 {
		all[0].Release()
		all[0].Release()
		all = all[1:]
	}
	want(true)
	for _, share := range all {
		share.Release()
	}
	want(true, false)
	incoming(manyBytes).Release()
	want(true, false, true, false)
}

// TestCrowd counts requests in progress: there is a crowd when there are more than processors, and
// a request that is released twice leaves once.
func TestCrowd(t *testing.T) {
	t.Parallel()
	m := newWorkingMemory(0, nil)
	var all []*allowance
	for range m.processors {
		all = append(all, m.allowance())
	}
	if m.crowded() {
		t.Errorf("got a crowd of %d requests on as many processors, want none", len(all))
	}
	one, other := m.allowance(), m.allowance()
	if !m.crowded() {
		t.Errorf("got no crowd of %d requests, want one", len(all)+2)
	}
	one.release()
	one.release()
	if !m.crowded() {
		t.Error("got no crowd after a request was released twice, want one")
	}
	other.release()
	if m.crowded() {
		t.Error("got a crowd after all but as many requests as processors were released, want none")
	}
}
