package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"influxion/handler/internal/hostiletest"
	"influxion/handler/internal/loadtest"
	"influxion/handler/internal/pdftest"
)

const (
	senders     = 8
	container   = 1536             // MB that the handler takes for the memory of its container
	hostMemory  = 400              // MB of them for other processes
	quiet       = 10 * time.Second // before the siege
	honestPause = 100 * time.Millisecond
)

// siege lets eight senders send the documents again and again, while another caller signs and
// verifies an ordinary document now and then.
type siege struct {
	files  []hostiletest.File
	period time.Duration
}

// run besieges a fresh handler.
func (s *siege) run(ctx context.Context, t *loadtest.Target, out io.Writer) error {
	p, err := t.Start(ctx, routes, fmt.Sprintf("WEBSITE_MEMORY_LIMIT_MB=%d", container))
	if err != nil {
		return err
	}
	defer p.Host.Close()
	pid := p.Host.PID()
	var sent, before, during loadtest.Tally
	honest(ctx, p, quiet, &before)
	var all sync.WaitGroup
	begin := time.Now()
	for sender := range senders {
		all.Go(func() {
			for i := sender; time.Since(begin) < s.period && ctx.Err() == nil; i += senders {
				// Each file meets each route in the end, because the number of files and the number
				// of senders have no common divisor.
				route := routes[(i/senders+i/len(s.files))%len(routes)]
				sent.Add(p.Send(ctx, route, s.files[i%len(s.files)].Data))
			}
		})
	}
	honest(ctx, p, s.period, &during)
	all.Wait()
	_, peak, err := p.Memory()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d senders for %v, container of %d MB\n", senders, s.period, container)
	before.Print(out, "another caller, before")
	during.Print(out, "another caller, meanwhile")
	sent.Print(out, "the senders")
	fmt.Fprintf(out, "peak memory of the handler: %.0f MiB\n", mebibytes(peak))
	answers, failed := during.Answers()
	switch {
	case p.Host.PID() != pid:
		return errors.New("the handler ended under the siege")
	case failed > 0 || during.Count("200") != answers:
		return errors.New("the siege harmed another caller")
	case peak > (container-hostMemory)<<20:
		return fmt.Errorf("the handler took more than %d MiB", container-hostMemory)
	}
	return nil
}

// honest signs an ordinary document and verifies the result, again and again.
func honest(ctx context.Context, p *loadtest.Process, period time.Duration, t *loadtest.Tally) {
	document := pdftest.Sample(100 << 10)
	for begin := time.Now(); time.Since(begin) < period && ctx.Err() == nil; {
		for _, route := range []string{"sign", "verify"} {
			t.Add(p.Send(ctx, route, document))
		}
		select {
		case <-ctx.Done():
		case <-time.After(honestPause):
		}
	}
}
