package budget

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
)

// Limits are the memory and the work that one document may take.
type Limits struct {
	Memory int64 // bytes at a time, without the document itself
	Work   int64 // units in the order of 5 ns: a byte that is parsed, an eighth of one that is searched
}

// For returns the limits of a document from its size in bytes. A document of up to 1 MiB gets work
// for a third of a second, or for a whole second on a processor that others slow down.
func For(size int64) Limits {
	above := max(size-smallDocument, 0)
	return Limits{
		Memory: smallMemory + min(above, maxMemory)*memoryRate,
		Work:   smallWork + min(above, maxWork)*workRate,
	}.within(Limits{maxMemory, maxWork})
}

func (l Limits) within(most Limits) Limits {
	return Limits{min(l.Memory, most.Memory), min(l.Work, most.Work)}
}

// Error says that a document would exceed its Limits. The text is safe to show to whoever sent the
// document.
type Error struct{ Detail string }

func (e *Error) Error() string { return e.Detail }

// Reserve is called before a Budget takes more memory than it has reserved so far. total is the new
// total in bytes. Its error ends the work, and is not about the document.
type Reserve func(ctx context.Context, total int64) error

// step is the number of bytes that are reserved at a time.
const step = 256 << 10

// Budget counts the part of its Limits that one request has taken. Safe for concurrent use.
type Budget struct {
	reserve Reserve

	mu       sync.Mutex
	limits   Limits
	widened  int64 // bytes that may be taken beyond the limits
	used     int64 // bytes
	peak     int64 // the most bytes that were taken at one time
	reserved int64 // bytes that were reserved: at least peak
	spent    int64 // units of work
	closed   bool
	crowded  func() bool // nil = always
	much     much

	questions questions
}

// New makes a budget. A nil reserve permits everything.
func New(limits Limits, reserve Reserve) *Budget {
	if reserve == nil {
		reserve = func(context.Context, int64) error { return nil }
	}
	return &Budget{limits: limits, reserve: reserve, questions: newQuestions()}
}

// Limit sets the limits, once the size of the document is known.
func (b *Budget) Limit(limits Limits) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limits = limits
}

// Crowd sets the function by which Yield asks whether others wait for a processor. crowded must be
// safe for concurrent use.
func (b *Budget) Crowd(crowded func() bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.crowded = crowded
}

// much is a number of units of work, and a function to call when more than that were spent.
type much struct {
	units int64
	tell  func() // nil = nothing, or it was called
}

// Much makes the budget call tell once, when more than so many units of work are spent, but not
// after Close. Work leaves garbage: at most 32 bytes a unit.
func (b *Budget) Much(units int64, tell func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.much = much{units, tell}
}

// spend counts units of work.
func (b *Budget) spend(units int64) {
	b.spent += units
	if tell := b.much.tell; tell != nil && b.spent > b.much.units {
		b.much.tell = nil
		tell()
	}
}

// Yield lets other requests run that wait for a processor. With many requests, Go would first run
// those that the network has just woken, and some others would wait for long. If crowded reports
// that nobody waits, Yield does nothing, because it would only wake another thread.
func (b *Budget) Yield() {
	b.mu.Lock()
	crowded := b.crowded
	b.mu.Unlock()
	if crowded == nil || crowded() {
		runtime.Gosched()
	}
}

// Widen raises the memory limit by a number of bytes for data that is not part of the document,
// such as an image that is placed in it.
func (b *Budget) Widen(bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.widened += bytes
}

// Limits returns the limits of the budget.
func (b *Budget) Limits() Limits {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.limits
}

// Take charges n bytes that are about to be allocated. Its error is an *Error, one of the Reserve,
// or one for a closed Budget. After an error nothing is charged.
func (b *Budget) Take(ctx context.Context, n int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errClosed
	}
	if n > b.limits.Memory+b.widened-b.used {
		return &Error{fmt.Sprintf("the document takes more than %d MiB of memory beside itself", b.limits.Memory>>20)}
	}
	if total := b.used + n; total > b.reserved {
		total = (total + step - 1) / step * step
		if err := b.reserve(ctx, total); err != nil {
			return err
		}
		b.reserved = total
	}
	b.used += n
	b.peak = max(b.peak, b.used)
	return nil
}

// Close ends the budget together with its request. Afterwards nothing more can be taken, not even
// for questions that are still open.
func (b *Budget) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.much.tell = nil
}

var errClosed = errors.New("the request for which memory is taken has ended")

// Give returns n bytes that were taken.
func (b *Budget) Give(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
}

// Spend charges units of work. Its error is an *Error.
func (b *Budget) Spend(units int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spend(units)
	if b.spent > b.limits.Work {
		return &Error{"reading the document takes more work than allowed"}
	}
	return nil
}

// Charge charges units of work that are about to be done, but only if that many are left. It
// reports whether they are.
func (b *Budget) Charge(units int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if units > b.limits.Work-b.spent {
		return false
	}
	b.spend(units)
	return true
}

// InUse returns the number of bytes that are taken now.
func (b *Budget) InUse() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// Peak returns the largest number of bytes that were taken at one time.
func (b *Budget) Peak() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.peak
}

// Spent returns the units of work that were spent so far.
func (b *Budget) Spent() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.spent
}

type key struct{}

// With returns a context whose work is charged to a budget.
func With(ctx context.Context, b *Budget) context.Context { return context.WithValue(ctx, key{}, b) }

// Of returns the budget of a context; nil = it has none.
func Of(ctx context.Context) *Budget {
	b, _ := ctx.Value(key{}).(*Budget)
	return b
}
