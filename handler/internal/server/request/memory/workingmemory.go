package memory

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"influxion/handler/internal/pades/budget"
)

// Bounds of the working memory of all requests in progress. A quarter of it is for the first bytes
// of each request, so that documents that need much memory do not keep others out.
const (
	defaultWorking = 512 << 20
	leastWorking   = 8 << 20
	smallShare     = 1 << 20
	smallPart      = 4
	much           = 4 << 20 // bytes from which a request counts as heavy
	muchWork       = 1 << 20 // units of work from which a request is laborious
)

// The heap becomes tight at manyBytes of documents in memory, and stops being tight at fewBytes.
const (
	manyBytes = 16 << 20
	fewBytes  = 8 << 20
)

// load is how heavily one request, or all of them together, use the heap.
type load int

// In ascending order: nothing in particular; much work, which leaves garbage (budget.Budget.Much);
// much memory.
const (
	light load = iota
	laborious
	heavy
)

// heapGrowth is the most that the heap may grow between collections, in percent of what is in use;
// 0 = the program's own setting. Light requests have 4 MiB in use at most, besides what the program
// keeps.
var heapGrowth = [heavy + 1]int{laborious: 400, heavy: 50}

// Heap tunes the garbage collection of the program. Only main may do that.
type Heap interface {
	// Tighten limits how much the heap may grow between collections, in percent of what is in use;
	// 0 ends the limit.
	Tighten(percent int)
	// Collect returns memory to the system, after a heavy request.
	Collect()
}

// workingMemory is the memory that all requests may take, apart from their documents.
type workingMemory struct {
	small, large *admission
	bytes        int64
	heap         Heap // nil = garbage collection is not tuned
	inProgress   atomic.Int64
	processors   int64

	mu         sync.Mutex
	requests   [heavy + 1]int // in progress that are more than light
	documents  int64          // bytes of documents in memory
	many       bool           // these documents count as many
	load       load           // the limit that the heap has
	collecting bool
}

func newWorkingMemory(bytes int64, heap Heap) *workingMemory {
	bytes = max(bytes, leastWorking)
	return &workingMemory{
		small: newAdmission(bytes / smallPart), large: newAdmission(bytes - bytes/smallPart),
		bytes: bytes, heap: heap, processors: int64(runtime.GOMAXPROCS(0)),
	}
}

// crowded reports whether more requests are in progress than there are processors.
func (m *workingMemory) crowded() bool { return m.inProgress.Load() > m.processors }

// enter notes a request that is more than light.
func (m *workingMemory) enter(made load) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[made]++
	m.tune()
}

// hold adds to the bytes that documents take; bytes may be negative.
func (m *workingMemory) hold(bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.documents += bytes
	m.many = m.documents >= manyBytes || m.many && m.documents > fewBytes
	m.tune()
}

// tune tells the heap what has changed.
func (m *workingMemory) tune() {
	now := light
	switch {
	case m.requests[heavy] > 0 || m.many:
		now = heavy
	case m.requests[laborious] > 0:
		now = laborious
	}
	if now != m.load && m.heap != nil {
		m.load = now
		m.heap.Tighten(heapGrowth[now])
	}
}

// leave notes that a request is done, and has the garbage of a heavy one collected. Otherwise the
// next heavy request would need memory in addition to that garbage.
func (m *workingMemory) leave(made load) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[made]--
	m.tune()
	if made == heavy && m.heap != nil && !m.collecting {
		m.collecting = true
		go m.collect()
	}
}

func (m *workingMemory) collect() {
	m.heap.Collect()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.collecting = false
}

// allowance is one request's budget with its share of the working memory. Only the budget is safe
// for concurrent use.
type allowance struct {
	*budget.Budget
	of           *workingMemory
	small, large Reservation
	counted      [heavy + 1]bool // the request is more than light, and so counted
	released     bool
}

func (m *workingMemory) allowance() *allowance {
	a := &allowance{of: m, small: Reservation{total: m.small}, large: Reservation{total: m.large}}
	a.Budget = budget.New(m.limits(0), a.reserve)
	a.Budget.Crowd(m.crowded)
	a.Budget.Much(muchWork, func() { a.enter(laborious) })
	m.inProgress.Add(1)
	return a
}

// limits are the limits for a document of the given size in bytes, on this instance.
func (m *workingMemory) limits(size int64) budget.Limits {
	l := budget.For(size)
	l.Memory = min(l.Memory, m.bytes-m.bytes/smallPart)
	return l
}

// reserve implements budget.Reserve.
func (a *allowance) reserve(ctx context.Context, total int64) error {
	if err := a.small.AtLeast(ctx, min(total, smallShare)); err != nil || total <= smallShare {
		return err
	}
	if total >= much {
		a.enter(heavy)
	}
	return a.large.AtLeast(ctx, total-smallShare)
}

// enter notes that the request is more than light.
func (a *allowance) enter(made load) {
	if !a.counted[made] {
		a.counted[made] = true
		a.of.enter(made)
	}
}

func (a *allowance) release() {
	a.Close()
	if !a.released {
		a.released = true
		a.of.inProgress.Add(-1)
	}
	a.small.Release()
	a.large.Release()
	for made, counted := range a.counted {
		if counted {
			a.counted[made] = false
			a.of.leave(load(made))
		}
	}
}
