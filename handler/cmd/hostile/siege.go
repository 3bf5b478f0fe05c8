package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"influxion/handler/internal/hostiletest"
	"influxion/handler/internal/pdftest"
)

const (
	senders     = 8
	container   = 1536             // MB that the handler believes to have
	hostMemory  = 400              // of them for others
	quiet       = 10 * time.Second // before the siege
	honestPause = 100 * time.Millisecond
)

// tally counts the answers to many requests.
type tally struct {
	mu      sync.Mutex
	answers map[string]int
	took    []time.Duration
	failed  []error
}

func newTally() *tally { return &tally{answers: map[string]int{}} }

func (t *tally) add(a answer, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.failed = append(t.failed, err)
		return
	}
	t.answers[a.String()]++
	t.took = append(t.took, a.took)
}

// print writes how many answers there were of each kind, and how long they took.
func (t *tally) print(out io.Writer, who string) {
	slices.Sort(t.took)
	at := func(percent int) time.Duration {
		if len(t.took) == 0 {
			return 0
		}
		return t.took[min(len(t.took)*percent/100, len(t.took)-1)].Round(time.Millisecond)
	}
	fmt.Fprintf(out, "%s: %d answers, 50 %% within %v, 95 %% within %v, 99 %% within %v, all within %v\n", who,
		len(t.took), at(50), at(95), at(99), at(100))
	for _, kind := range slices.Sorted(maps.Keys(t.answers)) {
		fmt.Fprintf(out, "    %6d  %s\n", t.answers[kind], kind)
	}
	for _, err := range t.failed {
		fmt.Fprintf(out, "    failed: %v\n", err)
	}
}

// besiege has eight senders send the documents again and again, while somebody signs and verifies
// an ordinary document now and then.
func (t *target) besiege(ctx context.Context, files []hostiletest.File, period time.Duration, out io.Writer) error {
	p, err := t.start(ctx, fmt.Sprintf("WEBSITE_MEMORY_LIMIT_MB=%d", container))
	if err != nil {
		return err
	}
	defer p.host.Close()
	pid := p.host.PID()
	before := newTally()
	p.honest(ctx, quiet, before)
	siege, during := newTally(), newTally()
	var all sync.WaitGroup
	begin := time.Now()
	for sender := range senders {
		all.Go(func() {
			for i := sender; time.Since(begin) < period && ctx.Err() == nil; i += senders {
				// Each file meets each route in the end, because the number of files and the number
				// of senders have no common divisor.
				siege.add(p.send(ctx, routes[(i/senders+i/len(files))%len(routes)], files[i%len(files)].Data))
			}
		})
	}
	p.honest(ctx, period, during)
	all.Wait()
	_, peak, err := p.memory()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d senders for %v, container of %d MB\n", senders, period, container)
	before.print(out, "another caller, before")
	during.print(out, "another caller, meanwhile")
	siege.print(out, "the senders")
	fmt.Fprintf(out, "the handler took at most %.0f MiB\n", mebibytes(peak))
	switch {
	case p.host.PID() != pid:
		return errors.New("the handler ended under the siege")
	case len(during.failed) > 0 || during.answers["200"] != len(during.took):
		return errors.New("another caller noticed the siege")
	case peak > (container-hostMemory)<<20:
		return fmt.Errorf("the handler took more than %d MiB", container-hostMemory)
	}
	return nil
}

// honest signs an ordinary document and verifies the outcome, again and again.
func (p *process) honest(ctx context.Context, period time.Duration, t *tally) {
	document := pdftest.Sample(100 << 10)
	for begin := time.Now(); time.Since(begin) < period && ctx.Err() == nil; {
		for _, route := range []string{"sign", "verify"} {
			t.add(p.send(ctx, route, document))
		}
		select {
		case <-ctx.Done():
		case <-time.After(honestPause):
		}
	}
}
