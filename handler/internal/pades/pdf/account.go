package pdf

import (
	"context"

	"influxion/handler/internal/pades/budget"
)

// account holds the remainder of the Limits that count over the life of a File. The document's
// budget is charged for the same work and memory.
type account struct {
	ctx       context.Context
	document  *memory
	work      int64
	inflated  int64
	uncharged int64 // units since the context and the document's budget were asked last
}

// memory counts what all Files of a document have taken from its budget.
type memory struct {
	budget *budget.Budget
	spare  int64 // bytes that are taken and not in use
	taken  int64 // bytes that are in use
}

// newMemory takes from the budget of the context, or from a new one.
func newMemory(ctx context.Context, size int64) *memory {
	if b := budget.Of(ctx); b != nil {
		return &memory{budget: b}
	}
	return &memory{budget: budget.New(budget.For(size), nil)}
}

// spend charges units of work and checks the context now and then.
func (a *account) spend(units int64) error {
	a.work -= units
	if a.work < 0 {
		return tooComplex("reading the document takes more work than allowed")
	}
	a.uncharged += units
	if a.uncharged < 1<<16 {
		return nil
	}
	return a.chargeBudget()
}

// chargeBudget charges the document's budget for the work since the last charge.
func (a *account) chargeBudget() error {
	units := a.uncharged
	a.uncharged = 0
	a.document.budget.Yield() // goroutines that read little must not wait for those that read much
	if err := a.document.budget.Spend(units); err != nil {
		return err
	}
	return a.ctx.Err()
}

// inflate charges bytes that a filter produced.
func (a *account) inflate(n int64) error {
	a.inflated -= n
	if a.inflated < 0 {
		return tooComplex("the streams of the document inflate to more than allowed")
	}
	return a.spend(n)
}

// takeStep is how many bytes are taken from the budget at a time, at least.
const takeStep = 32 << 10

// take counts memory that is about to be allocated and kept.
func (a *account) take(n int64) error {
	m := a.document
	if n > m.spare {
		missing := n - m.spare
		rounded := max(missing, takeStep)
		err := m.budget.Take(a.ctx, rounded)
		if err != nil && rounded > missing {
			rounded = missing
			err = m.budget.Take(a.ctx, rounded)
		}
		if err != nil {
			return err
		}
		m.spare += rounded
	}
	m.spare -= n
	m.taken += n
	return nil
}

// give counts memory as free again.
func (m *memory) give(n int64) {
	m.spare += n
	m.taken -= n
	if m.spare > 4*takeStep {
		m.budget.Give(m.spare - takeStep)
		m.spare = takeStep
	}
}

// release counts all memory as free again.
func (m *memory) release() {
	m.budget.Give(m.taken + m.spare)
	m.taken, m.spare = 0, 0
}

// Upper bounds of the memory of objects in bytes: the interface value, and the value that it refers
// to.
const (
	valueSize  = 16 // in an array, on the stack
	boxSize    = 16 // of a number, a reference
	textSize   = 40 // of a name or a string, without its bytes
	sliceSize  = 24
	arraySize  = 40
	dictSize   = 64
	groupSize  = 296 // of a map: eight keys and values
	streamSize = 128
	cacheSize  = 160 // of an entry in a cache
)

// dictMemory is the memory of a map with so many keys.
func dictMemory(keys int) int64 {
	if keys == 0 {
		return dictSize
	}
	groups := 1
	for keys > 8 && groups*7 < keys {
		groups *= 2
	}
	return dictSize + int64(groups)*groupSize
}

// Footprint is an upper bound of the memory of an object in bytes, for callers that keep it longer
// than the File does.
func Footprint(object Object) int64 {
	switch o := object.(type) {
	case Name:
		return textSize + int64(len(o))
	case String:
		return textSize + int64(len(o))
	case Real:
		return textSize + int64(len(o))
	case Integer, Ref:
		return boxSize
	case Array:
		size := arraySize + int64(len(o))*valueSize
		for _, element := range o {
			size += Footprint(element)
		}
		return size
	case Dict:
		size := dictMemory(len(o))
		for key, value := range o {
			size += int64(len(key)) + Footprint(value)
		}
		return size
	case *Stream:
		return streamSize + Footprint(o.Dict)
	}
	return 0
}
