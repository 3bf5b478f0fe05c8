package bounds

import (
	"context"

	"influxion/handler/internal/pades/budget"
)

// Account holds the remainder of the Limits that count over the life of a File. The document's
// budget is charged for the same work and memory. It is not safe for concurrent use.
type Account struct {
	ctx       context.Context
	document  *Memory
	work      int64
	inflated  int64
	uncharged int64 // units since the context and the document's budget were asked last
}

// NewAccount opens an account on what the limits allow.
func NewAccount(ctx context.Context, document *Memory, limits Limits) Account {
	return Account{ctx: ctx, document: document, work: limits.Work, inflated: limits.Inflated}
}

// Context returns the context whose end ends all reading.
func (a *Account) Context() context.Context { return a.ctx }

// Work returns the remainder of Limits.Work; negative = it was overdrawn.
func (a *Account) Work() int64 { return a.work }

// Taken is how many bytes of memory are in use for the document.
func (a *Account) Taken() int64 { return a.document.taken }

// Memory counts what all Files of a document have taken from its budget.
type Memory struct {
	budget *budget.Budget
	spare  int64 // bytes that are taken and not in use
	taken  int64 // bytes that are in use
}

// NewMemory takes from the budget of the context; if the context has none, from a new one for a
// document of that size in bytes.
func NewMemory(ctx context.Context, size int64) *Memory {
	if b := budget.Of(ctx); b != nil {
		return &Memory{budget: b}
	}
	return &Memory{budget: budget.New(budget.For(size), nil)}
}

// Budget returns the budget from which the memory is taken.
func (m *Memory) Budget() *budget.Budget { return m.budget }

// Taken is how many bytes are in use.
func (m *Memory) Taken() int64 { return m.taken }

// Spend charges units of work and checks the context now and then.
func (a *Account) Spend(units int64) error {
	a.work -= units
	if a.work < 0 {
		return TooComplex.Errorf("reading the document takes more work than allowed")
	}
	a.uncharged += units
	if a.uncharged < 1<<16 {
		return nil
	}
	return a.ChargeBudget()
}

// ChargeBudget charges the document's budget for the work since the last charge.
func (a *Account) ChargeBudget() error {
	units := a.uncharged
	a.uncharged = 0
	a.document.budget.Yield() // lets goroutines that read little run before those that read much
	if err := a.document.budget.Spend(units); err != nil {
		return err
	}
	return a.ctx.Err()
}

// Inflate charges bytes that a filter produced.
func (a *Account) Inflate(n int64) error {
	a.inflated -= n
	if a.inflated < 0 {
		return TooComplex.Errorf("the streams of the document inflate to more than allowed")
	}
	return a.Spend(n)
}

// takeStep is how many bytes are taken from the budget at a time, at least.
const takeStep = 32 << 10

// Take counts memory that is about to be allocated and kept.
func (a *Account) Take(n int64) error {
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

// Give counts memory that was taken as free again.
func (a *Account) Give(n int64) { a.document.Give(n) }

// Give counts memory as free again.
func (m *Memory) Give(n int64) {
	m.spare += n
	m.taken -= n
	if m.spare > 4*takeStep {
		m.budget.Give(m.spare - takeStep)
		m.spare = takeStep
	}
}

// Release counts all memory as free again.
func (m *Memory) Release() {
	m.budget.Give(m.taken + m.spare)
	m.taken, m.spare = 0, 0
}
