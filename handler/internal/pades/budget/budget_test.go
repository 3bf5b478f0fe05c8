package budget_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"influxion/handler/internal/pades/budget"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	var reserved []int64
	full := errors.New("full")
	b := budget.New(budget.Limits{Memory: 1 << 20}, func(_ context.Context, total int64) error {
		if total > 768<<10 {
			return full
		}
		reserved = append(reserved, total)
		return nil
	})
	for _, step := range []struct {
		take, give int64
		want       int64 // held afterwards
		refused    bool
		over       bool
	}{
		{1, 0, 1, false, false},
		{256 << 10, 0, 256<<10 + 1, false, false},
		{512 << 10, 0, 256<<10 + 1, true, false}, // 1 byte above what the process has
		{1 << 20, 0, 256<<10 + 1, true, true},
		{0, 256 << 10, 1, false, false},
		{512 << 10, 0, 512<<10 + 1, false, false},
	} {
		b.Give(step.give)
		err := b.Take(t.Context(), step.take)
		_, over := errors.AsType[*budget.Error](err)
		if (err != nil) != step.refused || over != step.over || step.refused && !over && !errors.Is(err, full) ||
			b.InUse() != step.want {
			t.Errorf("%+v: got %v and %d bytes held", step, err, b.InUse())
		}
		if over && !strings.Contains(err.Error(), "1 MiB") {
			t.Errorf("got %v, want the limit named", err)
		}
	}
	if want := []int64{256 << 10, 512 << 10, 768 << 10}; !slices.Equal(reserved, want) {
		t.Errorf("got %d reserved, want %d", reserved, want)
	}
	if err := b.Take(t.Context(), 600<<10); err == nil {
		t.Error("got more memory than the limit, want none")
	}
	b.Give(b.InUse())
	b.Limit(budget.Limits{Memory: 1})
	b.Widen(100)
	if err := b.Take(t.Context(), 101); err != nil {
		t.Errorf("got %v for what the budget was widened by, want none", err)
	}
	if err := b.Take(t.Context(), 1); err == nil {
		t.Error("got more than the limit and that, want none")
	}
	if got := b.Peak(); got != 512<<10+1 {
		t.Errorf("got a peak of %d bytes, want %d", got, 512<<10+1)
	}
	b.Give(b.InUse())
	if err := b.Take(t.Context(), 1); err != nil {
		t.Errorf("got %v after memory was given back, want none", err)
	}
	b.Close()
	if err := b.Take(t.Context(), 1); err == nil {
		t.Error("got memory after the end of the request, want none")
	}
}

func TestWork(t *testing.T) {
	t.Parallel()
	if err := budget.New(budget.Limits{Memory: 1}, nil).Take(t.Context(), 1); err != nil {
		t.Errorf("got %v where nothing has to be reserved", err)
	}
	b := budget.New(budget.Limits{Work: 10}, nil)
	if err := b.Spend(10); err != nil {
		t.Error(err)
	}
	if _, over := errors.AsType[*budget.Error](b.Spend(1)); !over || b.Spent() != 11 {
		t.Errorf("got %d spent without an error of the document, want one", b.Spent())
	}
}

// Much tells of the first unit beyond its number, and only once. It tells nothing of work that is
// refused, and nothing after Close.
func TestMuch(t *testing.T) {
	t.Parallel()
	told := 0
	watched := func() *budget.Budget {
		told = 0
		b := budget.New(budget.Limits{Work: 100}, nil)
		b.Much(10, func() { told++ })
		return b
	}
	b := watched()
	for _, step := range []struct {
		work func() bool
		want int
	}{
		{func() bool { return b.Spend(9) == nil }, 0},
		{func() bool { return b.Charge(1) }, 0},
		{func() bool { return !b.Charge(91) }, 0},
		{func() bool { return b.Charge(1) }, 1},
		{func() bool { return b.Charge(80) }, 1},
		{func() bool { return b.Charge(9) && !b.Charge(1) }, 1}, // all that is left, and more
		{func() bool { return b.Spend(99) != nil }, 1},
	} {
		if !step.work() || told != step.want {
			t.Errorf("got told %d times with %d units spent, want %d", told, b.Spent(), step.want)
		}
	}
	b = watched()
	if err := b.Spend(11); err != nil || told != 1 {
		t.Errorf("got told %d times of work that was spent, and %v, want once", told, err)
	}
	b = watched()
	b.Close()
	if err := b.Spend(11); err != nil || told != 0 {
		t.Errorf("got told %d times after the end of the request, and %v, want never", told, err)
	}
}

