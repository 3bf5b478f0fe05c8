package loadtest

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"
)

// Tally counts the answers to many requests. The zero Tally is ready for use. Safe for concurrent
// use.
type Tally struct {
	mu      sync.Mutex
	answers map[string]int
	took    []time.Duration
	failed  []error
}

// Add counts an answer, or the reason why there was none.
func (t *Tally) Add(a Answer, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.failed = append(t.failed, err)
		return
	}
	if t.answers == nil {
		t.answers = map[string]int{}
	}
	t.answers[a.String()]++
	t.took = append(t.took, a.Took)
}

// Count is the number of answers whose Answer.String is the given text.
func (t *Tally) Count(answer string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.answers[answer]
}

// Answers returns the number of answers, and the number of requests without an answer.
func (t *Tally) Answers() (answers, failed int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.took), len(t.failed)
}

// Within is the time within which the given percentage of the answers came; 0 = there are none.
func (t *Tally) Within(percent int) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.Sort(t.took)
	if len(t.took) == 0 {
		return 0
	}
	return t.took[min(len(t.took)*percent/100, len(t.took)-1)].Round(time.Millisecond)
}

// Print writes the number of answers of each kind, and how long they took.
func (t *Tally) Print(out io.Writer, who string) {
	const shown = 20 // of the requests without an answer
	answers, _ := t.Answers()
	fmt.Fprintf(out, "%s: %d answers, 50 %% within %v, 95 %% within %v, 99 %% within %v, all within %v\n", who,
		answers, t.Within(50), t.Within(95), t.Within(99), t.Within(100))
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, kind := range slices.Sorted(maps.Keys(t.answers)) {
		fmt.Fprintf(out, "    %6d  %s\n", t.answers[kind], kind)
	}
	for _, err := range t.failed[:min(shown, len(t.failed))] {
		fmt.Fprintf(out, "    failed: %v\n", err)
	}
	if len(t.failed) > shown {
		fmt.Fprintf(out, "    failed: %d more\n", len(t.failed)-shown)
	}
}
