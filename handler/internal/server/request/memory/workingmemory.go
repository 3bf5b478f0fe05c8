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
)

// The heap becomes tight at manyBytes of documents in memory, and stops being tight at fewBytes.
const (
	manyBytes = 16 << 20
	fewBytes  = 8 << 20
)

// Heap tunes the garbage collection of the program. Only main may do that.
type Heap interface {
	// Tighten is told whether heavy requests or many bytes of documents are in progress. While they
	// are, garbage must be collected sooner.
	Tighten(tight bool)
	// Collect is told that a heavy request is done. Its memory must go back to the system.
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
	heavy      int   // heavy requests in progress
	documents  int64 // bytes of documents in memory
	many       bool  // these are many
	tight      bool  // as the heap was told
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

// enter notes a heavy request.
func (m *workingMemory) enter() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.heavy++
	m.tune()
}

// hold notes that documents take so many bytes more, or fewer.
func (m *workingMemory) hold(bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.documents += bytes
	m.many = m.documents >= manyBytes || m.many && m.documents > fewBytes
	m.tune()
}

// tune tells the heap what has changed.
func (m *workingMemory) tune() {
	if tight := m.heavy > 0 || m.many; tight != m.tight && m.heap != nil {
		m.tight = tight
		m.heap.Tighten(tight)
	}
}

// leave notes that a heavy request is done, and has its garbage collected. Otherwise the next heavy
// request would need memory in addition to that garbage.
func (m *workingMemory) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.heavy--
	m.tune()
	if m.heap != nil && !m.collecting {
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
	heavy        bool // the request is heavy
	released     bool
}

func (m *workingMemory) allowance() *allowance {
	a := &allowance{of: m, small: Reservation{total: m.small}, large: Reservation{total: m.large}}
	a.Budget = budget.New(m.limits(0), a.reserve)
	a.Budget.Crowd(m.crowded)
	m.inProgress.Add(1)
	return a
}

// limits are the limits for a document of so many bytes, on this instance.
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
		a.enter()
	}
	return a.large.AtLeast(ctx, total-smallShare)
}

// enter notes that the request is heavy.
func (a *allowance) enter() {
	if !a.heavy {
		a.heavy = true
		a.of.enter()
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
	if a.heavy {
		a.heavy = false
		a.of.leave()
	}
}