// A document of 1 MiB gets a third of a second and 24 MiB. Larger documents get more, up to a
// bound.
func TestFor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		size int64
		want budget.Limits
	}{
		{0, budget.Limits{Memory: 24 << 20, Work: 70_000_000}},
		{1 << 20, budget.Limits{Memory: 24 << 20, Work: 70_000_000}},
		{2 << 20, budget.Limits{Memory: 27 << 20, Work: 70_000_000 + 96<<20}},
		{1 << 62, budget.Limits{Memory: 512 << 20, Work: 4_000_000_000}},
	} {
		if got := budget.For(test.size); got != test.want {
			t.Errorf("%d bytes: got %+v, want %+v", test.size, got, test.want)
		}
	}
}

func TestQuestions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.For(0), nil)
		start := time.Now()
		ask := func() (func(), error) {
			asking, answered, err := b.Ask(t.Context())
			if err == nil {
				if until, _ := asking.Deadline(); !until.Equal(start.Add(20 * time.Second)) {
					t.Errorf("got until %v, want 20 s for all", until.Sub(start))
				}
			}
			return answered, err
		}
		var answered []func()
		for range 4 {
			one, err := ask()
			if err != nil {
				t.Fatal(err)
			}
			answered = append(answered, one)
		}
		if _, ok := b.TryAsk(); ok {
			t.Error("got a fifth place at once, want none")
		}
		time.AfterFunc(5*time.Second, answered[0])
		if _, err := ask(); err != nil || time.Since(start) != 5*time.Second {
			t.Errorf("got %v after %v, want a place when one is free", err, time.Since(start))
		}
		if _, err := ask(); !errors.Is(err, budget.ErrTime) || time.Since(start) != 20*time.Second {
			t.Errorf("got %v after %v, want the end of the time", err, time.Since(start))
		}
		answered[1]()
		if _, err := ask(); !errors.Is(err, budget.ErrTime) {
			t.Errorf("got %v, want the end of the time", err)
		}
	})
}

func TestQuestionsAreCounted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ signatures, want int }{{0, 8}, {1, 8}, {2, 16}, {99, 792}, {200, 800}} {
		b := budget.New(budget.For(0), nil)
		b.Signatures(test.signatures)
		got := 0
		for range 1000 {
			_, answered, err := b.Ask(t.Context())
			if errors.Is(err, budget.ErrQuestions) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			answered()
			got++
		}
		if _, ok := b.TryAsk(); ok || got != test.want {
			t.Errorf("%d signatures: got %d questions, want %d", test.signatures, got, test.want)
		}
	}
}

func TestContext(t *testing.T) {
	t.Parallel()
	b := budget.New(budget.For(0), nil)
	if budget.Of(t.Context()) != nil || budget.Of(budget.With(t.Context(), b)) != b {
		t.Error("got another budget than that of the context")
	}
}

// TestYield checks that Yield asks crowded once, if the budget has it.
func TestYield(t *testing.T) {
	for _, test := range []struct{ told, crowded bool }{{false, false}, {true, false}, {true, true}} {
		b := budget.New(budget.For(0), nil)
		asked := 0
		if test.told {
			b.Crowd(func() bool { asked++; return test.crowded })
		}
		b.Yield()
		if want := map[bool]int{false: 0, true: 1}[test.told]; asked != want {
			t.Errorf("%+v: got asked %d times, want %d", test, asked, want)
		}
	}
}
