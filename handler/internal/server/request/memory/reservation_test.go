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

// TestAllowance: the first bytes of every request come from a part that is reserved for such bytes.
// The rest comes from memory that all requests share.
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

// TestAllowanceIsBusy has no free memory.
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
	tight     []int // in percent, as it was told
	collected chan struct{}
	wait      chan struct{}
}

func (h *heap) Tighten(percent int) { h.tight = append(h.tight, percent) }
func (h *heap) Collect()            { h.collected <- struct{}{}; <-h.wait }

// TestHeapIsToldOfMuch: the heap is tight while a request takes much memory. Its garbage is
// collected afterwards, one collection at a time.
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
	if !slices.Equal(h.tight, []int{50}) {
		t.Errorf("got %v while one takes much, want it tight", h.tight)
	}
	second.release()
	second.release()
	take(much).release()
	if !slices.Equal(h.tight, []int{50, 0, 50, 0}) {
		t.Errorf("got %v at the end, want it tight twice and then no more", h.tight)
	}
	<-h.collected
	close(h.wait)
	if len(h.collected) > 0 {
		t.Error("got another collection while one is under way, want none")
	}
}

// Much work leaves garbage, so the heap is told of it, unless the work takes much memory too.
// Little work triggers no collection, and neither does the end of such work.
func TestHeapIsToldOfMuchWork(t *testing.T) {
	t.Parallel()
	for name, work := range map[string]func(b *budget.Budget, units int64) bool{
		"spent":   func(b *budget.Budget, units int64) bool { return b.Spend(units) == nil },
		"charged": (*budget.Budget).Charge,
	} {
		h := &heap{} // it cannot collect
		b := newWorkingMemory(64<<20, h)
		first, second, unfinished := b.allowance(), b.allowance(), b.allowance()
		for _, a := range []*allowance{first, second} {
			if !work(a.Budget, muchWork) || len(h.tight) > 1 {
				t.Fatalf("%s: got %v for what is not much", name, h.tight)
			}
			if !work(a.Budget, 1) || !work(a.Budget, 9) {
				t.Fatalf("%s: got an error, want more work allowed", name)
			}
		}
		first.release()
		if !slices.Equal(h.tight, []int{400}) {
			t.Errorf("%s: got %v while one does much work, want it told once", name, h.tight)
		}
		b.hold(manyBytes)
		b.hold(-manyBytes)
		second.release()
		unfinished.release()
		work(unfinished.Budget, 2*muchWork) // by a question that is still open
		if !slices.Equal(h.tight, []int{400, 50, 400, 0}) {
			t.Errorf("%s: got %v at the end", name, h.tight)
		}
	}
}

// The heap becomes tight when the documents in memory together have many bytes, and stays tight
// until they have few.
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
	want := func(tight ...int) {
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
	want(50)
	for len(all) > 2 {
		all[0].Release()
		all[0].Release()
		all = all[1:]
	}
	want(50)
	for _, share := range all {
		share.Release()
	}
	want(50, 0)
	incoming(manyBytes).Release()
	want(50, 0, 50, 0)
}

// TestCrowd counts requests in progress. There is a crowd when there are more requests than
// processors. A request that is released twice counts down once.
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
